"""Dimensionality reduction measured: one set of figures for any transformer, and many transformers side by side."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .. import metrics
from ..training.batches import blocks, spread
from .baseline import Principal
from .generation import draw

_ROWS = 2000  # of each part, for measures that are quadratic or need no more
_FEATURES = 32  # principal components in which samples are compared with real items

Row = dict[str, Any]


class Split(NamedTuple):
    """Items of shape (n, ...), their labels or None, their ids, and what conditional models are told of them."""

    items: np.ndarray
    labels: np.ndarray | None = None
    ids: Any = None
    conditions: np.ndarray | None = None  # (n,) labels or (n, k) covariates, as `fit` takes them

    def some(self, rows: int = _ROWS) -> "Split":
        """Return at most ``rows`` items, evenly from first to last: data sorted by their labels keep them all."""
        count = len(self.items)
        return self if count <= rows else self.take(spread(count, rows))

    def halves(self) -> tuple["Split", "Split"]:
        """Return two halves of the items, taken at random but the same each time."""
        order = np.random.default_rng(0).permutation(len(self.items))
        middle = (len(order) + 1) // 2
        return self.take(np.sort(order[:middle])), self.take(np.sort(order[middle:]))

    def take(self, which: np.ndarray) -> "Split":
        """Return the items at some places."""
        return Split(self.items[which], None if self.labels is None else self.labels[which],
                     None if self.ids is None else [self.ids[place] for place in which],
                     None if self.conditions is None else self.conditions[which])  # fmt: skip

    def told(self, estimator: Any) -> Any:
        """Return a view of an estimator that is told these items' conditions, or the estimator itself where it takes none.

        A single item's condition holds for however many rows or codes the view meets.
        """
        if self.conditions is None or getattr(estimator, "condition_", None) is None:
            return estimator
        return estimator.given(self.conditions[0] if len(self.conditions) == 1 else self.conditions)


class Candidate(NamedTuple):
    """A transformer to be fitted: its name in the table, its code size, its seed, and whether it is told the items' conditions, if any."""

    variant: str
    latent_dim: int
    seed: int
    estimator: Any
    conditional: bool = True


@dataclass
class Comparison:
    """What `compare` found: a row of figures a candidate, and the fitted estimators of the first seed."""

    rows: list[Row] = field(default_factory=list)
    estimators: dict[tuple[str, int], Any] = field(default_factory=dict)  # (variant, latent_dim) → fitted


def compare(candidates: Iterable[Candidate], train: Split, test: Split,
            tell: Callable[[Candidate], None] = lambda candidate: None,
            measures: Mapping[str, Callable[[Any, Any], float]] | None = None) -> Comparison:  # fmt: skip
    """Fit every candidate to the training items and measure it on both parts, with PCA of its size beside it.

    Arguments:
        candidates: What to fit.
        train, test: The two parts, with labels in both or in neither.
        tell: Called with each candidate before it is fitted.
        measures: What else to tell of test items and their reconstructions, by name.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> found = compare([Candidate("pca", 2, 0, Principal(2))], Split(X[::2], y[::2]), Split(X[1::2], y[1::2]))
        >>> found.rows[0]["squared_error"] == found.rows[0]["pca_squared_error"]
        True
    """
    comparison, baselines = Comparison(), {}
    yardstick = Principal(_FEATURES).fit(train.items)
    for candidate in candidates:
        tell(candidate)
        size = candidate.latent_dim
        if size not in baselines:
            baselines[size] = Principal(size).fit(train.items)
        started = time.perf_counter()
        told = train.conditions if candidate.conditional and getattr(candidate.estimator, "conditional", False) else None
        fitted = candidate.estimator.fit(train.items, **({} if told is None else {"condition": told}))
        seconds = time.perf_counter() - started
        row: Row = {"variant": candidate.variant, "latent_dim": size, "seed": candidate.seed, "seconds": seconds}
        row |= evaluate(fitted, test, baselines[size])
        row["train_squared_error"] = metrics.squared_error(train.items, reconstruct(train.told(fitted), train.items))
        row |= purposes(fitted, train, test, yardstick)
        row |= {name: own(test.items, reconstruct(test.told(fitted), test.items)) for name, own in (measures or {}).items()}
        if candidate.variant == "linear":
            row["principal_angles_degrees"] = angles(fitted, baselines[size]).tolist()
        comparison.rows.append(row)
        comparison.estimators.setdefault((candidate.variant, size), fitted)
    return comparison


