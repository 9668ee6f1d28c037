"""Estimators: one short file per row of the table of variants, and the classifier on any of them."""

from .autoencoder import Autoencoder
from .binary import BinaryAutoencoder
from .boltzmann import RestrictedBoltzmannMachine
from .classifier import AutoencoderClassifier
from .contractive import ContractiveAutoencoder
from .denoising import DenoisingAutoencoder
from .sparse import SparseAutoencoder
from .stacked import StackedAutoencoder
from .vaegan import VAEGAN
from .variational import VariationalAutoencoder

#: What ``--variant`` names: all that learn codes, and decode them.
VARIANTS = (
    "Autoencoder", "BinaryAutoencoder", "ContractiveAutoencoder", "DenoisingAutoencoder", "RestrictedBoltzmannMachine",
    "SparseAutoencoder", "StackedAutoencoder", "VAEGAN", "VariationalAutoencoder",
)  # fmt: skip

__all__ = [
    "VAEGAN", "Autoencoder", "AutoencoderClassifier", "BinaryAutoencoder", "ContractiveAutoencoder", "DenoisingAutoencoder",
    "RestrictedBoltzmannMachine", "SparseAutoencoder", "StackedAutoencoder", "VariationalAutoencoder",
]  # fmt: skip
