"""JSON lines: ``.jsonl`` and ``.jsonl.gz``, an object a line, as the columns of a table, streamed."""

import gzip
import itertools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError
from ..storage import disk_errors
from .items import Columns
from .tables import TableItems


def read_lines(path: Path) -> TableItems:
    """Return the objects of a file of JSON lines as rows, their fields as columns: texts, None where one is null or lacks.

    Numbers, lists and objects are texts, too, as JSON has them; what they mean is inferred by the `Table` representation.

    Raises:
        FileError: For a line that is no JSON object, by its number; for a file without any.
    """
    names: dict[str, None] = {}
    length = 0
    for _, record in _records(path):
        names.update(dict.fromkeys(record))
        length += 1
    if not length or not names:
        raise FileError(f"{path} holds no items ({length} objects, {len(names)} fields)")

    def stream(rows: int) -> Iterator[Columns]:
        records = (record for _, record in _records(path))
        while block := list(itertools.islice(records, rows)):
            yield {name: _column([record.get(name) for record in block]) for name in names}

    def where(row: int) -> str:
        return f"{path}, line {next(itertools.islice(_records(path), row, None))[0]}"

    return TableItems(str(path), length, stream, where)


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of the line and the object of every line that is not blank."""
    line = 0
    try:
        with disk_errors(path), path.open("rb") as file:
            opened: Any = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
            for line, text in enumerate(opened, 1):
                if text.isspace():
                    continue
                record = json.loads(text)
                if not isinstance(record, dict):
                    raise FileError(f"{path}, line {line}: a line must be a JSON object. Got {str(record)[:40]!r}; mend that line")
                yield line, record
    except (EOFError, zlib.error) as error:
        raise FileError(f"{path} is damaged behind line {line} ({error}); pack it anew") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileError(f"{path}, line {line}: no JSON in UTF-8 ({error}); mend or remove that line") from error


def _column(cells: list[Any]) -> np.ndarray:
    column = np.empty(len(cells), dtype=object)
    column[:] = [cell if cell is None or isinstance(cell, str) else json.dumps(cell) for cell in cells]
    return column
