"""Fully connected networks."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from ..checks import Limit, OneOf, Wholes
from ..errors import InputError
from ..parts.penalty import SingleLayer
from .activations import Activation, activation
from .base import Network, Pair, Shift, started
from .dictionary import Dictionary


class Dense(Network):
    r"""A fully connected encoder and its mirror image: widths d → hidden → code → hidden reversed → d.

    The code layer and the output layer are linear unless said otherwise; weights start at N(0, gain² / fan-in).

    Arguments:
        hidden: Widths of the encoder's hidden layers, () for none. None takes them from the data: three layers, each
            half of the one before, from 1.25 × the number of features (at least 64, at most 1024), without those
            narrower than the code. For codes that are drawn only the last is half of the others, of 128 units at least: narrower
            ones let units of the code fall silent before the decoder has learnt to listen.
        activation: The hidden layers' activation: "elu", "gelu", "leaky_relu", "linear", "relu", "selu", "sigmoid",
            "silu", "softplus" or "tanh".
        code_activation: The code layer's activation; None takes what the bottleneck and the penalties are meant for,
            and else "linear".
        tied: Whether the decoder's weights are the encoder's, transposed (its biases are its own).
        unit_norm: Whether the decoder's weights of each code unit keep norm 1, as dictionaries of sparse codes do; the encoder's
            code layer then starts as their transpose. Not with ``tied``.
        decoder: Widths of the decoder's hidden layers, from the code on, where it is not to mirror the encoder; () for none: codes are then
            near each other where what they stand for is, as search needs. Not with ``tied``.

    Raises:
        InputError: In `fit`, for a setting outside its limits.

    References:
        Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006);
        Delving Deep into Rectifiers (K. He, X. Zhang, S. Ren, J. Sun, 2015), for the start;
        Scaling and evaluating sparse autoencoders (L. Gao et al., 2024), for ``unit_norm``

    Example:
        >>> pair = Dense((16, 8)).assemble((20,), width=2, n_components=2, code_activation="linear")
        >>> pair.decoder(pair.encoder(torch.zeros(3, 20))).shape
        torch.Size([3, 20])
    """

    limits: ClassVar[dict[str, Limit]] = {"hidden": Wholes(), "tied": OneOf((True, False)),
                                          "unit_norm": OneOf((True, False)), "decoder": Wholes()}  # fmt: skip

    def __init__(self, hidden: tuple[int, ...] | None = None, activation: str = "silu",
                 code_activation: str | None = None, tied: bool = False, unit_norm: bool = False,
                 decoder: tuple[int, ...] | None = None) -> None:  # fmt: skip
        self.hidden = hidden
        self.activation = activation
        self.code_activation = code_activation
        self.tied = tied
        self.unit_norm = unit_norm
        self.decoder = decoder

    def check(self) -> None:
        """Raise `InputError` for a setting outside its limits, or two that exclude each other."""
        super().check()
        if self.tied and self.unit_norm:
            raise InputError("Dense.tied and Dense.unit_norm must not both be True: one matrix cannot serve both. Leave out one.")
        if self.tied and self.decoder is not None:
            raise InputError("Dense.tied makes the decoder of the encoder's weights, so that Dense.decoder has no say: leave out one.")

    def widths(self, features: int, n_components: int, drawn: bool = False) -> tuple[int, ...]:
        """Return the hidden widths for items of ``features`` numbers and a code that is ``drawn`` or not.

        >>> Dense().widths(784, 32), Dense().widths(64, 40), Dense().widths(64, 40, drawn=True), Dense((5,)).widths(64, 40)
        ((980, 490, 245), (80, 40), (128, 128, 64), (5,))
        """
        if self.hidden is not None:
            return tuple(self.hidden)
        first = min(max(128 if drawn else 64, round(1.25 * features)), 1024)
        parts = (1, 1, 2) if drawn else (1, 2, 4)
        return tuple(first // part for part in parts if first // part >= n_components)

    def assemble(self, shape: tuple[int, ...], width: int, n_components: int, code_activation: str) -> Pair:
        """Return the pair for items of ``shape``."""
        hidden = self.widths(math.prod(shape), n_components, drawn=width > n_components)
        inner = activation(self.activation, "Dense.activation")
        sizes = (math.prod(shape), *hidden)
        layers = stack(sizes, width, inner)
        encoder = DenseEncoder(layers, inner, code_activation)
        if self.tied:
            mirrored = [Transposed(layers[-1], n_components), *map(Transposed, reversed(layers[:-1]))]
            return Pair(encoder, DenseDecoder(mirrored, inner, shape))
        back = tuple(reversed(hidden)) if self.decoder is None else tuple(self.decoder)
        plain, *rest = stack((n_components, *back), sizes[0], inner)
        first = from_code(plain, self.unit_norm)
        if self.unit_norm:
            with torch.no_grad():
                layers[-1].weight[:n_components] = first.weight.t()
        return Pair(encoder, DenseDecoder([first, *rest], inner, shape))


def stack(sizes: Sequence[int], last: int, inner: Activation) -> list[nn.Linear]:
    """Return the layers that lead through ``sizes``, each started for the activation behind it, to ``last`` numbers."""
    return [linear(a, b, inner.gain) for a, b in pairwise(sizes)] + [linear(sizes[-1], last)]


def linear(inputs: int, outputs: int, gain: float = 1.0) -> nn.Linear:
    """Return a linear layer that keeps the variance of its input through an activation of that gain."""
    return started(nn.Linear(inputs, outputs), inputs, gain)


def from_code(layer: nn.Linear, unit_norm: bool = False) -> nn.Linear | Dictionary:
    """Return a decoder's first layer as it is best stored: as a `Dictionary` where the code is wider than what it makes of it."""
    return Dictionary(layer, unit_norm) if unit_norm or layer.in_features > layer.out_features else layer


