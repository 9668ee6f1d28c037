"""The rows of a comparison with their seeds averaged: what the verdict, the table and the figures all read."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

#: Variants that are linear, beside which the others have to show what their nonlinearity brings.
LINEAR = ("pca", "logistic-pca", "linear")
#: Rows beside the pretrained ones: their network from a random start, and as one would build and start it now.
NONE, TODAY = "none", "today"
_ROUNDING = 1e-9  # of another's error, which nobody is better or worse than


class Line(NamedTuple):
    """A variant at one code size: the mean of each figure over the seeds, and half of its range."""

    variant: str
    latent_dim: int
    seeds: int
    means: dict[str, float]
    spreads: dict[str, float]

    @property
    def pca(self) -> float | None:
        """PCA's test error at this code size."""
        return self.means.get("squared_error" if self.variant == "pca" else "pca_squared_error")

    @property
    def ratio(self) -> float | None:
        """The test error over PCA's; None where there is no PCA to compare with, or it loses nothing."""
        error = self.means.get("squared_error")
        return None if error is None or not self.pca or self.pca < _ROUNDING * error else error / self.pca


def summarise(rows: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return one line for each variant and code size, in order of appearance.

    >>> rows = [{"variant": "basic", "latent_dim": 2, "squared_error": error} for error in (1.0, 3.0)]
    >>> summarise(rows)
    [Line(variant='basic', latent_dim=2, seeds=2, means={'squared_error': 2.0}, spreads={'squared_error': 1.0})]
    """
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["variant"], row["latent_dim"]), []).append(row)
    return [_line(*key, group) for key, group in groups.items()]


def main_size(lines: Iterable[Line]) -> int:
    """Return the code size that most variants were tried at, the largest of those; 0 where there are no lines."""
    counts = Counter(line.latent_dim for line in lines)
    return max(counts, key=lambda size: (counts[size], size), default=0)


def number(value: float, decimals: int | None = None) -> str:
    """Return a number with three digits that count, without exponents where they can be avoided.

    >>> [number(value) for value in (0, 0.01234, 1.2345, 12.345, 1234.5, 1.2e-7, -0.5)]
    ['0', '0.012', '1.23', '12.3', '1,234', '1.2e-07', '-0.500']
    """
    if decimals is None and value == 0 or not np.isfinite(value):
        return f"{value:.0f}"
    if abs(value) < 1e-3 and decimals is None or abs(value) >= 1e7:
        return f"{value:.1e}"
    return f"{value:,.{places(value) if decimals is None else decimals}f}"


def places(value: float) -> int:
    """Return how many decimals `number` gives a value.

    >>> places(0.5), places(5.0), places(500.0)
    (3, 2, 0)
    """
    return next((3 - digits for digits, limit in enumerate((1, 10, 100)) if abs(value) < limit), 0)


def _line(variant: str, latent_dim: int, group: list[Mapping[str, Any]]) -> Line:
    means, spreads = {}, {}
    for name in dict.fromkeys(name for row in group for name in row):
        found = [_figure(row[name]) for row in group if name in row and name not in ("variant", "latent_dim", "seed")]
        values = [value for value in found if value is not None]
        if values and len(values) == len(found):
            means[name], spreads[name] = float(np.mean(values)), float(np.ptp(values)) / 2
    return Line(variant, latent_dim, len(group), means, spreads)


def _figure(value: Any) -> float | None:
    """Return a figure as a number, the largest of a list (angles), or None for what is no figure."""
    if isinstance(value, list | tuple | np.ndarray):
        value = max(value, default=None)
    return float(value) if isinstance(value, int | float | np.number) and not isinstance(value, bool) else None
