"""``isthmus compare --pretraining``: ways to start one deep network, at equal cost."""

import copy
from typing import Any

from ..checks import check_name
from ..errors import InputError
from ..estimators import Autoencoder, StackedAutoencoder
from ..estimators.data import Summary
from ..networks import Dense
from ..parts.likelihood import Likelihood
from ..report.summary import NONE, TODAY
from ..tasks import Principal
from ..training import Training
from .naming import layers
from .options import ModelOptions, wholes


def rows(text: str) -> list[str]:
    """Return the names of the rows that ``--pretraining`` asks for, with today's way beside them.

    >>> rows("none,denoising")
    ['pca', 'none', 'denoising', 'today']
    """
    known = [NONE, *layers()]
    names = [check_name("--pretraining", name.strip(), known) for name in text.split(",")]
    return ["pca", *dict.fromkeys(names), TODAY]


def start(name: str, size: int, seed: int, settings: Training, model: ModelOptions, likelihood: Likelihood, summary: Summary) -> Any:
    """Return the estimator of a row.

    The layers of a stack have as many weights as the whole, so that half of the passes for the layers and half for the whole
    cost as much as all of them for a network that is not pretrained.
    """
    if settings.time_budget is not None:
        raise InputError("--pretraining compares at equal numbers of passes; give --epochs instead of --time-budget")
    if (model.network or "dense") != "dense" or model.corruption or model.bottleneck or model.penalty:
        raise InputError("--pretraining compares ways to start one fully connected network: leave out --network, --corruption, "
                         "--bottleneck and --penalty")  # fmt: skip
    if name == "pca":
        return Principal(size)
    hidden, activation = wholes(model.hidden, "--hidden"), model.activation or "sigmoid"
    common: dict[str, Any] = {"likelihood": likelihood, "random_state": seed}
    if name in (NONE, TODAY):
        network = Dense(hidden, activation, tied=model.tied) if name == NONE else Dense(hidden)
        return Autoencoder(size, network=network, training=settings, **common)
    return StackedAutoencoder(size, hidden, layers()[name], activation, tied=model.tied, training=halved(settings, summary), **common)


def halved(settings: Training, summary: Summary) -> Training:
    """Return settings for half of the passes over the items."""
    chosen = copy.copy(settings)
    chosen.epochs = max(1, settings.resolve(summary.rows, True).epochs // 2)
    return chosen
