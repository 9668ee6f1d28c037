"""What every source of data gives: items in order, each with an id, as a whole or streamed in blocks."""

import itertools
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import FileError, InputError
from .rows import RowStream, ahead

Columns = dict[str, np.ndarray]
"""A table: name -> ``(n,)``; numbers, booleans, dates of NumPy's types, with NaN and NaT, the rest as objects: texts, dates
that know their zone, and integers and booleans of which some are None."""

Block = np.ndarray | Columns  # or, for sounds, whose lengths differ, a list of waves
Stream = Iterator[tuple[Sequence[str], np.ndarray]]  # ids and items (n, ...), block by block


class PlacedColumns(dict[str, np.ndarray]):
    """`Columns` that know where they come from: ``where(row)`` names the file and the line of a row."""

    def __init__(self, columns: Columns, where: Callable[[int], str]) -> None:
        super().__init__(columns)
        self.where = where


class Items(ABC):
    """The items of one source; ``source`` is its name in messages, ``ids`` one text per item, which leads back to it.

    ``labels (n,)`` are there only where the source knows them (``digits``), else None. What kind of items they are is
    the class: `ArrayItems`, `ImageItems`, `TableItems`, `TextItems`.
    """

    source: str
    ids: Sequence[str]
    labels: np.ndarray | None

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.ids)

    @abstractmethod
    def load(self) -> Block:
        """Return all items: an array ``(n, ...)``, memory-mapped where it can be, or the `Columns` of a table."""

    @property
    def nbytes(self) -> int:
        """About how many bytes `load` reads into memory; 0 where they are there already."""
        return 0

    def rows(self) -> Block | RowStream:
        """Return what `load` does or, where that is too large and can be read by ranges, the rows on disk."""
        return self.load()

    def blocks(self, rows: int) -> Iterator[tuple[Sequence[str], Block]]:
        """Yield ids and items, at most ``rows`` at a time, at constant memory; the next block is read meanwhile.

        A block may be a view of the source's own memory: do not write into it.

        Raises:
            InputError: If ``rows`` is less than one.
            FileError: For an item that cannot be read, or if the source was changed since it was opened.
        """
        if rows < 1:
            raise InputError(f"a block must have at least one row. Got {rows}")
        start = 0
        for block in ahead(self._blocks(rows)):
            stop = start + count(block)
            if stop > len(self):
                break
            yield self.ids[start:stop], block
            start = stop
        if start != len(self):
            raise FileError(f"{self.source} was changed while it was read ({len(self)} items when it was opened); "
                            "run it again")  # fmt: skip

    @abstractmethod
    def _blocks(self, rows: int) -> Iterator[Block]:
        """Yield the items in order, at most ``rows`` at a time."""


class RowIds(Sequence[str]):
    """Row numbers from 0 as texts, made only when asked for, so that the ids of millions of rows cost nothing.

    >>> ids = RowIds(range(2_000_000))
    >>> ids[7], list(ids[-2:]), len(ids)
    ('7', ['1999998', '1999999'], 2000000)
    """

    def __init__(self, rows: range) -> None:
        self._rows = rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        """Return one id, or for a slice the ids of these rows."""
        return RowIds(self._rows[index]) if isinstance(index, slice) else str(self._rows[index])


def count(block: Block) -> int:
    """Return the number of items in a block."""
    return len(next(iter(block.values()))) if isinstance(block, dict) else len(block)


def distinct(name: str, taken: set[str]) -> str:
    """Return ``name``, numbered where it is taken already, and take it.

    >>> taken = set()
    >>> [distinct(name, taken) for name in ("a", "b", "a", "a")]
    ['a', 'b', 'a (2)', 'a (3)']
    """
    numbered = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
    free = next(candidate for candidate in numbered if candidate not in taken)
    taken.add(free)
    return free


def subfolders(names: Sequence[str]) -> np.ndarray | None:
    """Return each file's folder, below those that hold all files, where every one lies in one and there are two or more: these are labels.

    >>> subfolders(["cats/1.png", "cats/2.png", "dogs/1.png"]).tolist(), subfolders(["all/1.png"])
    (['cats', 'cats', 'dogs'], None)
    >>> subfolders(["pets/cats/1.png", "pets/dogs/1.png"]).tolist()
    ['cats', 'dogs']
    """
    folders = [posixpath.dirname(name) for name in names]
    shared = posixpath.commonpath(folders) if folders else ""
    below = [folder.removeprefix(shared).strip("/").partition("/")[0] for folder in folders]
    return np.array(below) if all(below) and len(set(below)) > 1 else None
