"""Bottlenecks: from what the encoder emits to the code h that the decoder receives.

Each says how many numbers the encoder must emit for a code of k (`width`) and turns them into a `Code`.
"""

from abc import abstractmethod
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Normal

from .. import ranks
from ..checks import Limit, Whole
from ..errors import InputError
from .base import Part


class Code(NamedTuple):
    """A batch of codes: ``h`` of shape (batch, n_components), and the posterior q(h|x) where there is one."""

    h: Tensor
    posterior: Distribution | None


class Bottleneck(Part):
    """The map from encoder outputs to codes, and the prior over codes where there is one."""

    #: The activation of the code layer that this bottleneck needs; it goes before what penalties are meant for.
    code_activation: ClassVar[str | None] = None

    #: Whether codes are drawn from a posterior, and new ones from a prior.
    random: ClassVar[bool] = False

    #: Whether the deterministic code is the encoder's first numbers, untouched.
    passes: ClassVar[bool] = True

    @abstractmethod
    def width(self, n_components: int) -> int:
        """Return how many numbers the encoder emits for a code of ``n_components``."""

    @abstractmethod
    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution | None:
        """Return the distribution that codes are drawn from, on the device and in the dtype of ``like``."""

    @abstractmethod
    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool) -> Code:
        """Return the codes; where they are random, ``draw`` says whether to draw or to take the mean."""


class Identity(Bottleneck):
    """The code is what the encoder emits, h = f(x).

    Example:
        >>> Identity().width(3)
        3
    """

    def width(self, n_components: int) -> int:
        """Return ``n_components``."""
        return n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution | None:
        """Return None: plain codes have no prior."""
        return None

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool) -> Code:
        """Return the encoder's numbers as they are."""
        return Code(encoded, None)


class TopK(Bottleneck):
    r"""Keep the k largest numbers of each code and set the others to 0.

    Arguments:
        k: How many units stay active for each item; at most ``n_components``.

    References:
        k-Sparse Autoencoders (A. Makhzani, B. Frey, 2013), https://arxiv.org/abs/1312.5663

    Example:
        >>> TopK(1)(torch.tensor([[0.1, 0.7, 0.3]]), draw=False).h
        tensor([[0.0000, 0.7000, 0.0000]])
    """

    limits: ClassVar[dict[str, Limit]] = {"k": Whole(1)}
    passes: ClassVar[bool] = False

    def __init__(self, k: int = 8) -> None:
        self.k = k

    def width(self, n_components: int) -> int:
        """Return ``n_components``, which must be at least k."""
        if self.k > n_components:
            raise InputError(f"TopK.k must be in 1..{n_components} for n_components={n_components}. Got {self.k}.")
        return n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution | None:
        """Return None: sparse codes have no prior."""
        return None

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool) -> Code:
        """Return the codes with all but the k largest units set to 0."""
        values, places = encoded.topk(self.k, dim=1)
        return Code(torch.zeros_like(encoded).scatter(1, places, values), None)


class GaussianCode(Bottleneck):
    r"""A Gaussian posterior, :math:`q(h|x) = N(\mu(x), \mathrm{diag}\,\sigma^2(x))`, with the prior N(0, I).

    The encoder emits :math:`\mu` and :math:`\log\sigma^2`, 2k numbers. In training h is drawn by the reparametrization
    :math:`h = \mu + \sigma\varepsilon`; `transform` takes the posterior mean.

    References:
        Auto-Encoding Variational Bayes (D. P. Kingma, M. Welling, 2013), https://arxiv.org/abs/1312.6114

    Example:
        >>> GaussianCode()(torch.tensor([[1.0, 0.0]]), draw=False).h
        tensor([[1.]])
    """

    code_activation: ClassVar[str | None] = "linear"
    random: ClassVar[bool] = True

    def width(self, n_components: int) -> int:
        """Return twice ``n_components``: a mean and a log-variance each."""
        return 2 * n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution:
        """Return the standard normal distribution for every unit."""
        return Normal(torch.zeros_like(like), torch.ones_like(like), validate_args=False)

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool) -> Code:
        """Return drawn codes or posterior means, with the posterior."""
        mean, log_variance = encoded.chunk(2, dim=1)
        # The clamp keeps exp finite in the first steps of a bad start; trained log-variances lie well inside it.
        spread = (0.5 * log_variance.clamp(-20, 20)).exp()
        h = torch.addcmul(mean, spread, ranks.normal(mean)) if draw else mean
        return Code(h, Normal(mean, spread, validate_args=False))
