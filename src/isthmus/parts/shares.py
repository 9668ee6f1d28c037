"""Likelihoods of shares of a whole: one of several levels, or counts such as those of words."""

import math
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution, OneHotCategorical
from torch.distributions import Multinomial as Counts

from ..checks import Limit, OneOf, Real
from ..errors import InputError
from .likelihood import Likelihood


class Categorical(Likelihood):
    r"""One of several levels, written one-hot along an item's last axis: :math:`\log p = \sum_l x_l \log \mathrm{softmax}(g(h))_l`.

    Its mean is the levels' probabilities. The levels of a cell are missing together.

    Arguments:
        missing: "refuse" or "mask" NaN in the data.

    Raises:
        InputError: In `fit`, where the levels do not sum to 1 in the mean over items.

    References:
        Pattern Recognition and Machine Learning (C. M. Bishop, 2006), section 4.3.4

    Example:
        >>> import torch
        >>> Categorical()(torch.zeros(1, 4), None).log_prob(torch.tensor([[0.0, 1.0, 0.0, 0.0]])).sum().exp().item()
        0.25
    """

    support: ClassVar[tuple[float, float]] = (0.0, 1.0)
    realised: ClassVar[bool] = True
    limits: ClassVar[dict[str, Limit]] = {"missing": OneOf(("refuse", "mask"))}
    rescales: ClassVar[bool] = False

    def __init__(self, missing: str = "refuse") -> None:
        self.missing = missing

    def resolve(self, mean: np.ndarray) -> "Categorical":
        """Return the likelihood itself, where the mean item's levels sum to 1 as shares do."""
        total = mean.sum(-1)
        if not np.allclose(total, 1, atol=1e-3):
            raise InputError("Categorical is for levels written one-hot, or as shares of 1, along the last axis. Got levels that sum to "
                             f"{float(np.ravel(total)[0]):.4g} in the mean; use Bernoulli for features that are on or off each.")
        return self

    def __call__(self, decoded: Float[Tensor, "*batch levels"], state: nn.Module | None) -> Distribution:
        """Return the distribution with those logits."""
        return OneLevel(decoded)

    def link(self, mean: Tensor) -> Tensor:
        """Return the logarithms of the mean, kept off 0."""
        return mean.clamp(min=1e-3).log()


class Multinomial(Likelihood):
    r"""Counts that share out a total along an item's last axis, :math:`\log p = \sum_i n_i \log \mathrm{softmax}(g(h))_i`.

    The total is taken as known, and what no parameter changes, :math:`\log N! - \sum_i \log n_i!`, is left out. Weights of words
    count as counts do.

    Arguments:
        total: The total of the items that codes stand for, whose numbers are its shares; None is the mean of the training items.
        missing: "refuse": NaN among counts cannot be left out.

    References:
        Semantic Hashing (R. Salakhutdinov, G. E. Hinton, 2009), https://doi.org/10.1016/j.ijar.2008.11.006; Replicated Softmax: an
        Undirected Topic Model (R. Salakhutdinov, G. E. Hinton, 2009)

    Example:
        >>> import torch
        >>> p = Multinomial(total=8.0)(torch.zeros(1, 4), None)
        >>> p.mean, p.log_prob(torch.tensor([[2.0, 0.0, 0.0, 0.0]])).sum().exp().item()
        (tensor([[2., 2., 2., 2.]]), 0.0625)
    """

    support: ClassVar[tuple[float, float]] = (0.0, math.inf)
    rescales: ClassVar[bool] = False
    limits: ClassVar[dict[str, Limit]] = {"total": Real(0, above=True, optional=True), "missing": OneOf(("refuse",))}

    def __init__(self, total: float | None = None, missing: str = "refuse") -> None:
        self.total = total
        self.missing = missing

    def resolve(self, mean: np.ndarray) -> "Multinomial":
        """Return the likelihood with the total of the mean item, where none is set."""
        return self if self.total is not None else Multinomial(float(mean.sum(-1).mean()), self.missing)

    def __call__(self, decoded: Float[Tensor, "*batch features"], state: nn.Module | None) -> Distribution:
        """Return the distribution with those logits."""
        return Levels(decoded, self.total or 1.0)

    def link(self, mean: Tensor) -> Tensor:
        """Return the logarithms of the mean's shares, kept off 0."""
        return (mean / mean.sum(-1, keepdim=True).clamp(min=1e-6)).clamp(min=1e-6).log()


class Levels(Distribution):
    """Shares of a total by logits, with a density for every level that sums to the whole's."""

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, logits: Tensor, total: float = 1.0) -> None:
        super().__init__(logits.shape, validate_args=False)
        self.log_shares, self.total = logits.log_softmax(-1), total

    @property
    def mean(self) -> Tensor:
        """What each level has of the total."""
        return self.log_shares.exp() * self.total

    def log_prob(self, value: Tensor) -> Tensor:
        """Return each level's part of the log-probability."""
        return value * self.log_shares

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return the total as so many drawn counts share it out, whole ones of a whole total."""
        count = max(1, round(self.total))
        drawn: Tensor = Counts(count, logits=self.log_shares, validate_args=False).sample(torch.Size(sample_shape))
        return drawn * (self.total / count)


class OneLevel(Levels):
    """One of several levels, one-hot."""

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return drawn levels."""
        return OneHotCategorical(logits=self.log_shares, validate_args=False).sample(torch.Size(sample_shape))
