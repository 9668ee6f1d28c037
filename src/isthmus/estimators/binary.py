"""The binary autoencoder."""

from typing import Any, ClassVar, Self

from ..networks.base import Network
from ..parts import BinaryCode, BitBalance, Decorrelation
from ..parts.bottleneck import Bottleneck
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from .base import BaseAutoencoder, Row


class BinaryAutoencoder(BaseAutoencoder):
    r"""An autoencoder whose codes are bits, for search by Hamming distance: semantic hashing.

    Arguments:
        n_components: The number of bits.
        bottleneck: `BinaryCode`; None is ``BinaryCode()``.
        penalty: `BitBalance`, `Decorrelation`, or None for none.
        network, likelihood, training, random_state: As in `BaseAutoencoder`.

    References:
        Semantic Hashing (R. Salakhutdinov, G. E. Hinton, 2009), https://doi.org/10.1016/j.ijar.2008.11.006

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from isthmus import BinaryAutoencoder, Training
        >>> X = load_digits().data / 16
        >>> codes = BinaryAutoencoder(16, training=Training(epochs=3), random_state=0).fit_transform(X)
        >>> codes.shape, sorted(set(codes.flatten().tolist()))
        ((1797, 16), [0.0, 1.0])
    """

    own_penalties: ClassVar[tuple[type[Penalty], ...]] = (BitBalance, Decorrelation)

    def __init__(self, n_components: int = 2, bottleneck: Bottleneck | None = None, penalty: Penalty | None = None,
                 network: Network | None = None, likelihood: Likelihood | None = None, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.bottleneck = bottleneck
        self.penalty = penalty
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        return Row(None, self.bottleneck or BinaryCode(), () if self.penalty is None else (self.penalty,))

    def as_layer(self, width: int, activation: str, tied: bool) -> Self:
        """Return an unfitted copy as one layer of a stack, of whatever activation: bits are the signs of numbers of both signs."""
        return super().as_layer(width, "linear", tied)
