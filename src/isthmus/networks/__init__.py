"""Networks: mirrored encoders and decoders that combine with every variant."""

from .conv import Conv
from .dense import Dense
from .recurrent import Recurrent

__all__ = ["Conv", "Dense", "Recurrent"]
