"""Rows of a table as numbers under their columns' names, and as bars in the live map."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from markupsafe import Markup

from .pictures import Pictures, floats, span
from .summary import number

_SHOWN, _BARS = 8, 12  # columns, the most variable ones


class Cells(Pictures):
    """Draws table rows by the columns that vary most.

    >>> Cells(np.array([[1.0, 5.0], [1.0, 9.0]]), ["a", "b"]).sheet(np.ones((1, 2)), 10**6)["names"]
    ['b', 'a']
    """

    count: ClassVar[int] = 3
    by_item: ClassVar[bool] = True

    def __init__(self, items: np.ndarray, columns: Sequence[str]) -> None:
        seen = np.asarray(items, dtype=np.float64)
        spread = [np.nanstd(column) if np.isfinite(column).any() else 0.0 for column in seen.T]
        self.order = np.argsort(-np.asarray(spread), kind="stable")
        self.columns = [str(name) for name in columns]
        self.spans = [span(column) for column in seen.T]

    def strip(self, items: np.ndarray, names: Sequence[str] = ()) -> Markup:
        shown = self.order[:_SHOWN]
        head = Markup("").join(Markup("<th scope=col>{}</th>").format(self.columns[place]) for place in shown)
        body = []
        for row, item in enumerate(np.asarray(items, dtype=np.float64)):
            name = Markup("<th scope=row>{}</th>").format(names[row] if names else row + 1)
            figures = (Markup("<td>{}</td>").format(_text(item[place])) for place in shown)
            body.append(Markup("<tr>{}{}</tr>").format(name, Markup("").join(figures)))
        return Markup('<div class="scroll"><table class="cells"><thead><tr><th></th>{}</tr></thead><tbody>{}</tbody>'
                      "</table></div>").format(head, Markup("").join(body))  # fmt: skip

    def sheet(self, items: np.ndarray, budget: int) -> dict[str, Any]:
        shown = self.order[:_BARS]
        return {"kind": "bars", "names": [self.columns[place] for place in shown],
                "low": [self.spans[place][0] for place in shown], "high": [self.spans[place][1] for place in shown],
                "values": floats(np.asarray(items, dtype=np.float64)[:, shown])}  # fmt: skip


def _text(value: float) -> str:
    return "missing" if np.isnan(value) else number(value).replace("-", "−")
