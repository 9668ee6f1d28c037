"""``isthmus interpolate``: ways from one item: to another, along one unit of the code, towards an attribute."""

from pathlib import Path
from typing import Any

import numpy as np

from ..checks import Whole, check
from ..errors import FileError, InputError
from ..files import Items
from ..files.reading import exists
from ..run import Run, open_run
from ..tasks import attribute_direction, linear, move, reach, spherical, traverse
from ..tasks import interpolate as path_between
from ..training.batches import spread
from . import streams
from .conditions import Told
from .data import labelled, rows_for, take, texts
from .progress import console

_KNOWN = 20_000  # items at most that tell how far a unit reaches, or where an attribute lies
_SHOWN = 12  # labels that an error names


def interpolate(run: Path, a: str, b: str | None = None, /, *, steps: int = 9, out: Path, data: str | None = None,
                unit: int | None = None, towards: str | None = None, labels: str | None = None, condition: str | None = None,
                round_: bool = False, overwrite: bool = False) -> None:  # fmt: skip
    """Write the items on a way that begins at A: to B, along one unit of the code, or towards an attribute.

    Args:
        run: The folder that `fit` wrote.
        a: A file with one item, or the id or row of an item of DATA.
        b: The other end, likewise, whose reconstruction ends the way as A's begins it.
        steps: How many items.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images; of runs on tables .csv, .tsv, .parquet) or, for images, a folder.
        data: Where ids, rows and labels are looked up; the data that RUN was fitted to if left out.
        unit: Instead of B, the place of a code unit, from 0: its number goes from 3 standard deviations below its mean to 3 above.
        towards: Instead of B, a label: A's code moves by the difference between items with that label and all others.
        labels: For --towards, a column of the table, or a file with one label an item.
        condition: What the run is told of the items, where it was fitted with a condition: one for all, or a column of DATA, of which A's
            holds for the whole way; found where it was found for `fit` if left out.
        round_: Take the arc to B instead of the straight line.
        overwrite: Replace OUT if it is there.
    """
    if sum(way is not None for way in (b, unit, towards)) != 1:
        raise InputError("a way goes to an item B, along --unit K or --towards ATTRIBUTE: give one of the three")
    if round_ and b is None:
        raise InputError("--round is for the way to an item B: leave it out")
    if labels is not None and towards is None:
        raise InputError("--labels are for --towards ATTRIBUTE: leave them out")
    check("--steps", steps, Whole(2), ", for the two ends")
    fitted = open_run(run)
    streams.refuse_frames(fitted)
    block, known = _item(fitted, a, data, condition)
    view = fitted.uncut()
    model, first = fitted.given(known).estimator, view.rows(block)[0]
    if b is not None:
        last = view.rows(_item(fitted, b, data, condition)[0])[0]
        items, way = path_between(model, first, last, steps=steps, path=spherical if round_ else linear), f"to {b}"
    elif unit is not None:
        items, way = traverse(model, first, unit, _reach(fitted, data, condition, unit, steps)), f"along unit {unit}"
    else:
        direction = _direction(fitted, data, condition, str(towards), labels)
        items, way = move(model, first, direction, np.linspace(0, 1, steps)), f"towards {towards}"
    ids = [f"step-{number:0{len(str(steps - 1))}d}" for number in range(steps)]
    streams.save(fitted, out, iter([(ids, fitted.raw(items))]), overwrite)
    console().print(f"{steps} items from {a} {way}: {out}", markup=False)


def _reach(run: Run, data: str | None, condition: str | None, unit: int, steps: int) -> np.ndarray:
    """Return the numbers through which a unit goes."""
    items = _source(run, data, "the reach of a unit")
    told, rows = _some(run, items, condition, spread(len(items), _KNOWN))
    return reach(told.transform(rows), unit, steps)


def _direction(run: Run, data: str | None, condition: str | None, attribute: str, labels: str | None) -> np.ndarray:
    """Return the step through the code space towards items with a label."""
    items = _source(run, data, "an attribute")
    found = labelled(items, labels)[1]  # the run may have learnt from the column, too
    if found is None:
        raise InputError(f"{items.source} has no labels, which --towards needs; give --labels COLUMN or FILE")
    known = texts(found)
    told = np.flatnonzero(known != "")  # an item without a label may have the attribute or not
    kinds = sorted(set(known[told].tolist()))
    if attribute not in kinds:
        listed = ", ".join(kinds[:_SHOWN]) + (", ..." if len(kinds) > _SHOWN else "")
        raise InputError(f"--towards must be one of the labels {listed}. Got {attribute!r}.")
    places = told[spread(len(told), _KNOWN)]
    return attribute_direction(*_some(run, items, condition, places), known[places] == attribute)


def _some(run: Run, items: Items, condition: str | None, places: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return the estimator as it is told of the items at some places, and these as it takes them."""
    block = take(items.load(), places)
    return run.given(Told(run, condition, items).at(block, places)).estimator, run.uncut().rows(block)


def _item(run: Run, name: str, given: str | None, condition: str | None) -> tuple[Any, Any]:
    """Return the one item that a file holds, or the item of that id or row of the data, as a block of one, and its condition."""
    if Path(name).is_file():
        items = rows_for(run, name)
        if len(items) != 1:
            raise InputError(f"{name} holds {len(items)} items; give a file with one, or an id or row with --data {name}")
        return _told(run, items, 0, condition)
    items = _source(run, given, name)
    ids = items.ids
    if isinstance(ids, list) and name in ids:
        row = ids.index(name)
    elif name.isdecimal() and int(name) < len(items):
        row = int(name)
    else:
        raise InputError(f"{name} is neither a file nor an id or row of {items.source}, which has {len(items)} items")
    return _told(run, items, row, condition)


def _told(run: Run, items: Items, row: int, condition: str | None) -> tuple[Any, Any]:
    """Return an item as a block of one, and its condition as one for all."""
    places = np.array([row])
    block = take(items.load(), places)
    known = Told(run, condition, items).at(block, places)
    return block, None if known is None else known[0]


def _source(run: Run, given: str | None, what: str) -> Items:
    """Return the items in which ``what`` is looked up: those given, or those that the run was fitted to."""
    data = given or run.source
    if not data:
        raise FileError(f"{what} is no file, and without --data there is nowhere to look it up")
    if given is None and not exists(data):
        raise FileError(f"{what} is no file, and {data}, which this run was fitted to, is not there; give --data")
    return rows_for(run, data)
