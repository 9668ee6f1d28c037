"""How good codes, reconstructions and samples are: plain functions from arrays to numbers, for any transformer.

Items ``X`` have shape (n, ...): a table, images, sequences (an array, or a list of (t_i, d) arrays) or a sparse table.
Codes ``H`` have shape (n, k). uint8 counts as v/255, so that errors of 8-bit images are errors on [0, 1]; whatever
stands beside a uint8 ``X`` is then in 0..255. All sums are float64. Whatever cannot be used raises `InputError`.
"""

from .codes import active_units, dead_units, hoyer, prior_divergence, sparsity_l0
from .geometry import jacobian_norm, principal_angles
from .labels import few_label_accuracy, neighbour_accuracy
from .neighbours import continuity, trustworthiness
from .rankings import Rankings, neighbour_recall
from .reconstruction import (
    Errors,
    explained_variance,
    fraction_of_variance_unexplained,
    normalized_error,
    reconstruction_r2_scorer,
    row_squared_errors,
    squared_error,
)
from .samples import Neighbourhoods, frechet_distance, kernel_distance, neighbourhoods
from .sounds import PitchError, log_attack_time, mel_cepstral_distortion, pitch_error, spectral_centroid, spectral_error, warping

__all__ = [
    "Errors",
    "Neighbourhoods",
    "PitchError",
    "Rankings",
    "active_units",
    "continuity",
    "dead_units",
    "explained_variance",
    "few_label_accuracy",
    "fraction_of_variance_unexplained",
    "frechet_distance",
    "hoyer",
    "jacobian_norm",
    "kernel_distance",
    "log_attack_time",
    "mel_cepstral_distortion",
    "neighbour_accuracy",
    "neighbour_recall",
    "neighbourhoods",
    "normalized_error",
    "pitch_error",
    "principal_angles",
    "prior_divergence",
    "reconstruction_r2_scorer",
    "row_squared_errors",
    "sparsity_l0",
    "spectral_centroid",
    "spectral_error",
    "squared_error",
    "trustworthiness",
    "warping",
]
