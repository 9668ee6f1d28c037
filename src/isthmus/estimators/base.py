"""The scikit-learn face of every variant, written once."""

import copy
import warnings
from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_is_fitted

from .. import ranks
from ..checks import Kind, Limit, Several, Whole, check, check_settings
from ..errors import DiagnosticWarning, InputError
from ..networks import Dense
from ..networks.base import Network
from ..parts.bottleneck import Bottleneck
from ..parts.corruption import Corruption
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from ..training.batches import Rows, spread, spread_rows
from ..training.devices import device_of, seeded
from ..training.loop import Loop
from ..training.sequences import Sequences
from .conditions import Conditions
from .data import Summary, read_rows
from .diagnostics import diagnose, warn_of_other_units
from .fitting import Begun, begin, loop_over, loop_over_piece, seed_of, without_end
from .given import Given
from .prediction import bound, codes, decoded, drawn_codes, importance_weighted, realised, rebuilt
from .saving import Storable

_SLOTS: dict[str, Limit] = {
    "n_components": Whole(1),
    "corruption": Kind(Corruption, "a corruption such as Masking(0.3)", optional=True),
    "bottleneck": Kind(Bottleneck, "a bottleneck such as TopK(8)", optional=True),
    "penalty": Kind(Penalty, "a penalty such as L1(0.1)", optional=True),
    "penalties": Several(Kind(Penalty, "a penalty such as L1(0.1)")),
    "network": Kind(Network, "a network such as Dense((64, 32))", optional=True),
    "likelihood": Kind(Likelihood, "a likelihood such as Gaussian()", optional=True),
    "training": Kind(Training, "a Training object", optional=True),
}


_KNOWN = 10_000  # sequences whose lengths are learnt from their codes


