"""Augmentations a(x): random changes after which an item is as good as before, so that there are more items to learn from.

A corruption changes what the encoder sees; an augmentation changes the item itself, for the encoder and for the loss alike. It sees rows
in the data's own units and acts in training only.
"""

import math
from abc import abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Shaped
from torch import Tensor

from .. import ranks
from ..checks import Limit, Whole, Wholes
from ..errors import InputError
from .base import Part


class Augmentation(Part):
    """A random map of a batch of items to another batch of items."""

    shares: ClassVar[bool] = False  # whether it is for bytes and numbers in [0, 1] only

    @abstractmethod
    def __call__(self, x: Shaped[Tensor, "batch *item"]) -> Shaped[Tensor, "batch *item"]:
        """Return changed copies of the items, in their dtype; every call draws anew."""


class Binarised(Augmentation):
    """Grey values become white or black at random, white with the value as its probability, anew for every batch.

    For bytes and for numbers in [0, 1], others are refused: the dynamic binarisation that likelihoods of images are reported under. What
    is missing stays so.

    References:
        On the quantitative analysis of deep belief networks (R. Salakhutdinov, I. Murray, 2008)

    Example:
        >>> Binarised()(torch.tensor([[0, 255]], dtype=torch.uint8)).tolist()
        [[0, 255]]
    """

    shares: ClassVar[bool] = True

    def __call__(self, x: Shaped[Tensor, "batch *item"]) -> Shaped[Tensor, "batch *item"]:
        """Return items of the least and the greatest value only."""
        white = 255 if x.dtype == torch.uint8 else 1
        drawn = (ranks.uniform(x.float()) * white < x).to(x.dtype) * white
        return torch.where(x.isnan(), x, drawn) if x.is_floating_point() else drawn


class ImageAugmentation(Augmentation):
    """A random map of a batch of images to another batch of images.

    ``shape`` is that of one item where the data are a table, such as (28, 28).
    """

    shape: tuple[int, ...] | None

    def __call__(self, x: Shaped[Tensor, "batch *item"]) -> Shaped[Tensor, "batch *item"]:
        """Return changed copies of the items; every call draws anew."""
        item = tuple(x.shape[1:]) if self.shape is None else tuple(self.shape)
        if len(item) not in (2, 3) or math.prod(item) != math.prod(x.shape[1:]):
            raise InputError(f"{type(self).__name__} needs images (h, w) or (h, w, c); these items have the shape {tuple(x.shape[1:])}. "
                             "Where the data are a table, give shape=, such as shape=(28, 28).")  # fmt: skip
        return self.changed(x.reshape(-1, *item)).reshape(x.shape)

    @abstractmethod
    def changed(self, images: Shaped[Tensor, "batch height width *colours"]) -> Shaped[Tensor, "batch height width *colours"]:
        """Return changed copies of images."""


class Shifts(ImageAugmentation):
    """Shifts by whole pixels, drawn evenly for every image and both directions; the border's pixels fill what opens.

    Arguments:
        pixels: The farthest shift in each direction.
        shape: As in `ImageAugmentation`.

    References:
        Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis (P. Y. Simard, D. Steinkraus,
        J. C. Platt, 2003)

    Example:
        >>> _ = torch.manual_seed(0)
        >>> Shifts(1)(torch.eye(3)[None]).shape
        torch.Size([1, 3, 3])
    """

    limits: ClassVar[dict[str, Limit]] = {"pixels": Whole(1), "shape": Wholes()}

    def __init__(self, pixels: int = 1, shape: tuple[int, ...] | None = None) -> None:
        self.pixels = pixels
        self.shape = shape

    def changed(self, images: Shaped[Tensor, "batch height width *colours"]) -> Shaped[Tensor, "batch height width *colours"]:
        """Return every image where its shift brings it."""
        n, *sides = images.shape[:3]
        far, device = self.pixels, images.device
        shifts = ranks.drawn(lambda shape: torch.randint(-far, far + 1, shape, device=device), torch.Size((n, 2)))
        rows, columns = ((torch.arange(side, device=device) + shift[:, None]).clamp_(0, side - 1)
                         for side, shift in zip(sides, shifts.T, strict=True))  # fmt: skip
        return images[torch.arange(n, device=device)[:, None, None], rows[:, :, None], columns[:, None, :]]


class Flips(ImageAugmentation):
    """Left and right changed for every other image, at random.

    Arguments:
        shape: As in `ImageAugmentation`.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> Flips()(torch.arange(4.0).repeat(2, 1).reshape(2, 2, 2)).tolist()
        [[[1.0, 0.0], [3.0, 2.0]], [[0.0, 1.0], [2.0, 3.0]]]
    """

    limits: ClassVar[dict[str, Limit]] = {"shape": Wholes()}

    def __init__(self, shape: tuple[int, ...] | None = None) -> None:
        self.shape = shape

    def changed(self, images: Shaped[Tensor, "batch height width *colours"]) -> Shaped[Tensor, "batch height width *colours"]:
        """Return about half of the images mirrored."""
        device = images.device
        flipped = ranks.drawn(lambda shape: torch.rand(shape, device=device), images.shape[:1]) < 0.5
        return torch.where(flipped.reshape(-1, *[1] * (images.ndim - 1)), images.flip(2), images)
