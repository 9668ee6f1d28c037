"""pythae: its AE or VAE around the same torch modules, trained by its BaseTrainer."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE, VAE, AEConfig, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback
from torch import nn

from ..networks import Dense, Task
from .modules import Autoencoder, halves
from .trained import Trained


class Encoder(BaseEncoder):
    def __init__(self, plain: nn.Module, variational: bool) -> None:
        super().__init__()
        self.plain, self.variational = plain, variational

    def forward(self, x):
        h = self.plain(x)
        if not self.variational:
            return ModelOutput(embedding=h)
        mean, log_variance = h.chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    def __init__(self, plain: nn.Module) -> None:
        super().__init__()
        self.plain = plain

    def forward(self, z):
        return ModelOutput(reconstruction=self.plain(z))


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Train, with the progress bars and the copy of the best model that belong to it."""
    return Trained(_fit(task, X, mark, seed)[0].reconstruct)


def likelihood(task: Task, X: np.ndarray, seed: int) -> Callable[[np.ndarray, int], float]:
    """Train, and return a function from rows and a number of draws to the rows' mean log-likelihood, by ``get_nll``."""
    _, model = _fit(task, X, lambda: None, seed)
    return lambda rows, draws: float(model.eval().get_nll(torch.from_numpy(rows), n_samples=draws))  # which is no negative


def _fit(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> tuple[Autoencoder, AE]:
    """Return the plain network and the model around it, trained."""

    class Marks(TrainingCallback):
        def on_epoch_end(self, training_config, **kwargs):
            mark()

    torch.manual_seed(seed)
    plain = Autoencoder(task)
    code = plain.encoder(torch.from_numpy(X[:1])).shape[1] // (2 if task.network.variational else 1)
    sizes = {"input_dim": (X.shape[1],), "latent_dim": code}
    parts = Encoder(plain.encoder, task.network.variational), Decoder(plain.decoder)
    model = VAE(VAEConfig(**sizes, reconstruction_loss="bce"), *parts) if task.network.variational else AE(AEConfig(**sizes), *parts)
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(output_dir=folder, num_epochs=task.epochs, learning_rate=1e-3, optimizer_cls="Adam",
                                   per_device_train_batch_size=task.batch, keep_best_on_train=True, seed=seed, no_cuda=True)  # fmt: skip
        data = BaseDataset(torch.from_numpy(X), torch.zeros(len(X)))
        BaseTrainer(model, data, training_config=config, callbacks=[Marks()]).train()
    return plain, model


def encoder(network: Dense) -> Callable[[Path], np.ndarray]:
    """Return a function from a file of rows to their codes, by ``embed``, which takes all rows at once."""
    encode, decode = halves(network)
    config = AEConfig(input_dim=(network.widths[0],), latent_dim=network.widths[-1])
    model = AE(config, Encoder(encode, variational=False), Decoder(decode)).eval()

    @torch.no_grad()
    def embed(path: Path) -> np.ndarray:
        return model.embed(torch.from_numpy(np.load(path, allow_pickle=False))).numpy()

    return embed
