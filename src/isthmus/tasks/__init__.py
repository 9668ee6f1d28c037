"""The uses of codes; they know ``transform``, ``inverse_transform`` and ``sample``, never a class."""

from . import anomalies, generation, instruments, paths, reduction, voice
from .anomalies import AnomalyDetector
from .baseline import Principal
from .generation import Density, fit_density
from .instruments import Instruments
from .padded import Padded, padded
from .paths import attribute_direction, grid, interpolate, linear, move, reach, spherical, traverse
from .reduction import Candidate, Comparison, Split, compare, evaluate
from .voice import Voices

__all__ = [
    "AnomalyDetector", "Candidate", "Comparison", "Density", "Instruments", "Padded", "Principal", "Split", "Voices", "anomalies",
    "attribute_direction", "compare", "evaluate", "fit_density", "generation", "grid", "instruments", "interpolate", "linear", "move",
    "padded", "paths", "reach", "reduction", "spherical", "traverse", "voice",
]  # fmt: skip
