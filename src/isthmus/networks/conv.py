"""Convolutional networks for images and series of any size."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..checks import Limit, OneOf, Whole, Wholes
from ..errors import InputError
from ..files.series import is_series
from ..parts.penalty import SingleLayer
from .activations import Activation, activation
from .base import Network, Pair, Shift, started
from .dense import from_code, linear

_KERNEL = 3
_GROUPS = 8  # of channels that are normalised together, where they divide by it
_COARSE = 8  # the default goes down until a side is at most this long


class Conv(Network):
    r"""A strided convolutional encoder and its mirror image with transposed convolutions.

    Every level halves each side (rounding up) with a 3-wide convolution of stride 2; a linear layer makes the code. The
    mirror image gives each side back exactly, whatever its length.

    Arguments:
        channels: Channels of each level. None takes them from the data: as many levels as bring the shorter side to 8
            or less, 32 channels at first and twice as many at each level.
        residual: How many residual blocks of two convolutions follow each level, in both halves.
        normalized: Whether each convolution but the last is followed by group normalisation, in eight groups of channels: images of many
            pixels in many levels then train at higher rates, one by one as in batches.
        activation: The activation, by the names of `Dense`.
        code_activation: The code layer's activation; None takes what the bottleneck and the penalties are meant for.
        dimensions: 2 for images (h, w) or (h, w, c); 1 for series (t,) or (t, c); None takes 1 for items (t, c) of few channels, else 2.
        shape: The shape of one item where the data are a table, such as (28, 28, 1); None reads it off the data.

    Raises:
        InputError: In `fit`, where the items have no such shape.

    References:
        Striving for Simplicity: The All Convolutional Net (J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller, 2014), for
        strides; Deep Residual Learning for Image Recognition (K. He et al., 2015); Group Normalization (Y. Wu, K. He, 2018)

    Example:
        >>> pair = Conv((4,)).assemble((7, 5), width=2, n_components=2, code_activation="linear")
        >>> pair.decoder(pair.encoder(torch.zeros(3, 7, 5))).shape
        torch.Size([3, 7, 5])
    """

    limits: ClassVar[dict[str, Limit]] = {
        "channels": Wholes(), "residual": Whole(0), "normalized": OneOf((True, False)), "dimensions": OneOf((None, 1, 2)),
        "shape": Wholes(),
    }  # fmt: skip

    def __init__(self, channels: tuple[int, ...] | None = None, residual: int = 0, activation: str = "silu",
                 code_activation: str | None = None, dimensions: int | None = None,
                 shape: tuple[int, ...] | None = None, normalized: bool = False) -> None:  # fmt: skip
        self.channels = channels
        self.residual = residual
        self.normalized = normalized
        self.activation = activation
        self.code_activation = code_activation
        self.dimensions = dimensions
        self.shape = shape

    def assemble(self, shape: tuple[int, ...], width: int, n_components: int, code_activation: str) -> Pair:
        """Return the pair for items of ``shape``, which may be a table's (features,) if ``self.shape`` is given."""
        sides, colours = self._layout(shape)
        channels = self._channels(min(sides))
        sizes = [sides]  # of every level, finest first
        for _ in channels:
            sizes.append(tuple(math.ceil(side / 2) for side in sizes[-1]))
        inner = activation(self.activation, "Conv.activation")
        frame = (*sides, colours)
        made = Blocks(len(sides), self.residual, self.normalized, inner)
        encoder = ConvEncoder(frame, (colours, *channels), sizes, width, made, code_activation)
        return Pair(encoder, ConvDecoder(shape, (colours, *channels), sizes, n_components, made))

    def _layout(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        """Return an item's sides and its number of channels."""
        own = tuple(self.shape) if self.shape is not None else shape
        if math.prod(own) != math.prod(shape):
            raise InputError(f"Conv.shape {own} has {math.prod(own)} numbers, an item has {math.prod(shape)}.")
        dimensions = self.dimensions or (1 if len(own) == 2 and is_series(own) else 2)
        if len(own) == dimensions:
            return own, 1
        if len(own) == dimensions + 1:
            return own[:-1], own[-1]
        wanted = "(h, w) or (h, w, c)" if dimensions == 2 else "(t,) or (t, c)"
        raise InputError(f"Conv(dimensions={dimensions}) needs items of shape {wanted}; these are {own}. "
                         "Give shape=, such as Conv(shape=(28, 28, 1)), or use Dense().")  # fmt: skip

    def _channels(self, side: int) -> tuple[int, ...]:
        if self.channels is not None:
            if not self.channels:
                raise InputError("Conv.channels must name at least one level. Got (). Use Dense() for none.")
            return tuple(self.channels)
        levels = max(1, math.ceil(math.log2(max(side, 2) / _COARSE)))
        return tuple(min(32 * 2**level, 256) for level in range(levels))


class Blocks(NamedTuple):
    """What the levels of both halves are made of; convolutions have no bias where normalisation would take it away again."""

    dimensions: int
    residual: int
    normalized: bool
    inner: Activation

    def convolution(self, ins: int, outs: int) -> nn.Module:
        """Return a convolution that keeps the sides."""
        return _started(_CONV[self.dimensions](ins, outs, _KERNEL, padding=1, bias=not self.normalized), self.inner.gain)

    def down(self, ins: int, outs: int) -> nn.Module:
        """Return a convolution that halves the sides."""
        return _started(_CONV[self.dimensions](ins, outs, _KERNEL, stride=2, padding=1, bias=not self.normalized), self.inner.gain)

    def up(self, ins: int, outs: int, extra: tuple[int, ...], last: bool) -> nn.Module:
        """Return a transposed convolution that doubles the sides s, to 2s - 1 + extra: the extra one restores an even length."""
        biased = last or not self.normalized
        layer = _TRANSPOSED[self.dimensions](ins, outs, _KERNEL, stride=2, padding=1, output_padding=extra, bias=biased)
        return _started(layer, 1.0 if last else self.inner.gain)

    def active(self, channels: int, sides: tuple[int, ...]) -> list[nn.Module]:
        """Return what follows a convolution: normalisation, if there is to be any, and the activation.

        Where a channel is a single number, there is nothing to normalise it by.
        """
        norm = [nn.GroupNorm(math.gcd(channels, _GROUPS), channels)] if self.normalized and math.prod(sides) > 1 else []
        return [*norm, self.inner.build()]

    def residuals(self, channels: int, sides: tuple[int, ...]) -> list[nn.Module]:
        """Return the residual blocks of a level."""
        return [Residual(self, channels, sides) for _ in range(self.residual)]


class Residual(nn.Module):
    """x + conv(s(conv(x))), which starts as the identity."""

    def __init__(self, made: Blocks, channels: int, sides: tuple[int, ...]) -> None:
        super().__init__()
        self.first = made.convolution(channels, channels)
        self.between = nn.Sequential(*made.active(channels, sides))
        self.second = _started(made.convolution(channels, channels), 0.0)

    def forward(self, x: Float[Tensor, "batch channels *sides"]) -> Float[Tensor, "batch channels *sides"]:
        """Return x and what the block adds."""
        return x + self.second(self.between(self.first(x)))


class ConvEncoder(nn.Module):
    """Strided convolutions, finest level first, then a linear layer to the code."""

    def __init__(self, frame: tuple[int, ...], channels: Sequence[int], sizes: Sequence[tuple[int, ...]], width: int,
                 made: Blocks, code_activation: str) -> None:  # fmt: skip
        super().__init__()
        blocks: list[nn.Module] = []
        for (ins, outs), sides in zip(pairwise(channels), sizes[1:], strict=True):
            blocks += [made.down(ins, outs), *made.active(outs, sides), *made.residuals(outs, sides)]
        self.frame = frame
        self.blocks = nn.Sequential(*blocks)
        self.code = linear(channels[-1] * math.prod(sizes[-1]), width)
        self.code_activation = code_activation
        self.outer = activation(code_activation, "Conv.code_activation").build()

    def forward(self, x: Float[Tensor, "batch *item"], shift: Shift = None) -> Float[Tensor, "batch width"]:
        """Return what the bottleneck turns into codes."""
        return self.outer(self.code(self.features(x, shift)))

    def features(self, x: Float[Tensor, "batch *item"], shift: Shift = None) -> Float[Tensor, "batch features"]:
        """Return what the code layer receives."""
        x = x.reshape(-1, *self.frame).movedim(-1, 1)  # (batch, channels, *sides), channels last in memory
        if shift is None:
            return self.blocks(x).flatten(1)
        emitted = 1 + isinstance(self.blocks[1], nn.GroupNorm)  # which would take a shift before it away again
        x = self.blocks[:emitted](x)  # (batch, channels, *sides)
        return self.blocks[emitted:](x + shift.unflatten(1, (-1, *[1] * (x.ndim - 2)))).flatten(1)

    @property
    def entry(self) -> int:
        """How many channels the first convolution emits."""
        first: Any = self.blocks[0]
        return first.out_channels

    def single_layer(self) -> SingleLayer | None:
        """Return None: a convolutional encoder has at least two layers."""
        return None


class ConvDecoder(nn.Module):
    """A linear layer from the code, then transposed convolutions, coarsest level first."""

    def __init__(self, shape: tuple[int, ...], channels: Sequence[int], sizes: Sequence[tuple[int, ...]],
                 n_components: int, made: Blocks) -> None:  # fmt: skip
        super().__init__()
        self.shape = shape
        self.coarse = (channels[-1], *sizes[-1])
        self.code = from_code(linear(n_components, math.prod(self.coarse), made.inner.gain))
        blocks: list[nn.Module] = []
        for level in range(len(channels) - 1, 0, -1):
            extra = tuple(fine - (2 * coarse - 1) for fine, coarse in zip(sizes[level - 1], sizes[level], strict=True))
            blocks += [*made.active(channels[level], sizes[level]), *made.residuals(channels[level], sizes[level]),
                       made.up(channels[level], channels[level - 1], extra, last=level == 1)]  # fmt: skip
        self.blocks = nn.Sequential(*blocks)

    def forward(self, h: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch *item"]:
        """Return the numbers that the likelihood reads, in the items' shape."""
        return self.expand(self.code(h))

    def expand(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch *item"]:
        """Return the numbers that the likelihood reads, from what the first layer emits."""
        x = self.blocks(x.unflatten(1, self.coarse))  # (batch, channels, *sides)
        return x.movedim(1, -1).reshape(-1, *self.shape)

    def code_weight(self) -> Float[Tensor, "hidden latent"]:
        """Return the weights that the code meets first."""
        return self.code.weight

    @torch.no_grad()
    def start_at(self, decoded: Float[Tensor, "*item"]) -> None:
        """Let the untrained decoder emit about the mean of ``decoded`` in every channel."""
        last: Any = self.blocks[-1]
        last.bias.copy_(decoded.reshape(-1, last.out_channels).mean(0))


_CONV: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d}
_TRANSPOSED: dict[int, Any] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d}


def _started(layer: Any, gain: float) -> nn.Module:
    """Start a convolution by the numbers that each of its outputs meets."""
    fan = layer.in_channels * math.prod(layer.kernel_size)
    if layer.transposed:
        fan = fan / math.prod(layer.stride)  # each output meets only every stride-th tap
    return started(layer, fan, gain)
