"""``isthmus interpolate``: the way from one item to another."""

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileError, InputError
from ..files.reading import exists
from ..run import Run, open_run
from ..tasks import interpolate as path_between
from ..tasks import linear, spherical
from . import streams
from .data import read_for, take
from .progress import console


def interpolate(run: Path, a: str, b: str, /, *, steps: int = 9, out: Path, data: str | None = None,
                round_: bool = False, overwrite: bool = False) -> None:  # fmt: skip
    """Write the items between A and B, both ends' reconstructions included.

    Args:
        run: The folder that `fit` wrote.
        a: A file with one item, or the id or row of an item of DATA.
        b: The other end, likewise.
        steps: How many items.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        data: Where ids and rows are looked up; the data that RUN was fitted to if left out.
        round_: Take the arc instead of the straight line.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run)
    first, last = (fitted.rows(_item(name, data, fitted))[0] for name in (a, b))
    items = path_between(fitted.estimator, first, last, steps=steps, path=spherical if round_ else linear)
    raw = items if fitted.representation is None else fitted.representation.inverse_transform(items)
    ids = [f"step-{number:0{len(str(steps - 1))}d}" for number in range(steps)]
    streams.save(fitted, out, iter([(ids, raw)]), overwrite)
    console().print(f"{steps} items from {a} to {b}: {out}", markup=False)


def _item(name: str, given: str | None, run: Run) -> Any:
    """Return the one item that a file holds, or the item of that id or row of the data, as a block of one."""
    if Path(name).is_file():
        items = read_for(run, name)
        if len(items) != 1:
            raise InputError(f"{name} holds {len(items)} items; give a file with one, or an id or row with --data {name}")
        return items.load()
    data = given or run.source
    if not data:
        raise FileError(f"{name} is no file, and without --data there is nowhere to look it up by its id or row")
    if given is None and not exists(data):
        raise FileError(f"{name} is no file, and {data}, which this run was fitted to, is not there; give --data")
    items = read_for(run, data)
    ids = items.ids
    if isinstance(ids, list) and name in ids:
        row = ids.index(name)
    elif name.isdecimal() and int(name) < len(items):
        row = int(name)
    else:
        raise InputError(f"{name} is neither a file nor an id or row of {data}, which has {len(items)} items")
    return take(items.load(), np.array([row]))