class Gathered:
    """The items, and their labels, at some places of a stream: all that is held of it."""

    def __init__(self, places: np.ndarray) -> None:
        self.places, self._parts, self._passed = places, list[Split](), 0

    def add(self, block: Split) -> None:
        """Take the next items, of which those at the places are kept."""
        start, self._passed = self._passed, self._passed + len(block.items)
        low, high = np.searchsorted(self.places, (start, self._passed))
        if low < high:
            self._parts.append(block.take(self.places[low:high] - start))

    def split(self) -> Split:
        """Return what was kept."""
        items, labels, _, conditions = zip(*self._parts, strict=True)
        return Split(np.concatenate(items), None if labels[0] is None else np.concatenate(labels), None,
                     None if conditions[0] is None else np.concatenate(conditions))  # fmt: skip


class Evaluation:
    """The figures of a fitted transformer on items that come block by block, with those of PCA of the same size beside them.

    Errors are squared errors, summed over an item's numbers and averaged over items, bytes on [0, 1]. Neighbours,
    sparsity and the Jacobian are measured on at most 2,000 items, spread over all.

    Arguments:
        estimator: Anything fitted that has ``transform`` and ``inverse_transform``.
        n: How many items there will be.
        baseline: PCA of the same size, or None.
    """

    def __init__(self, estimator: Any, n: int, baseline: Principal | None = None) -> None:
        self.estimator, self.n, self.baseline = estimator, n, baseline
        self._errors, self._baseline_errors = metrics.Errors(), metrics.Errors()
        self._some = Gathered(spread(n, _ROWS))

    def add(self, block: Split) -> None:
        """Take the next items."""
        self._errors.add(block.items, reconstruct(block.told(self.estimator), block.items))
        if self.baseline is not None:
            self._baseline_errors.add(block.items, reconstruct(self.baseline, block.items))
        self._some.add(block)

    def row(self) -> Row:
        """Return the figures, once all items were taken."""
        split = self._some.split()
        some, estimator = split.items, split.told(self.estimator)
        x, codes = _plain(some), np.asarray(estimator.transform(some))
        row: Row = {"n": self.n, "n_features": x.shape[1], "latent_dim": codes.shape[1]}
        row["squared_error"] = self._errors.squared_error()
        if self.baseline is not None:
            row["pca_squared_error"] = self._baseline_errors.squared_error()
        if self._errors.varies:
            row["explained_variance"] = self._errors.explained_variance()
        if len(codes) >= 20:
            flat = np.nan_to_num(x)
            row["trustworthiness"] = metrics.trustworthiness(flat, codes)
            row["continuity"] = metrics.continuity(flat, codes)
        row["l0"], row["hoyer"] = metrics.sparsity_l0(codes), metrics.hoyer(codes)
        if estimator is self.estimator and not np.isnan(x).any():  # a condition would be one for all
            row["jacobian_norm"] = metrics.jacobian_norm(estimator.transform, some)
        return row


def evaluate(estimator: Any, test: Split, baseline: Principal | None = None) -> Row:
    """Return the figures of `Evaluation` on items that are all there."""
    evaluation = Evaluation(estimator, len(test.items), baseline)
    start = 0
    for block in blocks(test.items):
        evaluation.add(Split(block, conditions=None if test.conditions is None else test.conditions[start : start + len(block)]))
        start += len(block)
    return evaluation.row()


