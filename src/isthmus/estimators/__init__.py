"""Estimators: one short file per row of the table of variants."""

from .autoencoder import Autoencoder
from .boltzmann import RestrictedBoltzmannMachine
from .contractive import ContractiveAutoencoder
from .denoising import DenoisingAutoencoder
from .sparse import SparseAutoencoder
from .variational import VariationalAutoencoder

__all__ = [
    "Autoencoder", "ContractiveAutoencoder", "DenoisingAutoencoder", "RestrictedBoltzmannMachine", "SparseAutoencoder",
    "VariationalAutoencoder",
]  # fmt: skip
