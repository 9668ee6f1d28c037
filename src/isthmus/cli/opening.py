"""What the verbs that apply a run begin with."""

from pathlib import Path
from typing import NamedTuple

from ..files import Items
from ..run import Run, open_run
from . import naming
from .conditions import Told
from .data import rows_for


class Opened(NamedTuple):
    """A run for rows, what DATA is as such rows, and what the run is told of them."""

    run: Run
    rows: Items
    told: Told


def opened(folder: Path, data: str, condition: str | None, image_size: tuple[int, int] | None,
           precision: str = "float32") -> Opened:  # fmt: skip
    """Return a run, and DATA as the rows that it takes, read for it; an item is a row but for what a run cuts."""
    return applied(open_run(folder).with_precision(naming.precision(precision)), data, condition, image_size)


def applied(run: Run, data: str, condition: str | None, image_size: tuple[int, int] | None) -> Opened:
    """Return the same of a run that is open already."""
    rows = rows_for(run, data, image_size)
    return Opened(run.uncut(), rows, Told(run, condition, rows))
