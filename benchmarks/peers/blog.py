"""The Keras blog's network as a network of isthmus, from the very torch modules that the peers train."""

import math
from typing import Any

import torch
from torch import Tensor, nn

from isthmus.networks.base import Network, Pair, started

from ..networks import BlogConv
from .modules import halves


class Blog(Network):
    """The network; its code is what the last pooling leaves, rectified."""

    activation = "relu"
    code_activation = "relu"

    def assemble(self, shape: tuple[int, ...], width: int, n_components: int, code_activation: str) -> Pair:
        encoder, decoder = halves(BlogConv())
        convolutions = [layer for layer in (*encoder, *decoder) if isinstance(layer, nn.Conv2d)]
        for layer in convolutions:  # as isthmus's own networks start, and channels last, as its own convolutions are
            started(layer, layer.in_channels * 9, 1.0 if layer is convolutions[-1] else math.sqrt(2))
            layer.to(memory_format=torch.channels_last)
        return Pair(Encoder(*encoder), Decoder(*decoder))


class Encoder(nn.Sequential):
    code_activation = "relu"

    def single_layer(self) -> None:
        return None


class Decoder(nn.Sequential):
    def code_weight(self) -> Tensor:
        raise NotImplementedError("no penalty here asks for the decoder's weights")

    @torch.no_grad()
    def start_at(self, decoded: Tensor) -> None:
        last: Any = next(layer for layer in reversed(self) if isinstance(layer, nn.Conv2d))
        last.bias.fill_(decoded.mean())
