"""Plain-word diagnostics after a fit, each with a remedy."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..errors import DiagnosticWarning
from ..parts.bottleneck import Identity
from ..training.batches import Rows, spread_rows, tensor_of
from .data import Summary

_FIRST = 256  # rows whose units are looked at before they are encoded
_BEYOND = 1.5  # times the range allowed: other units, and no mere outlier
_BYTES = 255.0  # the scale of a model of bytes
_ROWS = 1000  # of the training set are looked at
_APART = 100.0  # ratio of the features' spreads that calls for scaling
_ACTIVE = 0.01  # variance of a posterior mean above which a unit counts as active


Map = Callable[[Rows], np.ndarray]


def warn_of_other_units(estimator: Any, X: Rows) -> None:
    """Warn where rows for a fitted estimator of bounded data look like other units than those it learnt from."""
    scale = float(estimator.module_.units.scale)
    bounds = estimator.likelihood_.bounds(estimator.item_shape_)
    bottom, top = float(np.min(bounds[0])) * scale, float(np.max(bounds[1])) * scale
    if not np.isfinite(top) or not isinstance(X, np.ndarray):
        return
    name, highest, lowest = type(estimator).__name__, float(np.nanmax(X[:_FIRST], initial=0.0)), float(np.nanmin(X[:_FIRST], initial=0.0))
    far = _BEYOND * (top - bottom)
    said = None
    if highest > bottom + far or lowest < top - far:
        said = (f"X has values from {lowest:g} to {highest:g}, and this {name} learnt from values in [{bottom:g}, {top:g}]; bring X to the "
                "same units.")  # fmt: skip
    elif scale == _BYTES and X.dtype.kind == "f" and 0 < highest <= 1:
        said = f"X has values of at most {highest:g}, and this {name} learnt from bytes, 0 to 255; multiply X by 255."
    if said is not None:
        warnings.warn(said, DiagnosticWarning, stacklevel=4)


def diagnose(estimator: Any, X: Rows, summary: Summary, transform: Map, reconstruct: Map) -> Iterator[str]:
    """Yield a sentence for each thing that a user would want to know about a fitted estimator.

    ``transform`` and ``reconstruct`` are the estimator's own, for rows that were read already.
    """
    yield from _unscaled(summary)
    if estimator.likelihood_.missing == "refuse" and not summary.sequences:
        yield from _identity(estimator, X, reconstruct)
    yield from _dead_units(estimator, transform(spread_rows(X, _ROWS)))
    yield from _learning(estimator)


def _unscaled(summary: Summary) -> Iterator[str]:
    # But for switches, 0 or 1, whose spread says how rare they are and nothing of their units.
    switches = (summary.least == 0) & (summary.most == 1) & np.isclose(summary.deviation**2, summary.mean * (1 - summary.mean), atol=0)
    spreads = summary.deviation[(summary.deviation > 0) & ~switches]
    if summary.in_unit_interval or summary.mean.ndim > 1 or not spreads.size:
        return
    if spreads.max() > _APART * spreads.min():
        yield (f"the columns' standard deviations lie between {spreads.min():.3g} and {spreads.max():.3g}, so that the "
               "largest columns decide the code; scale them first, with make_pipeline(StandardScaler(), ...) or, on the command line, "
               "--representation table.")  # fmt: skip


def _identity(estimator: Any, X: Rows, reconstruct: Map) -> Iterator[str]:
    """The guard "r ≠ x": a code as wide as its input, with nothing against copying, learns to copy."""
    free = not estimator.penalties_ and estimator.corruption_ is None and type(estimator.bottleneck_) is Identity
    wide = estimator.n_components >= estimator.n_features_in_
    if not (free and wide):
        return
    rows = tensor_of(spread_rows(X, _ROWS)).numpy()
    rng = np.random.default_rng(0)
    permuted = rng.permuted(rows, axis=0)  # each feature's values in an order of their own
    noise = rng.uniform(rows.min(), rows.max(), rows.shape).astype(rows.dtype)
    errors = [f"{name} {_relative_error(reconstruct(data), data):.0%}"
              for name, data in (("real rows", rows), ("feature-permuted rows", permuted), ("noise", noise))]  # fmt: skip
    yield (f"a code of {estimator.n_components} for {estimator.n_features_in_} numbers and nothing against copying: the "
           f"autoencoder may learn to copy (error as a share of the variance: {', '.join(errors)}; where noise comes back "
           "as well as data, nothing was learnt). Take fewer components, or the denoising, sparse, contractive or "
           "variational variant.")  # fmt: skip


def _relative_error(rebuilt: np.ndarray, rows: np.ndarray) -> float:
    x = rows.astype(np.float64)
    return float(((rebuilt - x) ** 2).sum() / max(((x - x.mean(0)) ** 2).sum(), 1e-300))


def _dead_units(estimator: Any, codes: np.ndarray) -> Iterator[str]:
    variances = codes.var(axis=0)
    random = estimator.bottleneck_.random
    idle = int((variances < (_ACTIVE if random else 1e-8 * max(variances.max(), 1e-30))).sum())
    if not idle:
        return
    if random:
        yield (f"{idle} of {estimator.n_components} code units do not vary with the data (posterior collapse). A smaller "
               "KL weight, a warm-up (KL(WarmUp(1.0))), a learnt variance (Gaussian(variance=None)) or fewer components "
               "help; unused units do no harm.")  # fmt: skip
    else:
        yield f"{idle} of {estimator.n_components} code units are dead: they never change. {estimator.bottleneck_.remedy}"


def _learning(estimator: Any) -> Iterator[str]:
    history = estimator.history_
    if len(history) < 5 or estimator.stopped_ or "reconstruction" not in history[0]:  # other losses need not fall
        return
    losses = np.array([row["loss"] for row in history])
    held = np.array([row.get("validation_reconstruction", np.nan) for row in history])
    if losses[0] - losses.min() < 1e-3 * abs(losses[0]) and len(history) > 5:
        yield ("the loss hardly fell from the first epoch on (a plateau): try another learning rate, a wider network, "
               "or look whether the data hold any structure.")  # fmt: skip
    if np.isfinite(held).all() and held[-1] - held.min() > 0.1 * max(held[0] - held.min(), 1e-12):
        yield (f"the error on held-out rows rose again after epoch {int(held.argmin()) + 1} (over-fitting); the best "
               "epoch's weights are kept. More rows, fewer hidden units, Training(patience=10) or a corruption help.")  # fmt: skip
