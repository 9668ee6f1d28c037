"""Tables as text: ``.csv`` and ``.tsv``, their dialect told from the file, every row checked, streamed.

Cells stay texts here (None where nothing is known); what they mean is inferred by the `Table` representation.
"""

import csv
import io
import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DiagnosticWarning, FileError
from ..storage import disk_errors
from .items import Columns
from .tables import MISSING, TableItems, column_names

_DELIMITERS = "\t;|,"  # where several split the sample evenly, the first: commas also stand inside numbers
_TOP = 20  # rows from which it is told whether the first holds names
_SAMPLE = 65536  # bytes from which the delimiter is told


def read_csv(path: Path) -> TableItems:
    """Return the rows of a text table; `FileError` names file, line, expected and found cells of a ragged row.

    UTF-8, else Latin-1; quoted cells may hold line breaks; blank lines are skipped. A first row of numbers is a header
    only where it counts up by one above columns of fractions (2019, 2020, ...). Else it is data, which a
    `DiagnosticWarning` says, and the columns are called ``column 0``, ``column 1``, ...
    """
    with disk_errors(path), path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if b"\0" in sample:
        raise FileError(f"{path} is not text in UTF-8 or Latin-1 (it holds null bytes); save it as CSV in UTF-8")
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            table = _open(path, sample, encoding)
            length = sum(1 for _ in table.rows())
            break
        except UnicodeDecodeError:
            continue
    if not length:
        raise FileError(f"{path} has no rows below its header {', '.join(table.names)}; nothing can be read from it")
    if not table.header:
        warnings.warn(f"{path}: the first row is all numbers and was taken as data, the columns are called column 0, "
                      "column 1, ...; if it holds their names, put a letter into one of them (as in y2019)",
                      DiagnosticWarning, stacklevel=2)  # fmt: skip
    return TableItems(str(path), length, table.blocks, table.where)


@dataclass(frozen=True)
class _Text:
    """A text table of a known dialect; ``header`` says whether its first row holds the names."""

    path: Path
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    header: bool

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of each row, as many as there are names."""
        records = _records(self.path, self.encoding, self.delimiter)
        for line, cells in itertools.islice(records, int(self.header), None):
            if len(cells) != len(self.names):
                raise FileError(f"{self.path}, line {line}: expected {len(self.names)} cells, got {len(cells)}; mend "
                                f"that line (a cell that holds {self.delimiter!r} needs quotes)")  # fmt: skip
            yield cells

    def where(self, row: int) -> str:
        """Return the file and the line at which a row begins."""
        records = _records(self.path, self.encoding, self.delimiter)
        line, _ = next(itertools.islice(records, row + int(self.header), None))
        return f"{self.path}, line {line}"

    def blocks(self, rows: int) -> Iterator[Columns]:
        """Yield the columns, at most ``rows`` rows at a time."""
        cells = self.rows()
        while block := list(itertools.islice(cells, rows)):
            yield {name: _column(column) for name, column in zip(self.names, zip(*block, strict=True), strict=True)}


def _open(path: Path, sample: bytes, encoding: str) -> _Text:
    # Only whole lines of a long sample count; a character cut at its end is left out.
    text = sample.decode(encoding, errors="ignore")
    text = text[: text.rfind("\n") + 1] or text if len(sample) == _SAMPLE else text
    evenness = {mark: _evenness(text, mark) for mark in _DELIMITERS}
    delimiter = max(evenness, key=evenness.__getitem__) if any(evenness.values()) else ","
    delimiter = "\t" if path.suffix.lower() == ".tsv" else delimiter
    top = [cells for _, cells in itertools.islice(_records(path, encoding, delimiter), _TOP)]
    if not top:
        raise FileError(f"{path} is empty; a table needs a header and at least one row")
    first, header = top[0], _is_header(top)
    names = column_names(first if header else [""] * len(first))
    return _Text(path, encoding, delimiter, tuple(names), header)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line and the cells of every row that is not blank."""
    with disk_errors(path), path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)  # strict: an open quote must not swallow the rest
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            raise FileError(f"{path}, line {line}: {error}; mend the quotes in that row") from error


def _evenness(text: str, delimiter: str) -> float:
    """Return the share of rows with as many cells as the first, or 0 where the first is not split at all."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        widths = [len(cells) for cells in itertools.islice(rows, 100) if cells]
    except csv.Error:
        return 0.0
    return sum(width == widths[0] for width in widths) / len(widths) if widths and widths[0] > 1 else 0.0


def _column(cells: tuple[str, ...]) -> np.ndarray:
    column = np.empty(len(cells), dtype=object)
    column[:] = [None if cell in MISSING else cell for cell in cells]
    return column


def _is_header(top: list[list[str]]) -> bool:
    """Tell whether the first row holds names: a cell that is no number, or a count by one above nothing but fractions."""
    first, *rest = top
    if not all(map(_is_number, first)):
        return True
    if len(first) < 2 or not rest or not all(cell.isdecimal() for cell in first):
        return False
    counts = all(int(right) - int(left) == 1 for left, right in itertools.pairwise(first))
    return counts and all(not cell.strip().lstrip("+-").isdecimal() for row in rest for cell in row)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", ".", 1))
    except ValueError:
        return False
    return True
