"""What a library gives back."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Trained(NamedTuple):
    """From rows to mean reconstructions (None: nothing was learnt), and the precision of the matrix products."""

    reconstruct: Callable[[np.ndarray], np.ndarray] | None
    precision: str = "float32"
