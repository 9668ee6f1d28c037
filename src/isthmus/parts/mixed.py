"""The likelihood of tables whose columns are of several kinds: groups of columns with a likelihood each."""

from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from ..checks import Limit, OneOf, Whole
from ..errors import InputError
from .likelihood import Likelihood


class Mixed(Likelihood):
    """Groups of a table's columns with a likelihood each, such as numbers, switches and categories side by side.

    Columns are learnt from as they are: scale numbers first, as `Table` does.

    Arguments:
        groups: Pairs of a likelihood and the places of its columns, from 0; together they name every column once. A `Categorical`
            group is one category, its columns the levels; `Bernoulli` columns are on or off, and so are drawn ones.
        missing: "refuse" or "mask" NaN in the data, of all groups.

    Raises:
        InputError: In `fit`, where a column belongs to no group or to two.

    References:
        Handling Incomplete Heterogeneous Data using VAEs (A. Nazábal, P. M. Olmos, Z. Ghahramani, I. Valera, 2018),
        https://arxiv.org/abs/1807.03653

    Example:
        >>> from isthmus import Categorical, Gaussian
        >>> p = Mixed(((Gaussian(), (0,)), (Categorical(), (1, 2))))(torch.zeros(1, 3), None)
        >>> p.mean
        tensor([[0.0000, 0.5000, 0.5000]])
    """

    limits: ClassVar[dict[str, Limit]] = {"missing": OneOf(("refuse", "mask"))}
    rescales: ClassVar[bool] = False
    realised: ClassVar[bool] = True

    def __init__(self, groups: tuple[tuple[Likelihood, tuple[int, ...]], ...] = (), missing: str = "refuse") -> None:
        self.groups = groups
        self.missing = missing

    def check(self) -> None:
        """Raise `InputError` for groups that are no pairs of a likelihood and places."""
        super().check()
        if not isinstance(self.groups, tuple | list):
            raise InputError(f"Mixed.groups must be a tuple of pairs, a likelihood and the places of its columns. Got {self.groups!r}.")
        for group in self.groups:
            if not (isinstance(group, tuple | list) and len(group) == 2 and isinstance(group[0], Likelihood)
                    and isinstance(group[1], tuple | list) and all(map(Whole(0).allows, group[1]))):  # fmt: skip
                raise InputError("Mixed.groups must hold pairs of a likelihood and a tuple with the places of its columns, such as "
                                 f"(Gaussian(), (0, 1)). Got {group!r}.")  # fmt: skip
            group[0].check()
            if not group[0].local or isinstance(group[0], Mixed):
                raise InputError(f"Mixed.groups must hold likelihoods of single numbers or categories. Got {group[0]!r}.")
            if group[0].missing != self.missing == "refuse":
                raise InputError(f"Mixed.groups holds {group[0]!r}, whose missing is {group[0].missing!r}: it is one for all groups, give "
                                 "Mixed(groups, missing='mask').")  # fmt: skip

    def resolve(self, mean: np.ndarray) -> "Mixed":
        """Return the likelihood with what its groups leave to the data."""
        return Mixed(tuple((likelihood.resolve(mean[list(places)]), places) for likelihood, places in self.groups), self.missing)

    def unmasked(self) -> "Mixed":
        """Return the likelihood as data without gaps want it, in every group."""
        return Mixed(tuple((likelihood.unmasked(), places) for likelihood, places in self.groups))

    def build(self, shape: tuple[int, ...]) -> nn.Module | None:
        """Return what the groups' likelihoods learn, by the groups' numbers."""
        states = {str(number): likelihood.build((len(places),)) for number, (likelihood, places) in enumerate(self.groups)}
        kept = {number: state for number, state in states.items() if state is not None}
        return nn.ModuleDict(kept) if kept else None

    def bounds(self, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return the least and greatest value that each column may have; `fit` asks for them first, so that wrong groups end here."""
        if len(shape) != 1:
            raise InputError(f"Mixed is for the columns of a table. Got items of shape {shape}.")
        named = sorted(place for _, places in self.groups for place in places)
        count = shape[0]
        if named != list(range(count)):
            odd = next((place for place in range(count) if named.count(place) != 1), named[-1] if named else 0)
            raise InputError(f"Mixed.groups must name each of a table's {count} columns once. Got column {odd} {named.count(odd)} times. "
                             "(The command line finds the groups itself, of .csv, .jsonl and .parquet files.)")  # fmt: skip
        least, most = np.empty(shape), np.empty(shape)
        for likelihood, places in self.groups:
            least[list(places)], most[list(places)] = likelihood.support
        return least, most

    def __call__(self, decoded: Float[Tensor, "*batch columns"], state: nn.Module | None) -> Distribution:
        """Return the distribution of all columns."""
        states: Any = {} if state is None else state
        parts = []
        for number, (likelihood, places) in enumerate(self.groups):
            own = states[str(number)] if str(number) in states else None
            parts.append(likelihood(decoded[..., list(places)], own))
        return Columns(parts, [list(places) for _, places in self.groups], decoded)

    def link(self, mean: Tensor) -> Tensor:
        """Return what each group's link makes of its columns."""
        found = torch.empty_like(mean)
        for likelihood, places in self.groups:
            found[list(places)] = likelihood.link(mean[list(places)])
        return found


class Columns(Distribution):
    """Distributions of groups of columns as one of them all."""

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, parts: list[Distribution], places: list[list[int]], like: Tensor) -> None:
        super().__init__(like.shape, validate_args=False)
        self.parts, self.places = parts, places

    @property
    def mean(self) -> Tensor:
        """Every column's mean."""
        return self._in_order([part.mean for part in self.parts])

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return drawn rows."""
        return self._in_order([part.sample(sample_shape) for part in self.parts])

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of every column."""
        return self._in_order([part.log_prob(value[..., places]) for part, places in zip(self.parts, self.places, strict=True)])

    def _in_order(self, groups: list[Tensor]) -> Tensor:
        """Return the groups' numbers in the order of the columns."""
        order = np.argsort(np.concatenate(self.places))
        return torch.cat(groups, dim=-1)[..., order.tolist()]
