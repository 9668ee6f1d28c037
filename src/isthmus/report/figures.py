"""Charts as inline SVG that takes its ink from the page, so that it reads on light and on dark."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator, ScalarFormatter

from ..tasks.compression import Compressed
from .summary import Line

#: One colour a variant, in order of appearance; PCA comes first as a rule, so grey does.
PALETTE = ("#7f8690", "#3f90da", "#e76300", "#2a9d6f", "#a35bd0", "#c99a00", "#d64a6a", "#1aa6b7", "#8c6b4f", "#6b7bd6")
_MARKERS = "osD^vPX*<>"
_INK = "#0a0b0c"  # stands for the page's text colour until the SVG is written
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "isthmus", "text.parse_math": False, "font.family": "DejaVu Sans", "font.size": 8,
    "text.color": _INK, "axes.edgecolor": _INK, "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "lines.linewidth": 1.4,
    "legend.frameon": False, "axes.axisbelow": True, "axes.unicode_minus": True,
}  # fmt: skip


def error_by_size(lines: Sequence[Line], colours: Mapping[str, str], target: float | None = None) -> Markup:
    """Return the test error against the code size: a line a variant, a band over its seeds, the target as a line."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(6.0, 3.2, "numbers in a code", "squared error per item")
        largest, least = 0.0, np.inf
        for index, (variant, colour) in enumerate(colours.items()):
            own = sorted((line for line in lines if line.variant == variant and "squared_error" in line.means),
                         key=lambda line: line.latent_dim)  # fmt: skip
            if not own:
                continue
            sizes = [line.latent_dim for line in own]
            mean = np.array([line.means["squared_error"] for line in own])
            half = np.array([line.spreads["squared_error"] for line in own])
            axes.fill_between(sizes, mean - half, mean + half, color=colour, alpha=0.25, linewidth=0)
            marker = _MARKERS[index % len(_MARKERS)]
            axes.plot(sizes, mean, color=colour, marker=marker, markersize=4, label=variant)
            largest, least = max(largest, mean.max()), min(least, mean.min())
        if target is not None:
            axes.axhline(target, color=_INK, linewidth=0.8, linestyle=(0, (4, 3)), label="target")
        _scale(axes, sorted({line.latent_dim for line in lines}), least > 0 and largest > 4 * least)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)
        return _svg(figure)


def learning_curve(history: Sequence[Mapping[str, float]], colour: str) -> Markup:
    """Return the loss per epoch: a full line on training items, a dashed one on held-out items."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(2.9, 1.9, "epoch", "loss per item")
        for name, style, label in (("loss", "-", "training"), ("validation_loss", (0, (3, 2)), "held out")):
            seen = [(epoch, row[name]) for epoch, row in enumerate(history, start=1) if name in row]
            if seen:
                axes.plot(*zip(*seen, strict=True), color=colour, linestyle=style, label=label,
                          marker="o" if len(seen) == 1 else None, markersize=3)  # fmt: skip
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
        if axes.lines:
            axes.legend(loc="upper right")
        return _svg(figure)


def error_by_cost(curves: Mapping[str, Sequence[tuple[float, float]]], colours: Mapping[str, str], across: str) -> Markup:
    """Return lines of (cost, error) points by variant, on a logarithmic axis where errors differ much."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(4.4, 2.8, across, "reconstruction loss per item")
        for name, points in curves.items():
            axes.plot(*zip(*points, strict=True), color=colours[name], label=name, marker="o" if len(points) == 1 else None, markersize=3)
        axes.set_xlim(left=0)
        axes.legend(loc="upper right")
        return _svg(figure)


def code_histogram(codes: np.ndarray, colour: str) -> Markup:
    """Return how the numbers of the codes (n, k) are distributed, each unit in multiples of its root mean square."""
    size = np.sqrt(np.mean(codes**2, axis=0))
    relative = np.clip(codes / np.where(size > 0, size, 1), -3, 3)
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(2.9, 1.5, "code unit ÷ its root mean square", "% of all codes")
        counts, edges = np.histogram(relative, bins=31, range=(-3, 3))
        axes.stairs(100 * counts / max(counts.sum(), 1), edges, color=colour, fill=True)
        axes.set_xlim(-3.1, 3.1)
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        return _svg(figure)


def score_histogram(scores: np.ndarray, threshold: float) -> Markup:
    """Return how scores (n,) are distributed, the threshold as a line; the least hundredth is drawn in one bar."""
    low = float(np.quantile(scores, 0.01))
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(6.0, 2.0, "score", "items")
        low, high = min(low, threshold), float(scores.max())
        counts, edges = np.histogram(np.maximum(scores, low), bins=60, range=(low, high if high > low else low + 1))
        axes.stairs(counts, edges, color=PALETTE[1], fill=True)
        axes.axvline(threshold, color=_INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        return _svg(figure)


def precision_recall(curves: Mapping[str, Mapping[str, float]]) -> Markup:
    """Return precision against recall, both in percent, for each name: precisions by recalls as texts."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(6.0, 3.0, "% of the relevant items that are found", "% relevant of those found")
        for colour, (name, curve) in zip(PALETTE, curves.items(), strict=False):
            axes.plot([100 * float(level) for level in curve], [100 * value for value in curve.values()], color=colour, label=name)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.set_ylim(bottom=0)
        if len(curves) > 1:
            axes.legend(frameon=False)
        return _svg(figure)


def recall_by_bytes(found: Sequence[Compressed], colours: Mapping[str, str]) -> Markup:
    """Return the share of the neighbours that are found against the bytes of a code: a line a kind, in its colour."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes(6.0, 3.0, "bytes a vector", "% of the ten nearest that are found")
        for (kind, colour), marker in zip(colours.items(), _MARKERS, strict=False):
            own = [one for one in found if one.kind == kind]
            axes.plot([one.bytes for one in own], [100 * one.recall for one in own], color=colour, marker=marker, markersize=4, label=kind)
        _scale(axes, sorted({one.bytes for one in found}), logarithmic=False)
        axes.set_ylim(0, 100)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)
        return _svg(figure)


def _axes(width: float, height: float, across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(color=_INK, alpha=0.12, linewidth=0.6)
    return figure, axes


def _scale(axes: Axes, sizes: Sequence[int], logarithmic: bool) -> None:
    """Put a tick at each size tried, and errors on a logarithmic axis where they differ much, with plain numbers."""
    if sizes[-1] >= 8 * sizes[0]:
        axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    if logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(ScalarFormatter())
        low, high = axes.get_ylim()
        if high < 10 * low:  # less than a decade: its few major ticks say too little
            axes.yaxis.set_minor_formatter(ScalarFormatter())
    else:
        axes.set_ylim(bottom=0)
        axes.yaxis.set_minor_formatter(NullFormatter())


def _svg(figure: Figure) -> Markup:
    """Return a figure as SVG for use within HTML: no header, no identifiers that others could share, ink from the page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True,
                   metadata={"Date": None, "Creator": None, "Format": None, "Type": None})  # fmt: skip
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r' id="[\w.]*_\w+"| xmlns(:xlink)?="[^"]*"', "", text)
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', 'class="chart" role="img"', text, count=1)
    return Markup(text.replace(_INK, "currentColor").replace("xlink:href", "href"))
