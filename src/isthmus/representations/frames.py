"""Sequences as rows of single frames, or of frames with their neighbours, and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..checks import Whole, check_settings
from ..errors import InputError
from .channels import as_series
from .width import KnowsWidth

_LIMITS = {"context": Whole(0), "spacing": Whole(1)}


class Frames(KnowsWidth):
    r"""Sequences (t_i, d) as a row for each frame, (n, (2 context + 1) d) float32, and back.

    A row holds a frame between ``context`` others on each side, each ``spacing`` frames from the next, earliest first; the first and the
    last frame stand in for those that are missing. Back, a frame is the mean of what the rows say of it. With no context, rows are frames,
    for any method of tables; ``Conv(dimensions=1, shape=(2 * context + 1, d))`` reads the rows as short series.

    Parameters: ``context``, the neighbours on each side; ``spacing``, the frames from one to the next.

    Attributes learnt: ``n_features_in_`` (d).

    >>> frames = Frames(context=1).fit([np.eye(3)])
    >>> rows = frames.transform([np.eye(3), np.ones((2, 3))])
    >>> rows.shape, rows[0].tolist()
    ((5, 9), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    >>> [part.tolist() for part in frames.inverse_transform(rows, lengths=[3, 2])]
    [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]
    """

    def __init__(self, context: int = 0, spacing: int = 1) -> None:
        self.context = context
        self.spacing = spacing

    def fit(self, X: Any, y: Any = None) -> "Frames":
        """Learn how many numbers a frame has from a sequence (t, d), or from a list of them.

        Raises:
            InputError: For a setting outside its limits, or what are no sequences of one number of features.
        """
        check_settings(self, _LIMITS)
        self.n_features_in_ = as_series(X)[0].shape[1]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the rows of a sequence, or of all sequences of a list, one after the other."""
        check_is_fitted(self)
        sequences = as_series(X, self.n_features_in_)
        frames = np.concatenate(sequences).astype(np.float32, copy=False)
        places = np.concatenate(self._places([len(one) for one in sequences]))  # (n, 2 context + 1)
        return frames[places].reshape(len(frames), -1)

    def inverse_transform(self, Z: Any, lengths: Sequence[int] | None = None) -> Any:
        """Return the sequences that rows are of.

        Arguments:
            Z: Rows (n, (2 context + 1) d) in the order of `transform`.
            lengths: The frames of each sequence: a list of arrays then comes back, or an array for one. None takes them for one sequence.
        """
        check_is_fitted(self)
        Z = np.asarray(Z)
        size = (2 * self.context + 1) * self.n_features_in_
        if Z.shape[1:] != (size,):
            raise InputError(f"rows must have the shape (n, {size}). Got {Z.shape}.")
        sizes = [len(Z)] if lengths is None else list(lengths)
        self.joined(Z, sizes)  # which checks them
        places = np.concatenate(self._places(sizes))
        said = Z.reshape(len(Z), -1, self.n_features_in_)
        total = np.zeros((len(Z), self.n_features_in_))
        for neighbour in range(places.shape[1]):
            np.add.at(total, places[:, neighbour], said[:, neighbour])
        found = self.joined(total / np.bincount(places.ravel())[:, None], sizes)
        return found[0] if len(found) == 1 else found

    def joined(self, values: np.ndarray, lengths: Sequence[int] | None = None) -> list[np.ndarray]:
        """Return numbers of each row, (n, ...), as numbers of each sequence's frames."""
        lengths = [len(values)] if lengths is None else lengths
        if sum(lengths) != len(values):
            raise InputError(f"sequences of {', '.join(map(str, lengths))} frames have {sum(lengths)} rows. Got {len(values)}.")
        return np.split(values, np.cumsum(lengths)[:-1])

    def of(self, lengths: Sequence[int]) -> np.ndarray:
        """Return the place of the sequence that each row is from, (n,)."""
        return np.repeat(np.arange(len(lengths)), lengths)

    def starts(self, length: int) -> np.ndarray:
        """Return the frames that the rows of a sequence of so many are about."""
        return np.arange(length)

    def apart(self, count: int) -> list[int]:
        """Return the lengths of what so many rows are of where nothing else is known: one sequence."""
        return [count]

    def _places(self, lengths: Sequence[int]) -> list[np.ndarray]:
        """Return which frames of all each row holds, (t_i, 2 context + 1), sequence by sequence."""
        around, begins = self.spacing * np.arange(-self.context, self.context + 1), np.cumsum([0, *lengths])
        return [begin + np.clip(np.arange(length)[:, None] + around, 0, length - 1) for begin, length in zip(begins, lengths, strict=False)]
