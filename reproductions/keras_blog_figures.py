"""Figures of the Keras blog's models: the grid decoded from a two-number code, the denoising strip."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

PICTURES = 12  # of a strip


def grid(path: Path, model: Any, side: int = 20) -> None:
    """Draw what codes at the quantiles of the prior decode to, ``side`` to a side."""
    quantiles = norm.ppf(np.linspace(0.025, 0.975, side))
    codes = np.stack(np.meshgrid(quantiles, quantiles[::-1]), axis=-1).reshape(-1, 2)
    pictures = model.inverse_transform(codes)
    height, width = pictures.shape[1:]
    sheet = pictures.reshape(side, side, height, width).swapaxes(1, 2).reshape(side * height, side * width)
    _sheet(path, sheet, "Decoded from a grid on the prior's quantiles")


def strip(path: Path, rows: dict[str, np.ndarray]) -> None:
    """Draw the first pictures of several sets below each other."""
    sheet = np.vstack([np.hstack(list(pictures[:PICTURES])) for pictures in rows.values()])
    _sheet(path, sheet, "from above: " + ", ".join(rows))


def _sheet(path: Path, sheet: np.ndarray, title: str) -> None:
    figure = Figure(figsize=(8, 8 * sheet.shape[0] / sheet.shape[1] + 0.4), layout="constrained")
    axes = figure.add_subplot(title=title)
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    axes.set_axis_off()
    figure.savefig(path, dpi=120)
