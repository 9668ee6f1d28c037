"""What `fit` reads off the data: shape, range, mean and spread, and from them units, likelihood and network."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from ..errors import InputError
from ..files.rows import FileRows, RowStream, is_large
from ..files.series import is_series
from ..model import Units
from ..networks import Conv, Dense, Recurrent
from ..networks.base import Network
from ..parts import Bernoulli, Gaussian
from ..parts.likelihood import Likelihood
from ..training.batches import Rows, blocks, dense
from ..training.sequences import Sequences

_DTYPES = (np.float64, np.float32, np.uint8)  # rows of others become the first
_LEAST_SPREAD = 1e-15  # what single precision can still square, and its inverse
_FAINT = 0.1  # numbers that span less of [0, 1] are no shares of black and white: a loss for these would hardly see them
_FAR = 1e6  # times the spread: so far from 0 only a digit of single precision is left
_DENSE_AT_MOST = 1024  # numbers of an image for which a dense network is the default,
_DENOISED_FROM = 16  # and pixels a side from which it is not where the image is corrupted


def read_rows(estimator: BaseEstimator, X: Any, reset: bool, nan: bool, sequences: bool = False) -> Rows:
    """Return ``X`` as rows of bytes, float32 or float64, checked; ``reset`` is for `fit`, ``nan`` lets NaN pass.

    A list of arrays (t_i, d) becomes `Sequences`, where ``sequences`` lets it, and after `fit` an array (n, t, d), too. A memory map is
    read into memory where it is small; a larger one, and any `RowStream`, is checked as it is read.

    Raises:
        InputError: For anything but at least one finite number a row (two rows in `fit`), or items of another shape.
    """
    if isinstance(X, dict):
        raise InputError(f"X is a table of the named columns {', '.join(map(str, X))}; turn it into numbers first, with "
                         "isthmus.Table() (a run that was fitted to a table does).")  # fmt: skip
    if sequences and not reset and getattr(X, "ndim", 0) == 3:
        X = list(X)
    if isinstance(X, list | tuple) and len(X) and all(getattr(item, "ndim", 0) == 2 for item in X):
        if not sequences:
            what = f"{type(estimator).__name__}" + (".partial_fit" if getattr(estimator, "sequential", False) else "")
            raise InputError(f"X is a list of sequences, which {what} does not read; stack those of one length into an array (n, t, d), or "
                             "fit another variant to all of them, such as Autoencoder(network=Recurrent()).")  # fmt: skip
        return read_sequences(estimator, [np.asarray(dense(item)) for item in X], reset, nan)
    rules = {"dtype": list(_DTYPES), "ensure_min_samples": 2 if reset else 1,
             "ensure_all_finite": "allow-nan" if nan else True}  # fmt: skip
    stored = FileRows.of(X) if isinstance(X, np.memmap) else None
    if stored is not None:
        X = stored if is_large(X.nbytes) else stored.read(0, len(X))
    try:
        if isinstance(X, RowStream):
            rows = CheckedRows(X, nan)
            if reset and rows.shape[0] < 2:
                raise InputError("a stream must have at least 2 rows to learn from. Got 1.")
            if len(X.shape) == 2:
                validate_data(estimator, X, reset=reset, skip_check_array=True)
        elif getattr(X, "ndim", 2) > 2:
            rows = check_array(X, allow_nd=True, estimator=estimator, input_name="X", **rules)
        else:
            rows = validate_data(estimator, X, reset=reset, accept_sparse="csr", **rules)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(_plain(error, X)) from error
    if reset:
        estimator.item_shape_ = tuple(rows.shape[1:])
        if len(rows.shape) > 2:
            estimator.n_features_in_ = math.prod(rows.shape[1:])
            estimator.__dict__.pop("feature_names_in_", None)
    elif rows.shape[1:] != estimator.item_shape_:
        raise InputError(f"X has items of shape {rows.shape[1:]}, but {type(estimator).__name__} was fitted on items of "
                         f"shape {estimator.item_shape_}.")  # fmt: skip
    return rows


def read_sequences(estimator: BaseEstimator, X: Sequence[np.ndarray], reset: bool, nan: bool) -> Sequences:
    """Return sequences (t_i, d) as rows, checked; each must have a step, and all the same number of finite numbers a step."""
    size = X[0].shape[1] if reset else estimator.n_features_in_
    for place, item in enumerate(X):
        if not len(item) or item.shape[1] != size or not size:
            raise InputError(f"X must hold sequences (t, {size}) of a step or more each. Got shape {item.shape} for item {place}.")
    if reset and len(X) < 2:
        raise InputError("X must hold 2 sequences or more to learn from. Got n_samples=1.")
    dtype = next((kind for kind in _DTYPES if all(item.dtype == kind for item in X)), np.float64)
    checked = []
    for place, item in enumerate(X):
        try:
            checked.append(check_array(item, dtype=dtype, ensure_all_finite="allow-nan" if nan else True))
        except ValueError as error:
            raise InputError(f"item {place} of X: {_plain(error, item)}") from error
    if reset:
        estimator.item_shape_, estimator.n_features_in_ = (1, size), size
        estimator.__dict__.pop("feature_names_in_", None)
    return Sequences.of(checked)


class CheckedRows:
    """A `RowStream` as `read_rows` would have it, checked whenever rows are read; ``nan`` lets NaN pass."""

    def __init__(self, stream: RowStream, nan: bool) -> None:
        self.shape, self._stream, self._nan = tuple(stream.shape), stream, nan
        self.dtype = np.dtype(stream.dtype if stream.dtype in _DTYPES else np.float64)
        if len(self.shape) < 2 or not math.prod(self.shape):
            raise InputError(f"a stream must have rows (n, ...) of at least one number. Got the shape {self.shape}.")

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return rows; `InputError` names the first that is not finite."""
        rows = np.asarray(self._stream.read(start, stop)).astype(self.dtype, copy=False)
        if rows.shape != (stop - start, *self.shape[1:]):
            raise InputError(f"rows {start} to {stop - 1} of a stream of shape {self.shape} have the shape {rows.shape}.")
        if self.dtype.kind == "f" and not (np.isfinite(rows).all() or self._nan and not np.isinf(rows).any()):
            try:
                check_array(rows, allow_nd=True, ensure_all_finite="allow-nan" if self._nan else True, input_name="X")
            except ValueError as error:
                raise InputError(_plain(error, rows, start)) from error
        return rows


