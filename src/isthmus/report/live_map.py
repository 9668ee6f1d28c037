"""The live map: two directions of the codes, with what the decoder makes of every place in their plane."""

import base64
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..tasks import Split
from .pictures import Pictures, floats

GRID = 40  # decoded items a side
_POINTS = 1500  # test items
_MARGIN, _SQUAREST = 0.08, 0.6  # around the items; the shorter side over the longer one, at least
_TRUSTED, _SLACK = 0.99, 1.2  # quantile of the items' own nearest-neighbour distances, and a factor for it
_SPRITES, _ITEMS = 4_500_000, 1_000_000  # characters, for all variants' grids together and for the test items
_OTHER = "other labels"

#: Colours for labels that colour-blind readers tell apart; from the eleventh on they come back as squares. Accessible
#: Color Sequences for Data Visualization (M. A. Petroff, 2021).
LABELS = ("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd")
_CATEGORIES = 2 * len(LABELS)


class Plane(NamedTuple):
    """A plane in the space of codes: where it passes, its two directions (2, k), and the share of variance in it."""

    centre: np.ndarray
    directions: np.ndarray
    share: float

    @classmethod
    def of(cls, codes: np.ndarray) -> "Plane":
        """Return the plane of two-number codes themselves, else that of the first two principal directions."""
        size = codes.shape[1]
        if size <= 2:
            return cls(np.zeros(size), np.eye(2, size), 1.0)
        centre = codes.mean(axis=0)
        _, lengths, directions = np.linalg.svd(codes - centre, full_matrices=False)
        directions = np.vstack([directions, np.zeros((2, size))])[:2]
        return cls(centre, directions, float((lengths[:2] ** 2).sum() / ((lengths**2).sum() or 1.0)))

    def project(self, codes: np.ndarray) -> np.ndarray:
        """Return the places (n, 2) of codes in the plane."""
        return (codes - self.centre) @ self.directions.T

    def lift(self, places: np.ndarray) -> np.ndarray:
        """Return the codes (n, k) at places in the plane."""
        return self.centre + places @ self.directions


def live_map(estimators: Mapping[str, Any], test: Split, pictures: Pictures, chosen: str) -> dict[str, Any]:
    """Return all that live_map.js needs, as JSON types.

    Arguments:
        estimators: Fitted transformers with a way back, by variant.
        test: The items that are shown as points, at most 1,500 of them.
        pictures: How items are drawn.
        chosen: The variant shown first.
    """
    shown = test.some(_POINTS)
    n = len(shown.items)
    ids = [str(shown.ids[index]) if shown.ids is not None else f"row {index}" for index in range(n)]
    legend, places = categories(shown.labels)
    labels = None if shown.labels is None else [str(label) for label in shown.labels]
    budget = _SPRITES // len(estimators)
    return {
        "grid": GRID, "chosen": chosen, "ids": ids, "labels": labels, "legend": legend, "places": places,
        "items": pictures.sheet(np.asarray(shown.items), _ITEMS),
        "variants": {name: _variant(fitted, shown, pictures, budget) for name, fitted in estimators.items()},
    }  # fmt: skip


def categories(labels: Any) -> tuple[list[dict[str, Any]], list[int] | None]:
    """Return a legend of at most 20 labels and each item's place in it; no legend where labels are too many to colour.

    >>> categories(np.array(["b", "a", "b"]))[1]
    [1, 0, 1]
    """
    if labels is None:
        return [], None
    texts = [str(label) for label in labels]
    counts = Counter(texts)
    kept = [text for text, _ in counts.most_common(_CATEGORIES if len(counts) <= _CATEGORIES else _CATEGORIES - 1)]
    if sum(counts[text] for text in kept) < len(texts) / 2:  # measurements rather than kinds
        return [], None
    names = sorted(kept, key=lambda text: (len(text), text) if text.isdecimal() else (0, text))
    place = {text: index for index, text in enumerate(names)}
    names += [_OTHER] if len(kept) < len(counts) else []
    legend = [{"name": name, "colour": LABELS[index % len(LABELS)], "square": index >= len(LABELS)}
              for index, name in enumerate(names)]  # fmt: skip
    return legend, [place.get(text, len(names) - 1) for text in texts]


def _variant(estimator: Any, shown: Split, pictures: Pictures, budget: int) -> dict[str, Any]:
    codes = np.asarray(shown.told(estimator).transform(shown.items))
    plane = Plane.of(codes.astype(np.float64))
    places = plane.project(codes)
    frame = _frame(places)
    left, right, bottom, top = frame
    across, down = np.meshgrid(np.linspace(left, right, GRID), np.linspace(top, bottom, GRID))  # first row on top
    grid = plane.lift(np.column_stack([across.ravel(), down.ravel()]))
    decoded = np.asarray(shown.take(np.array([0])).told(estimator).inverse_transform(grid.astype(codes.dtype)))
    apart = _distances(places)
    radius = max(_SLACK * float(np.quantile(apart.min(axis=1), _TRUSTED)), 0.01 * (right - left)) if len(places) > 1 else (
        0.1 * (right - left))  # fmt: skip
    crowd = (apart < 0.04 * (right - left)).sum(axis=1)
    return {"points": floats(places), "frame": list(frame), "radius": radius, "share": plane.share,
            "size": int(codes.shape[1]), "density": _ranks(crowd), "decoded": pictures.sheet(decoded, budget)}  # fmt: skip


def _frame(places: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a frame around the places, never narrower than 0.6 of its longer side."""
    middle, half = (places.max(axis=0) + places.min(axis=0)) / 2, np.ptp(places, axis=0) / 2
    half = np.maximum(half, _SQUAREST * (half.max() or 1.0)) * (1 + 2 * _MARGIN)
    (x, y), (w, h) = middle.tolist(), half.tolist()
    return x - w, x + w, y - h, y + h


def _distances(places: np.ndarray) -> np.ndarray:
    """Return the distances (n, n) between places, infinite from each to itself."""
    apart = np.hypot(*(axis[:, None] - axis for axis in places.T))
    np.fill_diagonal(apart, np.inf)
    return apart


def _ranks(values: np.ndarray) -> str:
    """Return the order of values as base64 of bytes, 0 the least and 255 the greatest."""
    order = np.searchsorted(np.sort(values), values, side="right") - 1
    return base64.b64encode((order * 255 // max(len(values) - 1, 1)).astype(np.uint8).tobytes()).decode()
