"""Rows that stay on disk and are read by ranges, for data that are larger than what should stand in memory."""

import contextlib
import math
import mmap
import os
import tempfile
import threading
import weakref
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from ..errors import FileError
from ..storage import disk_errors

_LARGE = 2**30  # bytes; no share of what is free, since the order of the rows, and with it a result, depends on it
_GAP = 8  # rows that are read in vain rather than begin another read behind them
_ROWS = 4096  # that are read at once: enough for the processor,
_NUMBERS = 2**22  # and few enough for the memory where rows are large
T = TypeVar("T")


@runtime_checkable
class RowStream(Protocol):
    """Rows that are read by ranges: all that training asks of data beyond the memory; any thread may read."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from ``start`` to ``stop`` (exclusive) in memory, shape (stop - start, *item)."""


class FileRows:
    """Rows of one type behind each other in a file, read into ordinary memory.

    A memory map's pages would count as the process's own, to the last, and a file that is cut would kill it.
    """

    def __init__(self, file: Any, name: Path, offset: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.name, self.shape, self.dtype = name, shape, np.dtype(dtype)
        handle = os.dup(file.fileno())  # so that a temporary file lives as long as its rows do, and no longer
        weakref.finalize(self, os.close, handle)
        self._file = open(handle, "rb", closefd=False)  # noqa: SIM115
        self._offset, self._lock = offset, threading.Lock()

    @classmethod
    def of(cls, array: np.ndarray) -> "FileRows | None":
        """Return the rows of a memory map, or of a slice of one, from its file; None where they do not lie there in order."""
        root = array
        while isinstance(root.base, np.memmap):
            root = root.base
        ordered = array.flags.c_contiguous and array.ndim > 0 and array.dtype.isnative
        if not (ordered and isinstance(root, np.memmap) and isinstance(root.base, mmap.mmap)) or root.mode == "c":
            return None  # changes to a copy on write are in memory only
        if root.filename is None:
            return None
        path = Path(root.filename)
        offset = root.offset + array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
        with disk_errors(path), path.open("rb") as file:
            return cls(file, path, offset, array.shape, array.dtype)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return rows; `FileError` where the file ends before them."""
        rows = np.empty((stop - start, *self.shape[1:]), self.dtype)
        with disk_errors(self.name), self._lock:
            self._file.seek(self._offset + start * row_bytes(self))
            count = self._file.readinto(rows.reshape(-1).view(np.uint8).data)
        if count != rows.nbytes:
            raise FileError(f"{self.name} ends before row {stop}; it was cut while it was read")
        return rows


def spooled(blocks: Iterable[np.ndarray], count: int, folder: Path) -> FileRows:
    """Write rows that cost much to make, or come in one order only, to a nameless temporary file in ``folder``.

    Arguments:
        blocks: At least one block of rows, all of one dtype.
        count: How many rows they have together.
        folder: Where there is room; nothing is left in it, however the process ends.
    """
    with disk_errors(folder), tempfile.TemporaryFile(dir=folder) as file:
        for block in blocks:
            file.write(np.ascontiguousarray(block).data)
        file.flush()
        return FileRows(file, folder / "a temporary file", 0, (count, *block.shape[1:]), block.dtype)


def is_large(nbytes: int) -> bool:
    """Return whether so many bytes are better left on disk."""
    return nbytes > _LARGE


def row_bytes(rows: RowStream) -> int:
    """Return how many bytes one row takes."""
    return math.prod(rows.shape[1:]) * rows.dtype.itemsize


def block_rows(item: tuple[int, ...]) -> int:
    """Return how many items of that shape are read or predicted at once.

    >>> block_rows((64,)), block_rows((256, 256, 3))
    (4096, 21)
    """
    return min(_ROWS, max(1, _NUMBERS // max(math.prod(item), 1)))


def take(rows: RowStream, places: np.ndarray) -> np.ndarray:
    """Return the rows at ``places``, which ascend; those near each other are read at once."""
    found = np.empty((len(places), *rows.shape[1:]), rows.dtype)
    edges = [0, *(np.flatnonzero(np.diff(places) > _GAP) + 1).tolist(), len(places)]
    for begin, end in zip(edges, edges[1:], strict=False):
        run = places[begin:end]
        if len(run):
            found[begin:end] = rows.read(int(run[0]), int(run[-1]) + 1)[run - run[0]]
    return found


def ahead(values: Iterator[T]) -> Generator[T, None, None]:
    """Yield ``values``; a thread makes the next one while the caller works on this one.

    >>> list(ahead(iter("abc")))
    ['a', 'b', 'c']
    """
    end = object()
    with contextlib.ExitStack() as stack:
        if isinstance(values, Generator):  # closed when its thread has ended, however the caller leaves
            stack.enter_context(contextlib.closing(values))
        thread = stack.enter_context(ThreadPoolExecutor(1))
        coming = thread.submit(next, values, end)
        while (value := coming.result()) is not end:
            coming = thread.submit(next, values, end)
            yield value  # type: ignore[misc]


def scratch(folder: str | os.PathLike[str] | None) -> Path:
    """Return where temporary files may lie: ``folder`` or, until it is there, the nearest above it; None: the system's place."""
    if folder is None:
        return Path(tempfile.gettempdir())
    path = Path(os.path.abspath(folder))
    return next(place for place in (path, *path.parents) if place.is_dir())
