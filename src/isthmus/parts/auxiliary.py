"""The auxiliary loss that brings dead units of a sparse code back to life."""

import math
from collections.abc import Callable
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .. import ranks
from ..checks import Limit, Whole
from ..errors import InputError
from .active import Active, chosen, pays
from .bottleneck import TopK
from .penalty import WEIGHT, Halves, Pass, Penalty


class AuxK(Penalty):
    r"""Dead units learn from what the others leave, :math:`\Omega = \frac12 \lVert e - \hat e \rVert^2`, where
    :math:`e = x - r` is the error of the reconstruction and :math:`\hat e` what the dead units make of it.

    A unit is dead when no row has activated it for ``dead_after`` rows of training. :math:`\hat e = g(z) - g(0)`, with z the
    ``k`` largest numbers that the encoder has for dead units, and is 0 while no unit is dead, and so is the term.

    Arguments:
        weight: The weight; a number or a schedule.
        k: How many dead units take part for each row; None is the power of two nearest to half the numbers of an item.
        dead_after: After how many rows without activity a unit counts as dead.

    References:
        Scaling and evaluating sparse autoencoders (L. Gao, T. Dupré la Tour, H. Tillman, G. Goh, R. Troll, A. Radford,
        I. Sutskever, J. Leike, J. Wu, 2024), https://arxiv.org/abs/2406.04093

    Example:
        >>> AuxK(dead_after=1000).weight_at(progress=0.5)
        0.03125
    """

    limits: ClassVar[dict[str, Limit]] = {"weight": WEIGHT, "k": Whole(1, optional=True), "dead_after": Whole(1)}
    term: ClassVar[str] = "aux_k"

    def __init__(self, weight: float | Callable[[float], float] = 1 / 32, k: int | None = None,
                 dead_after: int = 100_000) -> None:  # fmt: skip
        self.weight = weight
        self.k = k
        self.dead_after = dead_after

    def build(self, shape: tuple[int, ...]) -> nn.Module:
        """Return what counts for how many rows each unit has been idle."""
        return Idle(shape)

    def __call__(self, out: Pass, model: Halves, state: nn.Module | None = None) -> Float[Tensor, " batch"]:
        """Return half of each sample's squared error that dead units leave of what the reconstruction left."""
        if out.code.active is None:
            raise InputError("AuxK needs a code of which few units are active: use it with bottleneck=TopK() or BatchTopK(). "
                             f"Got {type(model.bottleneck).__name__}.")  # fmt: skip
        left = (out.x - out.p.mean).detach()
        if not isinstance(state, Idle):
            return left.new_zeros(len(left))
        if state.training:
            state.count(out.code.active)
        dead = (state.rows >= self.dead_after).nonzero().squeeze(1)
        if not len(dead):
            return left.new_zeros(len(left))
        gaps = left - self._revived(out, model, dead).to(left.dtype)
        if out.observed is not None:
            gaps = torch.where(out.observed, gaps, 0.0)
        return 0.5 * gaps.square().flatten(1).sum(1)

    def _revived(self, out: Pass, model: Halves, dead: Int[Tensor, " dead"]) -> Float[Tensor, "batch *item"]:
        """Return g(z) - g(0), what the k largest of the dead units make of each row."""
        to, back = model.encoder.code, model.decoder.code
        some = TopK(min(self.k or _half(math.prod(out.x.shape[1:])), len(dead)))
        weight, bias = to.weight[dead], to.bias[dead]
        touched = pays(some.k, len(dead)) and not model.knows_rows
        if touched:
            active = chosen(model.features(out.seen), weight, bias, model.encoder.outer, some.select)
            first = active.through(back.weight[:, dead], back.bias)
        else:  # a condition may come in behind the code layer
            emitted = model.emitted(out.seen)[:, dead] if model.knows_rows else model.encoder.outer(
                nn.functional.linear(model.features(out.seen), weight, bias))  # fmt: skip
            first = nn.functional.linear(some.select(emitted).dense(), back.weight[:, dead], back.bias)
        nothing = back.bias.to(first.dtype)
        return model.expanded(first) - model.expanded(nothing.expand_as(first) if model.knows_rows else nothing.unsqueeze(0))


class Idle(nn.Module):
    """For how many rows of training each unit has not been active."""

    rows: Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("rows", torch.zeros(shape, dtype=torch.int64))

    @torch.no_grad()
    def count(self, active: Active) -> None:
        """Take in a batch, of all processes."""
        seen = torch.zeros(self.rows.shape, device=self.rows.device)
        seen[active.places.units[active.values != 0]] = 1.0
        ranks.add_up([seen])
        self.rows += ranks.whole(len(active.places.starts))
        self.rows[seen > 0] = 0


def _half(numbers: int) -> int:
    """Return the power of two nearest to half of ``numbers``.

    >>> _half(768), _half(1)
    (512, 1)
    """
    return 1 << max(0, round(math.log2(numbers / 2)))
