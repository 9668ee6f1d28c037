"""isthmus, through its public estimators."""

from collections.abc import Callable
from typing import Any

import numpy as np

from isthmus import (
    Adam,
    Autoencoder,
    Bernoulli,
    Constant,
    Contractive,
    ContractiveAutoencoder,
    Dense,
    Gaussian,
    SparseAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
)

from ..networks import BlogConv, Task
from .blog import Blog
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int, precision: str = "auto",
          defaults: bool = False) -> Trained:  # fmt: skip
    """Fit the estimator that does the task; ``defaults`` leaves all but the widths and the epochs to isthmus."""
    seen: list[int] = []

    def ended(progress: Any) -> None:  # called within epochs too
        if len(progress.history) > len(seen):
            seen.append(len(progress.history))
            mark()

    if defaults:
        hidden, code = _sizes(task)
        estimator = Autoencoder(code, network=Dense(hidden), training=Training(task.epochs, callbacks=(ended,)), random_state=seed)
    else:
        training = Training(task.epochs, task.batch, 1e-3, Constant(), Adam(weight_decay=0, beta2=0.999), precision,
                            validation=0, callbacks=(ended,))  # fmt: skip
        estimator = _estimator(task).set_params(training=training, random_state=seed)
    estimator.fit(X)
    return Trained(estimator.reconstruct, estimator.precision_)


def _sizes(task: Task) -> tuple[tuple[int, ...], int]:
    return task.network.widths[1:-1], task.network.widths[-1]


def _estimator(task: Task) -> Any:
    """Return the task's variant, its network and its likelihood."""
    likelihood = Bernoulli() if task.binary else Gaussian()
    if isinstance(task.network, BlogConv):
        return Autoencoder(128, network=Blog(), likelihood=likelihood)
    hidden, code = _sizes(task)
    network = Dense(hidden, activation=task.network.activation, code_activation=task.network.code_activation)
    if task.network.variational:
        return VariationalAutoencoder(code, network=network, likelihood=likelihood)
    if task.network.active:
        return SparseAutoencoder(code, bottleneck=TopK(task.network.active), network=network, likelihood=likelihood)
    if task.contractive:
        return ContractiveAutoencoder(code, Contractive(0.1, projections=1), network=network, likelihood=likelihood)
    return Autoencoder(code, network=network, likelihood=likelihood)
