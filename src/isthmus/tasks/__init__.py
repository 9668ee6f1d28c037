"""The uses of codes; they know ``transform``, ``inverse_transform`` and ``sample``, never a class."""

from . import generation, reduction
from .baseline import Principal
from .generation import Density, fit_density, interpolate, linear, spherical
from .reduction import Candidate, Comparison, Split, compare, evaluate

__all__ = [
    "Candidate", "Comparison", "Density", "Principal", "Split", "compare", "evaluate", "fit_density", "generation",
    "interpolate", "linear", "reduction", "spherical",
]  # fmt: skip
