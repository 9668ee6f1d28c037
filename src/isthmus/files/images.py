"""Images: a folder or a zip of PNG and JPEG files, grey or colour, decoded block by block in a few threads."""

import contextlib
import io
import math
import os
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from ..errors import DiagnosticWarning, FileError, InputError
from ..storage import disk_errors
from .items import Items, subfolders
from .rows import RowStream, is_large

ENDINGS = (".jpeg", ".jpg", ".png")
_FORMATS = ("PNG", "JPEG")
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B")
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values that swap height and width
_LARGEST = 2**28  # bytes that one file of a zip may unpack to
_ROWS = 256  # images at a time while all are loaded
_THREADS = min(4, os.cpu_count() or 1)

Opener = Callable[[str], BinaryIO]


class ImageItems(Items):
    """The images of a folder or zip, uint8 ``(n, h, w)`` or ``(n, h, w, 3)``, sorted by their names, which are the ids.

    ``shape`` is that of one image, ``(h, w)`` or ``(h, w, 3)``; ``resized`` says whether files are resized to it. ``labels`` are the
    subfolders' names where every file lies in one and there are two or more.
    """

    def __init__(self, path: Path, names: list[str], shape: tuple[int, ...], resized: bool) -> None:
        self.source = str(path)
        self.ids = names
        self.labels = subfolders(names)
        self.shape = shape
        self.path = path
        self._resized = resized

    @property
    def nbytes(self) -> int:
        """How many bytes all images take."""
        return len(self) * math.prod(self.shape)

    def rows(self) -> np.ndarray | RowStream:
        """Return all images or, where they are too large, a `RowStream` that decodes them whenever they are read."""
        return ImageRows(self) if is_large(self.nbytes) else self.load()

    def load(self) -> np.ndarray:
        """Return all images, uint8 ``(n, *shape)``."""
        try:
            images = np.empty((len(self), *self.shape), np.uint8)
        except MemoryError as error:
            raise InputError(f"{self.source}: {len(self)} images of shape {self.shape} do not fit into memory; make "
                             "them smaller with --image-size, or take fewer") from error  # fmt: skip
        start = 0
        for ids, block in self.blocks(_ROWS):
            images[start : start + len(ids)] = np.asarray(block)
            start += len(ids)
        return images

    def _blocks(self, rows: int) -> Iterator[np.ndarray]:
        images = ImageRows(self)
        for start in range(0, len(self), rows):
            yield images.read(start, min(start + rows, len(self)))

    def decoded(self, opened: Opener, name: str) -> np.ndarray:
        height, width = self.shape[:2]
        with _image(self.source, opened, name) as image:
            pixels = np.asarray(_flat(image, len(self.shape) == 3, (height, width) if self._resized else None))
        if pixels.shape != self.shape:
            raise FileError(f"{self.source}: {name} has the shape {pixels.shape}, the others {self.shape}; resize them "
                            f"all with --image-size {height} {width}")  # fmt: skip
        return pixels