@dataclass(frozen=True)
class Summary:
    """Rows in brief: how many, each number's range, mean and standard deviation, and how many are missing."""

    rows: int
    least: np.ndarray  # (*item,)
    most: np.ndarray  # (*item,)
    mean: np.ndarray  # (*item,)
    deviation: np.ndarray  # (*item,)
    missing: int
    first_missing: int  # the first row that misses numbers
    bytes: bool
    sequences: bool = False  # of any length, whose steps (1, d) are summed up
    rescaled: bool = True  # whether numbers are brought to one scale for the model

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # `check` speaks of numbers that are too large
    def of(cls, data: Rows, rescaled: bool = True) -> "Summary":
        """Read the rows once, block by block, merging means and squares without cancellation."""
        if isinstance(data, Sequences):
            found = cls.of(data.steps[:, None])
            first = int(np.searchsorted(np.cumsum(data.lengths), found.first_missing, side="right")) if found.missing else -1
            return replace(found, rows=data.shape[0], first_missing=first, sequences=True)
        shape = data.shape[1:]
        count, mean, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        least, most, rows, first = np.full(shape, np.inf), np.full(shape, -np.inf), 0, -1
        for block in blocks(data):
            x = np.array(dense(block), dtype=np.float64)
            least, most = np.fmin(least, np.fmin.reduce(x)), np.fmax(most, np.fmax.reduce(x))
            whole = not np.isnan(x.min())
            seen: Any = True if whole else ~np.isnan(x)
            n = np.full(shape, len(x)) if whole else seen.sum(0)
            if first < 0 and not whole:
                first = rows + int((~seen).reshape(len(x), -1).any(1).argmax())
            own = x.sum(0, where=seen) / np.maximum(n, 1)
            x -= own
            x *= x
            squares += x.sum(0, where=seen) + (own - mean) ** 2 * count * n / np.maximum(count + n, 1)
            mean += (own - mean) * n / np.maximum(count + n, 1)
            count += n
            rows += len(x)
        missing = int(rows * math.prod(shape) - count.sum())
        deviation = np.sqrt(squares / np.maximum(count, 1))
        return cls(rows, least, most, mean, deviation, missing, first, data.dtype == np.uint8, rescaled=rescaled)

    @property
    def low(self) -> float:
        """The least number."""
        return float(self.least.min())

    @property
    def high(self) -> float:
        """The greatest number."""
        return float(self.most.max())

    @property
    @np.errstate(over="ignore")
    def spread(self) -> float:
        """The root mean square of all numbers about their own means."""
        return float(np.sqrt(np.mean(self.deviation**2)))

    @property
    def in_unit_interval(self) -> bool:
        """Whether the values are bytes, or lie in [0, 1] and span more than a tenth of it."""
        return self.bytes or (self.low >= 0 and self.high <= 1 and self.high - self.low > _FAINT)

    def units(self, likelihood: Likelihood) -> Units:
        """Return the model's units: bytes as v/255, numbers in [0, 1] as they are, others centred and over one spread, if they may be."""
        if self.in_unit_interval or not likelihood.rescales or np.isfinite(likelihood.bounds(self.mean.shape)).any():
            return Units(torch.zeros(self.mean.shape), self.one(likelihood))
        return Units(torch.from_numpy(self.mean).float(), self.spread if self.rescaled else 1.0)

    def one(self, likelihood: Likelihood) -> float:
        """Return which number of the data is 1 to the model, where it does not centre them: 255 of bytes, but for levels and counts."""
        return 255.0 if self.bytes and likelihood.rescales else 1.0

    def likelihood(self, missing: str = "refuse") -> Likelihood:
        """Return the default: `Bernoulli` for bytes and for numbers that fill [0, 1], `Gaussian` for all others."""
        return Bernoulli(missing) if self.in_unit_interval else Gaussian(missing=missing)

    def network(self, corrupted: bool = False) -> Network:
        """Return the default: `Conv` for images of more than 1,024 numbers and for corrupted ones of 16 pixels a side, else `Dense`.

        (Noise that is new in every pixel is what convolutions average out: on digits of 28 by 28 pixels they clean better than
        `Dense` after the same time, and without noise they do not rebuild better.)
        """
        if self.sequences:
            return Recurrent()
        if self.mean.ndim < 2:
            return Dense()
        small = self.mean.size <= _DENSE_AT_MOST and not (corrupted and min(self.mean.shape[:2]) >= _DENOISED_FROM)
        return Dense() if small else Conv(dimensions=1 if is_series(self.mean.shape) else 2)

    def check(self, likelihood: Likelihood) -> None:
        """Raise `InputError` where the data cannot be learnt from, or lie outside what the likelihood allows."""
        if self.sequences and not likelihood.local:
            raise InputError(f"{type(likelihood).__name__} is for items of one shape, and X is a list of sequences; stack those of one "
                             "length into an array (n, t, d), or take another likelihood.")  # fmt: skip
        self.check_missing(likelihood)
        if not self.low < self.high:
            what = "no numbers but NaN" if self.low > self.high else f"the same value everywhere ({self.low:g})"
            raise InputError(f"X holds {what}: there is nothing to encode.")
        if not math.isfinite(self.high - self.low):
            raise InputError("X contains infinity or numbers beyond double precision; mend or leave out those rows.")
        if (self.least == self.most).all():
            raise InputError("X holds the same row again and again: there is nothing to encode.")
        if not _LEAST_SPREAD < self.spread < 1 / _LEAST_SPREAD:
            raise InputError(f"X has values from {self.low:g} to {self.high:g}, beyond single precision; rescale it.")
        far = 0.0 if self.in_unit_interval else float(np.abs(self.mean).max())
        if far > _FAR * self.spread:
            raise InputError(f"X varies by {self.spread:.3g} about values of up to {far:.3g}, which single precision cannot tell "
                             "apart; subtract the columns' means first (StandardScaler).")  # fmt: skip
        self.check_range(likelihood, self.one(likelihood))

    def check_missing(self, likelihood: Likelihood) -> None:
        """Raise `InputError` for NaN where the likelihood has no mask for it."""
        if self.missing and likelihood.missing == "refuse":
            masks = "mask" in getattr(type(likelihood).limits.get("missing"), "values", ())
            remedy = (f"Leave them out of the loss by {type(likelihood).__name__}(missing='mask') (on the command line --missing mask), or "
                      "fill them first.") if masks else f"{type(likelihood).__name__} cannot leave them out: fill them first."  # fmt: skip
            raise InputError(f"Input X contains NaN ({self.missing} numbers, the first in row {self.first_missing}). {remedy}")

    def check_range(self, likelihood: Likelihood, unit: float) -> None:
        """Raise `InputError` for values outside what the likelihood allows; ``unit`` is its 1."""
        least, most = (np.broadcast_to(np.asarray(bound) * unit, self.least.shape) for bound in likelihood.bounds(self.least.shape))
        outside = (self.least < least) | (self.most > most)
        if outside.any():
            which = np.unravel_index(int(outside.argmax()), outside.shape)
            same = least.min() == least.max() and most.min() == most.max()
            where = "" if same else f" in column {which[0]}"
            low, high = (self.least.min(), self.most.max()) if same else (self.least[which], self.most[which])
            raise InputError(f"{type(likelihood).__name__} needs values in [{least[which]:g}, {most[which]:g}]{where}. "
                             f"Got {low:g} to {high:g}; scale the data (MinMaxScaler) or use {likelihood.unbounded}.")


