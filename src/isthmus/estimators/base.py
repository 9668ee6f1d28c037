"""The scikit-learn face of every variant, written once."""

import copy
import json
import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_is_fitted
from torch import Tensor
from torch.distributions import kl_divergence

from .. import storage
from ..checks import Kind, Limit, Several, Whole, check_settings
from ..errors import DiagnosticWarning, InputError
from ..model import Model, Parts, Units, log_likelihood
from ..networks.base import Network
from ..parts.bottleneck import Bottleneck
from ..parts.corruption import Corruption
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from ..training.batches import Batches, Rows, block_rows, blocks, tensor_of
from ..training.devices import device_of, refuse_beyond_memory, seeded
from ..training.loop import Loop
from .data import Summary, fingerprint, read_rows
from .diagnostics import diagnose

_DRAWS = 8  # codes drawn for each row's bound in score_samples
_LEARNT = {"n_features_in_": int, "n_components_": int, "item_shape_": tuple, "input_dtype_": str, "best_epoch_": int,
           "stopped_": str, "precision_": str, "training_": Training}  # fmt: skip
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


class Row(NamedTuple):
    """A variant's row of the table: what it puts between the encoder's input and the decoder."""

    corruption: Corruption | None
    bottleneck: Bottleneck
    penalties: tuple[Penalty, ...]


class BaseAutoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """What all variants share; each states its parts in ``row`` and its own constructor.

    Arguments that every variant takes:
        n_components: The code's size.
        network: `Dense` or `Conv`; None takes what fits the items' shape.
        likelihood: `Gaussian`, `Laplace` or `Bernoulli`; None takes what fits the data's range.
        training: A `Training` object; None leaves everything to the data.
        random_state: A seed, a `numpy.random.RandomState`, or None for another start every time.

    Attributes:
        module_: The trained `Model`, a torch module, on the CPU.
        history_: One mapping an epoch: the loss's terms on the training rows and, as ``validation_*``, on held-out rows.
        corruption_, bottleneck_, penalties_, network_, likelihood_, training_: The settings as resolved in `fit`.
        item_shape_, input_dtype_: The shape and dtype of one item; ``n_features_in_`` is how many numbers it has.
        best_epoch_, stopped_: The epoch whose weights are kept; why training ended early, or "".
    """

    n_components: int
    network: Network | None
    likelihood: Likelihood | None
    training: Training | None
    random_state: Any

    @abstractmethod
    def row(self) -> Row:
        """Return the variant's corruption, bottleneck and penalties."""

    def fit(self, X: Any, y: Any = None) -> "BaseAutoencoder":
        """Train on the rows of ``X``.

        Arguments:
            X: A table (n, d), dense or sparse, images (n, h, w) or (n, h, w, c), or any items (n, ...); bytes or numbers.
            y: Ignored; it lets pipelines pass labels.

        Raises:
            InputError: For data or settings that cannot be used.
            DivergedError: Where training meets NaN before the first good epoch.
        """
        self.__dict__.pop("module_", None)  # a fit that fails leaves nothing of the one before
        own = self.get_params(deep=False)
        check_settings(self, {name: limit for name, limit in _SLOTS.items() if name in own})
        X = read_rows(self, X, reset=True, nan=True)
        summary = Summary.of(X)
        parts = Parts(*self.row(), self.network or summary.network(), self.likelihood or summary.likelihood())
        parts = copy.deepcopy(parts)  # so that set_params changes the next fit and not what this one learnt
        parts.check()
        summary.check(parts.likelihood)
        seed = _seed(self.random_state)
        with seeded(seed, device_of((self.training or Training()).device)):
            units = summary.units()
            mean = units(torch.from_numpy(summary.mean).float())
            with torch.device("meta"):  # shapes only, so that a network beyond the memory is refused and not begun
                refuse_beyond_memory(Model(parts, self.n_components, units, mean))
            model = Model(parts, self.n_components, units, mean)
            deep = model.encoder.single_layer() is None
            training = (self.training or Training()).resolve(summary.rows, deep)
            loop = self._loop(model, parts, X, training, seed, fingerprint(X, summary))
            state = loop.run()
        self.corruption_, self.bottleneck_, self.penalties_, self.network_, self.likelihood_ = parts
        self.module_, self.n_components_ = model.cpu().eval().requires_grad_(False), self.n_components
        self.training_ = copy.copy(training).set_params(callbacks=(), checkpoint=None)  # what belongs to this call only
        self.precision_, self.history_ = loop.precision, state.history
        self.best_epoch_, self.stopped_, self.input_dtype_ = state.best_epoch, state.stopped, str(X.dtype)
        if state.stopped == "interrupted":  # what was learnt is kept, and whoever pressed the key is told
            raise KeyboardInterrupt
        for message in diagnose(self, X, summary, lambda rows: self._predict(rows, _codes),
                                lambda rows: self._predict(rows, _rebuilt)):  # fmt: skip
            warnings.warn(message, DiagnosticWarning, stacklevel=2)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of ``X``, shape (n, n_components): posterior means where codes are random."""
        return self._predict(self._read(X), _codes)

    def inverse_transform(self, H: Any) -> np.ndarray:
        """Return what the codes ``H``, shape (n, n_components), stand for, in the shape and units of the training items."""
        check_is_fitted(self)
        if np.ndim(H) != 2:
            raise InputError(f"H must have the shape (n, {self.n_components_}), a code a row. Got {np.shape(H)}.")
        try:
            H = check_array(H, dtype=[np.float64, np.float32], estimator=self, input_name="H")
        except ValueError as error:
            raise InputError(" ".join(str(error).split())) from error
        if H.shape[1] != self.n_components_:
            raise InputError(f"H must have {self.n_components_} columns, one a component. Got {H.shape[1]}.")
        model = self._model(H.dtype)
        with torch.inference_mode():
            parts = [_host(model.units.inverse(model.decode(tensor_of(part).to(model.units.scale.device)).mean))
                     for part in blocks(H, self.item_shape_)]  # fmt: skip
        return np.concatenate(parts)

    def reconstruct(self, X: Any) -> np.ndarray:
        """Return ``inverse_transform(transform(X))`` in one pass; missing numbers come back filled."""
        return self._predict(self._read(X), _rebuilt)

    def score_samples(self, X: Any) -> np.ndarray:
        r"""Return a log-likelihood of every row, shape (n,), float64.

        log p(x|h) at the row's code; for random codes the evidence lower bound :math:`E_q \log p(x|h) - KL(q \,\Vert\, p)`
        over the same draws for every row. It is in the data's units and not comparable across likelihoods.
        """
        X = self._read(X)
        half = torch.randn(_DRAWS // 2, self.n_components_, generator=torch.Generator().manual_seed(0))
        half = half / half.square().mean(0).sqrt()  # with their mirror images: mean 0 and variance 1, as the posterior
        draws = torch.cat([half, -half])
        return self._predict(X, lambda model, x, observed: _bound(model, x, observed, draws)).astype(np.float64)

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`; see `metrics.reconstruction_r2_scorer` to compare across likelihoods."""
        return float(self.score_samples(X).mean())

    def sample(self, n: int = 1) -> np.ndarray:
        """Return ``n`` new items: decoded means of codes drawn from the prior under ``random_state``.

        Raises:
            InputError: For a bottleneck without a prior.
        """
        check_is_fitted(self)
        if not Whole(1).allows(n):
            raise InputError(f"n must be {Whole(1)}. Got {n!r}.")
        prior = self.bottleneck_.prior(torch.zeros(int(n), self.n_components_))
        if prior is None:
            raise InputError(
                f"{type(self).__name__} with {type(self.bottleneck_).__name__} codes has no prior to draw from. "
                "VariationalAutoencoder has one; for any other use isthmus.tasks.generation.fit_density(estimator, X)."
            )
        with seeded(_seed(self.random_state), torch.device("cpu")):
            codes = prior.sample()
        return self.inverse_transform(codes.numpy())

    def save(self, folder: str | Path) -> Path:
        """Write everything that was learnt into ``folder``; `isthmus.load` reads it back."""
        check_is_fitted(self)
        return storage.save(folder, self, versions())

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        parts = Parts(self.corruption_, self.bottleneck_, self.penalties_, self.network_, self.likelihood_)
        names = getattr(self, "feature_names_in_", None)
        learnt = {name: getattr(self, name) for name in _LEARNT}
        return {"parts": list(parts), "learnt": learnt, "feature_names": None if names is None else list(names)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights and buffers by name."""
        return {name: tensor.numpy() for name, tensor in self.module_.state_dict().items()}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of a fitted estimator returned."""
        parts = Parts(*config["parts"])
        parts.check()
        self.history_ = []  # `storage.load` puts in what was written beside
        for name, kind in _LEARNT.items():
            if type(config["learnt"][name]) is not kind:
                raise TypeError(f"{name} is no {kind.__name__}")
            setattr(self, name, config["learnt"][name])
        self.training_.device = None  # the device of another session, perhaps of another machine
        if self.n_features_in_ != math.prod(self.item_shape_):
            raise ValueError(f"items of shape {self.item_shape_} do not have {self.n_features_in_} numbers")
        names = config["feature_names"]
        if names is not None:
            if type(names) is not tuple or len(names) != self.n_features_in_ or any(type(name) is not str for name in names):
                raise TypeError("the feature names do not fit")
            self.feature_names_in_ = np.array(names, dtype=object)
        blank = torch.zeros(self.item_shape_)
        with seeded(0, torch.device("cpu")):
            model = Model(parts, self.n_components_, Units(blank, 1.0), blank)
        model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
        self.corruption_, self.bottleneck_, self.penalties_, self.network_, self.likelihood_ = parts
        self.module_ = model.eval().requires_grad_(False)

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether a fit has come to its end; one that failed on the way has left its shape only."""
        return hasattr(self, "module_")

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: sparse input, kept precision, NaN under a likelihood that masks it."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = getattr(self.likelihood, "missing", None) == "mask"
        return tags

    def _read(self, X: Any) -> Rows:
        check_is_fitted(self)
        return read_rows(self, X, reset=False, nan=self.likelihood_.missing == "mask")

    def _model(self, dtype: np.dtype) -> Model:
        """Return the module in the precision and on the device for rows of ``dtype``."""
        device = device_of(self.training_.device)
        if dtype == np.float64 and device.type == "mps":  # which has no double precision
            device = torch.device("cpu")
        if dtype != np.float64 and device.type == "cpu":
            return self.module_
        return copy.deepcopy(self.module_).to(device, torch.float64 if dtype == np.float64 else torch.float32)

    def _predict(self, X: Rows, function: Callable[[Model, Tensor, Tensor | None], Tensor]) -> np.ndarray:
        """Return ``function`` of the model and of the rows in its units, block by block."""
        model = self._model(X.dtype)

        def results() -> Iterator[np.ndarray]:
            for block in blocks(X):
                yield _host(function(model, *model.read(tensor_of(block).to(model.units.scale.device))))

        with torch.inference_mode():
            return np.concatenate(list(results()))

    def _loop(self, model: Model, parts: Parts, X: Rows, training: Training, seed: int, data: str) -> Loop:
        """Return the training run, with rows held out at random, and with what a checkpoint of it must agree on."""
        order = np.random.default_rng(seed).permutation(X.shape[0])
        held, kept = np.sort(order[: training.validation]), np.sort(order[training.validation :])
        settings = training.get_params(deep=False)
        plain = {name: settings[name] for name in settings if name not in ("checkpoint", "device", "callbacks")}
        agreed = {"data": data, "n_components": self.n_components, "random_state": seed,
                  "parts": list(parts), "training": plain}  # fmt: skip
        return Loop(model, Batches(X, kept, training.batch_size), Batches(X, held, block_rows(X.shape[1:])) if len(held) else None,
                    training, seed, json.dumps(storage.encode(agreed)))  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions that a saved object was made with."""
    return {name: version(name) for name in ("isthmus", "torch", "numpy", "scikit-learn")}


def _codes(model: Model, x: Tensor, observed: Tensor | None) -> Tensor:
    return model.encode(x).h


def _rebuilt(model: Model, x: Tensor, observed: Tensor | None) -> Tensor:
    return model.units.inverse(model.decode(model.encode(x)).mean)


def _bound(model: Model, x: Tensor, observed: Tensor | None, draws: Tensor) -> Tensor:
    """Return each row's log-likelihood in the data's units, or its bound where codes are random."""
    code = model.encode(x)
    posterior = code.posterior
    prior = None if posterior is None else model.bottleneck.prior(code.h)
    if posterior is None or prior is None:
        bound = log_likelihood(model.decode(code), x, observed)
    else:
        codes = (posterior.mean + posterior.stddev * draw for draw in draws.to(code.h))
        bound = -kl_divergence(posterior, prior).sum(1)
        for code in codes:
            bound = bound + log_likelihood(model.decode(code), x, observed) / len(draws)
    if np.isfinite(model.likelihood.support).all():
        return bound
    counted = x[0].numel() if observed is None else observed.flatten(1).sum(1)
    return bound - counted * model.units.scale.log()  # a density: the units' change of volume


def _seed(random_state: Any) -> int:
    """Return a seed from what scikit-learn accepts, leaving numpy's global generator alone."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool) and 0 <= random_state < 2**32:
        return int(random_state)
    raise InputError("random_state (--seed on the command line) must be a whole number from 0 to 2³² - 1, a RandomState or "
                     f"None. Got {random_state!r}.")  # fmt: skip


def _host(x: Tensor) -> np.ndarray:
    return x.cpu().numpy()
