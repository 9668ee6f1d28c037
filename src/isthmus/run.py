"""A run: from raw items to codes and back, all of it in one folder."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator

from . import estimators, networks, parts, representations, storage, training
from .errors import InputError
from .estimators.base import BaseAutoencoder
from .estimators.fitting import seed_of
from .estimators.trained import versions
from .files import Items, RowStream, SeriesItems
from .files.items import RowIds
from .files.rows import scratch
from .representations.cutting import CutRows
from .representations.streaming import fit_rows
from .tasks import Density, Instruments, Principal, Voices
from .tasks.generation import Sampler
from .training.batches import dense, spread, spread_rows

T = TypeVar("T")
_PARTS = ("representation", "cut", "estimator", "baseline_", "density_")


class Run(TransformerMixin, BaseEstimator):
    """A representation, a cut and an estimator, with PCA of the same size and a density on the codes beside them.

    Arguments:
        representation: `Table`, `BagOfWords`, `Pixels`, or None where the items are arrays already.
        cut: `Windows`, where an item, a series, is many rows; None where it is one. Codes are then those of rows, item by item.
        estimator: Any of isthmus's estimators.
        source: Where the training items came from, for people and for looking rows up by their ids.
        image_size: Height and width to which images were resized, and are again whenever they are read for this run.
        condition: The column that tells the condition of each item, or "labels" for the labels that items come with; for those who
            read items for this run. `given` is how a run is told.
        time, series, channels: Of items that are series in a table, the columns that order the steps, tell one series from another, and
            hold the numbers, likewise.

    Attributes:
        baseline_: PCA of the same code size, fitted to the same items.
        density_: A mixture on the codes, where the estimator has no prior of its own; None where it has.

    Example:
        >>> from isthmus import Autoencoder, Run, Table, Training, Gaussian
        >>> X = {"age": np.arange(40.0) % 23, "city": np.array(["Rome", "Oslo"] * 20, dtype=object)}
        >>> model = Autoencoder(2, likelihood=Gaussian(missing="mask"), training=Training(epochs=2), random_state=0)
        >>> run = Run(Table(), None, model).fit(X)
        >>> run.transform(X).shape, sorted(run.reconstruct(X))
        ((40, 2), ['age', 'city'])
    """

    baseline_: Principal | None
    density_: Density | None

    def __init__(self, representation: Any = None, cut: Any = None, estimator: Any = None, source: str = "",
                 image_size: tuple[int, int] | None = None, condition: str = "", time: str = "", series: str = "",
                 channels: tuple[str, ...] = ()) -> None:  # fmt: skip
        self.representation = representation
        self.cut = cut
        self.estimator = estimator
        self.source = source
        self.image_size = image_size
        self.condition = condition
        self.time = time
        self.series = series
        self.channels = channels

    def fit(self, X: Any, y: None = None, condition: Any = None) -> "Run":
        """Fit the representation, the estimator, and what stands beside them, to raw items or to what `files.read` gave.

        Items of files that are too large for the memory stay on disk. A condition is as the estimator's `fit` takes it, one for each item.
        """
        if self.cut is None:
            return self.learn(self.prepare(X), condition)
        rows = self.cut_rows(X, fit=True)
        return self.learn(rows.load(), None if condition is None else np.asarray(condition)[rows.of], rows.groups)

    def prepare(self, X: Any) -> Any:
        """Fit the representation, and return the rows that the estimator learns from: an array, a list of series, or a `RowStream`."""
        if not isinstance(X, Items):
            return X if self.representation is None else self.representation.fit_transform(X)
        if self.representation is None:
            return X.rows()
        training = self.estimator.training
        return fit_rows(self.representation, X, scratch(training.checkpoint if training is not None else None))

    def cut_rows(self, X: Any, fit: bool = False) -> CutRows:
        """Return what the cut makes of raw items (a list, or `Items`); ``fit`` lets representation and cut learn from them first."""
        items = X.load() if isinstance(X, Items) else X
        if self.representation is not None:
            items = self.representation.fit_transform(items) if fit else self.representation.transform(items)
        if fit:
            self.cut.fit(items)
        if not isinstance(X, Items):
            return CutRows(self.cut, items, "the items", RowIds(range(len(items))))
        return CutRows(self.cut, items, X.source, X.ids, X.labels, X.times if isinstance(X, SeriesItems) else None)

    def learn(self, rows: Any, condition: Any = None, groups: Any = None) -> "Run":
        """Fit the estimator and what stands beside it to rows from `prepare`; an interrupted fit keeps what it has."""
        asked = {"condition": condition, "groups": groups}
        try:
            self.estimator.fit(rows, **{name: value for name, value in asked.items() if value is not None})
        finally:
            if hasattr(self.estimator, "module_"):
                some = spread_rows(rows, rows.shape[0]) if isinstance(rows, RowStream) else rows
                self.baseline_ = None if isinstance(rows, list) else Principal(self.estimator.n_components).fit(some)
                draws = self.estimator.generates or self.estimator.bottleneck_.random
                count = len(some) if isinstance(some, list) else some.shape[0]
                its = None if condition is None else np.asarray(condition)[spread(len(condition), count)]
                self.density_ = None if draws else Density().fit(self.given(its).estimator.transform(some))
        return self

    def on_rows(self) -> "Run":
        """Return the run for those who have rows already, such as `cut_rows` gives."""
        view = copy.copy(self)
        view.representation = view.cut = None
        return view

    def uncut(self) -> "Run":
        """Return the run for those who have what its cut made; without a cut the run itself."""
        return self if self.cut is None else self.on_rows()

    def given(self, condition: Any) -> "Run":
        """Return the run under a condition, one for each item that its methods will meet, or one for all; under None the run itself."""
        if condition is None:
            return self
        view = copy.copy(self)
        view.estimator = self.estimator.given(condition)
        return view

    def encoded(self, X: Any) -> Any:
        """Return items as the estimator takes them, sparse where the representation is: with a cut the rows of all, one after the other."""
        items = self._represented(X)
        return items if self.cut is None else self.cut.transform(items)

    def rows(self, X: Any) -> Any:
        """Return items as the estimator takes them, all their numbers."""
        return dense(self.encoded(X))

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of raw items, shape (n, n_components), or of the rows that the cut makes of them."""
        return self.estimator.transform(self.encoded(X))

    def inverse_transform(self, H: np.ndarray, lengths: Any = None) -> Any:
        """Return what codes stand for, as raw items: columns for a table, else an array (n, ...).

        Arguments:
            H: Codes.
            lengths: With a cut, how many steps each item has that the rows are of; a list of items then comes back. None takes
                rows that do not overlap, as the cut has them.
        """
        return self.raw(self.estimator.inverse_transform(H), lengths)

    def reconstruct(self, X: Any) -> Any:
        """Return raw items through the code and back."""
        items = self._represented(X)
        if self.cut is None:
            return self.raw(self.estimator.reconstruct(items))
        return self.raw(self.estimator.reconstruct(self.cut.transform(items)), [len(item) for item in items])

    def fill(self, X: Any) -> Any:
        """Return raw items with only their missing cells replaced by the reconstruction's."""
        if self.cut is not None:
            return [np.where(np.isnan(item), rebuilt, item) for item, rebuilt in zip(X, self.reconstruct(X), strict=True)]
        rebuilt = self.estimator.reconstruct(self.rows(X))
        if hasattr(self.representation, "fill"):
            return self.representation.fill(X, rebuilt)
        X = dense(X)
        return np.where(np.isnan(X), rebuilt, X)

    def sample(self, n: int = 1, random_state: int | None = None) -> Any:
        """Return ``n`` new raw items, by the estimator's prior or by the density on its codes; without a seed by the estimator's."""
        source = self.estimator if self.density_ is None else Sampler(self.estimator, self.density_)
        rows = source.sample(n, random_state=seed_of(self.estimator.random_state if random_state is None else random_state))
        return self.raw(self.representation.within(rows) if hasattr(self.representation, "within") else rows)

    def raw(self, rows: Any, lengths: Any = None) -> Any:
        """Return rows as raw items: what `rows` undoes."""
        if self.cut is not None:
            known = self.cut.apart(len(rows)) if lengths is None else list(lengths)
            joined = self.cut.inverse_transform(rows, known)
            rows = joined if isinstance(joined, list) else [joined]
        return rows if self.representation is None else self.representation.inverse_transform(rows)

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
        for step in (self.representation, self.cut, self.estimator):
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
        self.baseline_ = None if config["baseline_"] is None else Principal(self.estimator.n_components)
        self.density_ = None if config["density_"] is None else Density()
        for name, part in self._parts().items():
            if part is not None:
                own = storage.below(f"{name}/", arrays)
                part.restore(config[name], own)

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _PARTS}

    def _represented(self, X: Any) -> Any:
        return X if self.representation is None else self.representation.transform(X)


#: The only classes that a run folder may name.
PUBLIC: dict[str, type] = {"Run": Run, "FrozenEstimator": FrozenEstimator} | {
    name: getattr(module, name) for module in (estimators, networks, parts, representations, training)
    for name in module.__all__
} | {"Voices": Voices, "Instruments": Instruments}  # fmt: skip


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
        return bare(found)
    if not isinstance(found, Run):
        raise InputError(f"{folder} holds a {type(found).__name__}, which is no run; give a folder that `fit` wrote")
    return found


def bare(estimator: BaseAutoencoder) -> Run:
    """Return a fitted estimator as a run without a representation."""
    run = Run(None, None, estimator)
    run.baseline_, run.density_ = None, None
    return run


def open_as(folder: str | Path, kind: type[T], made_by: str) -> T:
    """Return what was saved into ``folder``, an object of a kind that one command makes."""
    found = load(folder)
    if not isinstance(found, kind):
        raise InputError(f"{folder} holds a {type(found).__name__}; give a folder that `{made_by}` wrote")
    return found
