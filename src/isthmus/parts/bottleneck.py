"""Bottlenecks: from what the encoder emits to the code h that the decoder receives.

Each says how many numbers the encoder must emit for a code of k (`width`) and turns them into a `Code`.
"""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution, Normal

from .. import ranks
from ..checks import Limit, Whole
from ..errors import InputError
from .active import Active, Places
from .base import Part

_SAMPLE = 2**20  # numbers of a batch that tell about where its largest begin


@dataclass(frozen=True, eq=False)
class Code:
    """A batch of codes: all their numbers, or only the active ones, and the posterior q(h|x) where there is one.

    ``settled`` are the deterministic codes where the numbers are noisy.
    """

    numbers: Tensor | Active
    posterior: Distribution | None = None
    settled: Tensor | None = None

    @cached_property
    def h(self) -> Float[Tensor, "batch latent"]:
        """All numbers of the codes."""
        return self.numbers.dense() if isinstance(self.numbers, Active) else self.numbers

    @property
    def mean(self) -> Float[Tensor, "batch latent"]:
        """The deterministic codes."""
        if self.posterior is not None:
            return self.posterior.mean
        return self.h if self.settled is None else self.settled

    @property
    def active(self) -> Active | None:
        """The active numbers, where the bottleneck chose some."""
        return self.numbers if isinstance(self.numbers, Active) else None


class Bottleneck(Part):
    """The map from encoder outputs to codes, and the prior over codes where there is one."""

    #: The activation of the code layer that this bottleneck needs; it goes before what penalties are meant for.
    code_activation: ClassVar[str | None] = None

    #: Whether codes are drawn from a posterior, and new ones from a prior.
    random: ClassVar[bool] = False

    #: Whether the deterministic code is the encoder's first numbers, untouched.
    passes: ClassVar[bool] = True

    #: What helps where units of the code never change.
    remedy: ClassVar[str] = "A lower learning rate, another code_activation than 'relu', or a smaller penalty helps."

    @abstractmethod
    def width(self, n_components: int) -> int:
        """Return how many numbers the encoder emits for a code of ``n_components``."""

    @abstractmethod
    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution | None:
        """Return the distribution that codes are drawn from, on the device and in the dtype of ``like``."""

    @abstractmethod
    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool, state: nn.Module | None = None) -> Code:
        """Return the codes, from the encoder's numbers and what `build` returned.

        Where codes are random, ``draw`` says whether to draw or to take the mean.
        """


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

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool, state: nn.Module | None = None) -> Code:
        """Return the encoder's numbers as they are."""
        return Code(encoded)


class Selection(Bottleneck):
    """A bottleneck that keeps the largest numbers of a code, k for each item or on average, and sets the others to 0."""

    limits: ClassVar[dict[str, Limit]] = {"k": Whole(1)}
    passes: ClassVar[bool] = False

    k: int

    def width(self, n_components: int) -> int:
        """Return ``n_components``, which must be at least k."""
        if self.k > n_components:
            raise InputError(f"{type(self).__name__}.k must be in 1..{n_components} for n_components={n_components}. Got {self.k}.")
        return n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution | None:
        """Return None: sparse codes have no prior."""
        return None

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool, state: nn.Module | None = None) -> Code:
        """Return the codes with all but the selected units set to 0."""
        return Code(self.select(encoded, state))

    @abstractmethod
    def together(self, state: nn.Module | None) -> bool:
        """Return whether a batch must be selected from as a whole, because its items share what is kept."""

    @abstractmethod
    def select(self, encoded: Float[Tensor, "batch width"], state: nn.Module | None = None) -> Active:
        """Return the numbers that are kept."""


class TopK(Selection):
    r"""Keep the k largest numbers of each code and set the others to 0.

    Arguments:
        k: How many units stay active for each item; at most ``n_components``.

    References:
        k-Sparse Autoencoders (A. Makhzani, B. Frey, 2013), https://arxiv.org/abs/1312.5663

    Example:
        >>> TopK(1)(torch.tensor([[0.1, 0.7, 0.3]]), draw=False).h
        tensor([[0.0000, 0.7000, 0.0000]])
    """

    def __init__(self, k: int = 8) -> None:
        self.k = k

    def together(self, state: nn.Module | None) -> bool:
        """Return False."""
        return False

    def select(self, encoded: Float[Tensor, "batch width"], state: nn.Module | None = None) -> Active:
        """Return the k largest numbers of each code."""
        values, units = encoded.topk(self.k, dim=1, sorted=False)  # (batch, k)
        starts = torch.arange(len(units), device=units.device) * self.k
        return Active(values.flatten(), Places(units.flatten(), starts, encoded.shape[1]))


