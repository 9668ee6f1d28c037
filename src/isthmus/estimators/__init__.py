"""Estimators: one short file per row of the table of variants, and the classifier on any of them."""

from .autoencoder import Autoencoder
from .classifier import AutoencoderClassifier
from .contractive import ContractiveAutoencoder
from .denoising import DenoisingAutoencoder
from .sparse import SparseAutoencoder
from .stacked import StackedAutoencoder
from .variational import VariationalAutoencoder

#: The rows of the table, by name.
VARIANTS = (
    "Autoencoder", "ContractiveAutoencoder", "DenoisingAutoencoder", "SparseAutoencoder", "StackedAutoencoder",
    "VariationalAutoencoder",
)  # fmt: skip

__all__ = [
    "Autoencoder", "AutoencoderClassifier", "ContractiveAutoencoder", "DenoisingAutoencoder", "SparseAutoencoder",
    "StackedAutoencoder", "VariationalAutoencoder",
]  # fmt: skip
