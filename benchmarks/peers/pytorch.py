"""Plain PyTorch, as tutorials write it: a DataLoader, Adam, one loss.item() a step."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from ..networks import Dense, Task
from .modules import Autoencoder, halves, loss
from .trained import Trained

_BATCH = 4096


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


def encoder(network: Dense) -> Callable[[Path], np.ndarray]:
    """Return a function from a file of rows to their codes, batch by batch from a memory map."""
    model = halves(network)[0].eval()

    @torch.inference_mode()
    def encode(path: Path) -> np.ndarray:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
        return np.concatenate([model(torch.from_numpy(rows[i : i + _BATCH].copy())).numpy() for i in range(0, len(rows), _BATCH)])

    return encode