class BatchTopK(Selection):
    r"""Keep the k · batch largest numbers of a batch of codes, so that each item takes as many units as it needs.

    So in training; an item's code must not depend on its companions, so at prediction the numbers of at least
    :math:`\theta` are kept, the running mean of the smallest number that the batches of training kept.

    Arguments:
        k: How many units stay active for each item on average; at most ``n_components``.

    References:
        BatchTopK Sparse Autoencoders (B. Bussmann, P. Leask, N. Nanda, 2024), https://arxiv.org/abs/2412.06410

    Example:
        >>> BatchTopK(1)(torch.tensor([[0.6, 0.7, 0.3], [0.1, 0.2, 0.3]]), draw=False).h
        tensor([[0.6000, 0.7000, 0.0000],
                [0.0000, 0.0000, 0.0000]])
    """

    def __init__(self, k: int = 8) -> None:
        self.k = k

    def build(self, shape: tuple[int, ...]) -> nn.Module:
        """Return what holds the threshold."""
        return Threshold()

    def together(self, state: nn.Module | None) -> bool:
        """Return whether this is training, or no threshold is there."""
        return not isinstance(state, Threshold) or state.training

    def select(self, encoded: Float[Tensor, "batch width"], state: nn.Module | None = None) -> Active:
        """Return the largest numbers: the batch's, or by the threshold at prediction."""
        flat = encoded.flatten()
        found = flat.detach()
        if isinstance(state, Threshold) and not state.training:
            kept = (found >= state.value).nonzero().squeeze(1)
            return Active(flat[kept], Places.of(kept, encoded.shape))
        count = self.k * ranks.whole(len(encoded))
        kept = largest(found, min(count, len(found)))
        # Every process's largest, among which are the whole batch's; NaN stays, so that training sees it.
        values = ranks.gathered(found[kept].to(torch.promote_types(found.dtype, torch.float32))).topk(count, sorted=False).values
        kept = kept[~(found[kept] < values.min())]
        if isinstance(state, Threshold):
            state.follow(values)
        return Active(flat[kept], Places.of(kept, encoded.shape))


class Threshold(nn.Module):
    """The running mean of the smallest number kept: of all batches at first, and then of about the last 100."""

    value: Tensor
    batches: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("value", torch.zeros(()))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def follow(self, kept: Float[Tensor, " active"]) -> None:
        """Take in the numbers that were kept of a batch; a unit at 0 is not active and does not count."""
        least = torch.where(kept == 0, torch.inf, kept).min().to(self.value.dtype)
        self.batches += 1
        rate = (1 / self.batches).clamp(min=0.01).to(self.value.dtype)
        self.value.lerp_(torch.where(least.isfinite(), least, self.value), rate)


def largest(numbers: Float[Tensor, " all"], count: int) -> Tensor:
    """Return the places of the ``count`` largest numbers, in ascending order.

    >>> largest(torch.tensor([3.0, 1.0, 2.0]), 2)
    tensor([0, 2])
    """
    few = numbers[:: len(numbers) // _SAMPLE | 1]  # an odd step, so that it meets every unit
    # A bound that a quarter more than asked for should exceed, so that only they need be put in order.
    bound = few.topk(min(len(few), round(1.25 * count / len(numbers) * len(few)) + 8), sorted=False).values.min()
    above = (numbers >= bound).nonzero().squeeze(1)
    if len(above) < count:
        above = torch.arange(len(numbers), device=numbers.device)
    return above[numbers[above].topk(count, sorted=False).indices].sort().values


class GaussianCode(Bottleneck):
    r"""A Gaussian posterior, :math:`q(h|x) = N(\mu(x), \mathrm{diag}\,\sigma^2(x))`, with the prior N(0, I).

    The encoder emits :math:`\mu` and :math:`s = \log\sigma^2`, 2k numbers; above the prior's variance, which no posterior has use for,
    :math:`\sigma = 1 + s/2` in place of :math:`e^{s/2}`, so that a row unlike all that were learnt has no astronomic bound. In training
    h is drawn by the reparametrization :math:`h = \mu + \sigma\varepsilon`; `transform` takes the posterior mean.

    References:
        Auto-Encoding Variational Bayes (D. P. Kingma, M. Welling, 2013), https://arxiv.org/abs/1312.6114

    Example:
        >>> GaussianCode()(torch.tensor([[1.0, 0.0]]), draw=False).h
        tensor([[1.]])
    """

    code_activation: ClassVar[str | None] = "linear"
    random: ClassVar[bool] = True

    def width(self, n_components: int) -> int:
        """Return twice ``n_components``: a mean and what stands for a variance each."""
        return 2 * n_components

    def prior(self, like: Float[Tensor, "batch latent"]) -> Distribution:
        """Return the standard normal distribution for every unit."""
        return Normal(torch.zeros_like(like), torch.ones_like(like), validate_args=False)

    def __call__(self, encoded: Float[Tensor, "batch width"], draw: bool, state: nn.Module | None = None) -> Code:
        """Return drawn codes or posterior means, with the posterior."""
        mean, log_variance = encoded.chunk(2, dim=1)
        half = 0.5 * log_variance
        spread = half.clamp(-10, 0).exp() + half.clamp(min=0)
        h = torch.addcmul(mean, spread, ranks.normal(mean)) if draw else mean
        return Code(h, Normal(mean, spread, validate_args=False))
