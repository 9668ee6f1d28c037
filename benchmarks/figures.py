"""Figures, all alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def figure(path: Path, across: str, up: str) -> Iterator[Any]:
    """Yield axes to draw on; the figure is then written to ``path``."""
    import matplotlib  # here, so that the process that only starts others stays small

    matplotlib.use("Agg")
    from matplotlib import pyplot

    drawing, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    yield axes
    axes.set(xlabel=across, ylabel=up)
    axes.grid(alpha=0.3)
    axes.legend()
    drawing.savefig(path, dpi=150)
    pyplot.close(drawing)
