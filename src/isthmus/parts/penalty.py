"""Penalties Ω(h, f): what is added to -log p(x|h) so that the code is more than a copy.

Every penalty is per sample, shape (batch,), and never divided by the number of units or pixels; the loss is the mean
over the batch of the sum of all terms, so that a weight means the same at every batch size.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.distributions import Distribution

from .. import ranks
from ..checks import Limit, Real, Whole, check
from ..errors import InputError
from .base import Part
from .bottleneck import Code
from .likelihood import log_likelihood


@dataclass(frozen=True)
class Pass:
    """One pass of a batch through the model, in the model's units."""

    x: Float[Tensor, "batch *item"]
    observed: Bool[Tensor, "batch *item"] | None
    seen: Float[Tensor, "batch *item"]  # what the encoder saw: x, corrupted in training
    code: Code
    p: Distribution  # p(x|h), batch shape (batch, *item)
    progress: float = 1.0  # the share of training that is done
    model: Any = None  # what made it, told all that is known of the batch

    @cached_property
    def log_likelihood(self) -> Float[Tensor, " batch"]:
        """log p(x|h), which is asked for more than once, and summed over the observed numbers."""
        return log_likelihood(self.p, self.x, self.observed)

    @property
    def h(self) -> Float[Tensor, "batch latent"]:
        """What the decoder received: drawn in training where codes are random."""
        return self.code.h

    @property
    def mean(self) -> Float[Tensor, "batch latent"]:
        """The deterministic code."""
        return self.code.mean

    @property
    def posterior(self) -> Distribution | None:
        """The distribution that codes are drawn from, where they are random."""
        return self.code.posterior


class SingleLayer(NamedTuple):
    """A one-layer encoder, h = s(Wx + b): W and the slope s' as a function of h."""

    weight: Float[Tensor, "latent features"]
    slope: Callable[[Tensor], Tensor]


@runtime_checkable
class Halves(Protocol):
    """What penalties may ask of a model: its two halves, what lies between them, and what they make of rows of which more is known."""

    encoder: Any
    decoder: Any
    bottleneck: Any

    @property
    def knows_rows(self) -> bool:
        """Whether anything is told of each row."""

    def features(self, x: Tensor) -> Tensor:
        """Return what the encoder's code layer receives, with all that is known of the rows."""

    def emitted(self, x: Tensor) -> Tensor:
        """Return what the encoder hands to the bottleneck, with all that is known of the rows."""

    def expanded(self, first: Tensor) -> Tensor:
        """Return the decoder's numbers, from what its first layer emits, with all that is known of the rows."""

    def decode(self, code: Tensor) -> Distribution:
        """Return p(x|h) of codes (..., latent)."""


@dataclass(frozen=True)
class Scheduled:
    """What ``limit`` allows, or a schedule that maps training progress in [0, 1] to it, such as the ``example``."""

    limit: Limit
    example: str

    def allows(self, value: Any) -> bool:
        return self.limit.allows(value) or (callable(value) and not isinstance(value, type))

    def __str__(self) -> str:
        return f"{self.limit}, or a schedule such as {self.example}"

    def at(self, name: str, value: Any, progress: float) -> Any:
        """Return ``value`` or, where it is a schedule, what that tells at ``progress``, which the limit must allow, too."""
        if not callable(value):
            return value
        number = value(progress)
        check(f"{name} at {progress:.0%} of the training", number, self.limit)
        return number


#: What a penalty's weight may be.
WEIGHT = Scheduled(Real(0), "WarmUp(1.0, 0.3)")


class Penalty(Part):
    """A term of the loss with a weight; ``differentiates`` asks the model for gradients with respect to its input."""

    differentiates: ClassVar[bool] = False
    #: The activation of the code layer that this penalty is meant for; the network's own setting goes before it.
    code_activation: ClassVar[str | None] = None
    #: The term's name in the history.
    term: ClassVar[str]

    weight: float | Callable[[float], float]

    @abstractmethod
    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return the unweighted penalty of every sample, from a pass, the model and what `build` returned."""

    def weight_at(self, progress: float) -> float:
        """Return the weight at ``progress``, the share of training that is done."""
        return self._at("weight", progress)

    def _at(self, name: str, progress: float) -> Any:
        """Return a setting that may be a schedule, as it is at ``progress``."""
        scheduled: Any = self.limits[name]
        return scheduled.at(f"{type(self).__name__}.{name}", getattr(self, name), progress)


class L1(Penalty):
    r"""Sparse codes by absolute values, :math:`\Omega = \sum_j |h_j| \, \lVert d_j \rVert`.

    :math:`d_j` is the decoder's first-layer weight of unit j. Without that factor the decoder makes up for smaller codes by
    larger weights, and the codes shrink instead of becoming sparse; with it only zeros pay.

    Arguments:
        weight: The weight, for a reconstruction term summed over an item's numbers (a weight of 1e-4 beside an error
            averaged over 784 pixels is 0.0784 here); a number or a schedule. At 0.2, about a third of 32 units that
            encode handwritten digits are 0.

    References:
        Emergence of simple-cell receptive field properties by learning a sparse code (B. A. Olshausen, D. J. Field,
        1996); Update on how we train SAEs (T. Conerly, A. Templeton, T. Bricken, J. Marcus, T. Henighan, 2024), for
        the decoder's norm

    Example:
        >>> L1(0.1).weight_at(progress=0.5)
        0.1
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT}
    code_activation: ClassVar[str | None] = "relu"
    term: ClassVar[str] = "l1"

    def __init__(self, weight: float | Callable[[float], float] = 0.2) -> None:
        self.weight = weight

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return the sum of each sample's absolute code values, in units of their effect on the decoder."""
        return (out.mean.abs() * model.decoder.code_weight().to(out.mean.dtype).norm(dim=0)).sum(1)


