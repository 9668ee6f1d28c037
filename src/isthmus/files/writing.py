"""`write`, `write_columns` and `write_tables`: results to disk, streamed and whole or not at all."""

import functools
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, InputError
from ..storage import atomic, atomic_folder, other_file, refuse_existing
from . import parquet, png
from .items import Columns, Stream, count

Writer = Callable[[Path, Stream, Sequence[str]], int]

_CELLS = 2**19  # of a table that are held at once, so that each group of rows shows what its columns are
_QUOTED = frozenset('"\r\n')  # beside the mark between cells
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def write(path: str | os.PathLike[str], blocks: Iterable[tuple[Sequence[str], np.ndarray]], *, overwrite: bool = False,
          names: Sequence[str] | None = None) -> int:  # fmt: skip
    """Stream ``blocks`` of ids and items ``(n, ...)`` into ``path``, whose ending says how; return the number of items.

    ``.npy`` keeps shapes and drops ids; ``.npz`` (held in memory) has the arrays ``x`` and ``ids``; ``.csv``, ``.tsv`` and
    ``.parquet`` have a column ``id`` and then one for each number, called ``names`` or ``code_0``, ``code_1``, ...;
    ``.zip``, or a folder (no ending), takes images: uint8, or floats in [0, 1], which are cut at 0 and 1. In text,
    float32 has 9 digits and float64 has 17, so that reading them gives the same numbers. A folder is replaced as a
    whole, and only if it holds nothing but PNG files.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/codes.csv", [(["a", "b"], np.eye(2)), (["c"], np.ones((1, 2)))])
    ...     print(Path(f"{folder}/codes.csv").read_text())
    3
    id,code_0,code_1
    a,1,0
    b,0,1
    c,1,1
    <BLANKLINE>

    Raises:
        FileError: If ``path`` exists and ``overwrite`` is not set, or cannot be written; nothing half-written stays.
        InputError: For an ending that is not known, blocks that differ in shape or type, or none at all.
    """
    path = Path(path)
    ending = "" if path.is_dir() else path.suffix.lower()
    if ending not in _WRITERS:
        raise InputError(f"{path}: files ending in {path.suffix!r} cannot be written; {_ENDINGS}")
    refuse_existing(path, overwrite)
    if not ending:
        _spare_others(path)
    checked = _checked(blocks)
    first = next(checked, None)
    if first is None:
        raise InputError(f"{path}: there are no items to write")
    if ending in ("", ".zip") and not png.is_images(first[1]):
        raise InputError(f"{path}: these items are no images (n, h, w[, 1 or 3]) but {_shape(first[1])}; {_ENDINGS}")
    with (atomic if ending else atomic_folder)(path) as part:
        return _WRITERS[ending](part, itertools.chain([first], checked), _names(names, first[1]))


def write_columns(path: str | os.PathLike[str], columns: Columns, *, overwrite: bool = False) -> None:
    """Write a table ``{name: (n,)}`` as `write_tables` does."""
    write_tables(path, [columns], overwrite=overwrite)


