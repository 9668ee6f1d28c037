"""Parquet: tables typed by their schema, read and written row group by row group; needs the extra ``parquet``."""

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, InputError, MissingExtraError
from ..storage import atomic, disk_errors
from .items import Columns, Stream
from .tables import TableItems, column_names

_GROUP = 2**21  # cells of a row group


def read_parquet(path: Path) -> TableItems:
    """Return the rows of a Parquet file; `FileError` names columns that are nested or of no readable type."""
    pa = _pyarrow()
    with _opened(path) as file:
        length, schema = file.metadata.num_rows, file.schema_arrow
        refused = [f"{field.name} ({field.type})" for field in schema if not _is_readable(pa.types, field.type)]
        if refused:
            raise FileError(f"{path} has columns that are no numbers, texts or dates: {', '.join(refused)}; leave them "
                            "out of the file, or flatten them first")  # fmt: skip
        if not length or not schema.names:
            raise FileError(f"{path} holds no items ({length} rows, {len(schema.names)} columns)")
        gaps = [_has_gaps(file, place) for place in range(len(schema.names))]
    names = column_names(schema.names)

    def stream(rows: int) -> Iterator[Columns]:
        with _opened(path) as file:
            for batch in file.iter_batches(batch_size=rows):
                if batch.num_columns != len(names):
                    raise FileError(f"{path} was changed while it was read; run it again")
                yield {name: _column(batch.column(place), gaps[place]) for place, name in enumerate(names)}

    return TableItems(str(path), length, stream)


def write_arrays(part: Path, blocks: Stream, names: Sequence[str]) -> int:
    """Write ids and items of ``len(names)`` numbers as columns, in row groups of many blocks; return the number of rows."""
    pa = _pyarrow()
    first = next(blocks)
    number = pa.from_numpy_dtype(first[1].dtype)
    schema = pa.schema([("id", pa.string()), *((name, number) for name in names)])

    def tables() -> Iterator[Any]:
        for ids, block in itertools.chain([first], blocks):
            columns = np.ascontiguousarray(block.reshape(len(block), -1).T)  # (d, n)
            yield pa.table([pa.array(list(ids), pa.string()), *map(pa.array, columns)], schema=schema)

    return _write(pa, part, _grouped(pa, tables()), schema)[0]


def write_table(part: Path, blocks: Iterator[Columns]) -> int:
    """Write columns by name, a row group a block, and return the number of rows; what is missing is null, what mixes is text.

    Types are those of the first block; where a later one needs wider types, what was written is read back and widened.
    """
    pa = _pyarrow()
    tables = (pa.table({name: _arrow(pa, column) for name, column in columns.items()}) for columns in blocks)
    first = next(tables)
    schema = first.schema
    total, other = _write(pa, part, itertools.chain([first], tables), schema)
    while other is not None:
        schema = _wider(pa, schema, other.schema)
        with _opened(part) as file, atomic(part) as wider:
            written = map(file.read_row_group, range(file.num_row_groups))
            total, other = _write(pa, wider, itertools.chain(written, [other], tables), schema)
    return total


def _write(pa: Any, part: Path, tables: Iterator[Any], schema: Any) -> tuple[int, Any]:
    """Write tables, a row group each, until one has types that ``schema`` does not hold; return the rows and that table."""
    total = 0
    with part.open("wb") as file, pa.parquet.ParquetWriter(file, schema) as writer:
        for table in tables:
            if table.schema != schema and _wider(pa, schema, table.schema) != schema:
                return total, table
            writer.write_table(table.cast(schema, safe=False), row_group_size=len(table))
            total += len(table)
    return total, None


def _grouped(pa: Any, tables: Iterator[Any]) -> Iterator[Any]:
    """Yield tables joined to row groups that readers like: neither too many of them, nor too large for the memory."""
    held: list[Any] = []
    for table in tables:
        held.append(table)
        if sum(map(len, held)) * table.num_columns >= _GROUP:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _wider(pa: Any, a: Any, b: Any) -> Any:
    """Return the types that hold both schemas' columns: the wider number, and text for what has nothing in common."""

    def field(name: str) -> Any:
        try:
            parts = [pa.schema([schema.field(name)]) for schema in (a, b)]
            return pa.unify_schemas(parts, promote_options="permissive").field(name)
        except pa.ArrowException:
            return pa.field(name, pa.string())

    return pa.schema([field(name) for name in a.names])


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError.of("parquet", "reading and writing .parquet") from error
    return pyarrow


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    pa = _pyarrow()
    with disk_errors(path), path.open("rb") as file:
        try:
            yield pa.parquet.ParquetFile(file)
        except FileError:
            raise
        except (pa.ArrowException, OSError) as error:
            said = " ".join(str(error).split())
            raise FileError(f"{path} cannot be read as Parquet ({said}); write it anew") from error


def _is_readable(types: Any, kind: Any) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (types.is_boolean, types.is_integer, types.is_floating, types.is_decimal, types.is_string,
             types.is_large_string, types.is_date, types.is_timestamp, types.is_time, types.is_null)  # fmt: skip
    return any(test(kind) for test in tests)


def _has_gaps(file: Any, place: int) -> bool:
    """Tell whether any row of a column is null, by the file's own statistics where it has them."""
    for group in range(file.metadata.num_row_groups):
        known = file.metadata.row_group(group).column(place).statistics
        if known is not None and known.has_null_count:
            nulls = known.null_count
        else:
            nulls = file.read_row_group(group, columns=[file.schema_arrow.names[place]]).column(0).null_count
        if nulls:
            return True
    return False


def _column(column: Any, gaps: bool) -> np.ndarray:
    """Return one Arrow column as one of the kinds of `Columns`; ``gaps`` says whether any block of it has nulls."""
    pa = _pyarrow()
    types, kind = pa.types, column.type
    if types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if types.is_decimal(kind):
        column, kind = column.cast(pa.float64(), safe=False), pa.float64()
    if types.is_date64(kind):
        column, kind = column.cast(pa.date32(), safe=False), pa.date32()
    exact = types.is_integer(kind) or types.is_boolean(kind)
    zoned = types.is_timestamp(kind) and kind.tz is not None
    if types.is_floating(kind) or types.is_date(kind) or (types.is_timestamp(kind) and not zoned) or (exact and not gaps):
        return np.array(column.to_numpy(zero_copy_only=False))
    if zoned:  # Python's dates end at microseconds
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    scalar = kind.to_pandas_dtype() if exact else (lambda value: value) if zoned else str
    cells = np.empty(len(column), dtype=object)
    cells[:] = [None if value is None else scalar(value) for value in column.to_pylist()]
    return cells


def _arrow(pa: Any, column: np.ndarray) -> Any:
    values = column.tolist() if column.dtype.kind == "O" else column
    try:
        return pa.array(values, from_pandas=True)
    except pa.ArrowException:
        if column.dtype.kind != "O":
            raise InputError(f"a column of {column.dtype} cannot be written as Parquet; convert it first") from None
        return pa.array([None if value is None or value != value else str(value) for value in values])
