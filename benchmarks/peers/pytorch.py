"""Plain PyTorch, as tutorials write it: a DataLoader, Adam, one loss.item() a step."""

from collections.abc import Callable

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from ..networks import Task
from .modules import Autoencoder, loss
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Train for the task's epochs."""
    torch.manual_seed(seed)
    model = Autoencoder(task)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(torch.from_numpy(X)), batch_size=task.batch, shuffle=True)
    for _ in range(task.epochs):
        total = 0.0
        for (x,) in loader:
            optimizer.zero_grad()
            x.requires_grad_(task.contractive)
            value = loss(task, x, model(x))
            value.backward()
            optimizer.step()
            total += value.item()
        mark()
    return Trained(model.reconstruct)
