"""Active sets: codes of which a few units a row are not 0, and linear layers that touch only those.

With v the active values, x a row of features and w_u the weights of unit u, it is all one trilinear form and its derivatives:

    T = Σ v_ru ⟨x_r, w_u⟩ over the active (r, u)       ∂T/∂v_ru = ⟨x_r, w_u⟩     `Places.match`
                                                       ∂T/∂x_r = Σ_u v_ru w_u    `Places.combine`
                                                       ∂T/∂w_u = Σ_r v_ru x_r    `Places.collect`

None of them makes an array of shape (rows, units).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

_LEAST_UNITS, _LEAST_RATIO = 1024, 16  # measured at 768 features: from there on touching few units beats matrix products

_AT_ONCE = 512 * 24576  # numbers of a layer that are chosen from at once: the product is still fast, and they stay in the cache


def pays(kept: int, units: int) -> bool:
    """Return whether a code of ``units`` with ``kept`` active in each row is faster touched than multiplied.

    >>> pays(32, 24576), pays(2, 64), pays(512, 4096)
    (True, False, False)
    """
    return units >= max(_LEAST_UNITS, _LEAST_RATIO * kept)


class Places:
    """Which units are active in which row.

    Arguments:
        units: The active units, row after row, shape (active,).
        starts: Where each row begins in ``units``, shape (rows,).
        size: How many units there are.
    """

    def __init__(self, units: Int[Tensor, " active"], starts: Int[Tensor, " rows"], size: int) -> None:
        self.units, self.starts, self.size = units, starts, size

    @classmethod
    def of(cls, flat: Int[Tensor, " active"], shape: torch.Size) -> "Places":
        """Return the places that stand in ascending order in a matrix of that ``shape``, read row after row."""
        rows, size = shape
        firsts = torch.arange(rows, device=flat.device) * size
        return cls(flat % size, torch.searchsorted(flat, firsts), size)

    @classmethod
    def joined(cls, parts: Sequence["Places"]) -> "Places":
        """Return the places of several batches as those of one."""
        before = [0, *accumulate(len(part.units) for part in parts)]
        starts = [part.starts + active for part, active in zip(parts, before, strict=False)]
        return cls(torch.cat([part.units for part in parts]), torch.cat(starts), parts[0].size)

    @cached_property
    def rows(self) -> Int[Tensor, " active"]:
        """The row of every active unit."""
        return torch.repeat_interleave(torch.diff(self.starts, append=self.starts.new_tensor([len(self.units)])))

    @cached_property
    def _by_unit(self) -> tuple[Tensor, Tensor, Tensor]:
        """The order that sorts the places by unit, their rows in that order, and where each unit begins in it."""
        order = self.units.argsort(stable=True)
        counts = torch.bincount(self.units, minlength=self.size)
        return order, self.rows[order], counts.cumsum(0) - counts

    def match(self, x: Float[Tensor, "rows features"], weight: Float[Tensor, "units features"]) -> Float[Tensor, " active"]:
        """Return the product of every active unit's weights with its row."""
        return torch.ops.aten._embedding_bag_per_sample_weights_backward(x, weight, self.units, self.starts, self.rows, 0)

    def combine(self, values: Float[Tensor, " active"], weight: Float[Tensor, "units features"]) -> Float[Tensor, "rows features"]:
        """Return each row's sum of its active units' weights times their values."""
        return F.embedding_bag(self.units, weight, self.starts, per_sample_weights=values, mode="sum")

    def collect(self, values: Float[Tensor, " active"], x: Float[Tensor, "rows features"]) -> Float[Tensor, "units features"]:
        """Return each unit's sum of the rows in which it is active times its values there."""
        order, rows, starts = self._by_unit
        return F.embedding_bag(rows, x, starts, per_sample_weights=values[order], mode="sum")


class Active(NamedTuple):
    """A batch of codes by their active numbers: ``values`` of shape (active,) at ``places``; all others are 0."""

    values: Tensor
    places: Places

    def dense(self) -> Float[Tensor, "rows units"]:
        """Return the codes as a matrix."""
        places = self.places
        h = self.values.new_zeros(len(places.starts) * places.size)
        return h.scatter_(0, places.rows * places.size + places.units, self.values).unflatten(0, (-1, places.size))

    def through(self, weight: Float[Tensor, "outputs units"], bias: Float[Tensor, " outputs"]) -> Float[Tensor, "rows outputs"]:
        """Return hWᵀ + b, what a linear layer makes of the codes; it is fast where ``weight`` lies in memory by columns."""
        return _Combine.apply(self.values, weight.t(), self.places) + bias


def chosen(x: Float[Tensor, "rows features"], weight: Float[Tensor, "units features"], bias: Float[Tensor, " units"],
           outer: Callable[[Tensor], Tensor], choose: Callable[[Tensor], Active], together: bool = False) -> Active:  # fmt: skip
    """Return the active numbers of the layer s(xWᵀ + b).

    All of them are computed for ``choose`` to pick from, and gradients flow through the picked ones alone.

    Arguments:
        x: What the layer receives.
        weight, bias: The layer's W and b.
        outer: The activation s.
        choose: The map from the layer's numbers, shape (rows, units), to the active ones.
        together: Whether it needs all rows at once; else it is given few at a time, since fresh memory is slow.
    """
    with torch.no_grad():
        found = []
        for sums in _sums(x, weight, bias, len(x) if together else max(1, _AT_ONCE // len(weight))):
            places = choose(sums.relu_() if isinstance(outer, nn.ReLU) else outer(sums)).places  # in place: fresh memory is slow
            found.append((places, sums.flatten()[places.rows * places.size + places.units].to(weight.dtype)))
        places, known = Places.joined([part for part, _ in found]), torch.cat([values for _, values in found])
    return Active(outer(_Match.apply(x, weight, bias, known, places)), places)


def _sums(x: Tensor, weight: Tensor, bias: Tensor, at_once: int) -> Iterator[Tensor]:
    """Yield xWᵀ + b some rows at a time, always in the same memory."""
    memory = x.new_empty(min(at_once, len(x)), len(weight))
    for rows in x.split(at_once):
        yield torch.mm(rows, weight.t(), out=memory[: len(rows)]).add_(bias)


class _Match(torch.autograd.Function):
    """The active numbers of xWᵀ + b, which are known already."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, known: Tensor, places: Places) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.places = places
        return known.view_as(known)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        places, slopes = ctx.places, slopes.contiguous()
        back = places.combine(slopes, weight).to(x.dtype) if ctx.needs_input_grad[0] else None
        totals = torch.zeros(places.size, device=slopes.device, dtype=torch.promote_types(slopes.dtype, torch.float32))
        totals.index_add_(0, places.units, slopes.to(totals.dtype))
        return back, places.collect(slopes, x.to(slopes.dtype)), totals.to(slopes.dtype), None, None


class _Combine(torch.autograd.Function):
    """hW, with W's rows the units, from h's active numbers."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, places: Places) -> Tensor:
        ctx.save_for_backward(values, weight)
        ctx.places = places
        return places.combine(values.to(weight.dtype), weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        values, weight = ctx.saved_tensors
        slopes = slopes.to(weight.dtype).contiguous()
        back = ctx.places.match(slopes, weight).to(values.dtype) if ctx.needs_input_grad[0] else None
        grown = ctx.places.collect(values.to(weight.dtype), slopes) if ctx.needs_input_grad[1] else None
        return back, grown, None
