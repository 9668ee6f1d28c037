"""Learning-rate schedules: objects that map training progress in [0, 1] to a factor."""

import math
from typing import ClassVar

from sklearn.base import BaseEstimator

from ..checks import Limit, Real


class OneCycle(BaseEstimator):
    """Rise linearly to 1 over the first ``warm_up`` of training, then fall to 0 along half a cosine.

    References:
        Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (L. N. Smith, N. Topin, 2017)

    Example:
        >>> schedule = OneCycle(0.2)
        >>> schedule(0.1), schedule(0.2), round(schedule(1.0), 6)
        (0.5, 1.0, 0.0)
    """

    limits: ClassVar[dict[str, Limit]] = {"warm_up": Real(0, 1)}

    def __init__(self, warm_up: float = 0.15) -> None:
        self.warm_up = warm_up

    def __call__(self, progress: float) -> float:
        """Return the factor at ``progress``."""
        if progress < self.warm_up:
            return progress / self.warm_up
        return 0.5 * (1 + math.cos(math.pi * (progress - self.warm_up) / max(1 - self.warm_up, 1e-9)))


class Constant(BaseEstimator):
    """The same learning rate throughout.

    Example:
        >>> Constant()(0.7)
        1.0
    """

    def __call__(self, progress: float) -> float:
        """Return 1."""
        return 1.0
