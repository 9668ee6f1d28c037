"""Likelihoods p(x|h): what the decoder's numbers mean, as a distribution over every number of an item.

The model's reconstruction term is -log p(x|h), summed over an item's numbers in the model's units; there is no other
place where a loss is chosen. ``missing`` says what a NaN in the data means: "refuse" raises in `fit`, "mask" leaves
the missing numbers out of the sum.
"""

import math
from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import clone
from torch import Tensor, nn
from torch.distributions import Bernoulli as BernoulliDistribution
from torch.distributions import Distribution, Normal
from torch.distributions import Laplace as LaplaceDistribution
from torch.nn import functional

from ..checks import Limit, OneOf, Real
from .base import Part

_MISSING = OneOf(("refuse", "mask"))
_LEAST_LOG_SCALE = math.log(1e-3)
_FACTORS = 8  # of at least a half each; runs of an eighth of an item's numbers are still worth a vector instruction


class Likelihood(Part):
    """A family of distributions over items, one independent distribution for every number."""

    #: The least and greatest value that the family allows, in the model's units.
    support: ClassVar[tuple[float, float]] = (-math.inf, math.inf)

    #: Whether a new item is drawn from p(x|h) and not its mean, which may be none: a third of one level and two of another.
    realised: ClassVar[bool] = False

    #: Whether the model's units may be others than the data's, centred and scaled.
    rescales: ClassVar[bool] = True

    #: Whether it is a product over an item's numbers, or cells, so that columns or steps may have it to themselves.
    local: ClassVar[bool] = True

    #: What to take for data that this family is too narrow for.
    unbounded: ClassVar[str] = "Gaussian()"

    missing: str

    def bounds(self, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return the least and the greatest value that each number of an item may have, in the model's units."""
        return self.support

    def resolve(self, mean: np.ndarray) -> Self:
        """Return the likelihood with what its settings leave to the data, which have this mean item; most leave nothing."""
        return self

    def unmasked(self) -> Self:
        """Return the likelihood as data without gaps want it, which need no mask."""
        return clone(self).set_params(missing="refuse")

    def completed(self, training: Any) -> Any:
        """Return settings for training by it, with those that it wants where they are open; most want none."""
        return training

    @abstractmethod
    def __call__(self, decoded: Float[Tensor, "batch *item"], state: nn.Module | None) -> Distribution:
        """Return p(x|h) with batch shape (batch, *item), from the decoder's numbers and what `build` returned."""

    @abstractmethod
    def link(self, mean: Tensor) -> Tensor:
        """Return the decoder's numbers for which the distribution has this ``mean``."""


class Spread(nn.Module):
    """Learnt log-scales, one for all numbers or one for each; they start at 0, a scale of 1 in the model's units."""

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(shape))

    @property
    def scale(self) -> Tensor:
        """The scales, kept off 0, to which a number that never varies would drive its own."""
        return self.log_scale.clamp(min=_LEAST_LOG_SCALE).exp()


class Gaussian(Likelihood):
    r"""Normal noise about the decoder's output, :math:`p(x|h) = \prod_i N(x_i; g_i(h), \sigma^2)`.

    With a fixed variance of 1 the term is half the squared error, so that a linear network with it is PCA.

    Arguments:
        variance: The variance :math:`\sigma^2` in the model's units; None learns it.
        missing: "refuse" or "mask" NaN in the data.
        shared: Whether a learnt variance is one for all numbers, or each number of an item has its own.

    References:
        Simple and Effective VAE Training with Calibrated Decoders (O. Rybkin, K. Daniilidis, S. Levine, 2021), for
        the learnt variance, https://arxiv.org/abs/2006.13202

    Example:
        >>> Gaussian()(torch.zeros(1, 2), None).log_prob(torch.zeros(1, 2)).sum().item()  # -log(2 pi)
        -1.8378...
    """

    limits: ClassVar[dict[str, Limit]] = {"variance": Real(0, above=True, optional=True), "missing": _MISSING,
                                          "shared": OneOf((True, False))}  # fmt: skip

    def __init__(self, variance: float | None = 1.0, missing: str = "refuse", shared: bool = True) -> None:
        self.variance = variance
        self.missing = missing
        self.shared = shared

    def build(self, shape: tuple[int, ...]) -> nn.Module | None:
        """Return the learnt scale, if the variance is learnt."""
        return Spread(() if self.shared else shape) if self.variance is None else None

    def __call__(self, decoded: Float[Tensor, "batch *item"], state: nn.Module | None) -> Distribution:
        """Return the normal distribution with mean ``decoded``."""
        if isinstance(state, Spread):
            return Normal(decoded, state.scale.expand_as(decoded), validate_args=False)
        return EvenNormal(decoded, 1.0 if self.variance is None else math.sqrt(self.variance))

    def link(self, mean: Tensor) -> Tensor:
        """Return the mean itself."""
        return mean


class Laplace(Likelihood):
    r"""Heavy-tailed noise, :math:`p(x|h) = \prod_i \exp(-|x_i - g_i(h)| / b) / 2b`: the absolute error.

    Arguments:
        scale: The scale b in the model's units; None learns one scale for all numbers.
        missing: "refuse" or "mask" NaN in the data.

    References:
        Robust Modeling with Erratic Data (J. F. Claerbout, F. Muir, 1973), for the absolute error against outliers

    Example:
        >>> Laplace()(torch.zeros(1, 1), None).log_prob(torch.ones(1, 1)).item()  # -1 - log 2
        -1.693...
    """

    limits: ClassVar[dict[str, Limit]] = {"scale": Real(0, above=True, optional=True), "missing": _MISSING}

    def __init__(self, scale: float | None = 1.0, missing: str = "refuse") -> None:
        self.scale = scale
        self.missing = missing

    def build(self, shape: tuple[int, ...]) -> nn.Module | None:
        """Return the learnt scale, if it is learnt."""
        return Spread() if self.scale is None else None

    def __call__(self, decoded: Float[Tensor, "batch *item"], state: nn.Module | None) -> Distribution:
        """Return the Laplace distribution with mean ``decoded``."""
        scale = state.scale if isinstance(state, Spread) else decoded.new_tensor(self.scale)
        return LaplaceDistribution(decoded, scale.expand_as(decoded), validate_args=False)

    def link(self, mean: Tensor) -> Tensor:
        """Return the mean itself."""
        return mean


