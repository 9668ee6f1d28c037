"""A run: from raw items to codes and back, all of it in one folder."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator

from . import estimators, networks, parts, representations, storage, training
from .errors import InputError
from .estimators.base import BaseAutoencoder
from .estimators.trained import versions
from .files import Items, RowStream
from .files.rows import scratch
from .representations.streaming import fit_rows
from .tasks import Density, Principal
from .tasks.generation import Sampler
from .training.batches import dense, spread, spread_rows

_PARTS = ("representation", "estimator", "baseline_", "density_")


class Run(TransformerMixin, BaseEstimator):
    """A representation and an estimator, with PCA of the same size and a density on the codes beside them.

    Arguments:
        representation: `Table`, `BagOfWords`, `Pixels`, or None where the items are arrays already.
        estimator: Any of isthmus's estimators.
        source: Where the training items came from, for people and for looking rows up by their ids.
        image_size: Height and width to which images were resized, and are again whenever they are read for this run.
        condition: The column that tells the condition of each item, or "labels" for the labels that items come with; for those who
            read items for this run. `given` is how a run is told.

    Attributes:
        baseline_: PCA of the same code size, fitted to the same items.
        density_: A mixture on the codes, where the estimator has no prior of its own; None where it has.

    Example:
        >>> from isthmus import Autoencoder, Run, Table, Training, Gaussian
        >>> X = {"age": np.arange(40.0) % 23, "city": np.array(["Rome", "Oslo"] * 20, dtype=object)}
        >>> model = Autoencoder(2, likelihood=Gaussian(missing="mask"), training=Training(epochs=2), random_state=0)
        >>> run = Run(Table(), model).fit(X)
        >>> run.transform(X).shape, sorted(run.reconstruct(X))
        ((40, 2), ['age', 'city'])
    """

    baseline_: Principal | None
    density_: Density | None

    def __init__(self, representation: Any = None, estimator: Any = None, source: str = "",
                 image_size: tuple[int, int] | None = None, condition: str = "") -> None:  # fmt: skip
        self.representation = representation
        self.estimator = estimator
        self.source = source
        self.image_size = image_size
        self.condition = condition

    def fit(self, X: Any, y: None = None, condition: Any = None) -> "Run":
        """Fit the representation, the estimator, and what stands beside them, to raw items or to what `files.read` gave.

        Items of files that are too large for the memory stay on disk. A condition is as the estimator's `fit` takes it.
        """
        return self.learn(self.prepare(X), condition)

    def prepare(self, X: Any) -> Any:
        """Fit the representation, and return the rows that the estimator learns from: an array or a `RowStream`."""
        if not isinstance(X, Items):
            return X if self.representation is None else self.representation.fit_transform(X)
        if self.representation is None:
            return X.rows()
        training = self.estimator.training
        return fit_rows(self.representation, X, scratch(training.checkpoint if training is not None else None))

    def learn(self, rows: Any, condition: Any = None) -> "Run":
        """Fit the estimator and what stands beside it to rows from `prepare`; an interrupted fit keeps what it has."""
        told = {} if condition is None else {"condition": condition}
        try:
            self.estimator.fit(rows, **told)
        finally:
            if hasattr(self.estimator, "module_"):
                some = spread_rows(rows, rows.shape[0]) if isinstance(rows, RowStream) else rows
                self.baseline_ = Principal(self.estimator.n_components).fit(some)
                draws = self.estimator.generates or self.estimator.bottleneck_.random
                its = None if condition is None else np.asarray(condition)[spread(rows.shape[0], some.shape[0])]
                self.density_ = None if draws else Density().fit(self.given(its).estimator.transform(some))
        return self

    def given(self, condition: Any) -> "Run":
        """Return the run under a condition, one for each item that its methods will meet, or one for all; under None the run itself."""
        if condition is None:
            return self
        view = copy.copy(self)
        view.estimator = self.estimator.given(condition)
        return view

    def encoded(self, X: Any) -> Any:
        """Return items as the representation has them, sparse rows where it makes such."""
        return X if self.representation is None else self.representation.transform(X)

    def rows(self, X: Any) -> np.ndarray:
        """Return items as the representation has them, all their numbers."""
        return dense(self.encoded(X))

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of raw items, shape (n, n_components)."""
        return self.estimator.transform(self.encoded(X))

    def inverse_transform(self, H: np.ndarray) -> Any:
        """Return what codes stand for, as raw items: columns for a table, else an array (n, ...)."""
        return self._raw(self.estimator.inverse_transform(H))

    def reconstruct(self, X: Any) -> Any:
        """Return raw items through the code and back."""
        return self._raw(self.estimator.reconstruct(self.rows(X)))

    def fill(self, X: Any) -> Any:
        """Return raw items with only their missing cells replaced by the reconstruction's."""
        rebuilt = self.estimator.reconstruct(self.rows(X))
        if hasattr(self.representation, "fill"):
            return self.representation.fill(X, rebuilt)
        return np.where(np.isnan(X), rebuilt, X)

    def sample(self, n: int = 1) -> Any:
        """Return ``n`` new raw items, by the estimator's prior or by the density on its codes."""
        source = self.estimator if self.density_ is None else Sampler(self.estimator, self.density_)
        return self._raw(source.sample(n))

    def with_precision(self, precision: str) -> "Run":
        """Return the run with an estimator that predicts in ``precision``; this one stays as it is."""
        view = copy.copy(self)
        view.estimator = self.estimator.with_precision(precision)
        return view

    def save(self, folder: str | Path) -> Path:
        """Write everything into ``folder``; `load` reads it back.

        Raises:
            InputError: For a step that is not isthmus's own, by name.
        """
        for step in (self.representation, self.estimator):
            if step is not None and type(step) is not PUBLIC.get(type(step).__name__):
                raise InputError(f"{type(step).__name__} is not one of isthmus's own steps, and a run folder holds no "
                                 "others; save it by its own library")  # fmt: skip
        return storage.save(folder, self, versions())

    @property
    def history_(self) -> list[dict[str, float]]:
        """The estimator's history."""
        return self.estimator.history_

    @history_.setter
    def history_(self, rows: list[dict[str, float]]) -> None:
        self.estimator.history_ = rows

    def config(self) -> dict[str, Any]:
        """Return what each part learnt, but for the arrays."""
        return {name: None if part is None else part.config() for name, part in self._parts().items()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return each part's arrays, its name before theirs."""
        return {f"{name}/{key}": array for name, part in self._parts().items() if part is not None
                for key, array in part.arrays().items()}  # fmt: skip

    def restore(self, config: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of a fitted run returned."""
        self.baseline_ = Principal(self.estimator.n_components)
        self.density_ = None if config["density_"] is None else Density()
        for name, part in self._parts().items():
            if part is not None:
                own = storage.below(f"{name}/", arrays)
                part.restore(config[name], own)

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _PARTS}

    def _raw(self, rows: np.ndarray) -> Any:
        return rows if self.representation is None else self.representation.inverse_transform(rows)


#: The only classes that a run folder may name.
PUBLIC: dict[str, type] = {"Run": Run, "FrozenEstimator": FrozenEstimator} | {
    name: getattr(module, name) for module in (estimators, networks, parts, representations, training)
    for name in module.__all__
}  # fmt: skip


def load(folder: str | Path) -> Any:
    """Return what was saved into ``folder``: an estimator by `save`, or a `Run`.

    Raises:
        RunError: For a folder that is damaged, foreign or unfinished; nothing in it is executed.

    Example:
        >>> import tempfile
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import Autoencoder, Training, load
        >>> model = Autoencoder(2, training=Training(epochs=2), random_state=0).fit(load_iris().data)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     bool((load(model.save(folder)).transform(load_iris().data) == model.transform(load_iris().data)).all())
        True
    """
    return storage.load(folder, PUBLIC)


def open_run(folder: str | Path) -> Run:
    """Return what was saved into ``folder`` as a run; a bare estimator becomes a run without a representation."""
    found = load(folder)
    if isinstance(found, BaseAutoencoder):
        run = Run(None, found)
        run.baseline_, run.density_ = None, None
        return run
    if not isinstance(found, Run):
        raise InputError(f"{folder} holds a {type(found).__name__}, which is no run; give a folder that `fit` wrote")
    return found
