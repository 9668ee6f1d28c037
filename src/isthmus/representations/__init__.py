"""Representations: scikit-learn transformers from raw items to rows of numbers, and back by ``inverse_transform``."""

from .bag_of_words import BagOfWords
from .pixels import Pixels
from .table import Table
from .windows import Windows

#: Those that make several rows of an item, so that a run, whose codes belong to items, does not take them yet.
CUTS = ("Windows",)

__all__ = ["BagOfWords", "Pixels", "Table", "Windows"]
