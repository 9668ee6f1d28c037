"""``isthmus interpolate``: ways from one item: to another, along one unit of the code, towards an attribute."""

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, InputError
from ..files import Items
from ..files.reading import exists
from ..run import Run, open_run
from ..tasks import attribute_direction, linear, move, reach, spherical, traverse
from ..tasks import interpolate as path_between
from ..training.batches import spread
from . import streams
from .data import labelled, read_for, take
from .progress import console

_KNOWN = 20_000  # items at most that tell how far a unit reaches, or where an attribute lies
_SHOWN = 12  # labels that an error names


def interpolate(run: Path, a: str, b: str | None = None, /, *, steps: int = 9, out: Path, data: str | None = None,
                unit: int | None = None, towards: str | None = None, labels: str | None = None, round_: bool = False,
                overwrite: bool = False) -> None:  # fmt: skip
    """Write the items on a way that begins at A: to B, along one unit of the code, or towards an attribute.

    Args:
        run: The folder that `fit` wrote.
        a: A file with one item, or the id or row of an item of DATA.
        b: The other end, likewise, whose reconstruction ends the way as A's begins it.
        steps: How many items.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        data: Where ids, rows and labels are looked up; the data that RUN was fitted to if left out.
        unit: Instead of B, the place of a code unit, from 0: its number goes from 3 standard deviations below its mean to 3 above.
        towards: Instead of B, a label: A's code moves by the difference between items with that label and all others.
        labels: For --towards, a column of the table, or a file with one label an item.
        round_: Take the arc to B instead of the straight line.
        overwrite: Replace OUT if it is there.
    """
    if sum(way is not None for way in (b, unit, towards)) != 1:
        raise InputError("a way goes to an item B, along --unit K or --towards ATTRIBUTE: give one of the three")
    fitted = open_run(run)
    model, first = fitted.estimator, _rows(fitted, a, data)[0]
    if b is not None:
        items, way = path_between(model, first, _rows(fitted, b, data)[0], steps=steps, path=spherical if round_ else linear), f"to {b}"
    elif unit is not None:
        items, way = traverse(model, first, unit, _reach(fitted, data, unit, steps)), f"along unit {unit}"
    else:
        items, way = move(model, first, _direction(fitted, data, str(towards), labels), np.linspace(0, 1, steps)), f"towards {towards}"
    raw = items if fitted.representation is None else fitted.representation.inverse_transform(items)
    ids = [f"step-{number:0{len(str(steps - 1))}d}" for number in range(steps)]
    streams.save(fitted, out, iter([(ids, raw)]), overwrite)
    console().print(f"{steps} items from {a} {way}: {out}", markup=False)


def _reach(run: Run, data: str | None, unit: int, steps: int) -> np.ndarray:
    """Return the numbers through which a unit goes."""
    items = _source(run, data, "the reach of a unit")
    codes = run.estimator.transform(run.rows(take(items.load(), spread(len(items), _KNOWN))))
    return reach(codes, unit, steps)


def _direction(run: Run, data: str | None, attribute: str, labels: str | None) -> np.ndarray:
    """Return the step through the code space towards items with a label."""
    items = _source(run, data, "an attribute")
    known = labelled(items, labels)[1]  # the run may have learnt from the column, too
    if known is None:
        raise InputError(f"{items.source} has no labels, which --towards needs; give --labels COLUMN or FILE")
    kinds = sorted({str(label) for label in known})
    if attribute not in kinds:
        listed = ", ".join(kinds[:_SHOWN]) + (", ..." if len(kinds) > _SHOWN else "")
        raise InputError(f"--towards must be one of the labels {listed}. Got {attribute!r}.")
    places = spread(len(items), _KNOWN)
    has = np.array([str(label) == attribute for label in known[places]])
    return attribute_direction(run.estimator, run.rows(take(items.load(), places)), has)


def _rows(run: Run, name: str, data: str | None) -> np.ndarray:
    """Return an item as the estimator takes it, as a block of one."""
    return run.rows(_item(name, data, run))


def _item(name: str, given: str | None, run: Run) -> Any:
    """Return the one item that a file holds, or the item of that id or row of the data, as a block of one."""
    if Path(name).is_file():
        items = read_for(run, name)
        if len(items) != 1:
            raise InputError(f"{name} holds {len(items)} items; give a file with one, or an id or row with --data {name}")
        return items.load()
    items = _source(run, given, name)
    ids = items.ids
    if isinstance(ids, list) and name in ids:
        row = ids.index(name)
    elif name.isdecimal() and int(name) < len(items):
        row = int(name)
    else:
        raise InputError(f"{name} is neither a file nor an id or row of {items.source}, which has {len(items)} items")
    return take(items.load(), np.array([row]))


def _source(run: Run, given: str | None, what: str) -> Items:
    """Return the items in which ``what`` is looked up: those given, or those that the run was fitted to."""
    data = given or run.source
    if not data:
        raise FileError(f"{what} is no file, and without --data there is nowhere to look it up")
    if given is None and not exists(data):
        raise FileError(f"{what} is no file, and {data}, which this run was fitted to, is not there; give --data")
    return read_for(run, data)
