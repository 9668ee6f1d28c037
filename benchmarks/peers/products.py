"""The machine's limit: nothing but the matrix products of the task's training steps, in torch."""

from collections.abc import Callable

import numpy as np
import torch

from ..networks import Task
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int, dtype: str) -> Trained:
    """Multiply as often as the task's epochs would."""
    torch.manual_seed(seed)
    kind = getattr(torch, dtype)
    triples = [(torch.randn(m, k, dtype=kind), torch.randn(k, n, dtype=kind), torch.empty(m, n, dtype=kind))
               for m, k, n in task.training_products()]  # fmt: skip
    for _ in range(task.epochs):
        for _ in range(len(X) // task.batch):
            for a, b, out in triples:
                torch.mm(a, b, out=out)
        mark()
    return Trained(None, dtype)
