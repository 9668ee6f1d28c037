"""The parts of an autoencoder: augmentations, corruptions, bottlenecks, penalties and likelihoods, small stateless objects."""

from .augmentation import Binarised, Flips, Shifts
from .auxiliary import AuxK
from .binary import BinaryCode, BitBalance, Decorrelation
from .bottleneck import BatchTopK, GaussianCode, Identity, TopK
from .corruption import GaussianNoise, Masking, SaltAndPepper
from .divergence import KL, ImportanceWeighted
from .likelihood import Bernoulli, Gaussian, Laplace
from .mixed import Mixed
from .penalty import L1, Contractive, SparseRate
from .schedule import Growth, WarmUp
from .shares import Categorical, Multinomial
from .units import BinaryUnits, GaussianUnits

__all__ = [
    "KL", "L1", "AuxK", "BatchTopK", "Bernoulli", "Binarised", "BinaryCode", "BinaryUnits", "BitBalance", "Categorical", "Contractive",
    "Decorrelation", "Flips", "Gaussian", "GaussianCode", "GaussianNoise", "GaussianUnits", "Growth", "Identity", "ImportanceWeighted",
    "Laplace", "Masking", "Mixed", "Multinomial", "SaltAndPepper", "Shifts", "SparseRate", "TopK", "WarmUp",
]  # fmt: skip
