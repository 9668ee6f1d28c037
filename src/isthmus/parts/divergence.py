"""Penalties on random codes: what it costs that q(h|x) is not the prior, whether in nats or by importance-weighted draws."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution, Normal, kl_divergence

from .. import ranks
from ..checks import Limit, Real, Whole
from ..errors import InputError
from .likelihood import log_likelihood
from .penalty import WEIGHT, Halves, Pass, Penalty, Scheduled

_ALL = 8  # so many draws of an importance-weighted bound all have a part in its gradient: to draw among fewer costs as much
_DIFFERENTIATED = 2  # of more, so many have
_AT_ONCE = 2**19  # numbers that draws of a batch are decoded to at once: they should stay near the processor


class KL(Penalty):
    r"""The cost of a random code in nats, :math:`\Omega = \sum_j \max(\lambda, \mathrm{KL}(q(h_j|x) \,\Vert\, p(h_j)))`.

    With weight 1, λ = 0 and `GaussianCode` the loss is the negative evidence lower bound; another weight is the β of β-VAE. λ > 0 leaves
    every unit so many nats for free, so that units do not fall silent before the decoder has learnt to listen; the divergence is then the
    mean over the batch, repeated for every sample.

    Arguments:
        weight: The weight β; a number or a schedule such as ``WarmUp(1.0, 0.3)``.
        free_bits: λ, in nats a unit.

    References:
        Auto-Encoding Variational Bayes (D. P. Kingma, M. Welling, 2013); beta-VAE: Learning Basic Visual Concepts
        with a Constrained Variational Framework (I. Higgins et al., 2017); Improving Variational Inference with Inverse Autoregressive
        Flow (D. P. Kingma et al., 2016), for the free bits, https://arxiv.org/abs/1606.04934

    Example:
        >>> KL(4.0).weight_at(progress=0.0)
        4.0
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT, "free_bits": Real(0)}
    term: ClassVar[str] = "kl"

    def __init__(self, weight: float | Callable[[float], float] = 1.0, free_bits: float = 0.0) -> None:
        self.weight = weight
        self.free_bits = free_bits

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return each sample's divergence from the prior, summed over the code's units."""
        divergence = kl_divergence(*_distributions(self, out, model))
        if not self.free_bits:
            return divergence.sum(1)
        return ranks.mean(divergence).clamp(min=self.free_bits).sum().expand(len(divergence))


class ImportanceWeighted(Penalty):
    r"""A tighter bound by several draws of a random code.

    .. math::
        \Omega = -\log \frac1k \sum_{i=1}^k w_i + \log p(x|h_1), \qquad w_i = \frac{p(x|h_i) \, p(h_i)}{q(h_i|x)}

    With weight 1 the loss is the negative importance-weighted bound, which rises to log p(x) with k; with one draw it is the
    evidence lower bound by that draw. Its gradient is :math:`\sum_i \tilde w_i \nabla \log w_i` with :math:`\tilde w_i = w_i / \sum_j w_j`.
    Of more than eight draws it comes from two of them, taken with these probabilities, and what reaches the encoder by way of
    :math:`h_i` counts :math:`\tilde w_i` times in place of what reaches it through the density q: on average it is the same, at less
    than half of the cost and with about half of the encoder's noise. Of one draw, too, the encoder learns by way of h alone.

    Arguments:
        weight: The weight; a number of at most 1, since the loss of more has no lower bound, or a schedule of such.
        draws: k, how many codes are drawn for each row, a whole number or a schedule such as ``Growth(50)``; an update costs about so many
            decoders.

    References:
        Importance Weighted Autoencoders (Y. Burda, R. Grosse, R. Salakhutdinov, 2015), https://arxiv.org/abs/1509.00519, whose section 3
        has the gradient of some draws; Monte Carlo Filter and Smoother for Non-Gaussian Nonlinear State Space Models (G. Kitagawa, 1996),
        for how they are taken; Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives (G. Tucker, D. Lawson, S. Gu,
        C. J. Maddison, 2018), https://arxiv.org/abs/1810.04152, and, of one draw, Sticking the Landing (G. Roeder, Y. Wu, D. Duvenaud,
        2017), for the encoder's gradient

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import ImportanceWeighted, Training, VariationalAutoencoder
        >>> model = VariationalAutoencoder(2, ImportanceWeighted(draws=5), training=Training(epochs=2), random_state=0)
        >>> sorted(model.fit(load_iris().data).history_[0])
        ['epoch', 'importance', 'loss', 'reconstruction', 'seconds']
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": Scheduled(Real(0, 1), "WarmUp(1.0, 0.3)"),
                                          "draws": Scheduled(Whole(1), "Growth(50)")}  # fmt: skip
    term: ClassVar[str] = "importance"

    def __init__(self, weight: float | Callable[[float], float] = 1.0, draws: int | Callable[[float], int] = 5) -> None:
        self.weight = weight
        self.draws = draws

    def draws_at(self, progress: float) -> int:
        """Return the number of draws at ``progress``."""
        return int(self._at("draws", progress))

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return how much more than the reconstruction term the negative bound of each sample is."""
        posterior, _ = _distributions(self, out, model)
        reconstruction = out.log_likelihood
        draws = self.draws_at(out.progress)
        shape = torch.Size((draws - 1, *out.h.shape))
        noise = ranks.drawn(lambda whole: torch.randn(whole, dtype=out.h.dtype, device=out.h.device), shape, dim=1)
        others = posterior.mean + posterior.stddev * noise
        learning, aside = torch.is_grad_enabled(), settled(out)
        sparing = learning and draws > _ALL
        with torch.set_grad_enabled(learning and not sparing):
            seen = out if draws > 1 else aside
            weights = (reconstruction + log_ratio(out.h, seen, model)).unsqueeze(0)  # (draws, batch)
            weights = torch.cat([weights, *(log_weights(some, seen, model) for some in handfuls(others, out.x))])
            total = weights.logsumexp(0)
        if sparing:
            shares = weights.softmax(0)
            taken = resampled(shares, _DIFFERENTIATED).unsqueeze(2)
            h = torch.cat([out.h.unsqueeze(0), others]).gather(0, taken.expand(-1, -1, out.h.shape[1]))
            own = log_weights(sloped(h, shares.unsqueeze(2).gather(0, taken)), aside, model).mean(0)
            total = total + (own - own.detach())  # the value of all, the gradient of those taken
        return reconstruction + math.log(draws) - total


def sloped(h: Tensor, slope: Tensor) -> Tensor:
    """Return ``h``, through which gradients go with this slope.

    >>> h = torch.ones(1, requires_grad=True)
    >>> sloped(h, torch.tensor([0.5])).backward()
    >>> h.grad
    tensor([0.5000])
    """
    return h.detach() + slope * (h - h.detach())


def settled(out: Pass) -> Pass:
    """Return a pass through whose posterior no gradient goes but by way of the draws."""
    posterior: Any = out.posterior
    still = Normal(posterior.mean.detach(), posterior.stddev.detach(), validate_args=False)
    return replace(out, code=replace(out.code, posterior=still))


def resampled(shares: Float[Tensor, "draws batch"], count: int) -> Int[Tensor, "count batch"]:
    """Return which draws of each row to take, each as often as its share is on average, evenly spread.

    >>> resampled(torch.tensor([[0.5], [0.0], [0.5]]), 4).ravel().tolist()
    [0, 0, 2, 2]
    """
    steps = torch.arange(count, dtype=shares.dtype, device=shares.device)
    places = (steps[:, None] + ranks.uniform(shares[0])) / count  # (count, batch)
    ends = shares.cumsum(0)
    taken = torch.searchsorted(ends.T.contiguous(), places.T.contiguous(), right=True).T
    return taken.clamp(max=len(shares) - 1)  # sums of rounded shares may end before 1


def handfuls(draws: Float[Tensor, "draws *code"], x: Tensor) -> tuple[Tensor, ...]:
    """Return draws in groups that are worth decoding at once for a batch ``x``.

    >>> [len(some) for some in handfuls(torch.zeros(5, 1), torch.zeros(2**18))]
    [2, 2, 1]
    """
    return draws.split(max(1, _AT_ONCE // max(x.numel(), 1))) if len(draws) else ()


def log_weights(h: Float[Tensor, "draws batch latent"], out: Pass, model: Halves) -> Float[Tensor, "draws batch"]:
    """Return log p(x|h) + log p(h) - log q(h|x) of several codes for each sample of a pass."""
    return log_likelihood(model.decode(h), out.x, out.observed, samples=2) + log_ratio(h, out, model)


def log_ratio(h: Float[Tensor, "*draws latent"], out: Pass, model: Halves) -> Float[Tensor, "*draws"]:
    """Return log p(h) - log q(h|x) of codes of a pass, summed over their units."""
    prior: Any = model.bottleneck.prior(out.mean)
    posterior: Any = out.posterior
    return (prior.log_prob(h) - posterior.log_prob(h)).sum(-1)


def _distributions(penalty: Penalty, out: Pass, model: Halves) -> tuple[Distribution, Distribution]:
    """Return q(h|x) and p(h), or raise where codes are not random."""
    if out.posterior is None:
        raise InputError(
            f"{type(penalty).__name__} needs a random code: use it with bottleneck=GaussianCode(), as VariationalAutoencoder does. "
            f"Got {type(model.bottleneck).__name__}."
        )
    return out.posterior, model.bottleneck.prior(out.mean)
