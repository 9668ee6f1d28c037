"""Texts: a folder of ``.txt`` files, or one column of a table or of JSON lines, streamed."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..errors import FileError
from ..storage import disk_errors
from .items import Items, RowIds, subfolders
from .tables import TableItems

ENDING = ".txt"
_ROWS = 4096  # texts at a time while all are loaded
_PACKED = 4  # how many times as large texts are as the files of a compressed table, about


class TextItems(Items):
    """Texts, each a str, as arrays of objects (n,); ``stream(rows)`` opens them anew and yields them block by block.

    Arguments:
        source: Their name in messages.
        ids: One a text.
        stream: Yields blocks of at most so many texts.
        nbytes: About how many bytes they take.
        labels: A label a text, where the source knows them.
        beside: The table in which the texts are a column, without it: there labels and conditions are looked up.

    >>> items = TextItems("two", ["a", "b"], lambda rows: iter([np.array(["Hello.", ""], dtype=object)]), 6)
    >>> items.load().tolist()
    ['Hello.', '']
    """

    def __init__(self, source: str, ids: Sequence[str], stream: Callable[[int], Iterator[np.ndarray]], nbytes: int,
                 labels: np.ndarray | None = None, beside: TableItems | None = None) -> None:  # fmt: skip
        self.source, self.ids, self.labels, self.beside = source, ids, labels, beside
        self._stream, self._nbytes = stream, nbytes

    @property
    def nbytes(self) -> int:
        """About how many bytes the texts take."""
        return self._nbytes

    def load(self) -> np.ndarray:
        """Return all texts (n,)."""
        return np.concatenate([block for _, block in self.blocks(_ROWS)])

    def _blocks(self, rows: int) -> Iterator[np.ndarray]:
        return self._stream(rows)


def holds_texts(path: Path) -> bool:
    """Return whether ``path`` is a ``.txt`` file, or a folder with one in it."""
    if not path.is_dir():
        return path.suffix.lower() == ENDING
    return next(_names(path), None) is not None


def read_folder(path: Path) -> TextItems:
    """Return the texts of a folder, or of one file: UTF-8, else Latin-1; ids are their paths in it, labels its subfolders, if any."""
    names = sorted(_names(path)) if path.is_dir() else [path.name]
    folder = path if path.is_dir() else path.parent
    with disk_errors(path):
        nbytes = sum((folder / name).stat().st_size for name in names)

    def stream(rows: int) -> Iterator[np.ndarray]:
        for start in range(0, len(names), rows):
            yield _objects([_text(folder / name) for name in names[start : start + rows]])

    return TextItems(str(path), names, stream, nbytes, subfolders(names))


def column_of(table: TableItems, name: str, path: Path) -> TextItems:
    """Return a column of a table as texts, "" where there is none; the ids are those of its column ``id``, if it has one."""
    if name not in table.names:
        raise FileError(f"{table.source} has no column {name!r} to read texts from; it has {', '.join(table.names)}")
    ids = table.column("id") if "id" in table.names and name != "id" else RowIds(range(len(table)))

    def stream(rows: int) -> Iterator[np.ndarray]:
        return (_objects(["" if cell is None else str(cell) for cell in block[name]]) for _, block in table.blocks(rows))

    with disk_errors(path):
        nbytes = path.stat().st_size * (_PACKED if path.suffix.lower() in (".gz", ".parquet") else 1)
    beside = table.without(name) if len(table.names) > 1 else None
    named = ids if isinstance(ids, RowIds) else [str(one) for one in ids]
    return TextItems(f"{table.source}:{name}", named, stream, nbytes, beside=beside)


def texts_in(array: np.ndarray, source: str, ids: Sequence[str] | None = None) -> TextItems:
    """Return the texts of an array (n,) of them."""

    def stream(rows: int) -> Iterator[np.ndarray]:
        for start in range(0, len(array), rows):
            block = np.ascontiguousarray(array[start : start + rows], array.dtype.newbyteorder("="))
            if block.dtype.itemsize and block.view(np.uint32).max() > sys.maxunicode:
                raise FileError(f"{source} is damaged: it holds what are no characters")
            yield _objects(block.tolist())

    return TextItems(source, RowIds(range(len(array))) if ids is None else ids, stream, array.nbytes)


def _names(path: Path) -> Iterator[str]:
    """Yield the names of a folder's texts, relative to it, in no order; hidden ones are left out."""
    with disk_errors(path):
        for folder, folders, files in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for file in files:
                if file.lower().endswith(ENDING) and not file.startswith("."):
                    yield (Path(folder) / file).relative_to(path).as_posix()


def _text(path: Path) -> str:
    with disk_errors(path):
        raw = path.read_bytes()
    if b"\0" in raw:
        raise FileError(f"{path} is not text in UTF-8 or Latin-1 (it holds null bytes); mend or remove it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _objects(texts: list[str]) -> np.ndarray:
    """Return texts as an array of objects, of any lengths."""
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found
