"""Numbers that change while training goes on."""

from typing import ClassVar

from ..checks import Limit, Real, Whole
from .base import Part


class WarmUp(Part):
    r"""A weight that grows linearly from 0 to ``weight`` over the first ``fraction`` of training, then stays.

    Pass it where a penalty takes a weight: ``KL(weight=WarmUp(1.0, 0.3))``.

    Arguments:
        weight: The final weight.
        fraction: The share of training, in (0, 1], over which it grows.

    References:
        Generating Sentences from a Continuous Space (S. R. Bowman et al., 2015), for the KL term,
        https://arxiv.org/abs/1511.06349

    Example:
        >>> WarmUp(2.0, 0.5)(0.25)
        1.0
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": Real(0), "fraction": Real(0, 1, above=True)}

    def __init__(self, weight: float = 1.0, fraction: float = 0.3) -> None:
        self.weight = weight
        self.fraction = fraction

    def __call__(self, progress: float) -> float:
        """Return the weight at ``progress``, the share of training that is done, in [0, 1]."""
        return self.weight * min(1.0, progress / self.fraction)


class Growth(Part):
    r"""A whole number that grows evenly in its logarithm, from 1 to ``most`` at the end of training: :math:`\mathrm{most}^t` at progress t.

    Pass it where a penalty takes a number of draws, ``ImportanceWeighted(draws=Growth(50))``: most of a network is learnt while draws are
    few. Growing to 50 is a quarter as many in all as 50 throughout.

    Arguments:
        most: The number at the end.

    Example:
        >>> [Growth(50)(progress) for progress in (0.0, 0.5, 1.0)]
        [1, 7, 50]
    """

    limits: ClassVar[dict[str, Limit]] = {"most": Whole(1)}

    def __init__(self, most: int = 50) -> None:
        self.most = most

    def __call__(self, progress: float) -> int:
        """Return the number at ``progress``, the share of training that is done, in [0, 1]."""
        return round(self.most**progress)