def write_tables(path: str | os.PathLike[str], blocks: Iterable[Columns], *, overwrite: bool = False) -> int:
    """Stream the rows of a table, ``{name: (n,)}`` a block, to ``.csv``, ``.tsv`` or ``.parquet``; return how many.

    What is missing is an empty cell; whole floats are written as integers, dates in ISO 8601. Where one of the first columns
    of texts is of numbers with decimal commas, the cells of a ``.csv`` are parted by semicolons.

    Raises:
        FileError: If ``path`` exists and ``overwrite`` is not set, or cannot be written; nothing half-written stays.
        InputError: For another ending, or columns that are none or differ in length or from block to block.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in (".csv", ".tsv", ".parquet"):
        raise InputError(f"{path}: a table is written to a path ending in .csv, .tsv or .parquet")
    refuse_existing(path, overwrite)
    groups = _groups(path, blocks)
    first = next(groups, None)
    if first is None:
        raise InputError(f"{path}: a table needs columns of one length. Got no columns")
    with atomic(path) as part:
        return (parquet.write_table if ending == ".parquet" else functools.partial(_write_cells, ending))(
            part, itertools.chain([first], groups))  # fmt: skip


def _groups(path: Path, blocks: Iterable[Columns]) -> Iterator[Columns]:
    """Yield the rows in groups so large that each shows what its columns hold, and so small that memory stays bounded."""
    held: list[Columns] = []
    names: list[str] = []
    rows = 0
    for block in blocks:
        lengths = {name: len(column) for name, column in block.items()}
        if len(set(lengths.values())) != 1:
            raise InputError(f"{path}: a table needs columns of one length. Got {lengths or 'no columns'}")
        names = names or list(block)
        if list(block) != names:
            raise InputError(f"{path}: all blocks must have the columns {', '.join(names)}. Got {', '.join(block)}")
        held.append(block)
        rows += count(block)
        if rows * len(block) >= _CELLS:
            yield _joined(held)
            held, rows = [], 0
    if held:
        yield _joined(held)


def _joined(blocks: list[Columns]) -> Columns:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _write_cells(ending: str, part: Path, groups: Iterator[Columns]) -> int:
    total, mark = 0, "\t" if ending == ".tsv" else ""
    with part.open("w", encoding="utf-8", newline="") as file:
        for columns in groups:
            texts = [_texts(column) for column in columns.values()]
            if not total:
                mark = mark or (";" if any(map(_has_decimal_commas, texts)) else ",")
                file.write(_line(columns, mark))
            file.writelines(_line(cells, mark) for cells in zip(*texts, strict=True))
            total += count(columns)
    return total


def _spare_others(path: Path) -> None:
    """Raise where replacing ``path`` by a folder of images would delete anything but images."""
    kept = path if path.is_file() else other_file(path, (".png",))
    if kept:
        raise FileError(f"{path} cannot be replaced by a folder of images, since {kept} would be lost; {_ENDINGS}")


def _checked(blocks: Iterable[tuple[Sequence[str], np.ndarray]]) -> Stream:
    """Yield the blocks that are not empty, all of one shape and type of numbers, with an id an item."""
    first = None
    for ids, given in blocks:
        block = np.asarray(given)
        first = block if first is None else first
        if block.dtype.kind not in "biuf" or block.dtype.itemsize > 8 or block.ndim == 0:
            raise InputError(f"blocks must be arrays (n, ...) of numbers. Got {_shape(block)}")
        if len(ids) != len(block):
            raise InputError(f"a block must have one id an item. Got {len(ids)} ids and {len(block)} items")
        if _shape(block) != _shape(first):
            raise InputError(f"all blocks must be {_shape(first)} as the first. Got {_shape(block)}")
        if len(block):
            yield ids, block


def _shape(block: np.ndarray) -> str:
    return f"{block.dtype} ({', '.join(['n', *map(str, block.shape[1:])])})"


def _names(names: Sequence[str] | None, block: np.ndarray) -> list[str]:
    width = block[0].size
    if names is not None and len(names) != width:
        raise InputError(f"names must have one name for each of the {width} numbers of an item. Got {len(names)}")
    return [f"code_{place}" for place in range(width)] if names is None else list(names)


def _write_npy(part: Path, blocks: Stream, names: Sequence[str]) -> int:
    total = 0
    with part.open("wb") as file:
        for _, block in blocks:
            if not total:
                _header(file, block, 0)
            file.write(np.ascontiguousarray(block).reshape(-1).view(np.uint8).data)
            total += len(block)
        file.seek(0)
        _header(file, block, total)  # as long as the first one: NumPy leaves room for the number of rows to grow
    return total


def _header(file: Any, block: np.ndarray, total: int) -> None:
    descr = np.lib.format.dtype_to_descr(block.dtype)
    header = {"descr": descr, "fortran_order": False, "shape": (total, *block.shape[1:])}
    np.lib.format.write_array_header_1_0(file, header)


def _write_npz(part: Path, blocks: Stream, names: Sequence[str]) -> int:
    ids, arrays = zip(*blocks, strict=True)
    with part.open("wb") as file:
        np.savez(file, x=np.concatenate(arrays), ids=np.array([item for block in ids for item in block], dtype=np.str_))
    return sum(map(len, ids))


def _write_text(mark: str, part: Path, blocks: Stream, names: Sequence[str]) -> int:
    total = 0
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(_line(["id", *names], mark))
        for ids, block in blocks:
            write_number = (f"{{:.{9 if block.itemsize <= 4 else 17}g}}" if block.dtype.kind == "f" else "{:d}").format
            rows = block.reshape(len(block), -1).tolist()  # (n, d)
            file.writelines(_line([item, *map(write_number, row)], mark) for item, row in zip(ids, rows, strict=True))
            total += len(block)
    return total


def _line(cells: Iterable[str], mark: str) -> str:
    """Return one row of a text table, quoted where a cell needs it or the row would be a blank line."""
    quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' if not _QUOTED.isdisjoint(cell) or mark in cell else cell
              for cell in cells]  # fmt: skip
    return (mark.join(quoted) or '""') + "\n"


def _has_decimal_commas(texts: list[str]) -> bool:
    known = [text for text in texts if text]
    return bool(known) and all(map(_DECIMAL_COMMA.fullmatch, known))


def _texts(column: np.ndarray) -> list[str]:
    """Return a column's cells as texts."""
    column = np.asarray(column)
    if column.dtype.kind == "M":
        known = column[~np.isnat(column)]
        unit = next((unit for unit in ("D", "s", "us") if (known.astype(f"M8[{unit}]") == known).all()), "ns")
        return ["" if text == "NaT" else text for text in np.datetime_as_string(column.astype(f"M8[{unit}]")).tolist()]
    if column.dtype == np.float32 or column.dtype == np.float16:
        return [_cell(value if np.isnan(value) else float(str(value))) for value in column]  # its own shortest digits
    return [_cell(value) for value in column.tolist()]


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


_WRITERS: dict[str, Writer] = {
    "": png.write_folder, ".npy": _write_npy, ".npz": _write_npz, ".csv": functools.partial(_write_text, ","),
    ".tsv": functools.partial(_write_text, "\t"), ".parquet": parquet.write_arrays, ".zip": png.write_zip,
}  # fmt: skip
_ENDINGS = f"give a path ending in {', '.join(filter(None, _WRITERS))} (.zip for images), or for images a folder"
