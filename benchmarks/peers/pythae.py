"""pythae: its AE or VAE around the same torch modules, trained by its BaseTrainer."""

import tempfile
from collections.abc import Callable

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE, VAE, AEConfig, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

from ..networks import Task
from .modules import Autoencoder
from .trained import Trained


class Encoder(BaseEncoder):
    def __init__(self, plain: Autoencoder) -> None:
        super().__init__()
        self.plain, self.variational = plain.encoder, plain.task.network.variational

    def forward(self, x):
        h = self.plain(x)
        if not self.variational:
            return ModelOutput(embedding=h)
        mean, log_variance = h.chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    def __init__(self, plain: Autoencoder) -> None:
        super().__init__()
        self.plain = plain.decoder

    def forward(self, z):
        return ModelOutput(reconstruction=self.plain(z))


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Train, with the progress bars and the copy of the best model that belong to it."""

    class Marks(TrainingCallback):
        def on_epoch_end(self, training_config, **kwargs):
            mark()

    torch.manual_seed(seed)
    plain = Autoencoder(task)
    code = plain.encoder(torch.from_numpy(X[:1])).shape[1] // (2 if task.network.variational else 1)
    sizes = {"input_dim": (X.shape[1],), "latent_dim": code}
    if task.network.variational:
        model = VAE(VAEConfig(**sizes, reconstruction_loss="bce"), Encoder(plain), Decoder(plain))
    else:
        model = AE(AEConfig(**sizes), Encoder(plain), Decoder(plain))
    with tempfile.TemporaryDirectory() as folder:
        config = BaseTrainerConfig(output_dir=folder, num_epochs=task.epochs, learning_rate=1e-3, optimizer_cls="Adam",
                                   per_device_train_batch_size=task.batch, keep_best_on_train=True, seed=seed, no_cuda=True)  # fmt: skip
        data = BaseDataset(torch.from_numpy(X), torch.zeros(len(X)))
        BaseTrainer(model, data, training_config=config, callbacks=[Marks()]).train()
    return Trained(plain.reconstruct)