class ImageRows:
    """The images of `ImageItems` as a `RowStream`: decoded in a few threads, whenever they are read."""

    def __init__(self, items: ImageItems) -> None:
        self.shape, self.dtype = (len(items), *items.shape), np.dtype(np.uint8)
        self._items = items
        self._opening = _opener(items.path)  # stays open: the index of a large zip takes long to read
        self._opened = self._opening.__enter__()
        self._threads = ThreadPoolExecutor(_THREADS)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return images; `FileError` names one that cannot be read."""
        names = self._items.ids[start:stop]
        images = np.empty((len(names), *self.shape[1:]), np.uint8)
        for place, image in enumerate(self._threads.map(lambda name: self._items.decoded(self._opened, name), names)):
            images[place] = image
        return images


def read_images(path: Path, image_size: tuple[int, int] | None = None) -> ImageItems:
    """Return the images of a folder, a zip, or one image file; ``image_size`` is (height, width), by Lanczos' filter.

    Only PNG and JPEG files count; hidden ones are skipped. Where grey and colour are mixed, all become colour. A
    `DiagnosticWarning` says what eight bits without transparency leave out.

    Raises:
        FileError: If there are none, if one is damaged (by name), or if their sizes differ and no size is given.
    """
    if image_size is not None and min(image_size) < 1:
        raise InputError(f"--image-size must be a height and a width of at least 1. Got {image_size}")
    names = [path.name] if path.is_file() and path.suffix.lower() in ENDINGS else sorted(_names(path))
    if not names:
        raise FileError(f"{path} holds no images: none of its files ends in {', '.join(ENDINGS)}")
    sizes: dict[str, tuple[int, int]] = {}
    colour, cut = False, Counter[str]()
    with _opener(path) as opened, warnings.catch_warnings():
        # Pillow warns of an image so large that it may be meant to fill the memory; here it is an error.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for name in names:
            with _image(str(path), opened, name) as image:
                sizes[name] = _size(image)
                colour = colour or image.mode not in _GREY
                cut.update(_losses(image))
    if cut:
        listed = " and ".join(f"{count} of {len(names)} images have {loss}" for loss, count in cut.items())
        warnings.warn(f"{path}: {listed}; images are read as grey or colour in 8 bits", DiagnosticWarning, stacklevel=2)
    size = image_size or _common(path, sizes)
    return ImageItems(path, names, (*size, 3) if colour else size, image_size is not None)


def is_folder_of_images(path: Path) -> bool:
    """Return whether a folder holds an image."""
    return next(_names(path), None) is not None


def _names(path: Path) -> Iterator[str]:
    """Yield the names of the images in a folder or zip, relative to it."""
    if path.is_dir():
        with disk_errors(path):
            for folder, folders, files in os.walk(path, onerror=_raise):
                folders[:] = [name for name in folders if not name.startswith(".")]
                yield from filter(_is_image, ((Path(folder) / file).relative_to(path).as_posix() for file in files))
    else:
        with _archive(path) as archive:
            yield from filter(_is_image, archive.namelist())


def _is_image(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") and part != ".." or part == "__MACOSX" for part in parts)
    return name.lower().endswith(ENDINGS) and not hidden


def _raise(error: OSError) -> None:
    raise error


@contextlib.contextmanager
def _opener(path: Path) -> Iterator[Opener]:
    """Yield what opens an image by its name, from any thread."""
    if path.is_dir():
        yield lambda name: (path / name).open("rb")
    elif path.suffix.lower() in ENDINGS:
        yield lambda name: path.open("rb")
    else:
        with _archive(path) as archive:
            yield lambda name: _unpacked(archive, name)


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with disk_errors(path), zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise FileError(f"{path} is not a zip that can be read ({error}); pack it anew") from error


def _unpacked(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    size = archive.getinfo(name).file_size
    if size > _LARGEST:
        raise FileError(f"{archive.filename}: {name} would unpack to {size} bytes, more than {_LARGEST} allowed")
    return io.BytesIO(archive.read(name))


@contextlib.contextmanager
def _image(source: str, opened: Opener, name: str) -> Iterator[Image.Image]:
    """Yield the image of one file; whatever its decoder says becomes one line with its name."""
    try:
        with disk_errors(Path(f"{source}: {name}")):
            file = opened(name)
        with file, Image.open(file, formats=_FORMATS) as image:
            yield image
    except FileError:
        raise
    except Exception as error:  # a decoder meets damaged bytes with any error there is
        said = "no PNG or JPEG" if isinstance(error, Image.UnidentifiedImageError) else " ".join(str(error).split())
        raise FileError(f"{source}: {name} cannot be read as an image ({said}); mend or remove it") from error


def _size(image: Image.Image) -> tuple[int, int]:
    """Return (height, width) upright, from the header alone: a PNG without EXIF would be decoded to look for more."""
    upright = image.format == "PNG" and "exif" not in image.info
    turned = not upright and image.getexif().get(_ORIENTATION) in _TURNED
    return image.size if turned else (image.height, image.width)


def _losses(image: Image.Image) -> Iterator[str]:
    """Yield what reading an image as grey or colour in eight bits leaves out; from the header alone."""
    if isinstance(image, PngImageFile) and "16" in str(image.tile[0][3]):  # Pillow's own mode says 8 bits for colour
        yield "16 bits, cut to 8"
    if image.has_transparency_data:
        yield "transparency, laid on white"


def _common(path: Path, sizes: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Return the one size of all images, or raise with the sizes there are, the most frequent first."""
    counts = Counter(sizes.values()).most_common()
    (height, width), _ = counts[0]
    if len(counts) > 1:
        first = {size: name for name, size in reversed(sizes.items())}
        listed = ", ".join(f"{h} x {w} ({n}, such as {first[h, w]})" for (h, w), n in counts[:5])
        more = ", ..." if len(counts) > 5 else ""
        raise FileError(f"{path} mixes {len(counts)} image sizes (height x width): {listed}{more}; resize them "
                        f"all with --image-size {height} {width}")  # fmt: skip
    return height, width


def _flat(image: Image.Image, colour: bool, size: tuple[int, int] | None) -> Image.Image:
    """Return an image upright, 8-bit, grey or RGB, on white where it was transparent, resized to (height, width)."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        deep = np.asarray(image).astype(np.int64).clip(0, 65535)
        image = Image.fromarray(((deep * 255 + 32767) // 65535).astype(np.uint8))
    elif image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    image = image.convert("RGB" if colour else "L")
    return image.resize((size[1], size[0]), Image.Resampling.LANCZOS) if size else image
