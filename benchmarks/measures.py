"""What every implementation's reconstructions are measured by, in NumPy, on the same rows."""

import numpy as np

_FLOOR = 1e-6


def squared_error(x: np.ndarray, r: np.ndarray) -> float:
    """Return the squared error of a row: summed over its numbers, the mean of the rows."""
    return float(np.square(x - r, dtype=np.float64).sum(1).mean())


def cross_entropy(x: np.ndarray, r: np.ndarray) -> float:
    """Return the cross-entropy of a row in nats; reconstructions outside (0, 1) are clipped."""
    r = np.clip(r.astype(np.float64), _FLOOR, 1 - _FLOOR)
    return float(-(x * np.log(r) + (1 - x) * np.log1p(-r)).sum(1).mean())
