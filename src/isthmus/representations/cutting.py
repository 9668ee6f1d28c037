"""What a cut makes of items, as items of their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..files.arrays import ArrayItems

_GROUPS = 10  # from so many items on, rows are held out by whole items


class CutRows(ArrayItems):
    """The rows into which a fitted cut cuts items (t_i, d); each is named by its item and the step at which it begins.

    Arguments:
        cut: `Windows`.
        items: The items, a list.
        source, ids, labels: Of the items, as for all `Items`.
        times: When each step of each item was, (t_i,); None for the number of the step.

    Attributes:
        of: The place of the item that each row is from, (n,).

    >>> from isthmus import Windows
    >>> items = [np.random.default_rng(0).normal(size=(t, 1)) for t in (4, 6)]
    >>> rows = CutRows(Windows(length=4, stride=2).fit(items), items, "two", ["a", "b"])
    >>> list(rows.ids), rows.of.tolist(), rows.load().shape
    (['a@0', 'b@0', 'b@2'], [0, 1, 1], (3, 4, 1))
    """

    def __init__(self, cut: Any, items: Any, source: str, ids: Sequence[str],
                 labels: np.ndarray | None = None, times: Sequence[np.ndarray] | None = None) -> None:  # fmt: skip
        self.lengths = [len(item) for item in items]
        self.of = cut.of(self.lengths)
        self._starts = np.concatenate([cut.starts(length) for length in self.lengths])
        self._times = times
        named = [f"{ids[place]}@{start}" for place, start in zip(self.of.tolist(), self._starts.tolist(), strict=True)]
        super().__init__(cut.transform(items), source, named, None if labels is None else labels[self.of])

    def when(self, row: int, step: int) -> str:
        """Return when a step of a row was: its time or, where that is not known, its number in the item."""
        place = int(self._starts[row]) + step
        return f"step {place}" if self._times is None else str(self._times[self.of[row]][place])

    @property
    def groups(self) -> np.ndarray:
        """What is held out together, (n,): the rows of an item or, of fewer than ten items, those of a tenth of one."""
        count = len(self.lengths)
        if count >= _GROUPS:
            return self.of
        sizes = np.bincount(self.of, minlength=count)
        within = np.concatenate([np.arange(size) * _GROUPS // size for size in sizes])
        return self.of * _GROUPS + within
