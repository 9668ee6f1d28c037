"""What every network gives: a mirrored pair, an encoder and a decoder."""

import math
from abc import abstractmethod
from typing import Any, NamedTuple, TypeAlias

from torch import Tensor, nn

from ..parts.base import Part

Shift: TypeAlias = Tensor | None  # (batch, entry)


class Pair(NamedTuple):
    """An encoder (batch, *item) → (batch, width) and a decoder (batch, n_components) → (batch, *item).

    The encoder is ``outer(code(features(x)))`` with a linear layer ``code``; it tells its ``code_activation`` (a name),
    ``single_layer()``, and how many numbers (or channels) its first layer emits, ``entry``. Called with a `Shift` (batch, entry), it
    adds that to what the first layer emits: so it learns of a condition. The decoder is ``expand(code(h))`` with a linear layer
    ``code``; it tells ``code_weight()``, that layer's weights (hidden, n_components), and takes ``start_at(decoded)``, what to emit
    before training.
    """

    encoder: nn.Module
    decoder: nn.Module


class Network(Part):
    """Settings from which a mirrored encoder and decoder are built."""

    activation: str
    code_activation: str | None

    @abstractmethod
    def assemble(self, shape: tuple[int, ...], width: int, n_components: int, code_activation: str) -> Pair:
        """Return the pair for items of ``shape``."""


def started(layer: Any, fan_in: float, gain: float) -> Any:
    """Start a layer's weights at N(0, gain² / fan-in) and its bias at 0; on "meta" there is nothing to start.

    (Drawing there would load torch's decompositions, a second's work, for no numbers.)
    """
    if not layer.weight.is_meta:
        nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(fan_in))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return layer
