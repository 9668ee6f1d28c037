"""Greedy training: every layer learns to code the codes of the one below; then all are unrolled into one deep network.

References:
    Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006);
    Greedy Layer-Wise Training of Deep Networks (Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle, 2007)
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..files.rows import RowStream
from ..model import Model
from .batches import Rows
from .loop import Progress
from .optimizers import Adam
from .settings import Training

_DECAY = 0.01  # a fraction of what networks from a random start take


class Codes:
    """The codes of a stream's rows as a `RowStream`, made as they are read."""

    def __init__(self, rows: RowStream, layer: Any) -> None:
        self.rows, self.layer = rows, layer
        self.shape, self.dtype = (rows.shape[0], layer.n_components), np.dtype(np.float32)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return codes of contiguous rows."""
        return np.asarray(self.layer.transform(self.rows.read(start, stop)), np.float32)


def fitted(layers: Sequence[Any], X: Rows, held: np.ndarray | None, tied: bool) -> Iterator[Any]:
    """Yield the layers, each fitted to the codes that the one before makes of its own rows; the first to ``X``.

    The whole holds out the rows at the places ``held``; None leaves it to each layer what to hold out. Where the whole's weights are
    ``tied``, codes keep their scale: one matrix cannot take it out on the way up and bring it back on the way down.
    """
    for number, layer in enumerate(layers):
        yield layer.fit_layer(X, held, rescaled=not (tied and number))
        if number + 1 < len(layers):
            X = Codes(X, layer) if isinstance(X, RowStream) else np.asarray(layer.transform(X), np.float32)


def gently(training: Training) -> Training:
    """Return settings with a weak weight decay where the optimiser is open: more wears away what layers have learnt."""
    return copy.copy(training).set_params(optimizer=training.optimizer or Adam(weight_decay=_DECAY))


@torch.no_grad()
def unroll(model: Model, layers: Sequence[Model]) -> None:
    """Start a deep, fully connected model at the weights of its layers.

    A layer above the first sees codes in units of its own; these are multiplied into its weights, so that the deep encoder's
    codes are those of the topmost layer. The deep decoder is that of the layers wherever what a layer emits goes
    through the activation of the one below: sigmoid codes under a Bernoulli likelihood do.

    Arguments:
        model: Its encoder and decoder have a linear layer for each of ``layers``.
        layers: Models of one linear layer each way, the lowest first.
    """
    downs = reversed(model.decoder.layers)
    for number, (up, down, layer) in enumerate(zip(model.encoder.layers, downs, layers, strict=True)):
        into, out = layer.encoder.code, layer.decoder.code
        scale, offset = (layer.units.scale, layer.units.offset) if number else (torch.ones(()), torch.zeros(()))
        up.weight.copy_(into.weight / scale)
        up.bias.copy_(into.bias - up.weight @ (offset + scale * layer.mean) if number else into.bias)
        down.weight.copy_(out.weight * scale)  # where the weights are tied, the same memory again, and the scale is 1
        down.bias.copy_(out.bias * scale + offset if number else out.bias.flatten())


def staged(training: Training, number: int, count: int, name: str, folder: str = "") -> Training:
    """Return settings for one of several stages: callbacks hear of the whole, and checkpoints lie in a ``folder`` of their own."""

    def told(callback: Callable[[Progress], None]) -> Callable[[Progress], None]:
        return lambda progress: callback(replace(progress, fraction=(number + progress.fraction) / count, stage=name))

    chosen = copy.copy(training)
    chosen.callbacks = tuple(told(callback) for callback in training.callbacks)
    if training.checkpoint is not None:
        chosen.checkpoint = str(Path(training.checkpoint) / folder)
    return chosen
