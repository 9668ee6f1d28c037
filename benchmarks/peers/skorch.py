"""skorch: a NeuralNet of the same torch module."""

from collections.abc import Callable

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback

from ..networks import Task
from .modules import Autoencoder, loss
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Fit the net."""

    class Net(NeuralNet):
        def get_loss(self, y_pred, y_true, X=None, training=False):
            return loss(task, y_true, y_pred)

    class Marks(Callback):
        def on_epoch_end(self, net, **kwargs):
            mark()

    torch.manual_seed(seed)
    net = Net(Autoencoder, module__task=task, criterion=torch.nn.MSELoss, optimizer=torch.optim.Adam, lr=1e-3,
              batch_size=task.batch, max_epochs=task.epochs, train_split=None, iterator_train__shuffle=True,
              callbacks=[Marks()])  # fmt: skip
    net.fit(X, X)
    return Trained(net.module_.reconstruct)