class Row(NamedTuple):
    """A variant's row of the table: what it puts between the encoder's input and the decoder."""

    corruption: Corruption | None
    bottleneck: Bottleneck
    penalties: tuple[Penalty, ...]


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Storable):
    """What all variants share; each states its parts in ``row`` and its own constructor.

    Arguments that every variant takes:
        n_components: The code's size.
        network: `Dense`, `Conv` or `Recurrent`; None takes what fits the items' shape.
        likelihood: `Gaussian`, `Laplace`, `Bernoulli`, `Categorical`, `Multinomial`, `Mixed` or `LearnedSimilarity`; None takes what fits
            the data's range.
        training: A `Training` object; None leaves everything to the data.
        random_state: A seed, a `numpy.random.RandomState`, or None for another start every time.

    Attributes:
        module_: The trained `Model`, a torch module, on the CPU.
        corruption_, bottleneck_, penalties_, network_, likelihood_: The parts as resolved in `fit`.
        condition_: How conditions become numbers; None where there are none.
        item_shape_, input_dtype_: The shape and dtype of one item; ``n_features_in_`` is how many numbers it has.
        history_, training_, best_epoch_, stopped_, precision_, precision_reason_: As in `Trained`.
    """

    n_components: int
    network: Network | None
    likelihood: Likelihood | None
    training: Training | None
    random_state: Any
    input_dtype_: str
    own_penalties: ClassVar[tuple[type[Penalty], ...]] = ()  # the kinds of which its row has one
    generates: ClassVar[bool] = False  # whether `sample` draws from the model itself, whatever its bottleneck
    conditional: ClassVar[bool] = True  # whether `fit` takes a condition
    sequential: ClassVar[bool] = True  # whether `fit` takes sequences of any length
    paired: ClassVar[bool] = True  # whether its encoder may see something else than the item that is to be decoded
    scored: ClassVar[str] = "log_likelihood"  # what `score_samples` returns
    limits: ClassVar[dict[str, Limit]] = {}  # of settings that a variant has alone

    def likelihood_for(self, summary: Summary) -> Likelihood:
        """Return the likelihood as set, or as the data want it."""
        return self.likelihood or summary.likelihood()

    @abstractmethod
    def row(self) -> Row:
        """Return the variant's corruption, bottleneck and penalties."""

    def fit(self, X: Any, y: Any = None, condition: Any = None, groups: Any = None, seen: Any = None) -> "BaseAutoencoder":
        """Train on the rows of ``X``.

        Arguments:
            X: A table (n, d), dense or sparse, images (n, h, w) or (n, h, w, c), or any items (n, ...); bytes or numbers. Or a list of
                sequences (t_i, d) of any lengths, for `Recurrent`: reconstructions are then such lists, too.
            y: Ignored; it lets pipelines pass labels.
            condition: What encoder and decoder are told of each row, so that the code need not hold it: a label a row (texts, booleans
                or whole numbers, (n,)), or covariates (n,) or (n, k). The methods that follow then ask for it, too, one for each row or
                one for all; `given` returns a view that does not.
            groups: What each row belongs to, (n,), such as the recording that it is a frame of: rows are then held out group by group,
                so that those watched are not neighbours of those learnt from.
            seen: What the encoder sees in place of each row of ``X``, in its shape, where there are real pairs: a noisy recording of
                what is clean in ``X``, the same word in another voice. None is ``X`` itself.

        Raises:
            InputError: For data or settings that cannot be used.
            DivergedError: Where training meets NaN before the first good epoch.
        """
        with ranks.together():
            return self._fit(X, condition, groups, seen)

    def fit_transform(self, X: Any, y: Any = None, condition: Any = None) -> np.ndarray:
        """Return ``fit(X, y, condition).transform(X, condition)``."""
        return self.fit(X, y, condition).transform(X, condition)

    def _fit(self, X: Any, condition: Any, groups: Any, seen: Any, held: np.ndarray | None = None) -> "BaseAutoencoder":
        for name in ("module_", "_memory"):  # a fit that fails leaves nothing of the one before
            self.__dict__.pop(name, None)
        self._check()
        X = read_rows(self, X, reset=True, nan=True, sequences=self.sequential)
        self._sequences = isinstance(X, Sequences)
        seen = None if seen is None else self._pairs(seen, X)
        self.condition_ = self._conditions(condition, X)
        told, summary = self._told(condition, X.shape[0]), Summary.of(X)
        seed, training = int(ranks.agree(seed_of(self.random_state))), self.training or Training()
        with seeded(seed, device_of(training.device)):
            begun = self._begin(X, summary, training, seed, groups)
            loop = loop_over(begun, X, summary, seed, told, groups, seen, held)
            loop.run()
        self._keep(begun, loop, str(X.dtype))

        def some(rows: Rows) -> np.ndarray | None:  # of which `diagnose` takes few, spread evenly
            return None if told is None else told[spread(len(told), rows.shape[0])]

        if self._sequences:
            few = spread_rows(X, _KNOWN)
            self._learn_lengths(few, some(few))
        for message in diagnose(self, X, summary, lambda rows: self._predict(rows, codes, condition=some(rows)),
                                lambda rows: self._predict(rows, rebuilt, condition=some(rows))):  # fmt: skip
            warnings.warn(message, DiagnosticWarning, stacklevel=2)
        return self

    def partial_fit(self, X: Any, y: Any = None, condition: Any = None) -> "BaseAutoencoder":
        """Train once over ``X``, a piece of data that arrive bit by bit, and go on from what was learnt before.

        The first piece decides all that `fit` takes from the data: units, likelihood, network, batch size; let it look
        like the rest. Each call is one epoch in ``history_``, at a constant learning rate and without held-out rows, since
        a schedule needs an end: ``Training.epochs`` is how many pieces weight decay reckons with. The optimiser's memory
        is carried on in this object, though not through `save`; after `fit` or `isthmus.load` it begins anew.

        Arguments:
            X: Rows as `fit` takes them; pieces after the first may be a single row.
            y: Ignored.
            condition: As in `fit`; the first piece must hold every label.

        Raises:
            InputError: For data that cannot be used, or outside the range that the first piece's likelihood allows.
            DivergedError: Where the first piece ends in NaN; a later one that does changes nothing, with a warning.
        """
        first = not hasattr(self, "module_")
        if first:
            self._check()
        X = read_rows(self, X, reset=first, nan=True)  # sequences arrive as a whole
        if first:
            self.condition_ = self._conditions(condition, X)
        told, summary, asked = self._told(condition, X.shape[0]), Summary.of(X), self.training or Training()
        history = [] if first else self.history_
        seed = seed_of(self.random_state) + len(history)
        with seeded(seed, device_of(asked.device)):
            begun = self._begin(X, summary, without_end(asked), seed) if first else self._begun(summary, asked)
            loop = loop_over_piece(begun, X, history, self.__dict__.get("_memory", {}), seed, told)
            loop.run()
        self._keep(begun, loop, str(X.dtype) if first else self.input_dtype_)
        if loop.state.stopped != "diverged":
            self._memory = loop.memory()
        return self

    def as_layer(self, width: int, activation: str, tied: bool) -> Self:
        """Return an unfitted copy as one layer of a stack: ``width`` units of that activation, and no hidden layers."""
        if self.network is not None:
            raise InputError(f"a layer of a stack has one linear layer each way, which the stack makes: leave network to None in "
                             f"{type(self).__name__}(network={self.network!r}).")  # fmt: skip
        if self.row().bottleneck.width(width) != width:
            raise InputError(f"a layer of a stack hands its code to the next one, and {type(self).__name__} emits a distribution; take "
                             "a variant without one, such as DenoisingAutoencoder().")  # fmt: skip
        return clone(self).set_params(n_components=width, network=Dense((), code_activation=activation, tied=tied))

    def fit_layer(self, X: Rows, held: np.ndarray | None) -> Self:
        """Train as one layer of a stack, which holds out the rows at those places, if there are any: no layer may learn from them."""
        self._fit(X, None, None, None, held)
        return self

    def given(self, condition: Any) -> Given:
        """Return a view of the fitted estimator under a condition, one for each row that its methods will meet, or one for all.

        Example:
            >>> from sklearn.datasets import load_digits
            >>> from isthmus import Training, VariationalAutoencoder
            >>> X, y = load_digits(return_X_y=True)
            >>> model = VariationalAutoencoder(2, training=Training(epochs=3), random_state=0).fit(X / 16, condition=y)
            >>> model.given(7).sample(4).shape, model.given(y).transform(X / 16).shape
            ((4, 64), (1797, 2))
        """
        check_is_fitted(self)
        return Given(self, condition)

    def transform(self, X: Any, condition: Any = None) -> np.ndarray:
        """Return the codes of ``X``, shape (n, n_components): posterior means where codes are random."""
        rows = self._read(X)
        return self._predict(rows, codes, condition=self._told(condition, rows.shape[0]))

    def draw_codes(self, X: Any, condition: Any = None, random_state: Any = None) -> np.ndarray:
        """Return codes of ``X`` drawn from their posteriors, shape (n, n_components); codes that are not random are those of `transform`.

        Together they are draws from the aggregate posterior, which `metrics.prior_divergence` compares with the prior.

        Arguments:
            X: Rows as `fit` takes them.
            condition: As in `fit`, where that had one.
            random_state: A seed; None is the estimator's own, so that every call gives the same codes where that is a number.
        """
        rows = self._read(X)
        told = self._told(condition, rows.shape[0])
        with seeded(seed_of(self.random_state if random_state is None else random_state), device_of(self.training_.device)):
            return self._predict(rows, drawn_codes, condition=told)

    def inverse_transform(self, H: Any, condition: Any = None, lengths: Any = None) -> Any:
        """Return what the codes ``H``, shape (n, n_components), stand for, in the shape and units of the training items.

        Arguments:
            H: Codes.
            condition: As in `fit`, where that had one.
            lengths: Of sequences, (n,), where `fit` was given a list of them: a list then comes back. None predicts them from the codes.
        """
        check_is_fitted(self)
        if lengths is not None and not self._sequences:
            raise InputError(f"lengths are for sequences of any length, and this {type(self).__name__} was fitted to items of one shape.")
        if np.ndim(H) != 2:
            raise InputError(f"H must have the shape (n, {self.n_components_}), a code a row. Got {np.shape(H)}.")
        try:
            H = check_array(H, dtype=[np.float64, np.float32], estimator=self, input_name="H")
        except ValueError as error:
            raise InputError(" ".join(str(error).split())) from error
        if H.shape[1] != self.n_components_:
            raise InputError(f"H must have {self.n_components_} columns, one a component. Got {H.shape[1]}.")
        return self._of_codes(H, decoded, condition, lengths)

    def realise(self, H: Any, condition: Any = None, random_state: Any = None) -> Any:
        """Return new items of the codes ``H``: what `inverse_transform` returns or, of categories and mixed tables, draws from p(x|h).

        Arguments:
            H: Codes (n, n_components).
            condition: As in `fit`, where that had one.
            random_state: As in `sample`.
        """
        if not self.likelihood_.realised:
            return self.inverse_transform(H, condition)
        with seeded(seed_of(self.random_state if random_state is None else random_state), device_of(self.training_.device)):
            return self._of_codes(np.asarray(H), realised, condition)

    def reconstruct(self, X: Any, condition: Any = None) -> Any:
        """Return ``inverse_transform(transform(X))`` in one pass; missing numbers come back filled, and sequences keep their lengths."""
        rows = self._read(X)
        return self._predict(rows, rebuilt, condition=self._told(condition, rows.shape[0]))

    def score_samples(self, X: Any, n_importance: int | None = None, condition: Any = None) -> np.ndarray:
        r"""Return a log-likelihood of every row, shape (n,), float64.

        log p(x|h) at the row's code; for random codes the evidence lower bound :math:`E_q \log p(x|h) - KL(q \,\Vert\, p)`
        over the same draws for every row. It is in the data's units and not comparable across likelihoods.

        Arguments:
            X: Rows as `fit` takes them.
            n_importance: For random codes, how many importance-weighted draws estimate log p(x) itself, a little from below: 5,000 are
                usual. A row takes as long as so many reconstructions.
            condition: As in `fit`, where that had one: the likelihood is then that of the row under its condition.

        Raises:
            InputError: For rows that cannot be used, or draws of codes that are not random.
        """
        rows = self._read(X)
        told = self._told(condition, rows.shape[0])
        if n_importance is None:
            return self._predict(rows, bound, condition=told).astype(np.float64)
        check("n_importance", n_importance, Whole(1, optional=True))
        if not self.bottleneck_.random:
            raise InputError(f"n_importance draws random codes, and those of {type(self).__name__} with {type(self.bottleneck_).__name__} "
                             "are not: leave it out, or take VariationalAutoencoder.")  # fmt: skip
        return self._predict(rows, importance_weighted(n_importance), condition=told).astype(np.float64)

    def score(self, X: Any, y: Any = None, condition: Any = None) -> float:
        """Return the mean of `score_samples`; see `metrics.reconstruction_r2_scorer` to compare across likelihoods."""
        told = {} if condition is None else {"condition": condition}
        return float(self.score_samples(X, **told).mean())

    def sample(self, n: int = 1, *, condition: Any = None, random_state: Any = None) -> np.ndarray:
        """Return ``n`` new items, of codes drawn from the prior: decoded means or, of categories and mixed tables, draws.

        Arguments:
            n: How many.
            condition: As in `fit`, one for all or one for each.
            random_state: A seed; None is the estimator's own, so that every call gives the same items where that is a number.

        Raises:
            InputError: For a bottleneck without a prior.
        """
        check_is_fitted(self)
        check("n", n, Whole(1))
        prior = self.bottleneck_.prior(torch.zeros(int(n), self.n_components_))
        if prior is None:
            raise InputError(
                f"{type(self).__name__} with {type(self.bottleneck_).__name__} codes has no prior to draw from. "
                "VariationalAutoencoder has one; for any other use isthmus.tasks.generation.fit_density(estimator, X)."
            )
        seed = seed_of(self.random_state if random_state is None else random_state)
        with seeded(seed, device_of(self.training_.device)):
            H = prior.sample().numpy()
        return self.realise(H, condition, seed + 1)  # other numbers than those of the codes

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: sparse input, kept precision, NaN under a likelihood that masks it."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = getattr(self.likelihood, "missing", None) == "mask"
        return tags

    def _read(self, X: Any) -> Rows:
        check_is_fitted(self)
        if self._sequences and getattr(X, "ndim", 0) == 3:
            X = list(X)
        rows = read_rows(self, X, reset=False, nan=self.likelihood_.missing == "mask", sequences=self._sequences)
        warn_of_other_units(self, rows)
        return rows

    def _of_codes(self, H: np.ndarray, function: Any, condition: Any, lengths: Any = None) -> Any:
        """Return what a function of `prediction` makes of codes: items or, of sequences, a list of them, as long as given or predicted."""
        own = self._lengths(H, lengths) if self._sequences else None
        item = self.item_shape_ if own is None else (int(own.max(initial=1)), self.n_features_in_)
        return self._predict(H, function, item, self._told(condition, len(H)), own)

    def _learn_lengths(self, X: Sequences, told: np.ndarray | None) -> None:
        """Fit the logarithm of a sequence's length to its code, by least squares."""
        H = np.column_stack([self._predict(X, codes, condition=told), np.ones(X.shape[0])])
        logs = np.log(X.lengths)
        small = 1e-3 * len(H) * np.diag([*H[:, :-1].var(axis=0), 0.0])
        weights = np.linalg.lstsq(H.T @ H + small, H.T @ logs, rcond=None)[0]
        self.module_.pace = torch.from_numpy(np.array([*weights, logs.min(), logs.max()])).float()

    def _lengths(self, H: np.ndarray, given: Any) -> np.ndarray:
        """Return the lengths of the sequences that codes stand for, as given or as predicted."""
        if given is None:
            *weights, constant, least, most = np.asarray(self.module_.pace, dtype=np.float64)
            return np.rint(np.exp(np.clip(H @ np.array(weights) + constant, least, most))).astype(np.int64)
        lengths = np.asarray(given)
        if lengths.shape != (len(H),) or lengths.dtype.kind not in "iu" or (lengths < 1).any():
            raise InputError(f"lengths must hold a whole number of at least 1 for each of the {len(H)} codes. Got {given!r}.")
        return lengths.astype(np.int64)

    def _check(self) -> None:
        """Raise `InputError` for a setting outside its limits."""
        own = self.get_params(deep=False)
        check_settings(self, {name: limit for name, limit in {**_SLOTS, **self.limits}.items() if name in own})

    def _pairs(self, seen: Any, X: Rows) -> np.ndarray:
        """Return what the encoder is to see in place of the rows, checked."""
        if not self.paired or self._sequences or (self.training is not None and self.training.augmentation is not None):
            raise InputError(f"seen= is for autoencoders of items of one shape, trained as a whole and without an augmentation. Got "
                             f"{type(self).__name__}.")  # fmt: skip
        rows = np.array(seen, dtype=X.dtype)
        if rows.shape != tuple(X.shape) or not np.isfinite(rows).all():
            raise InputError(f"seen must hold finite numbers in the shape of X, {tuple(X.shape)}. Got shape {rows.shape}.")
        return rows

    def _conditions(self, condition: Any, X: Rows) -> Conditions | None:
        """Return how conditions become numbers, learnt from those of the rows."""
        if condition is None:
            return None
        if not self.conditional:
            raise InputError(f"{type(self).__name__} takes no condition: leave it out, or take another variant.")
        return Conditions.of(condition, X.shape[0])

    def _told(self, condition: Any, rows: int) -> np.ndarray | None:
        """Return what the model is told of so many rows, (rows, known)."""
        name = type(self).__name__
        if self.condition_ is None:
            if condition is not None:
                raise InputError(f"this {name} was fitted without a condition: leave it out, or fit with one.")
            return None
        if condition is None:
            raise InputError(f"this {name} was fitted with a condition: give condition=, {self.condition_}.")
        return self.condition_.numbers(condition, rows)

    def _begin(self, X: Rows, summary: Summary, training: Training, seed: int, groups: Any = None) -> Begun:
        """Return the untrained model and the settings for training it."""
        return begin(self, summary, training)

    def _keep(self, begun: Begun, loop: Loop, dtype: str) -> None:
        """Take on what a loop learnt; whoever interrupted it is told once that is done."""
        self.take_on(begun.parts, begun.model)
        self.n_components_, self.input_dtype_ = begun.n_components, dtype
        self._keep_run(loop, begun.training)

    def _begun(self, summary: Summary, asked: Training) -> Begun:
        """Return what was learnt so far as the beginning of more."""
        summary.check_missing(self.likelihood_)
        summary.check_range(self.likelihood_, float(self.module_.units.scale))
        training = without_end(self.training_).set_params(callbacks=asked.callbacks, device=asked.device)
        return Begun(copy.deepcopy(self.module_).requires_grad_(True), self.parts(), training, self.n_components_, {})
