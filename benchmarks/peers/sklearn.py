"""scikit-learn: MLPRegressor, from the rows to the rows, one activation for all hidden layers; and BernoulliRBM."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit
from sklearn.neural_network import BernoulliRBM, MLPRegressor

from ..networks import Task
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Fit one epoch at a time, which goes on where the last one ended."""
    if task.machine:
        return _machine(task, X, mark, seed)
    hidden = (*task.network.widths[1:], *task.network.widths[-2:0:-1])
    model = MLPRegressor(hidden_layer_sizes=hidden, activation=task.network.activation, alpha=0.0, batch_size=task.batch,
                         learning_rate_init=1e-3, random_state=seed)  # fmt: skip
    for _ in range(task.epochs):
        model.partial_fit(X, X)
        mark()
    return Trained(model.predict)


def _machine(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Fit batch by batch, as `fit` does, which would begin anew in each epoch."""
    model = BernoulliRBM(task.network.widths[-1], learning_rate=0.1, batch_size=task.batch, random_state=seed)
    for _ in range(task.epochs):
        for start in range(0, len(X), task.batch):
            model.partial_fit(X[start : start + task.batch])
        mark()
    return Trained(lambda rows: expit(model.transform(rows) @ model.components_ + model.intercept_visible_))
