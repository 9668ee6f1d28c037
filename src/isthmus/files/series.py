"""Series: items that are steps of numbers, of any lengths, from arrays and from the rows of tables."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from .arrays import ArrayItems
from .items import Columns, Items
from .tables import TableItems

_NUMBERS = 2**24  # of a block of series, about
_SERIES = 10  # from so many on, a part of them is whole series
_CHANNELS = 4  # the widest step of an item that is taken for a series, not for a picture


def is_series(shape: tuple[int, ...]) -> bool:
    """Return whether an item of that shape is taken for a series (t,) or (t, d), by a last axis too narrow for a picture's.

    >>> is_series((140,)), is_series((140, 3)), is_series((28, 28))
    (True, True, False)
    """
    return len(shape) == 1 or (len(shape) == 2 and shape[1] <= _CHANNELS)


class SeriesItems(Items):
    """Series (t_i, d) of float64, each an item.

    Arguments:
        series: The steps of each.
        source, ids: As for all `Items`.
        channels: The names of a step's numbers, (d,).
        times: When each step of each series was, (t_i,); None where that is not known.

    >>> items = SeriesItems([np.zeros((5, 2)), np.ones((3, 2))], "two", ["a", "b"], ["x", "y"])
    >>> len(items), [len(series) for series in items.load()]
    (2, [5, 3])
    """

    def __init__(self, series: Sequence[np.ndarray], source: str, ids: Sequence[str], channels: Sequence[str],
                 times: Sequence[np.ndarray] | None = None) -> None:  # fmt: skip
        self.source, self.ids, self.labels = source, ids, None
        self.channels, self.times = tuple(channels), times
        self._series = list(series)

    def load(self) -> Any:
        """Return the list of all series."""
        return self._series

    def when(self, which: int, step: int) -> str:
        """Return when a step of a series was: its time or, where that is not known, its number."""
        return f"step {step}" if self.times is None else str(self.times[which][step])

    def _blocks(self, rows: int) -> Iterator[Any]:
        block: list[np.ndarray] = []
        for series in self._series:
            if block and (len(block) == rows or sum(own.size for own in block) + series.size > _NUMBERS):
                yield block
                block = []
            block.append(series)
        if block:
            yield block


def read_series(items: Items, time: str = "", series: str = "", channels: Sequence[str] = ()) -> SeriesItems:
    """Return the series that arrays or the rows of a table are.

    An array (t, d) is one series and an array (n, t, d) is n. The rows of a table are one, or one for each value of the column ``series``,
    in the order of the column ``time``, or as they come without one; all other columns are channels. Steps need not be evenly spaced.

    Arguments:
        items: What was read.
        time, series: The names of columns; "" for none.
        channels: The columns to take, in this order; all but those two if empty.

    Raises:
        InputError: For items that are no series, columns that are missing or no numbers, and times that are missing or there twice.

    >>> table = {"hour": np.array([2.0, 1, 1]), "pump": np.array(["a", "a", "b"], dtype=object), "bar": np.array([7.0, 6, 5])}
    >>> found = read_series(TableItems("pumps", 3, lambda rows: iter([table])), "hour", "pump")
    >>> found.ids, found.channels, [steps.ravel().tolist() for steps in found.load()]
    (['a', 'b'], ('bar',), [[6.0, 7.0], [5.0]])
    """
    if isinstance(items, TableItems):
        return _of_table(items, time, series, channels)
    if time or series:
        raise InputError(f"--time and --series name columns of a table; {items.source} is none")
    if not isinstance(items, ArrayItems) or items.load().ndim not in (2, 3):
        raise InputError(f"{items.source} holds no series: give an array (t, d) of one or (n, t, d) of many, or a table, a step a row")
    array = items.load()
    if channels and len(channels) != array.shape[-1]:
        raise InputError(f"{items.source} has {array.shape[-1]} numbers a step, where the run has {len(channels)}: {', '.join(channels)}")
    names = channels or [f"channel {place}" for place in range(array.shape[-1])]
    if array.ndim == 2:
        return SeriesItems([array], items.source, ["series"], names)
    return SeriesItems(list(array), items.source, items.ids, names)


def parted(items: SeriesItems, share: float, seed: int) -> tuple[SeriesItems, SeriesItems]:
    """Return two parts, the second with about that share of the steps: whole series or, of fewer than ten, the last steps of each.

    >>> found = parted(SeriesItems([np.zeros((10, 1))], "one", ["a"], ["x"]), 0.2, 0)
    >>> [len(part.load()[0]) for part in found]
    [8, 2]
    """
    series = items.load()
    if len(series) < _SERIES:
        ends = [round((1 - share) * len(steps)) for steps in series]
        both = [np.split(steps, [end]) for steps, end in zip(series, ends, strict=True)]
        return tuple(SeriesItems(part, items.source, items.ids, items.channels) for part in zip(*both, strict=True))  # type: ignore[return-value]
    order = np.random.default_rng(seed).permutation(len(series))
    count = max(1, round(share * len(series)))
    places = [np.sort(order[count:]).tolist(), np.sort(order[:count]).tolist()]
    return tuple(SeriesItems([series[place] for place in part], items.source, [items.ids[place] for place in part], items.channels)
                 for part in places)  # type: ignore[return-value]  # fmt: skip


def _of_table(table: TableItems, time: str, series: str, channels: Sequence[str]) -> SeriesItems:
    columns = table.load()
    for flag, name in (("--time", time), ("--series", series)):
        if name and name not in columns:
            raise InputError(f"{flag} {name} is no column of {table.source}, which has {', '.join(columns)}")
    names = list(channels) or [name for name in columns if name not in (time, series)]
    if missing := [name for name in names if name not in columns]:
        raise InputError(f"{table.source} lacks the columns {', '.join(missing)}, which the run learnt from")
    if not names:
        raise InputError(f"{table.source} has no columns but {' and '.join(filter(None, (time, series)))}: there is nothing to learn from")
    steps = np.column_stack([_numbers(table, columns, name) for name in names])
    when = None if not time else _moments(table, columns[time], time)
    kinds, of = _kinds(table, columns, series, len(steps))
    found: list[np.ndarray] = []
    times: list[np.ndarray] = []
    for place, kind in enumerate(kinds):
        own = np.flatnonzero(of == place)
        if when is not None:
            own = own[np.argsort(when[own], kind="stable")]
            again = np.flatnonzero(when[own[1:]] == when[own[:-1]])
            if len(again):
                first, second = sorted(own[again[0] : again[0] + 2])
                of_which = f" of series {kind}" if series else "; name what tells one series from another by --series"
                raise InputError(f"{table.where(int(first))} and {table.where(int(second))} have the same {time}, {columns[time][first]}"
                                 f"{of_which}; keep one step of each time")  # fmt: skip
            times.append(columns[time][own])
        found.append(steps[own])
    return SeriesItems(found, table.source, kinds, names, times or None)


def _numbers(table: TableItems, columns: Columns, name: str) -> np.ndarray:
    """Return a channel as float64, NaN where nothing is known."""
    column = columns[name]
    if column.dtype.kind == "O":
        column = np.array([np.nan if value is None else value for value in column.tolist()], dtype=object)
    try:
        if column.dtype.kind == "M":
            raise TypeError("dates")
        return column.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise InputError(f"column {name} of {table.source} holds no numbers ({error}), and a series' steps are numbers; leave it out with "
                         f"--drop {shlex.quote(name)}, or name it by --time or --series") from error  # fmt: skip


def _moments(table: TableItems, column: np.ndarray, name: str) -> np.ndarray:
    """Return times as what can be ordered: numbers or dates."""
    found = column if column.dtype.kind != "O" else _read(column, np.float64)
    found = _read(column, "datetime64[ns]") if found is None else found
    if found is None:
        raise InputError(f"column {name} of {table.source} holds neither numbers nor dates such as 2024-05-31T12:00; name another, or "
                         "leave --time out where rows are in order")  # fmt: skip
    unknown = np.isnat(found) if found.dtype.kind == "M" else np.isnan(found.astype(np.float64))
    if unknown.any():
        raise InputError(f"{table.where(int(unknown.argmax()))} has no {name}; fill it, or leave that row out")
    return found


def _read(column: np.ndarray, kind: Any) -> np.ndarray | None:
    """Return texts as numbers or dates, what is missing as NaN or NaT, or None where some are neither."""
    missing = "NaT" if kind != np.float64 else "nan"
    try:
        return np.array([missing if cell is None else str(cell).removesuffix("Z") for cell in column.tolist()]).astype(kind)
    except ValueError:
        return None


def _kinds(table: TableItems, columns: Columns, series: str, rows: int) -> tuple[list[str], np.ndarray]:
    """Return the names of the series in the order in which they come, and the place of each row's series."""
    if not series:
        return ["series"], np.zeros(rows, dtype=np.int64)
    places: dict[str, int] = {}
    of = np.empty(rows, dtype=np.int64)
    for row, value in enumerate(columns[series].tolist()):
        if value is None or value != value:
            raise InputError(f"{table.where(row)} has no {series}; fill it, or leave that row out")
        name = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
        of[row] = places.setdefault(name, len(places))
    return list(places), of
