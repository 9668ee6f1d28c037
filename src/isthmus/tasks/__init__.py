"""The uses of codes; they know ``transform``, ``inverse_transform`` and ``sample``, never a class."""

from . import generation, paths, reduction
from .baseline import Principal
from .generation import Density, fit_density
from .paths import attribute_direction, grid, interpolate, linear, move, reach, spherical, traverse
from .reduction import Candidate, Comparison, Split, compare, evaluate

__all__ = [
    "Candidate", "Comparison", "Density", "Principal", "Split", "attribute_direction", "compare", "evaluate", "fit_density", "generation",
    "grid", "interpolate", "linear", "move", "paths", "reach", "reduction", "spherical", "traverse",
]  # fmt: skip
