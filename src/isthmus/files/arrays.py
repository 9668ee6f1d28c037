"""Arrays: ``.npy`` memory-mapped and streamed, ``.npz`` by key. Numbers or texts; nothing is ever unpickled."""

import contextlib
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..errors import FileError
from ..storage import disk_errors
from .items import Items, RowIds
from .rows import FileRows, RowStream, is_large
from .texts import TextItems, texts_in

# What NumPy raises on a damaged or pickled file, from the header's parser to the size that no memory holds.
_UNREADABLE = (ValueError, SyntaxError, TypeError, KeyError, EOFError, OverflowError, MemoryError, RuntimeError,
               tokenize.TokenError, zipfile.BadZipFile, zlib.error)  # fmt: skip


class ArrayItems(Items):
    """The rows of an array ``(n, ...)`` of numbers, in memory or memory-mapped; the ids are the row numbers.

    >>> items = ArrayItems(np.eye(5), "five")
    >>> [(list(ids), block.shape) for ids, block in items.blocks(3)]
    [(['0', '1', '2'], (3, 5)), (['3', '4'], (2, 5))]
    """

    def __init__(self, array: np.ndarray, source: str, ids: Sequence[str] | None = None,
                 labels: np.ndarray | None = None) -> None:  # fmt: skip
        _check(array, source)
        self.source = source
        self.ids = RowIds(range(len(array))) if ids is None else ids
        self.labels = labels
        self._array = array
        self._dtype = _plain(array.dtype)

    @property
    def nbytes(self) -> int:
        """How many bytes the array has, where it lies on disk."""
        return self._array.nbytes if isinstance(self._array, np.memmap) else 0

    def rows(self) -> np.ndarray | RowStream:
        """Return the array or, of a ``.npy`` too large for the memory, its rows on disk, where they lie in order."""
        stored = FileRows.of(self._array) if is_large(self.nbytes) else None
        return self.load() if stored is None else stored

    def load(self) -> np.ndarray:
        """Return the array ``(n, ...)``; that of a ``.npy`` is a read-only memory map."""
        return self._array if self._array.dtype == self._dtype else self._array.astype(self._dtype)

    def _blocks(self, rows: int) -> Iterator[np.ndarray]:
        array = self._array
        stored = FileRows.of(array) if array.dtype == self._dtype else None
        for start in range(0, len(array), rows):
            stop = min(start + rows, len(array))
            yield np.ascontiguousarray(array[start:stop], dtype=self._dtype) if stored is None else stored.read(start, stop)


def read_npy(path: Path) -> ArrayItems | TextItems:
    """Return the rows of a ``.npy`` file; `FileError` for pickled objects, dates and damage."""
    with _plain_arrays(path):
        array = np.lib.format.open_memmap(path, mode="r")
    return _items(array, str(path))


def read_npz(path: Path, key: str | None = None) -> ArrayItems | TextItems:
    """Return the rows of one array of a ``.npz`` file; without ``key`` it must be the only one.

    Texts called ``ids`` beside one other array, as `write` puts them there, become its ids.
    """
    with _plain_arrays(path), path.open("rb") as file:  # opened here, since NumPy does not close a damaged one
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise FileError(f"{path} is a single array; let its name end in .npy")
        with archive:
            key = _chosen(path, archive.files, key)
            array = np.asarray(archive[key])
            ids = np.asarray(archive["ids"] if set(archive.files) == {key, "ids"} else None)
    named = ids.dtype.kind == "U" and ids.shape == array.shape[:1]
    return _items(array, f"{path}:{key}", ids.tolist() if named else None)


def _items(array: np.ndarray, source: str, ids: Sequence[str] | None = None) -> ArrayItems | TextItems:
    """Return the rows of an array of numbers, or the texts of one of texts."""
    return texts_in(array, source, ids) if array.dtype.kind == "U" and array.ndim == 1 and len(array) else ArrayItems(array, source, ids)


def _chosen(path: Path, keys: list[str], key: str | None) -> str:
    alone = [name for name in keys if name != "ids"]
    if key is None and len(alone) == 1:
        return alone[0]
    if key not in keys:
        what = f"{len(keys)} arrays" if key is None else f"no array {key!r}"
        choice = f"; choose one of {', '.join(keys)}, as in {path}:{keys[0]}" if keys else ""
        raise FileError(f"{path} has {what}{choice}")
    return key


@contextlib.contextmanager
def _plain_arrays(path: Path) -> Iterator[None]:
    with disk_errors(path):
        try:
            yield
        except FileError:
            raise
        except _UNREADABLE as error:
            raise FileError(f"{path} is not a file of plain arrays ({' '.join(str(error).split())}); pickled objects "
                            "are never loaded: save numbers with np.save or np.savez") from error  # fmt: skip


def _check(array: np.ndarray, source: str) -> None:
    if array.dtype.kind not in "biuf":
        raise FileError(f"{source} holds {array.dtype}; only numbers (booleans, integers, floats) and texts (n,) can be encoded: "
                        "convert it, or write a table as .csv or .parquet")  # fmt: skip
    if array.ndim == 0 or array.size == 0:
        raise FileError(f"{source} holds no items: its shape is {array.shape}, where (n, ...) with n >= 1 is needed")


def _plain(dtype: np.dtype) -> np.dtype:
    """Return the nearest type that every library reads: this machine's byte order, at most 64 bits."""
    return np.dtype(np.float64) if dtype.itemsize > 8 else dtype.newbyteorder("=")
