"""What every network gives: a mirrored pair, an encoder and a decoder."""

from abc import abstractmethod
from typing import NamedTuple

from torch import nn

from ..parts.base import Part


class Pair(NamedTuple):
    """An encoder (batch, *item) → (batch, width) and a decoder (batch, n_components) → (batch, *item).

    The encoder tells its ``code_activation`` (a name) and ``single_layer()``; the decoder tells ``code_weight()``, its
    first layer's weights (hidden, n_components), and takes ``start_at(decoded)``, what to emit before training.
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
