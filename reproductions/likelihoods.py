"""Digits of two colours, as likelihoods of images are reported on."""

import numpy as np
import torch

from isthmus.parts import Binarised
from isthmus.training.batches import tensor_of
from isthmus.training.devices import seeded


def binarised(images: np.ndarray, seed: int) -> np.ndarray:
    """Return images (n, h, w) of bytes with every pixel drawn once, white with its grey value as the probability."""
    with seeded(seed, torch.device("cpu")):
        return Binarised()(tensor_of(images)).numpy()
