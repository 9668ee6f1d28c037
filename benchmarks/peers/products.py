"""The machine's limit: nothing but the matrix products of the task's training steps, in torch."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..networks import Product, Task
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int, dtype: str) -> Trained:
    """Multiply as often as the task's epochs would."""
    repeat(training_step(task.network.products(task.batch), dtype), len(X) // task.batch, task.epochs, mark)
    return Trained(None, dtype)


def repeat(products: list[tuple[Tensor, Tensor, Tensor]], times: int, epochs: int, mark: Callable[[], None]) -> None:
    """Do all ``products``, of the first two into the third, so many times in each epoch."""
    for _ in range(epochs):
        for _ in range(times):
            for a, b, out in products:
                torch.mm(a, b, out=out)
        mark()


def forward(layers: list[Product], dtype: str) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return every layer's input and weights, and where its output goes."""
    kind = getattr(torch, dtype)
    return [(torch.randn(m, k, dtype=kind), torch.randn(k, n, dtype=kind), torch.empty(m, n, dtype=kind)) for m, k, n in layers]


def training_step(layers: list[Product], dtype: str) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return the products of all layers forward, and of the gradients backward, in the same memory."""
    there = forward(layers, dtype)
    back = []
    for x, weight, y in reversed(there):
        back.append((x.T, torch.randn_like(y), torch.empty_like(weight)))
        if x is not there[0][0]:
            back.append((back[-1][1], weight.T, torch.empty_like(x)))
    return [*there, *back]
