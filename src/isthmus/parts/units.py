"""Stochastic units: what the layers of a Boltzmann machine are made of, as bottlenecks and for its visible layer.

A unit x that receives the sum s has p(x) = exp(s x - e(x) - A(s)), with its own energy e and log-partition A.
"""

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from .. import ranks
from .bottleneck import Bottleneck, Code

_LEAST_PRECISION = 1e-6  # of a Gaussian unit; weights of norm 1 and more would leave it none
_REACH = 10  # standard deviations to either side over which a Gaussian unit is summed


class StochasticUnits(Bottleneck):
    """A layer of independent units, each with a distribution that the sum of what it receives decides.

    As a bottleneck it is the layer's means, and its `code_activation` turns sums into them.
    """

    remedy: ClassVar[str] = "A lower learning rate or fewer units help; unused ones do no harm."

    def width(self, n_components: int) -> int:
        """Return ``n_components``."""
        return n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> None:
        """Return None: only a machine's two layers together have a distribution."""
        return None

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool, state: nn.Module | None = None) -> Code:
        """Return the encoder's numbers, the units' means, as they are."""
        return Code(encoded)

    @abstractmethod
    def mean(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return the units' means."""

    @abstractmethod
    def draw(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return a state of the units, the first axis being the batch's."""

    @abstractmethod
    def log_partition(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return A, the logarithm of the sum of exp(s x - e(x)) over a unit's states x."""

    @abstractmethod
    def energy(self, states: Float[Tensor, "batch units"]) -> Float[Tensor, " batch"] | float:
        """Return the sum of the units' own energies e."""

    def curvature(self, columns: Float[Tensor, "*rows some units"]) -> Float[Tensor, "*rows some"] | None:
        """Return the second derivative of A along a unit of the other layer with these weights, None where it is not constant."""
        return None

    @abstractmethod
    def log_conditional(self, states: Float[Tensor, "batch units"], near: Float[Tensor, "batch units"],
                        log_weight: Callable[[Tensor], Tensor], curvature: Tensor | None) -> Float[Tensor, "batch units"]:  # fmt: skip
        """Return each unit's log-probability given all others.

        Arguments:
            states: The units' states.
            near: The units' means, as the other layer has them.
            log_weight: From states, in the shape of ``states``, to the logarithm of what weighs them beside exp(-e).
            curvature: Of that logarithm, where it is constant, else None.
        """


class BinaryUnits(StochasticUnits):
    r"""Units that are 0 or 1, :math:`p(h = 1) = \mathrm{sigmoid}(s)`.

    As the bottleneck of an autoencoder: sigmoid codes.

    References:
        Information processing in dynamical systems: Foundations of harmony theory (P. Smolensky, 1986)

    Example:
        >>> BinaryUnits().mean(torch.zeros(1, 2))
        tensor([[0.5000, 0.5000]])
    """

    code_activation: ClassVar[str | None] = "sigmoid"

    def mean(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return the probabilities of 1."""
        return torch.sigmoid(sums)

    def draw(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return zeros and ones."""
        return (ranks.uniform(sums) < torch.sigmoid(sums)).to(sums.dtype)

    def log_partition(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return log(1 + exp(s))."""
        return functional.softplus(sums, threshold=40.0)

    def energy(self, states: Float[Tensor, "batch units"]) -> float:
        """Return 0."""
        return 0.0

    def log_conditional(self, states: Float[Tensor, "batch units"], near: Float[Tensor, "batch units"],
                        log_weight: Callable[[Tensor], Tensor], curvature: Tensor | None) -> Float[Tensor, "batch units"]:  # fmt: skip
        """Return the log-probabilities; those of grey values are the cross-entropy, as in `Bernoulli`."""
        logits = log_weight(torch.ones_like(states)) - log_weight(torch.zeros_like(states))
        return states * logits - self.log_partition(logits)


class GaussianUnits(StochasticUnits):
    r"""Units with normal noise of variance 1, :math:`p(h) = N(h; s, 1)`: the linear code layer of deep autoencoders.

    As the bottleneck of an autoencoder: linear codes.

    References:
        Exponential Family Harmoniums with an Application to Information Retrieval (M. Welling, M. Rosen-Zvi, G. Hinton,
        2004); Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006), for the code

    Example:
        >>> GaussianUnits().mean(torch.ones(1, 2))
        tensor([[1., 1.]])
    """

    code_activation: ClassVar[str | None] = "linear"

    def mean(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return the sums."""
        return sums

    def draw(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return the sums with noise."""
        return sums + ranks.normal(sums)

    def log_partition(self, sums: Float[Tensor, "*units"]) -> Float[Tensor, "*units"]:
        """Return s² / 2 + log(2 pi) / 2."""
        return 0.5 * sums.square() + 0.5 * math.log(2 * math.pi)

    def energy(self, states: Float[Tensor, "batch units"]) -> Float[Tensor, " batch"]:
        """Return half the sum of squares."""
        return 0.5 * states.square().sum(1)

    def curvature(self, columns: Float[Tensor, "*rows some units"]) -> Float[Tensor, "*rows some"]:
        """Return the squared norm of the weights: A is a parabola."""
        return columns.square().sum(-1)

    def log_conditional(self, states: Float[Tensor, "batch units"], near: Float[Tensor, "batch units"],
                        log_weight: Callable[[Tensor], Tensor], curvature: Tensor | None) -> Float[Tensor, "batch units"]:  # fmt: skip
        """Return the log-densities, of a normal distribution where the curvature is constant, else normalised by a sum over steps of 1.

        The conditional is then a mixture of normal distributions of variance 1, which steps of 1 integrate to 1e-8 (Poisson's
        summation); the steps are laid so that they meet the state itself, and those further than ten from the mean are left out.
        """
        if curvature is not None:
            precision = (1 - curvature).clamp(min=_LEAST_PRECISION)
            return 0.5 * (precision / (2 * math.pi)).log() - 0.5 * (near - states).square() / precision
        first = states + (near - states).round() - _REACH
        logs = [log_weight(at) - 0.5 * at.square() for at in (first + step for step in range(2 * _REACH + 1))]
        return log_weight(states) - 0.5 * states.square() - torch.stack(logs).logsumexp(0)
