"""``isthmus sample``: new items."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..checks import Whole, check
from ..run import open_run
from . import streams
from .conditions import Told
from .progress import console


def sample(run: Path, /, *, count: Annotated[int, Parameter(name=["-n", "--count"])] = 64, out: Path,
           condition: str | None = None, seed: int | None = None, overwrite: bool = False) -> None:  # fmt: skip
    """Write new items: by the prior of a variational run, by a density on the codes of any other.

    They are what codes stand for; cells of categories and of mixed tables are drawn.

    Args:
        run: The folder that `fit` wrote.
        count: How many.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images; of runs on tables .csv, .tsv, .parquet) or, for images, a folder.
        condition: What the new items are told to be, where the run was fitted with a condition: one for all.
        seed: Another one gives other items; that of RUN if left out.
        overwrite: Replace OUT if it is there.
    """
    check("-n", count, Whole(1))
    fitted = open_run(run)
    streams.refuse_frames(fitted)
    width = len(str(count - 1))
    ids = [f"sample-{number:0{width}d}" for number in range(count)]
    fitted = fitted.given(Told(fitted, condition)(ids))
    streams.save(fitted, out, iter([(ids, fitted.sample(count, seed))]), overwrite)
    console().print(f"{count} new items: {out}", markup=False)
