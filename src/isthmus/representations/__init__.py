"""Representations: scikit-learn transformers from raw items to rows of numbers, and back by ``inverse_transform``."""

from .pixels import Pixels
from .table import Table

__all__ = ["Pixels", "Table"]
