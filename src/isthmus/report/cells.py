"""Rows of a table as cells under their columns' names, and as bars in the live map."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from markupsafe import Markup

from .pictures import Pictures, floats, span
from .summary import number

_SHOWN, _BARS = 8, 12  # columns
Decode = Callable[[np.ndarray], Mapping[str, np.ndarray]]


class Cells(Pictures):
    """Draws table rows: numbers by the columns that vary most or, with ``decode``, the cells of a table's own columns.

    Arguments:
        items: The rows (n, features) by which columns are chosen.
        columns: The names of their numbers.
        decode: What turns rows back into cells, by column.

    >>> Cells(np.array([[1.0, 5.0], [1.0, 9.0]]), ["a", "b"]).sheet(np.ones((1, 2)), 10**6)["names"]
    ['b', 'a']
    """

    count: ClassVar[int] = 3
    by_item: ClassVar[bool] = True

    def __init__(self, items: np.ndarray, columns: Sequence[str], decode: Decode | None = None) -> None:
        seen = np.asarray(items, dtype=np.float64)
        spread = [np.nanstd(column) if np.isfinite(column).any() else 0.0 for column in seen.T]
        self.order = np.argsort(-np.asarray(spread), kind="stable")
        self.columns = [str(name) for name in columns]
        self.spans = [span(column) for column in seen.T]

        self.decode = decode or self._numbers
        self.shown = [name for name, cells in self.decode(seen).items() if len({str(cell) for cell in cells}) > 1][:_SHOWN]

    def strip(self, items: np.ndarray, names: Sequence[str] = ()) -> Markup:
        decoded = self.decode(np.asarray(items, dtype=np.float64))
        head = Markup("").join(Markup("<th scope=col>{}</th>").format(name) for name in self.shown)
        body = []
        for row, cells in enumerate(zip(*(decoded[name] for name in self.shown), strict=True)):
            name = Markup("<th scope=row>{}</th>").format(names[row] if names else row + 1)
            body.append(Markup("<tr>{}{}</tr>").format(name, Markup("").join(Markup("<td>{}</td>").format(_text(cell)) for cell in cells)))
        return Markup('<div class="scroll"><table class="cells"><thead><tr><th></th>{}</tr></thead><tbody>{}</tbody>'
                      "</table></div>").format(head, Markup("").join(body))  # fmt: skip

    def sheet(self, items: np.ndarray, budget: int) -> dict[str, Any]:
        shown = self.order[:_BARS]
        return {"kind": "bars", "names": [self.columns[place] for place in shown],
                "low": [self.spans[place][0] for place in shown], "high": [self.spans[place][1] for place in shown],
                "values": floats(np.asarray(items, dtype=np.float64)[:, shown])}  # fmt: skip

    def _numbers(self, items: np.ndarray) -> dict[str, np.ndarray]:
        """Return the numbers of rows by column, the most variable one first."""
        return {self.columns[place]: items[:, place] for place in self.order}


def _text(cell: Any) -> str:
    if cell is None or cell != cell:  # NaN and NaT
        return "missing"
    # Whole numbers, such as years, are told as they are.
    return number(float(cell)).replace("-", "−") if isinstance(cell, float | np.floating) else str(cell)
