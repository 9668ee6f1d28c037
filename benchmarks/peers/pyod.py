"""PyOD's detectors, which are autoencoders: one activation for all hidden layers, the code's included."""

from collections.abc import Callable

import numpy as np
import torch
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.vae import VAE

from ..networks import Task
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Fit the detector, without its batch norm, dropout, weight decay and rescaling."""
    network = task.network
    _, *hidden, code = network.widths
    common = {"epoch_num": task.epochs, "batch_size": task.batch, "lr": 1e-3, "optimizer_params": {}, "preprocessing": False,
              "batch_norm": False, "dropout_rate": 0.0, "hidden_activation_name": network.activation, "random_state": seed,
              "verbose": 0}  # fmt: skip
    if network.variational:
        shape = {"encoder_neuron_list": hidden, "decoder_neuron_list": hidden[::-1], "latent_dim": code,
                 "output_activation_name": "sigmoid"}  # fmt: skip
        detector = _marked(VAE, mark)(**common, **shape)
    else:
        detector = _marked(AutoEncoder, mark)(**common, hidden_neuron_list=[*hidden, code])
    detector.fit(X)

    @torch.no_grad()
    def reconstruct(X: np.ndarray) -> np.ndarray:
        model, x = detector.model.eval(), torch.from_numpy(X)
        return (model.decode(model.encode(x)[0]) if network.variational else model(x)).numpy()

    return Trained(reconstruct)


def _marked(kind: type, mark: Callable[[], None]) -> type:
    """Return a detector whose hook for the end of an epoch marks it."""
    return type(kind.__name__, (kind,), {"epoch_update": lambda self: mark()})
