"""``isthmus compare --pretraining``: ways to start one deep network, at equal cost."""

import copy
from typing import Any

from ..checks import check_name
from ..errors import InputError
from ..estimators import Autoencoder, RestrictedBoltzmannMachine, StackedAutoencoder
from ..estimators.data import Summary
from ..networks import Dense
from ..parts.likelihood import Likelihood
from ..report.summary import NONE, TODAY
from ..tasks import Principal
from ..training import Training
from ..training.greedy import gently
from ..training.rbm import visible_units
from .naming import layers
from .options import ModelOptions, wholes


def rows(text: str) -> list[str]:
    """Return the names of the rows that ``--pretraining`` asks for, with today's way beside them.

    >>> rows("none,denoising")
    ['pca', 'none', 'denoising', 'today']
    """
    known = [NONE, *(name for name in layers() if name != "binary")]  # bits are a code of another kind, not a start
    names = [check_name("--pretraining", name.strip(), known) for name in text.split(",")]
    return ["pca", *dict.fromkeys(names), TODAY]


def start(name: str, size: int, seed: int, settings: Training, model: ModelOptions, likelihood: Likelihood, summary: Summary) -> Any:
    """Return the estimator of a row.

    The layers of a stack have as many weights as the whole, so that half of the passes for the layers and half for the whole
    cost as much as all of them for a network that is not pretrained; an odd number of passes is rounded up.
    """
    if settings.time_budget is not None:
        raise InputError("--pretraining compares at equal numbers of passes; give --epochs instead of --time-budget")
    if (model.network or "dense") != "dense" or model.corruption or model.bottleneck or model.penalty or model.decoder:
        raise InputError("--pretraining compares ways to start one fully connected network: leave out --network, --corruption, "
                         "--bottleneck, --penalty and --decoder")  # fmt: skip
    if name == "pca":
        return Principal(size)
    hidden, activation = wholes(model.hidden, "--hidden"), model.activation or "sigmoid"
    common: dict[str, Any] = {"likelihood": likelihood, "random_state": seed}
    passes = settings.resolve(summary.rows, True).epochs
    even = copy.copy(settings).set_params(epochs=passes + passes % 2)
    if name == TODAY:
        return Autoencoder(size, network=Dense(hidden), training=even, **common)
    if name == NONE:  # but for its start all as in a stack, whose weak decay suits it, too
        return Autoencoder(size, network=Dense(hidden, activation, tied=model.tied), training=gently(even), **common)
    layer = layers()[name]
    layer.as_layer(size, activation, model.tied)  # which refuses activations that it has no units for, before anything is trained
    if isinstance(layer, RestrictedBoltzmannMachine):
        if summary.missing:
            raise InputError(f"--pretraining {name} takes no gaps, of which the data have {summary.missing}: fill them first, or leave it "
                             "out")  # fmt: skip
        visible_units(likelihood.unmasked())
    return StackedAutoencoder(size, hidden, layer, activation, tied=model.tied, training=halved(even, summary), **common)


def halved(settings: Training, summary: Summary) -> Training:
    """Return settings for half of the passes over the items."""
    chosen = copy.copy(settings)
    passes = settings.resolve(summary.rows, True).epochs
    chosen.epochs = max(min(1, passes), passes // 2)
    return chosen