class SparseRate(Penalty):
    r"""Sparse codes by a target rate, :math:`\Omega = \sum_j \mathrm{KL}(\rho \,\Vert\, \hat\rho_j)`.

    :math:`\hat\rho_j` is unit j's mean activation over the batch, repeated for every sample; units must lie in [0, 1], so the
    code layer's activation must be the sigmoid.

    Arguments:
        weight: The weight; a number or a schedule.
        rate: The target :math:`\rho` in (0, 1).

    References:
        Sparse deep belief net model for visual area V2 (H. Lee, C. Ekanadham, A. Ng, 2008); Sparse autoencoder,
        CS294A lecture notes (A. Ng, 2011)

    Example:
        >>> SparseRate(rate=0.05).code_activation
        'sigmoid'
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT, "rate": Real(1e-6, 1 - 1e-6)}
    code_activation: ClassVar[str | None] = "sigmoid"
    term: ClassVar[str] = "sparse_rate"

    def __init__(self, weight: float | Callable[[float], float] = 1.0, rate: float = 0.05) -> None:
        self.weight = weight
        self.rate = rate

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return the batch's divergence, repeated for every sample."""
        if model.encoder.code_activation != "sigmoid":
            raise InputError(
                "SparseRate needs codes in [0, 1]: give the network code_activation='sigmoid'. "
                f"Got {model.encoder.code_activation!r}."
            )
        mean = ranks.mean(out.mean).clamp(1e-6, 1 - 1e-6)
        rate = torch.full_like(mean, self.rate)
        divergence = rate * (rate / mean).log() + (1 - rate) * ((1 - rate) / (1 - mean)).log()
        return divergence.sum().expand(out.x.shape[0])


class Contractive(Penalty):
    r"""Insensitive codes, the squared Frobenius norm of the encoder's Jacobian, :math:`\Omega = \lVert \partial h / \partial x \rVert_F^2`.

    One layer: the closed form :math:`\sum_j s'(a_j)^2 \sum_i W_{ji}^2`. Deeper: by automatic differentiation, exact (one
    backward pass a code unit) or by ``projections`` random signs :math:`v`, since
    :math:`E\,\lVert v^\top J \rVert^2 = \lVert J \rVert_F^2`.

    Arguments:
        weight: The weight; a number or a schedule.
        projections: How many random projections estimate a deep encoder's norm, without bias; None is exact.

    References:
        Contractive Auto-Encoders: Explicit Invariance During Feature Extraction (S. Rifai, P. Vincent, X. Muller,
        X. Glorot, Y. Bengio, 2011); A stochastic estimator of the trace (M. F. Hutchinson, 1990), for the projections

    Example:
        >>> Contractive(0.1, projections=None).differentiates
        True
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT, "projections": Whole(1, optional=True)}
    differentiates: ClassVar[bool] = True
    term: ClassVar[str] = "contractive"

    def __init__(self, weight: float | Callable[[float], float] = 0.1, projections: int | None = 1) -> None:
        self.weight = weight
        self.projections = projections

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return each sample's squared Jacobian norm, or its estimate."""
        single: SingleLayer | None = model.encoder.single_layer() if model.bottleneck.passes else None
        latent = out.mean.shape[1]
        if single is not None:
            return single.slope(out.mean).square() @ single.weight[:latent].to(out.mean.dtype).square().sum(1)
        if self.projections is None:
            directions = torch.eye(latent, device=out.mean.device, dtype=out.mean.dtype).unsqueeze(1)
            directions = directions.expand(-1, out.mean.shape[0], -1)  # (latent, batch, latent)
            return self._pull_back(out, directions).sum(0)
        shape = torch.Size((self.projections, *out.mean.shape))
        signs = ranks.drawn(lambda whole: torch.randint(0, 2, whole, device=out.mean.device) * 2 - 1, shape, dim=1)
        return self._pull_back(out, signs.to(out.mean.dtype)).mean(0)

    @staticmethod
    def _pull_back(out: Pass, directions: Float[Tensor, "n batch latent"]) -> Float[Tensor, "n batch"]:
        """Return the squared norms of vᵀJ for every direction and sample."""
        rows = [torch.autograd.grad(out.mean, out.seen, direction, create_graph=True)[0] for direction in directions]
        return torch.stack([row.flatten(1).square().sum(1) for row in rows])
