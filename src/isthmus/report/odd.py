"""The page of odd items: how scores are distributed, and the oddest items with what makes them odd."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .figures import score_histogram
from .page import filled
from .sections import Part, Section, pictures_of


class Oddest(NamedTuple):
    """The oddest items, oddest first."""

    items: np.ndarray  # (n, ...)
    rebuilt: np.ndarray  # (n, ...)
    ratios: np.ndarray  # (n, ...), each number's squared error over its usual one
    names: Sequence[str]


def render_odd(oddest: Oddest, scores: np.ndarray, threshold: float, *, title: str, findings: Sequence[str],
               columns: Sequence[str] | None = None) -> str:  # fmt: skip
    """Return a self-contained HTML page of what was found odd.

    Arguments:
        oddest: Some of the items below the threshold.
        scores: The scores of all items (n,).
        threshold: Items whose score is below are odd.
        title: The page's heading.
        findings: Sentences; the first stands out.
        columns: The names of a table's numbers.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(3, 5))
        >>> page = render_odd(Oddest(x, 0 * x, x**2, "abc"), x[:, 0], -1.0, title="Five numbers", findings=["One of 3 is odd."])
        >>> page.startswith("<!doctype html>"), "<h1>Five numbers</h1>" in page
        (True, True)
    """
    shown = [Section("scores", "Scores", "How likely the model finds the items; those left of the line are odd.", "figure",
                     [Part("", "", score_histogram(scores, threshold))]), _worst(oddest, columns)]  # fmt: skip
    first, *others = findings
    return filled("base.html", title=title, first=first, others=others, sections=[section for section in shown if section.parts])


def _worst(oddest: Oddest, columns: Sequence[str] | None) -> Section:
    """Show items over what the model makes of them, and where they differ more than usual."""
    return Section("oddest", "The oddest items", "Each beside what the model makes of it, and each number's squared error over that "
                   "number's usual one: which column, when, where.", "strips",
                   _parts(oddest, columns) if len(oddest.items) else [])  # fmt: skip


def _parts(oddest: Oddest, columns: Sequence[str] | None) -> list[Part]:
    """Return a table for each row of numbers, or strips of pictures one above the other."""
    pictures = pictures_of(oddest.items, columns)
    if pictures.by_item:
        names = ["as it is", "as the model has it", "error over the usual one"]
        rows = zip(oddest.names, oddest.items, oddest.rebuilt, oddest.ratios, strict=True)
        return [Part(name, "", pictures.strip(np.stack(lines), names)) for name, *lines in rows]
    kind, count = oddest.items.dtype, pictures.count
    strips = {"as they are": oddest.items, "as the model has them": oddest.rebuilt.astype(kind),
              "where they differ": _marks(oddest).astype(kind)}  # fmt: skip
    return [Part(label, "", pictures.strip(items[:count], oddest.names[:count])) for label, items in strips.items()]


def _marks(oddest: Oddest) -> np.ndarray:
    """Return each item's ratios from the least number of all items to the greatest, so that they are drawn as items are."""
    low, high = float(np.nanmin(oddest.items)), float(np.nanmax(oddest.items))
    most = np.nanmax(oddest.ratios, axis=tuple(range(1, oddest.ratios.ndim)), keepdims=True)
    return low + (high - low) * oddest.ratios / np.maximum(most, 1e-12)
