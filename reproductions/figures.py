"""Figures that several reproductions draw."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image


def planes(path: Path, codes: dict[str, np.ndarray], labels: np.ndarray) -> None:
    """Draw sets of codes (n, 2) side by side, coloured by label."""
    figure = Figure(figsize=(6 * len(codes), 5.4), layout="constrained")
    kinds = int(labels.max()) + 1
    colours = matplotlib.colormaps["tab10" if kinds <= 10 else "tab20"]
    for axes, (name, plane) in zip(figure.subplots(1, len(codes), squeeze=False)[0], codes.items(), strict=True):
        points = axes.scatter(*plane.T, c=labels, s=3, cmap=colours, vmin=-0.5, vmax=colours.N - 0.5, linewidths=0)
        axes.set(xlabel="$h_1$", ylabel="$h_2$", title=name)
    figure.colorbar(points, ax=axes, ticks=range(kinds))
    figure.savefig(path, dpi=120)


def bounds(path: Path, history: list[dict[str, float]], rows: int) -> None:
    """Draw the variational bound over the training items seen."""
    seen = [row["epoch"] * rows for row in history]
    figure = Figure(figsize=(6, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(seen, [-row["loss"] for row in history], label="training")
    if "validation_loss" in history[0]:
        axes.plot(seen, [-row["validation_loss"] for row in history], label="held out")
    axes.set(xscale="log", xlabel="training items seen", ylabel="bound (nats)")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


def sheet(path: Path, images: np.ndarray, across: int = 10) -> None:
    """Draw images (n, h, w) or (n, h, w, 3) in 0..255 side by side in rows."""
    n, h, w, *colours = images.shape
    rows = -(-n // across)
    page = np.zeros((rows * across, h, w, *colours))
    page[:n] = images
    whole = page.reshape(rows, across, h, w, *colours).swapaxes(1, 2).reshape(rows * h, across * w, *colours)
    Image.fromarray(np.rint(whole).clip(0, 255).astype(np.uint8)).save(path)
