"""The scikit-learn face of every variant, written once."""

import copy
import warnings
from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import Tags

from .. import ranks
from ..checks import Kind, Limit, Several, Whole, check_settings
from ..errors import DiagnosticWarning, InputError
from ..networks import Dense
from ..networks.base import Network
from ..parts.bottleneck import Bottleneck
from ..parts.corruption import Corruption
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from ..training.batches import Rows, dense, spread, spread_rows
from ..training.devices import device_of, seeded
from ..training.loop import Loop
from ..training.sequences import Sequences
from .applied import Applied
from .conditions import Conditions
from .data import Summary, read_rows
from .diagnostics import diagnose, warn_of_other_units
from .fitting import Begun, begin, loop_over, loop_over_piece, seed_of, without_end
from .prediction import codes, rebuilt

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


class BaseAutoencoder(Applied):
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
        of_sequences_: Whether items are sequences of any length, of which ``item_shape_`` tells a step, (1, d).
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

    def _fit(self, X: Any, condition: Any, groups: Any, seen: Any, held: np.ndarray | None = None,
             rescaled: bool = True) -> "BaseAutoencoder":  # fmt: skip
        for name in ("module_", "_memory"):  # a fit that fails leaves nothing of the one before
            self.__dict__.pop(name, None)
        self._check()
        X = read_rows(self, X, reset=True, nan=True, sequences=self.sequential)
        self.of_sequences_ = isinstance(X, Sequences)
        seen = None if seen is None else self._pairs(seen, X)
        self.condition_ = self._conditions(condition, X)
        told, summary = self._told(condition, X.shape[0]), Summary.of(X, rescaled)
        seed, training = int(ranks.agree(seed_of(self.random_state))), self.training or Training()
        with seeded(seed, device_of(training.device)):
            begun = self._begin(X, summary, training, seed, groups)
            loop = loop_over(begun, X, summary, seed, told, groups, seen, held)
            loop.run()
        self._keep(begun, loop, str(X.dtype))

        def some(rows: Rows) -> np.ndarray | None:  # of which `diagnose` takes few, spread evenly
            return None if told is None else told[spread(len(told), rows.shape[0])]

        if self.of_sequences_:
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
        else:
            warn_of_other_units(self, X)
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

    def fit_layer(self, X: Rows, held: np.ndarray | None, rescaled: bool) -> Self:
        """Train as one layer of a stack, on rows brought to one scale or as they are.

        The stack holds out the rows at the places ``held``, if there are any: no layer may learn from them.
        """
        self._fit(X, None, None, None, held, rescaled)
        return self

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: sparse input, kept precision, NaN under a likelihood that masks it."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = getattr(self.likelihood, "missing", None) == "mask"
        return tags

    def _check(self) -> None:
        """Raise `InputError` for a setting outside its limits."""
        own = self.get_params(deep=False)
        check_settings(self, {name: limit for name, limit in {**_SLOTS, **self.limits}.items() if name in own})

    def _pairs(self, seen: Any, X: Rows) -> np.ndarray:
        """Return what the encoder is to see in place of the rows, checked."""
        if not self.paired or self.of_sequences_ or (self.training is not None and self.training.augmentation is not None):
            raise InputError(f"seen= is for autoencoders of items of one shape, trained as a whole and without an augmentation. Got "
                             f"{type(self).__name__}.")  # fmt: skip
        given = np.asarray(dense(seen))
        # Beside bytes there may be what is between them, or beyond: what noise makes of them.
        rows = given.astype(np.float32 if X.dtype == np.uint8 and given.dtype != np.uint8 else X.dtype)
        if rows.shape != tuple(X.shape) or not np.isfinite(rows).all():
            found = f"Got shape {rows.shape}" if rows.shape != tuple(X.shape) else f"Got {rows[~np.isfinite(rows)][0]}"
            raise InputError(f"seen must hold finite numbers in the shape of X, {tuple(X.shape)}. {found}.")
        if X.dtype == np.uint8 and given.dtype.kind == "f" and 0 < rows.max() <= 1:
            warnings.warn(f"seen has values of at most {rows.max():g}, and X holds bytes, 0 to 255; multiply seen by 255.",
                          DiagnosticWarning, stacklevel=4)  # fmt: skip
        return rows

    def _conditions(self, condition: Any, X: Rows) -> Conditions | None:
        """Return how conditions become numbers, learnt from those of the rows."""
        if condition is None:
            return None
        if not self.conditional:
            raise InputError(f"{type(self).__name__} takes no condition: leave it out, or take another variant.")
        return Conditions.of(condition, X.shape[0])

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
