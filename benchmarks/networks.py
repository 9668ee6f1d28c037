"""The networks that are compared, said once for every library, and the matrix products of their layers."""

from dataclasses import dataclass
from itertools import pairwise

Product = tuple[int, int, int]  # (m, k, n): an (m, k) matrix times a (k, n) one


def operations(products: list[Product]) -> float:
    """Return the additions and multiplications in them."""
    return 2.0 * sum(m * k * n for m, k, n in products)


@dataclass(frozen=True)
class Dense:
    """A mirrored fully connected network, by the field's names of activations.

    ``widths`` lead from the input to the code; ``active`` is how many of the code's units stay (top-k), and a
    ``variational`` code is a mean and a log-variance.
    """

    widths: tuple[int, ...]
    activation: str = "relu"
    code_activation: str = "linear"
    variational: bool = False
    active: int | None = None

    def products(self, batch: int) -> list[Product]:
        """Return the product of every layer's forward pass."""
        *hidden, code = self.widths
        encoder = [*hidden, 2 * code if self.variational else code]
        return [(batch, *sides) for sides in [*pairwise(encoder), *pairwise(self.widths[::-1])]]


@dataclass(frozen=True)
class BlogConv:
    """The convolutional network of the Keras blog, for 28 × 28: channels 16-8-8, three poolings, a code of 128.

    Building Autoencoders in Keras (F. Chollet, 2016), https://blog.keras.io/building-autoencoders-in-keras.html
    """

    variational: bool = False

    def products(self, batch: int) -> list[Product]:
        """Return every convolution as the product of its patches and its kernel."""
        sides = (28, 14, 7, 4, 8, 14, 28)
        channels = ((1, 16), (16, 8), (8, 8), (8, 8), (8, 8), (8, 16), (16, 1))
        return [(batch * side**2, 9 * ins, outs) for side, (ins, outs) in zip(sides, channels, strict=True)]


@dataclass(frozen=True)
class Lstm:
    """A sequence-to-sequence network for series of one number a step: long short-term memory to a code, and from it at every step."""

    steps: int
    hidden: int
    code: int
    variational: bool = False

    @property
    def widths(self) -> tuple[int, ...]:
        """The numbers of an item, of the state and of the code."""
        return self.steps, self.hidden, self.code

    def products(self, batch: int) -> list[Product]:
        """Return every layer's product, all steps of one at once."""
        rows, gates = self.steps * batch, 4 * self.hidden
        return [(rows, 1, gates), (rows, self.hidden, gates), (batch, self.hidden, self.code), (batch, self.code, self.hidden),
                (rows, self.hidden, gates), (rows, self.hidden, gates), (rows, self.hidden, 1)]  # fmt: skip


Network = Dense | BlogConv | Lstm


@dataclass(frozen=True)
class Task:
    """What every library is asked to do: Adam at a constant rate of 1e-3 over the same rows.

    A ``machine`` is the restricted Boltzmann machine of that network's one layer, trained by plain steps at a constant rate of 0.1;
    its step has the same products.
    """

    network: Network
    batch: int
    rows: int  # a multiple of the batch, so that nobody has a last, smaller one
    epochs: int
    binary: bool = False  # a sigmoid output and cross-entropy; else a linear output and squared error
    contractive: bool = False
    machine: bool = False
    activations: bool = False  # normal noise in place of digits, as wide as the input

    def training_products(self) -> list[Product]:
        """Return all products of a training step: forward, the weights' gradients, and those of all but the first input."""
        forward = self.network.products(self.batch)
        return [*forward, *((k, m, n) for m, k, n in forward), *((m, n, k) for m, k, n in forward[1:])]