def purposes(estimator: Any, train: Split, test: Split, yardstick: Principal, seed: int = 0) -> Row:
    """Return the figures for which variants are chosen: cleaning, few labels, and sample quality.

    ``noisy_error`` and ``masked_error`` are squared errors to the clean item from input with Gaussian noise of one
    standard deviation, and from input with three numbers in ten set to the data's least value (bytes, numbers in [0, 1]) or mean.
    ``sample_distance`` is the Fréchet distance of new items from test items in 32 principal components.
    """
    rng = np.random.default_rng(seed)
    clean = test.some()
    x = _plain(clean.items)
    own = (lambda z: z * 255) if clean.items.dtype == np.uint8 else (lambda z: z)
    bounded = np.nanmin(x) >= 0 and np.nanmax(x) <= 1
    noisy = x + np.nanstd(x) * rng.normal(size=x.shape)
    noisy = np.clip(noisy, 0, 1) if bounded else noisy
    masked = np.where(rng.random(x.shape) < 0.3, 0.0 if bounded else np.nanmean(x, axis=0), x)
    row: Row = {}
    for name, seen in (("noisy_error", noisy), ("masked_error", masked)):
        cleaned = reconstruct(clean.told(estimator), own(seen).astype(np.float32).reshape(clean.items.shape))
        row[name] = metrics.squared_error(clean.items, cleaned)
    row |= labelled(estimator, train, clean)
    drawn = draw(train.told(estimator), train.items, len(clean.items), clean.told(estimator))
    pair = yardstick.transform(clean.items), yardstick.transform(drawn.astype(np.float32))
    row["sample_distance"] = metrics.frechet_distance(*pair)
    return row


def labelled(estimator: Any, train: Split, test: Split) -> Row:
    """Return the accuracy of labels, if there are any, read off the codes: by neighbours, and with ten labels a class."""
    known = train.some(5 * _ROWS)
    if known.labels is None or test.labels is None:
        return {}
    learnt, seen = (np.asarray(part.told(estimator).transform(part.items)) for part in (known, test))
    row: Row = {"neighbour_accuracy": metrics.neighbour_accuracy(learnt, known.labels, seen, test.labels)}
    if np.unique(known.labels, return_counts=True)[1].min() >= 10:
        row["few_label_accuracy"] = metrics.few_label_accuracy(learnt, known.labels, seen, test.labels)
    return row


def label_places(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of those of ``n`` items from which `labelled` learns, and of those that it asks for: from two halves."""
    known, asked = Split(np.arange(n)).halves()
    return known.some(5 * _ROWS).items, asked.some().items


def training_seconds(model: Any) -> float:
    """Return how long a model trained, the layers of a stack included; 0 for PCA."""
    histories = [*getattr(model, "layer_histories_", []), getattr(model, "history_", [])]
    return sum(history[-1]["seconds"] for history in histories if history)


def reconstruct(estimator: Any, items: np.ndarray) -> np.ndarray:
    """Return ``inverse_transform(transform(items))``, in one pass where the estimator has one."""
    if hasattr(estimator, "reconstruct"):
        return estimator.reconstruct(items)
    return estimator.inverse_transform(estimator.transform(items))


def angles(estimator: Any, baseline: Principal) -> np.ndarray:
    """Return the principal angles in degrees, largest first, between a linear decoder's directions and PCA's."""
    size = len(baseline.components_)
    ends = estimator.inverse_transform(np.vstack([np.eye(size), np.zeros((1, size))]))
    directions = (ends[:-1] - ends[-1]).reshape(size, -1)
    return metrics.principal_angles(directions.T, baseline.components_.T)


def _plain(items: np.ndarray) -> np.ndarray:
    """Return items as rows of floats, bytes on [0, 1]."""
    rows = np.asarray(items).reshape(len(items), -1)
    return rows / 255.0 if rows.dtype == np.uint8 else rows.astype(np.float64)
