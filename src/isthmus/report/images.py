"""Images as pixel-crisp strips and sprites."""

import base64
import io
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import matplotlib
import numpy as np
from markupsafe import Markup
from PIL import Image

from .pictures import Pictures, span

_STRIP, _SIDES = 64, (32, 24, 16, 12, 8)  # longest side in a strip; in a sprite, the first that fits the budget
_SPRITE_COLUMNS = 40
_FILTERS = 64  # at most, eight in a row


class Images(Pictures):
    """Draws images (h, w) or (h, w, c) with c of 1 or 3: bytes and numbers in [0, 1] as they are, others over their span.

    >>> Images(np.zeros((2, 4, 4), np.uint8)).sheet(np.zeros((3, 4, 4)), 10**6)["width"]
    4
    """

    count: ClassVar[int] = 12

    def __init__(self, items: np.ndarray) -> None:
        low, high = span(items)
        if items.dtype == np.uint8:
            low, high = 0.0, 255.0
        elif low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        self.low, self.high = low, high

    def strip(self, items: np.ndarray, names: Sequence[str] = ()) -> Markup:
        tiles = [_shrunk(pixels, _STRIP) for pixels in self._bytes(items)]
        gap = np.zeros((tiles[0].shape[0], 1, 4), np.uint8)
        row = [part for tile in tiles for part in (_opaque(tile), gap)][:-1]
        width = f"width: min(100%, {len(tiles) * 4.2:.1f}rem)"
        return Markup('<img class="pixels" alt="{} items side by side" style="{}" src="{}">').format(
            len(tiles), width, png(np.concatenate(row, axis=1)))  # fmt: skip

    def sheet(self, items: np.ndarray, budget: int) -> dict[str, Any]:
        pixels = self._bytes(items)
        for side in _SIDES:
            tiles = np.stack([_shrunk(tile, side) for tile in pixels])  # (n, h, w) or (n, h, w, 3)
            sprite = png(mosaic(tiles, _SPRITE_COLUMNS))
            if len(sprite) <= budget:
                break
        height, width = tiles.shape[1:3]
        return {"kind": "image", "columns": _SPRITE_COLUMNS, "width": width, "height": height, "sprite": sprite}

    def _bytes(self, items: np.ndarray) -> np.ndarray:
        """Return images as uint8, grey ones without a channel axis, missing pixels at the low end."""
        items = items[..., 0] if items.ndim == 4 and items.shape[-1] == 1 else items
        if items.dtype == np.uint8:
            return items
        shares = (np.asarray(items, dtype=np.float64) - self.low) / (self.high - self.low)
        return np.rint(np.clip(np.nan_to_num(shares), 0, 1) * 255).astype(np.uint8)


def contact_sheet(images: np.ndarray, columns: int) -> bytes:
    """Return images (n, h, w) or (n, h, w, c) as the bytes of one PNG, so many in a row, with a gap between them.

    >>> contact_sheet(np.zeros((4, 8, 8)), 2)[:4]
    b'\x89PNG'
    """
    tiles = Images(images)._bytes(images)
    gaps = ((0, 0), (0, 2), (0, 2), *((0, 0),) * (tiles.ndim - 3))
    buffer = io.BytesIO()
    Image.fromarray(mosaic(np.pad(tiles, gaps, constant_values=255), columns)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def filters(weights: np.ndarray, shape: tuple[int, ...]) -> Markup:
    """Return the largest of a layer's weights (units, features) as a grid of images: red adds, blue takes away."""
    strongest = np.sort(np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")[:_FILTERS])
    signed = weights[strongest] / (np.abs(weights[strongest]).max() or 1.0)
    shape = shape[:2] if shape[2:] == (1,) else shape
    shares = (1 + signed.reshape(-1, *shape)) / 2
    coloured = matplotlib.colormaps["RdBu_r"](shares)[..., :3] if len(shape) == 2 else shares
    tiles = [_opaque(_shrunk(tile, _STRIP)) for tile in np.rint(coloured * 255).astype(np.uint8)]
    spaced = np.pad(np.stack(tiles), ((0, 0), (0, 1), (0, 1), (0, 0)))
    return Markup('<img class="pixels" alt="{} filters" src="{}">').format(len(tiles), png(mosaic(spaced, 8)))


def mosaic(tiles: np.ndarray, columns: int) -> np.ndarray:
    """Return tiles (n, h, w, ...) as one image of so many columns, the last row filled up with zeros.

    >>> mosaic(np.ones((3, 2, 2)), 2).shape
    (4, 4)
    """
    n, height, width, *colours = tiles.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    full = np.zeros((rows * columns, height, width, *colours), tiles.dtype)
    full[:n] = tiles
    grid = full.reshape(rows, columns, height, width, *colours).swapaxes(1, 2)  # (rows, h, columns, w, ...)
    return grid.reshape(rows * height, columns * width, *colours)


def png(pixels: np.ndarray) -> str:
    """Return uint8 pixels, grey, colour or with transparency, as a data URL; many colours become the nearest 256."""
    image = Image.fromarray(pixels)
    buffer = io.BytesIO()
    (image.quantize(256) if image.mode == "RGB" else image).save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return an image whose sides are at most ``side`` pixels, of the same shape otherwise."""
    height, width = pixels.shape[:2]
    if max(height, width) <= side:
        return pixels
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def _opaque(pixels: np.ndarray) -> np.ndarray:
    """Return an image with four channels, so that what lies around it can be transparent."""
    colours = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    return np.concatenate([colours, np.full((*colours.shape[:2], 1), 255, np.uint8)], axis=2)
