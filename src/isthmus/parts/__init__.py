"""The parts of an autoencoder: corruptions, bottlenecks, penalties and likelihoods, small stateless objects."""

from .auxiliary import AuxK
from .bottleneck import BatchTopK, GaussianCode, Identity, TopK
from .corruption import GaussianNoise, Masking, SaltAndPepper
from .likelihood import Bernoulli, Gaussian, Laplace
from .penalty import KL, L1, Contractive, SparseRate
from .schedule import WarmUp
from .units import BinaryUnits, GaussianUnits

__all__ = [
    "KL", "L1", "AuxK", "BatchTopK", "Bernoulli", "BinaryUnits", "Contractive", "Gaussian", "GaussianCode", "GaussianNoise",
    "GaussianUnits", "Identity", "Laplace", "Masking", "SaltAndPepper", "SparseRate", "TopK", "WarmUp",
]  # fmt: skip
