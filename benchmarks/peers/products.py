"""The machine's limit: nothing but the matrix products of the task's training steps, in torch."""

from collections.abc import Callable

import numpy as np
import torch

from ..networks import Product, Task
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int, dtype: str) -> Trained:
    """Multiply as often as the task's epochs would."""
    multiply(task.training_products(), dtype, len(X) // task.batch, task.epochs, mark)
    return Trained(None, dtype)


def multiply(products: list[Product], dtype: str, times: int, epochs: int, mark: Callable[[], None]) -> None:
    """Do all ``products`` so many times in each epoch, into the same memory."""
    kind = getattr(torch, dtype)
    triples = [(torch.randn(m, k, dtype=kind), torch.randn(k, n, dtype=kind), torch.empty(m, n, dtype=kind)) for m, k, n in products]
    for _ in range(epochs):
        for _ in range(times):
            for a, b, out in triples:
                torch.mm(a, b, out=out)
        mark()
