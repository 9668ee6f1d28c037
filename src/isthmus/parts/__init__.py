"""The parts of an autoencoder: augmentations, corruptions, bottlenecks, penalties and likelihoods, small stateless objects."""

from .augmentation import Binarised, Flips, Shifts
from .auxiliary import AuxK
from .bottleneck import BatchTopK, GaussianCode, Identity, TopK
from .corruption import GaussianNoise, Masking, SaltAndPepper
from .divergence import KL, ImportanceWeighted
from .likelihood import Bernoulli, Gaussian, Laplace
from .mixed import Categorical, Mixed
from .penalty import L1, Contractive, SparseRate
from .schedule import WarmUp
from .units import BinaryUnits, GaussianUnits

__all__ = [
    "KL", "L1", "AuxK", "BatchTopK", "Bernoulli", "Binarised", "BinaryUnits", "Categorical", "Contractive", "Flips", "Gaussian",
    "GaussianCode", "GaussianNoise", "GaussianUnits", "Identity", "ImportanceWeighted", "Laplace", "Masking", "Mixed", "SaltAndPepper",
    "Shifts", "SparseRate", "TopK", "WarmUp",
]  # fmt: skip
