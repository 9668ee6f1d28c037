"""Estimators: one short file per row of the table of variants."""

from .autoencoder import Autoencoder
from .contractive import ContractiveAutoencoder
from .denoising import DenoisingAutoencoder
from .sparse import SparseAutoencoder
from .stacked import StackedAutoencoder
from .variational import VariationalAutoencoder

__all__ = [
    "Autoencoder", "ContractiveAutoencoder", "DenoisingAutoencoder", "SparseAutoencoder", "StackedAutoencoder", "VariationalAutoencoder",
]  # fmt: skip
