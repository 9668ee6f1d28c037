"""Representations: scikit-learn transformers from raw items to rows of numbers, and back by ``inverse_transform``."""

from .frames import Frames
from .pixels import Pixels
from .spectrogram import Spectrogram
from .table import Table
from .vocoder import Vocoder
from .windows import Windows

#: Those that make several rows of an item, so that a run, whose codes belong to items, does not take them yet.
CUTS = ("Frames", "Windows")

__all__ = ["Frames", "Pixels", "Spectrogram", "Table", "Vocoder", "Windows"]
