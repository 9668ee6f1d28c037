"""Images written as PNG files, in a folder or a zip, under the names of their items."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import InputError
from .images import ENDINGS
from .items import Stream, distinct


def is_images(block: np.ndarray) -> bool:
    """Tell whether a block has the shape of images: ``(n, h, w)``, ``(n, h, w, 1)`` or ``(n, h, w, 3)``."""
    return block.ndim == 3 or (block.ndim == 4 and block.shape[-1] in (1, 3))


def write_folder(part: Path, blocks: Stream, names: Sequence[str]) -> int:
    """Write images into the folder ``part``; return how many."""

    def put(name: str, png: bytes) -> None:
        file = part / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png)

    return _write(put, blocks)


def write_zip(part: Path, blocks: Stream, names: Sequence[str]) -> int:
    """Write images into the zip ``part``, stored as they are (a PNG is compressed already); return how many."""
    with zipfile.ZipFile(part, "w") as archive:

        def put(name: str, png: bytes) -> None:
            info = zipfile.ZipInfo(name)  # a fixed date: the same images give the same bytes
            info.external_attr = 0o644 << 16
            archive.writestr(info, png)

        return _write(put, blocks)


def safe_name(item: str) -> str:
    """Return a relative name, without ending, for an item's file: sub-folders stay, nothing leads out or is hidden.

    >>> [safe_name(item) for item in ("cats/1.jpeg", "../../etc/passwd", "/a/./b.png", "0.5", "..")]
    ['cats/1', 'etc/passwd', 'a/b', '0.5', 'item']
    """
    parts = [re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", part).lstrip(".") for part in re.split(r"[/\\]", item)]
    name = "/".join(part for part in parts if part) or "item"
    ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)]


def _write(put: Callable[[str, bytes], None], blocks: Stream) -> int:
    taken: set[str] = set()
    for ids, block in blocks:
        for item, pixels in zip(ids, _bytes(ids, block), strict=True):
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            put(distinct(safe_name(item), taken) + ".png", buffer.getvalue())
    return len(taken)


def _bytes(ids: Sequence[str], block: np.ndarray) -> np.ndarray:
    """Return images as uint8, grey ones without a channel axis; floats and booleans are taken to lie in [0, 1]."""
    if block.ndim == 4 and block.shape[-1] == 1:
        block = block[..., 0]
    if block.dtype == np.uint8:
        return block
    if block.dtype.kind not in "bf":
        raise InputError(f"images must be uint8, or floats in [0, 1]. Got {block.dtype}")
    nan = np.isnan(block).reshape(len(block), -1).any(axis=1)
    if nan.any():
        raise InputError(f"image {ids[int(nan.argmax())]} holds NaN and cannot be written as PNG; fill it first")
    return np.rint(np.clip(block.astype(np.float32), 0, 1) * 255).astype(np.uint8)
