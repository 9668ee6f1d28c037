"""Binary codes, which are kept and compared as bits, and the penalties that make each bit tell as much as it can."""

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from .. import ranks
from ..checks import Limit, Real
from .bottleneck import Bottleneck, Code
from .penalty import WEIGHT, Halves, Pass, Penalty


class BinaryCode(Bottleneck):
    r"""Codes of 0 and 1, :math:`h_j = [a_j > 0]` of what the encoder emits.

    In training the decoder receives :math:`\mathrm{sigmoid}(a_j + \sigma\varepsilon)`: noise drowns whatever lies between 0 and 1, so that
    the encoder learns to send a bit. Without noise it receives the bit itself, whose gradient is taken for that of the sigmoid (straight
    through).

    Arguments:
        noise: The noise's standard deviation :math:`\sigma`; 0 goes straight through.

    References:
        Semantic Hashing (R. Salakhutdinov, G. E. Hinton, 2009), https://doi.org/10.1016/j.ijar.2008.11.006, for the noise; Estimating or
        Propagating Gradients Through Stochastic Neurons for Conditional Computation (Y. Bengio, N. Léonard, A. Courville, 2013),
        https://arxiv.org/abs/1308.3432, for going straight through

    Example:
        >>> BinaryCode()(torch.tensor([[-0.3, 2.0]]), draw=False).h
        tensor([[0., 1.]])
    """

    code_activation: ClassVar[str | None] = "linear"
    passes: ClassVar[bool] = False
    remedy: ClassVar[str] = "BitBalance() as the penalty, or fewer bits, help."
    limits: ClassVar[dict[str, Limit]] = {"noise": Real(0)}

    def __init__(self, noise: float = 0.0) -> None:
        self.noise = noise

    def width(self, n_components: int) -> int:
        """Return ``n_components``."""
        return n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution | None:
        """Return None: bits are not drawn."""
        return None

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool, state: nn.Module | None = None) -> Code:
        """Return the bits, or for training noisy numbers between 0 and 1."""
        bits = _Step.apply(encoded)
        if not draw or self.noise == 0:
            return Code(bits)
        return Code(torch.sigmoid(encoded + self.noise * ranks.normal(encoded)), settled=bits)


class _Step(torch.autograd.Function):
    """1 above 0, else 0, with the sigmoid's slope."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        soft = torch.sigmoid(x)
        return grad * soft * (1 - soft)


class BitBalance(Penalty):
    r"""Bits that are 1 for half of the items, :math:`\Omega = \sum_j (2\bar h_j - 1)^2`, since such a bit tells most.

    :math:`\bar h_j` is bit j's mean over the batch; the penalty is repeated for every sample.

    Arguments:
        weight: The weight; a number or a schedule.

    References:
        Spectral Hashing (Y. Weiss, A. Torralba, R. Fergus, 2008)

    Example:
        >>> BitBalance(0.5).weight_at(progress=1.0)
        0.5
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT}
    term: ClassVar[str] = "bit_balance"

    def __init__(self, weight: float | Callable[[float], float] = 1.0) -> None:
        self.weight = weight

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return the batch's imbalance, repeated for every sample."""
        return (2 * ranks.mean(out.mean) - 1).square().sum().expand(len(out.mean))


class Decorrelation(Penalty):
    r"""Bits that do not repeat each other, :math:`\Omega = \sum_{i \ne j} C_{ij}^2` with the covariance C of :math:`2h - 1` over the batch.

    Arguments:
        weight: The weight; a number or a schedule.

    References:
        Spectral Hashing (Y. Weiss, A. Torralba, R. Fergus, 2008); Reducing Overfitting in Deep Networks by Decorrelating Representations
        (M. Cogswell, F. Ahmed, R. Girshick, L. Zitnick, D. Batra, 2015), https://arxiv.org/abs/1511.06068

    Example:
        >>> Decorrelation(0.1).term
        'decorrelation'
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT}
    term: ClassVar[str] = "decorrelation"

    def __init__(self, weight: float | Callable[[float], float] = 0.1) -> None:
        self.weight = weight

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return the sum of the batch's squared covariances, repeated for every sample."""
        bits = 2 * out.mean - 1
        apart = bits - ranks.mean(bits)
        products = ranks.total(apart.T @ apart) / ranks.whole(len(bits))  # (latent, latent)
        return (products.square().sum() - products.diagonal().square().sum()).expand(len(bits))
