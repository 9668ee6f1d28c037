"""How items of one kind are drawn: in strips on the page, and one by one in the live map."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from markupsafe import Markup


class Pictures(ABC):
    """Draws items of one shape.

    Attributes:
        count: How many items go into a strip.
        by_item: Whether an item and its reconstructions are read together (rows of numbers), or in strips one above the
            other (pictures).
    """

    count: ClassVar[int]
    by_item: ClassVar[bool] = False

    @abstractmethod
    def strip(self, items: np.ndarray, names: Sequence[str] = ()) -> Markup:
        """Return items of shape (n, ...) beside one another, with their ``names`` where there is room for them."""

    @abstractmethod
    def sheet(self, items: np.ndarray, budget: int) -> dict[str, Any]:
        """Return items for live_map.js to draw by their place, in about ``budget`` characters at most."""


def floats(values: np.ndarray) -> str:
    """Return numbers as base64 of little-endian float32, which JavaScript reads as a Float32Array; NaN stays NaN.

    >>> floats(np.array([1.0, 0.5]))
    'AACAPwAAAD8='
    """
    limit = np.finfo(np.float32).max
    return base64.b64encode(np.clip(values, -limit, limit).astype("<f4").tobytes()).decode()


def span(values: np.ndarray) -> tuple[float, float]:
    """Return the least and the largest number, leaving out NaN; (0, 1) where there is none, never an empty span.

    >>> span(np.array([2.0, np.nan, 2.0]))
    (2.0, 3.0)
    """
    seen = values[np.isfinite(values)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    return low, high if high > low else low + 1.0
