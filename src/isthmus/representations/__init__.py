"""Representations: scikit-learn transformers from raw items to rows of numbers, and back by ``inverse_transform``."""

from .bag_of_words import BagOfWords
from .channels import Channels
from .pixels import Pixels
from .table import Table
from .windows import Windows

#: Those that make several rows of an item: what a run cuts by.
CUTS = ("Windows",)

__all__ = ["BagOfWords", "Channels", "Pixels", "Table", "Windows"]
