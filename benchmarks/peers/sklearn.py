"""scikit-learn's MLPRegressor, from the rows to the rows: one activation for all hidden layers, the code's included."""

from collections.abc import Callable

import numpy as np
from sklearn.neural_network import MLPRegressor

from ..networks import Task
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Fit one epoch at a time, which goes on where the last one ended."""
    hidden = (*task.network.widths[1:], *task.network.widths[-2:0:-1])
    model = MLPRegressor(hidden_layer_sizes=hidden, activation=task.network.activation, alpha=0.0, batch_size=task.batch,
                         learning_rate_init=1e-3, random_state=seed)  # fmt: skip
    for _ in range(task.epochs):
        model.partial_fit(X, X)
        mark()
    return Trained(model.predict)
