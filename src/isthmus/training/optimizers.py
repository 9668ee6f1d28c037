"""Optimisers: settings from which torch's own fused optimisers are made."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from sklearn.base import BaseEstimator, clone
from torch import nn

from ..checks import Limit, Real

# By how much a deep network's weights shrink over a run at the highest rate, as a power of e. A decay that falls as runs
# grow longer does as much for 5,000 rows as for 60,000: on 5,000 digits it lowers the test error by a tenth.
_SHRINKAGE, _MOST_DECAY = 2.0, 1.0


class Adam(BaseEstimator):
    """Adam with decoupled weight decay.

    Arguments:
        weight_decay: The decay a unit of learning rate; None takes 0 for linear networks (which are PCA only without
            decay), and for others 2 / (learning rate × updates), at most 1. Biases and scales are never decayed.
        beta2: The memory of the squared gradients.

    References:
        Decoupled Weight Decay Regularization (I. Loshchilov, F. Hutter, 2017), https://arxiv.org/abs/1711.05101;
        How to Set AdamW's Weight Decay as You Scale Model and Dataset Size (X. Wang, L. Aitchison, 2024), for the
        decay's dependence on the number of updates

    Example:
        >>> Adam().resolve(deep=True, path=2e-3 * 5000).weight_decay
        0.2
    """

    limits: ClassVar[dict[str, Limit]] = {"weight_decay": Real(0, optional=True), "beta2": Real(0, 1 - 1e-6)}

    def __init__(self, weight_decay: float | None = None, beta2: float = 0.99) -> None:
        self.weight_decay = weight_decay
        self.beta2 = beta2

    def resolve(self, deep: bool, path: float) -> "Adam":
        """Return a copy with the weight decay settled; ``path`` is the learning rate times the number of updates."""
        chosen = min(_SHRINKAGE / max(path, _SHRINKAGE / _MOST_DECAY), _MOST_DECAY) if deep else 0.0
        decay = chosen if self.weight_decay is None else self.weight_decay
        return clone(self).set_params(weight_decay=decay)

    def learning_rate(self, deep: bool) -> float:
        """Return the default: 0.003, and for a network without hidden layers 0.03, or it stops short of PCA.

        (The search for 0.003 and for what goes with it is in ``reproductions/recipe.py``.)
        """
        return 3e-3 if deep else 3e-2

    def build(self, parameters: Sequence[nn.Parameter], learning_rate: float) -> torch.optim.Optimizer:
        """Return the optimiser of ``parameters``."""
        groups = decay_groups(parameters, self.weight_decay or 0.0)
        return DirectAdamW(groups, learning_rate, betas=(0.9, self.beta2), fused=True)


class DirectAdamW(torch.optim.AdamW):
    """torch's AdamW, whose step goes straight to the fused kernel: torch's own looks at every tensor anew before it does.

    That costs small networks a twelfth of their time.
    """

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take parameters on as torch does, but without its compiler, which takes as long to import as all of torch."""
        torch.optim.Optimizer.add_param_group.__wrapped__(self, param_group)  # type: ignore[attr-defined]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closure is ever called
        """Update all parameters that have a gradient."""
        for group in self.param_groups:
            params = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not params:
                continue
            states = [self._memory(parameter) for parameter in params]
            means, squares, steps = ([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
            torch._foreach_add_(steps, 1)
            torch._fused_adamw_(params, [parameter.grad for parameter in params], means, squares, [], steps, lr=group["lr"],
                                beta1=group["betas"][0], beta2=group["betas"][1], weight_decay=group["weight_decay"],
                                eps=group["eps"], amsgrad=False, maximize=False)  # fmt: skip

    def _memory(self, parameter: torch.Tensor) -> dict[str, torch.Tensor]:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        return state


class SGD(BaseEstimator):
    """Stochastic gradient descent with momentum, as in the literature up to about 2014.

    Arguments:
        momentum: The share of the last step that is taken again.
        weight_decay: The decay; biases and scales are never decayed.

    References:
        A method of solving a convex programming problem with convergence rate O(1/k²) (Y. Nesterov, 1983)

    Example:
        >>> SGD(momentum=0.5).momentum
        0.5
    """

    limits: ClassVar[dict[str, Limit]] = {"weight_decay": Real(0), "momentum": Real(0, 1)}

    def __init__(self, momentum: float = 0.9, weight_decay: float = 0.0) -> None:
        self.momentum = momentum
        self.weight_decay = weight_decay

    def resolve(self, deep: bool, path: float) -> "SGD":
        """Return a copy: nothing is left open."""
        return clone(self)

    def learning_rate(self, deep: bool) -> float:
        """Return the default, 0.001."""
        return 1e-3

    def build(self, parameters: Sequence[nn.Parameter], learning_rate: float) -> torch.optim.Optimizer:
        """Return the optimiser of ``parameters``."""
        groups = decay_groups(parameters, self.weight_decay)
        return torch.optim.SGD(groups, learning_rate, momentum=self.momentum, nesterov=self.momentum > 0, fused=True)


def decay_groups(parameters: Sequence[nn.Parameter], decay: float) -> list[dict]:
    """Return matrices with weight decay and all else without."""
    matrices = [parameter for parameter in parameters if parameter.ndim > 1]
    others = [parameter for parameter in parameters if parameter.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
