"""isthmus, through its public estimators."""

from collections.abc import Callable
from typing import Any

import numpy as np

from isthmus import (
    SGD,
    Adam,
    Autoencoder,
    Bernoulli,
    Constant,
    Contractive,
    ContractiveAutoencoder,
    Dense,
    Gaussian,
    Recurrent,
    RestrictedBoltzmannMachine,
    SparseAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
)

from ..networks import BlogConv, Lstm, Task
from .blog import Blog
from .trained import Trained


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int, **options: Any) -> Trained:
    """Fit the estimator that does the task."""
    estimator = _fit(task, X, mark, seed, **options)
    return Trained(estimator.reconstruct, estimator.precision_)


def epochs(task: Task, X: np.ndarray, seed: int, **options: Any) -> list[dict[str, float]]:
    """Return the history of a fit: seconds and loss at the end of every epoch."""
    return _fit(task, X, lambda: None, seed, **options).history_


def likelihood(task: Task, X: np.ndarray, seed: int, precision: str) -> Callable[[np.ndarray, int], float]:
    """Fit, and return a function from rows and a number of draws to the rows' mean log-likelihood, in that precision."""
    fitted = _fit(task, X, lambda: None, seed).with_precision(precision)
    return lambda rows, draws: float(fitted.score_samples(rows, n_importance=draws).mean())


def _fit(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int, precision: str = "auto",
         defaults: bool = False) -> Any:  # fmt: skip
    """Return the fitted estimator; ``defaults`` leaves all but the widths and the epochs to isthmus."""
    ended: list[int] = []

    def look(progress: Any) -> None:  # called within epochs too
        if len(progress.history) > len(ended):
            ended.append(len(progress.history))
            mark()

    if defaults:
        hidden, code = _sizes(task)
        training = Training(task.epochs, callbacks=(look,))
        return Autoencoder(code, network=Dense(hidden), training=training, random_state=seed).fit(X)
    rate, optimizer = (0.1, SGD(momentum=0.0)) if task.machine else (1e-3, Adam(weight_decay=0, beta2=0.999))
    training = Training(task.epochs, task.batch, rate, Constant(), optimizer, precision, validation=0, callbacks=(look,))
    return _estimator(task).set_params(training=training, random_state=seed).fit(X)


def _sizes(task: Task) -> tuple[tuple[int, ...], int]:
    return task.network.widths[1:-1], task.network.widths[-1]


def _estimator(task: Task) -> Any:
    """Return the task's variant, its network and its likelihood."""
    likelihood = Bernoulli() if task.binary else Gaussian()
    if isinstance(task.network, BlogConv):
        return Autoencoder(128, network=Blog(), likelihood=likelihood)
    if isinstance(task.network, Lstm):
        return Autoencoder(task.network.code, network=Recurrent(task.network.hidden), likelihood=likelihood)
    hidden, code = _sizes(task)
    if task.machine:
        return RestrictedBoltzmannMachine(code, likelihood=likelihood)
    network = Dense(hidden, activation=task.network.activation, code_activation=task.network.code_activation)
    if task.network.variational:
        return VariationalAutoencoder(code, network=network, likelihood=likelihood)
    if task.network.active:
        return SparseAutoencoder(code, bottleneck=TopK(task.network.active), network=network, likelihood=likelihood)
    if task.contractive:
        return ContractiveAutoencoder(code, Contractive(0.1, projections=1), network=network, likelihood=likelihood)
    return Autoencoder(code, network=network, likelihood=likelihood)
