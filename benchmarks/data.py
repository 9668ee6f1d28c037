"""The rows that everybody gets: MNIST where it is, else drawn strokes; or normal noise."""

import os
from pathlib import Path

import numpy as np

from .networks import Lstm, Task

_TEST = 2000


def mnist() -> Path:
    """Return where MNIST is looked for."""
    return Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data")) / "mnist.npz"


def source() -> str:
    """Return in words what `digits` gives."""
    return "MNIST" if mnist().is_file() else f"drawn strokes, since {mnist()} is not there (ISTHMUS_DATA names its folder)"


def rows_of(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Return the training and the test rows of ``task``, float32 of shape (n, features)."""
    if isinstance(task.network, Lstm):
        every = waves(task.rows + _TEST, task.network.steps)
        return every[:-_TEST], every[-_TEST:]
    if task.activations:
        noise = np.random.default_rng(0).standard_normal((task.rows + 256, task.network.widths[0]), dtype=np.float32)
        return noise[:-256], noise[-256:]
    return tuple(part.astype(np.float32) / 255 for part in digits(task.rows))


def waves(n: int, steps: int) -> np.ndarray:
    """Return ``n`` sums of two waves of random pitch and phase, with a little noise, (n, steps) float32."""
    rng = np.random.default_rng(0)
    pitch, phase = rng.uniform(1, 6, (2, n, 1)), rng.uniform(0, 2 * np.pi, (2, n, 1))
    clean = np.sin(pitch * np.linspace(0, 2 * np.pi, steps) + phase).sum(0) / 2
    return (clean + 0.05 * rng.standard_normal((n, steps))).astype(np.float32)


def digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return bytes of shape (rows, 784), repeated where there are fewer, and test rows."""
    if mnist().is_file():
        with np.load(mnist(), allow_pickle=False) as data:
            train, test = (data[name].reshape(-1, 784) for name in ("x_train", "x_test"))
    else:
        train, test = strokes(min(rows, 60_000), seed=0), strokes(_TEST, seed=1)
    return (train[:rows] if rows <= len(train) else np.resize(train, (rows, 784))), test[:_TEST]


def strokes(n: int, seed: int) -> np.ndarray:
    """Return ``n`` pictures of two bent strokes each, (n, 784) bytes."""
    rng = np.random.default_rng(seed)
    along = np.linspace(0, 1, 12)[:, None]
    bend = np.hstack([(1 - along) ** 2, 2 * along * (1 - along), along**2])  # (points, 3): a quadratic Bézier curve
    pictures = np.empty((n, 784), np.uint8)
    for start in range(0, n, 2000):
        part = pictures[start : start + 2000]
        corners = rng.uniform(5, 23, (len(part), 2, 3, 2))
        points = (bend @ corners).reshape(len(part), -1, 2)
        across, down = np.exp(-(((np.arange(28) - points[..., None]) / 1.2) ** 2)).transpose(2, 0, 1, 3)
        ink = down.transpose(0, 2, 1) @ across  # (part, 28, 28)
        part[:] = (255 * np.minimum(ink, 1)).reshape(len(part), 784)
    return pictures
