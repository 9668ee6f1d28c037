"""Networks: mirrored encoders and decoders that combine with every variant."""

from .conv import Conv
from .dense import Dense

__all__ = ["Conv", "Dense"]
