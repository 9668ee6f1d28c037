"""Representations: scikit-learn transformers from raw items to rows of numbers, and back by ``inverse_transform``."""

from .bag_of_words import BagOfWords
from .channels import Channels
from .frames import Frames
from .pixels import Pixels
from .spectrogram import Spectrogram
from .table import Table
from .vocoder import Vocoder
from .windows import Windows

#: Those that make several rows of an item: what a run cuts by.
CUTS = ("Frames", "Windows")

__all__ = ["BagOfWords", "Channels", "Frames", "Pixels", "Spectrogram", "Table", "Vocoder", "Windows"]
