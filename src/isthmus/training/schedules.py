"""Learning-rate schedules: objects that map training progress in [0, 1] to a factor."""

import math
from typing import ClassVar

from sklearn.base import BaseEstimator

from ..checks import Limit, Real


class OneCycle(BaseEstimator):
    """Rise linearly to 1 over the first ``warm_up`` of training, then fall to 0 along half a cosine.

    Arguments:
        warm_up: That share of training, or of each of its two parts.
        restart: The share of training that has a cycle of its own, before another for the rest; 0 is one for all.

    References:
        Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates (L. N. Smith, N. Topin, 2017); SGDR:
        Stochastic Gradient Descent with Warm Restarts (I. Loshchilov, F. Hutter, 2017)

    Example:
        >>> schedule = OneCycle(0.2)
        >>> schedule(0.1), schedule(0.2), round(schedule(1.0), 6)
        (0.5, 1.0, 0.0)
        >>> schedule = OneCycle(0.2, restart=0.5)
        >>> [round(schedule(progress), 3) for progress in (0.1, 0.4999, 0.55)]
        [1.0, 0.0, 0.5]
    """

    limits: ClassVar[dict[str, Limit]] = {"warm_up": Real(0, 1), "restart": Real(0, 1)}

    def __init__(self, warm_up: float = 0.15, restart: float = 0.0) -> None:
        self.warm_up = warm_up
        self.restart = restart

    def __call__(self, progress: float) -> float:
        """Return the factor at ``progress``."""
        begin, end = (self.restart, 1.0) if progress >= self.restart else (0.0, self.restart)
        progress = (progress - begin) / max(end - begin, 1e-9)
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
