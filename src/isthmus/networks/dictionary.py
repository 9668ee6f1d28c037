"""The first layer of a decoder as a dictionary: one atom a code unit, an item the sum of few of them."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

_ROWS = 512  # atoms that are worked on at once, so that they stay in the processor's cache


class Dictionary(nn.Module):
    """A linear layer from codes whose weights lie in memory unit by unit, so that a few units are read fast.

    Arguments:
        source: The layer whose weights and bias this one starts with.
        unit_norm: Whether the atoms keep norm 1: their gradients lose the component along the atom, and `settle` takes off
            what an update adds all the same.

    References:
        Emergence of simple-cell receptive field properties by learning a sparse code (B. A. Olshausen, D. J. Field, 1996)
    """

    def __init__(self, source: nn.Linear, unit_norm: bool) -> None:
        super().__init__()
        self.in_features, self.out_features = source.in_features, source.out_features
        self.unit_norm = unit_norm
        self.atoms = nn.Parameter(source.weight.detach().t().contiguous())  # (units, outputs)
        self.bias = source.bias
        self.settle()

    @property
    def weight(self) -> Float[Tensor, "outputs units"]:
        """The atoms as the columns of this layer's matrix."""
        return (_Tangent.apply(self.atoms) if self.unit_norm else self.atoms).t()

    def forward(self, h: Float[Tensor, "batch units"]) -> Float[Tensor, "batch outputs"]:
        """Return the sum of the atoms times the numbers of the code, and the bias."""
        return F.linear(h, self.weight, self.bias)

    @torch.no_grad()
    def settle(self) -> None:
        """Bring the atoms back to norm 1, where they are to keep it."""
        if self.unit_norm and not self.atoms.is_meta:
            for atoms in self.atoms.split(_ROWS):
                atoms /= atoms.norm(dim=1, keepdim=True).clamp(min=1e-12)


class _Tangent(torch.autograd.Function):
    """Atoms of norm 1 as they are, with gradients along the sphere: g - (g · w) w."""

    @staticmethod
    def forward(ctx: Any, atoms: Tensor) -> Tensor:
        ctx.save_for_backward(atoms)
        return atoms.view_as(atoms)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> Tensor:
        (atoms,) = ctx.saved_tensors
        along = torch.empty_like(slopes)
        for out, slope, atom in zip(along.split(_ROWS), slopes.split(_ROWS), atoms.split(_ROWS), strict=True):
            torch.addcmul(slope, (slope * atom).sum(1, keepdim=True), atom, value=-1, out=out)
        return along