class Bernoulli(Likelihood):
    r"""On-off numbers, and grey values in [0, 1]: :math:`\log p = \sum_i x_i \log r_i + (1 - x_i)\log(1 - r_i)`.

    :math:`r = \mathrm{sigmoid}(g(h))`. For grey values this is the cross-entropy that the literature trains with; it has a
    floor above 0, the entropy of the grey values themselves.

    Arguments:
        missing: "refuse" or "mask" NaN in the data.

    References:
        Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006)

    Example:
        >>> Bernoulli()(torch.zeros(1, 2), None).mean
        tensor([[0.5000, 0.5000]])
    """

    support: ClassVar[tuple[float, float]] = (0.0, 1.0)
    limits: ClassVar[dict[str, Limit]] = {"missing": _MISSING}

    def __init__(self, missing: str = "refuse") -> None:
        self.missing = missing

    def __call__(self, decoded: Float[Tensor, "batch *item"], state: nn.Module | None) -> Distribution:
        """Return the Bernoulli distribution with logits ``decoded``."""
        return GreyBernoulli(logits=decoded, validate_args=False)

    def link(self, mean: Tensor) -> Tensor:
        """Return the logit of the mean, kept off 0 and 1."""
        return torch.logit(mean.clamp(0.002, 0.998))


class GreyBernoulli(BernoulliDistribution):
    """torch's Bernoulli distribution, whose log-density takes grey values and half as many passes over them."""

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of every number."""
        return _BernoulliDensity.apply(self.logits, value)

    def summed(self, value: Tensor, samples: int) -> Tensor:
        """Return the log-density of every sample, at two thirds of the cost of its numbers' and their sum."""
        return _BernoulliSum.apply(self.logits.flatten(samples), value.flatten(value.ndim - self.logits.ndim + samples))


class EvenNormal(Normal):
    """torch's normal distribution with one known scale for all numbers, which need not be laid out for each."""

    def __init__(self, loc: Tensor, scale: float) -> None:
        super().__init__(loc, loc.new_tensor(scale).expand_as(loc), validate_args=False)
        self.sigma = scale

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of every number."""
        return _NormalDensity.apply(self.loc, value, self.sigma)


class _BernoulliDensity(torch.autograd.Function):
    """log p = x l - softplus(l), with the slope x - sigmoid(l): four passes over the numbers where autograd takes ten."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(logits, x)
        return functional.softplus(logits, threshold=40.0).neg_().addcmul_(x, logits)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None]:
        return _bernoulli_slopes(ctx, grad)


class _BernoulliSum(torch.autograd.Function):
    """The same, summed over the last axis, with softplus(l) = max(l, 0) - log sigmoid(|l|).

    These sigmoids are at least a half, so that several can be multiplied before the logarithm of their product is taken.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(logits, x)
        scratch = logits.clamp(min=0.0).addcmul_(x, logits, value=-1.0)
        total = scratch.sum(-1).neg_()
        groups, left = divmod(logits.shape[-1], _FACTORS)
        single, factors = torch.abs(logits, out=scratch).sigmoid_().tensor_split((left,), -1)
        total += factors.unflatten(-1, (_FACTORS, groups)).prod(-2).log().sum(-1)
        return total.add_(single.log().sum(-1)) if left else total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None]:
        return _bernoulli_slopes(ctx, grad.unsqueeze(-1))


def _bernoulli_slopes(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return the slopes by logits and, where they are wanted, by numbers, with the gradient of each number's log-density."""
    logits, x = ctx.saved_tensors
    return (x - torch.sigmoid(logits)) * grad, logits * grad if ctx.needs_input_grad[1] else None


class _NormalDensity(torch.autograd.Function):
    """log p = -(x - m)^2 / 2 s^2 - log s - log(2 pi) / 2, with the slope (x - m) / s^2."""

    @staticmethod
    def forward(ctx: Any, mean: Tensor, x: Tensor, sigma: float) -> Tensor:
        apart = x - mean
        ctx.save_for_backward(apart)
        ctx.sigma = sigma
        constant = -math.log(sigma) - 0.5 * math.log(2 * math.pi)
        return torch.addcmul(apart.new_tensor(constant), apart, apart, value=-0.5 / sigma**2)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None, None]:
        (apart,) = ctx.saved_tensors
        slope = apart * (grad if ctx.sigma == 1.0 else grad / ctx.sigma**2)
        return slope, -slope if ctx.needs_input_grad[1] else None, None


def log_likelihood(p: Distribution, x: Tensor, observed: Tensor | None, samples: int = 1) -> Tensor:
    """Return log p(x|h) of every sample in the model's units, summed over its observed numbers; ``samples`` axes go before an item's."""
    if observed is None and isinstance(p, GreyBernoulli):
        return p.summed(x, samples)
    density = p.log_prob(x)
    if observed is not None:
        density = torch.where(observed, density, 0.0)
    return density.flatten(samples).sum(samples)