class Transposed(nn.Module):
    """The mirror image of a linear layer: its weights (or its first ``rows`` outputs') transposed, with an own bias."""

    def __init__(self, source: nn.Linear, rows: int | None = None) -> None:
        super().__init__()
        self.source = (source,)  # in a tuple, so that the weights are registered, saved and counted once
        self.rows = rows
        self.bias = nn.Parameter(torch.zeros(source.in_features))

    @property
    def weight(self) -> Float[Tensor, "outputs inputs"]:
        """The source's weights as this layer uses them."""
        return self.source[0].weight[: self.rows].T

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """Return xW + b with the source's W."""
        return F.linear(x, self.weight, self.bias)


class DenseEncoder(nn.Module):
    """Linear layers with activations between them and ``code_activation`` behind the last."""

    layers: Any  # torch's lists do not tell what they hold

    def __init__(self, layers: Sequence[nn.Module], inner: Activation, code_activation: str) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.inner = inner.build()
        self.code_activation = code_activation
        self.outer = activation(code_activation, "Dense.code_activation").build()

    def forward(self, x: Float[Tensor, "batch *item"], shift: Shift = None) -> Float[Tensor, "batch width"]:
        """Return what the bottleneck turns into codes."""
        emitted = self.code(self.features(x, shift))
        return self.outer(emitted if shift is None or len(self.layers) > 1 else emitted + shift)

    def features(self, x: Float[Tensor, "batch *item"], shift: Shift = None) -> Float[Tensor, "batch features"]:
        """Return what the code layer receives."""
        x = x.flatten(1)
        for number, layer in enumerate(self.layers[:-1]):
            x = layer(x)
            x = self.inner(x if shift is None or number else x + shift)
        return x

    @property
    def entry(self) -> int:
        """How many numbers the first layer emits."""
        return self.layers[0].out_features

    @property
    def code(self) -> nn.Linear:
        """The layer to the code."""
        return self.layers[-1]

    def single_layer(self) -> SingleLayer | None:
        """Return the only layer, where there is one and its output determines its slope."""
        slope = activation(self.code_activation, "Dense.code_activation").slope
        return SingleLayer(self.layers[0].weight, slope) if len(self.layers) == 1 and slope else None


class DenseDecoder(nn.Module):
    """Linear layers with activations between them; the last one's numbers go to the likelihood."""

    layers: Any

    def __init__(self, layers: Sequence[nn.Module], inner: Activation, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.inner = inner.build()
        self.shape = shape

    def forward(self, h: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch *item"]:
        """Return the numbers that the likelihood reads, in the items' shape."""
        return self.expand(self.code(h))

    def expand(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch *item"]:
        """Return the numbers that the likelihood reads, from what the first layer emits."""
        for layer in self.layers[1:]:
            x = layer(self.inner(x))
        return x.unflatten(1, self.shape)  # (batch, features) to (batch, *item)

    @property
    def code(self) -> Any:
        """The layer from the code."""
        return self.layers[0]

    def code_weight(self) -> Float[Tensor, "hidden latent"]:
        """Return the weights that the code meets first."""
        return self.code.weight

    @torch.no_grad()
    def start_at(self, decoded: Float[Tensor, "*item"]) -> None:
        """Let the untrained decoder emit ``decoded`` about which it then varies."""
        self.layers[-1].bias.copy_(decoded.flatten())