def _plain(error: ValueError, X: Any, start: int = 0) -> str:
    """Return what scikit-learn says of ``X``, rows from ``start`` on, in one line: with the row if it can be told, no advice."""
    said = str(error).split("\n", maxsplit=1)[0].rstrip(".:")
    if getattr(X, "ndim", 2) == 1:
        return f"Expected 2D array, got 1D array instead: X has shape {X.shape}. Reshape your data to rows (n, d)."
    if "infinity" not in said and "NaN" not in said:
        return " ".join(str(error).split())
    remedy = "mend or leave out that row" if "infinity" in said else (
        "fill it first, or fit with a likelihood that masks it, such as Gaussian(missing='mask') (--missing mask)")
    bad = ~np.isfinite(np.asarray(X, dtype=np.float64)) if isinstance(X, np.ndarray) else np.zeros((0, 1), bool)
    where = f", the first in row {start + int(bad.reshape(len(bad), -1).any(1).argmax())}" if bad.any() else ""
    return f"{said}{where}; {remedy}."


def fingerprint(data: Rows, summary: Summary) -> str:
    """Return what tells one training set from another: shape, dtype, and a digest of every number's mean and deviation."""
    return f"{'x'.join(map(str, data.shape))} {data.dtype} {digest([summary.mean, summary.deviation])}"


def digest(arrays: Iterable[np.ndarray]) -> str:
    """Return what tells arrays from others."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()[:12]
