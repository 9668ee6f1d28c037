"""Bits without learning a network, to stand beside those of autoencoders: signs of random projections, and ITQ."""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD

Hash = Callable[[Any], np.ndarray]


def random_signs(X: Any, bits: int, seed: int) -> Hash:
    """Return signs of random projections about the mean (Similarity Estimation Techniques from Rounding Algorithms, M. Charikar, 2002)."""
    directions = np.random.default_rng(seed).normal(size=(X.shape[1], bits)).astype(np.float32)
    middle = np.asarray(X.mean(axis=0)).ravel() @ directions
    return lambda rows: rows @ directions > middle


def itq(X: Any, bits: int, seed: int, rounds: int = 50) -> Hash:
    """Return signs of principal components, rotated to be near them (Iterative Quantization, Y. Gong, S. Lazebnik, 2011)."""
    middle = np.asarray(X.mean(axis=0)).ravel()
    centred = X - middle if isinstance(X, np.ndarray) else X
    components = TruncatedSVD(bits, random_state=seed).fit(centred).components_.T  # (features, bits)
    offset = middle @ components
    planes = X @ components - offset
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(bits, bits)))[0]
    for _ in range(rounds):
        left, _, right = np.linalg.svd(np.where(planes @ rotation > 0, 1.0, -1.0).T @ planes)
        rotation = (left @ right).T
    return lambda rows: (rows @ components - offset) @ rotation > 0
