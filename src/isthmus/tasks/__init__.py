"""The uses of codes; they know ``transform``, ``inverse_transform`` and ``sample``, never a class."""

from . import anomalies, compression, generation, instruments, paths, reduction, retrieval, voice
from .anomalies import AnomalyDetector
from .baseline import Principal
from .compression import Compressed, compress
from .generation import Density, fit_density
from .instruments import Instruments
from .padded import Padded, padded
from .parzen import Parzen
from .paths import attribute_direction, grid, interpolate, linear, move, reach, spherical, traverse
from .reduction import Candidate, Comparison, Split, compare, evaluate
from .retrieval import Found, Index, rerank
from .voice import Voices

__all__ = [
    "AnomalyDetector", "Candidate", "Comparison", "Compressed", "Density", "Found", "Index", "Instruments", "Padded", "Parzen",
    "Principal", "Split", "Voices", "anomalies", "attribute_direction", "compare", "compress", "compression", "evaluate", "fit_density",
    "generation", "grid", "instruments", "interpolate", "linear", "move", "padded", "paths", "reach", "reduction", "rerank", "retrieval",
    "spherical", "traverse", "voice",
]  # fmt: skip
