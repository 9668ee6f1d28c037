"""Series, and items of any other shape, as lines."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from markupsafe import Markup

from ..files.series import is_series
from .pictures import Pictures, floats, span

_POINTS = 96  # of a line on the page
_FEWEST = 24  # of a line in the live map, whatever the budget
_WIDTH, _HEIGHT = 120, 60


class Curves(Pictures):
    """Draws series (t,) and (t, c) with c of 4 at most as lines, and anything else as one line of its numbers in order.

    >>> Curves(np.zeros((2, 50, 3))).sheet(np.zeros((5, 50, 3)), 10**6)["channels"]
    3
    """

    count: ClassVar[int] = 6

    def __init__(self, items: np.ndarray) -> None:
        self.low, self.high = span(items)

    def strip(self, items: np.ndarray, names: Sequence[str] = ()) -> Markup:
        lines = _lines(items, _POINTS)  # (n, points, channels)
        named = [Markup("<span>{}{}</span>").format(self._drawn(line), names[place] if names else "") for place, line in enumerate(lines)]
        return Markup('<div class="curves">{}</div>').format(Markup("").join(named))

    def sheet(self, items: np.ndarray, budget: int) -> dict[str, Any]:
        channels = _lines(items[:1], 1).shape[2]
        points = max(_FEWEST, budget * 3 // 4 // (4 * channels * len(items)))  # four bytes are 16/3 characters
        lines = _lines(items, points)
        return {"kind": "line", "points": lines.shape[1], "channels": channels, "low": self.low, "high": self.high,
                "values": floats(lines)}  # fmt: skip

    def _drawn(self, line: np.ndarray) -> Markup:
        """Return one item (points, channels) as a small SVG; missing points break its lines."""
        x = np.linspace(0, _WIDTH, len(line)) if len(line) > 1 else np.array([_WIDTH / 2])
        y = _HEIGHT * (1 - np.clip((line - self.low) / (self.high - self.low), -0.05, 1.05))
        paths = []
        for channel in y.T:
            pen, path = "M", ""
            for across, down in zip(x, channel, strict=True):
                path += f"{pen}{across:.4g} {down:.3g}" if np.isfinite(down) else ""
                pen = "L" if np.isfinite(down) else "M"
            paths.append(Markup('<path d="{}"/>').format(path))
        return Markup('<svg viewBox="-2 -4 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>').format(
            _WIDTH + 4, _HEIGHT + 8, Markup("").join(paths))  # fmt: skip


def _lines(items: np.ndarray, points: int) -> np.ndarray:
    """Return items as lines (n, points, channels), thinned out to at most ``points``."""
    channelled = items.ndim == 3 and is_series(items.shape[1:])
    lines = np.asarray(items, dtype=np.float64).reshape(len(items), -1, items.shape[2] if channelled else 1)
    return lines[:, np.unique(np.linspace(0, lines.shape[1] - 1, min(points, lines.shape[1])).round().astype(int))]
