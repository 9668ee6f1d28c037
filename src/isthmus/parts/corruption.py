"""Corruptions c(x): the noise that a denoising autoencoder learns to undo; they act in training only.

They see the model's own units: bytes as v/255, real-valued data centred and divided by one global standard deviation.

References:
    Extracting and Composing Robust Features with Denoising Autoencoders
    (P. Vincent, H. Larochelle, Y. Bengio, P.-A. Manzagol, 2008), https://doi.org/10.1145/1390156.1390294
"""

from abc import abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from .. import ranks
from ..checks import Limit, OneOf, Real
from .base import Part


class Corruption(Part):
    """A random map of a batch to a corrupted batch of the same shape."""

    @abstractmethod
    def __call__(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return a corrupted copy of ``x``; every call draws anew."""


class GaussianNoise(Corruption):
    r"""Additive noise, :math:`c(x) = x + \sigma\varepsilon` with :math:`\varepsilon \sim N(0, 1)` for every number.

    Arguments:
        scale: The noise's standard deviation :math:`\sigma` in the model's units.

    References:
        Stacked Denoising Autoencoders (P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, 2010)

    Example:
        >>> _ = torch.manual_seed(0)
        >>> GaussianNoise(0.1)(torch.zeros(1, 2)).std() > 0
        tensor(True)
    """

    limits: ClassVar[dict[str, Limit]] = {"scale": Real(0)}

    def __init__(self, scale: float = 0.3) -> None:
        self.scale = scale

    def __call__(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return ``x`` plus noise."""
        return torch.add(x, ranks.normal(x), alpha=self.scale)


class Masking(Corruption):
    r"""Masking noise, :math:`c(x) = m \odot x` with :math:`m \sim \mathrm{Bernoulli}(1 - \nu)` for every number.

    Arguments:
        fraction: The share :math:`\nu` of the numbers that are set to 0 (black for bytes, the mean for centred data).
        rescaled: Whether those that are left are divided by :math:`1 - \nu`, so that masked items are as large as whole ones on average:
            that is how words are left out of texts.

    References:
        Extracting and Composing Robust Features with Denoising Autoencoders (P. Vincent et al., 2008)

    Example:
        >>> Masking(1.0)(torch.ones(1, 2))
        tensor([[0., 0.]])
    """

    limits: ClassVar[dict[str, Limit]] = {"fraction": Real(0, 1), "rescaled": OneOf((True, False))}

    def __init__(self, fraction: float = 0.3, rescaled: bool = False) -> None:
        self.fraction = fraction
        self.rescaled = rescaled

    def __call__(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return ``x`` with a random share of its numbers set to 0."""
        kept = x * (ranks.uniform(x) >= self.fraction)
        return kept / (1 - self.fraction) if self.rescaled and self.fraction < 1 else kept


class SaltAndPepper(Corruption):
    r"""Salt-and-pepper noise: a share :math:`\nu` of the numbers is set to the batch's least or greatest value, evenly.

    Arguments:
        fraction: The share :math:`\nu` of the numbers that are replaced.

    References:
        Stacked Denoising Autoencoders (P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, 2010)

    Example:
        >>> _ = torch.manual_seed(0)
        >>> sorted(set(SaltAndPepper(1.0)(torch.tensor([[0.0, 0.5, 1.0, 0.2]])).flatten().tolist()))
        [0.0, 1.0]
    """

    limits: ClassVar[dict[str, Limit]] = {"fraction": Real(0, 1)}

    def __init__(self, fraction: float = 0.3) -> None:
        self.fraction = fraction

    def __call__(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return ``x`` with a random share of its numbers set to an extreme."""
        draw = ranks.uniform(x)
        low, high = ranks.extremes(x)
        return torch.where(draw < self.fraction / 2, low, torch.where(draw < self.fraction, high, x))
