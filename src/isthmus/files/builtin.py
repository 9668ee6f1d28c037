"""Built-in data that need no download and no licence: one that scikit-learn ships, three made here from fixed seeds."""

from collections.abc import Callable

import numpy as np
import sklearn  # its parts are loaded when they are first used

from .arrays import ArrayItems


def digits() -> ArrayItems:
    """Return 1,797 handwritten digits, float32 ``(n, 8, 8)`` in [0, 1], with labels (E. Alpaydin, C. Kaynak, 1998).

    >>> items = digits()
    >>> items.load().shape, items.labels[:3].tolist()
    ((1797, 8, 8), [0, 1, 2])
    """
    bunch = sklearn.datasets.load_digits()
    return ArrayItems((bunch.images / 16).astype(np.float32), "digits", labels=bunch.target)


def swissroll() -> ArrayItems:
    """Return 1,500 points of a plane rolled up in space, float32 ``(n, 3)``: ``(t cos t, y, t sin t)``.

    Source: J. Tenenbaum, V. de Silva, J. Langford, A global geometric framework for nonlinear dimensionality reduction
    (2000).
    """
    rng = np.random.default_rng(0)
    t, y = 1.5 * np.pi * (1 + 2 * rng.random(1500)), 21 * rng.random(1500)
    return ArrayItems(np.stack([t * np.cos(t), y, t * np.sin(t)], axis=1).astype(np.float32), "swissroll")


def curves(n: int = 4000, seed: int = 0) -> ArrayItems:
    """Return ``n`` images of smooth curves through three random points, uint8 ``(n, 28, 28)``: six numbers each.

    The curve is the parabola ``c(t)`` with ``c(0), c(1/2), c(1)`` at the points; its ink is the integral along the
    curve of a Gaussian pen, ``∫ exp(-|p - c|² / 2σ²) ds / (σ √2π)``, cut at 1. After the data of G. Hinton, R.
    Salakhutdinov, Reducing the dimensionality of data with neural networks (2006), of whose pen and margin nothing is
    published: with these, 18 principal components leave a squared error of 5.96, and of theirs 5.90.
    """
    size, pen, margin = 28, 0.8, 6
    points = np.random.default_rng(seed).uniform(margin, size - margin, (n, 3, 2))  # (n, point, axis)
    t = np.linspace(0, 1, 64)
    basis = np.stack([(1 - t) * (1 - 2 * t), 4 * t * (1 - t), t * (2 * t - 1)], axis=1)  # (time, point)
    slope = np.stack([4 * t - 3, 4 - 8 * t, 4 * t - 1], axis=1)
    path, speed = basis @ points, np.linalg.norm(slope @ points, axis=2)  # (n, time, axis), (n, time)
    offset = np.float32(path[..., None] - (np.arange(size) + 0.5))  # (n, time, axis, pixel)
    blur = np.exp(-(offset**2) / (2 * pen**2))
    ink = np.swapaxes(blur[:, :, 1] * speed[..., None], 1, 2) @ blur[:, :, 0]  # (n, y, x)
    ink *= (t[1] - t[0]) / (pen * np.sqrt(2 * np.pi))
    return ArrayItems(np.rint(255 * np.minimum(ink, 1)).astype(np.uint8), "curves")


def tones() -> ArrayItems:
    """Return 2,000 short decaying tones of random pitch and timbre, float32 ``(n, 256)`` in [-1, 1].

    ``x(t) = exp(-t / τ) Σₖ k^(-b) sin(2π k f t)`` over six harmonics, each tone over its own peak; ``f`` is 0.01 to
    0.06 cycles a sample.
    """
    rng = np.random.default_rng(0)
    n, t, k = 2000, np.arange(256), np.arange(1, 7)
    pitch, decay, dullness = 0.01 * 6 ** rng.random(n), rng.uniform(40, 200, n), rng.uniform(0.5, 3, n)
    waves = np.sin(2 * np.pi * pitch[:, None, None] * k[:, None] * t)  # (n, harmonic, time)
    x = np.einsum("nk,nkt->nt", k ** -dullness[:, None], waves) * np.exp(-t / decay[:, None])
    return ArrayItems((x / np.abs(x).max(axis=1, keepdims=True)).astype(np.float32), "tones")


BUILTIN: dict[str, Callable[[], ArrayItems]] = {made.__name__: made for made in (curves, digits, swissroll, tones)}
"""The built-in sets by name."""
