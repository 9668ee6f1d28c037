"""``isthmus encode``: data to codes."""

from pathlib import Path

from ..files import write
from ..run import open_run
from . import streams
from .data import read_for
from .progress import console


def encode(run: Path, data: str, /, *, out: Path, image_size: tuple[int, int] | None = None,
           overwrite: bool = False) -> None:  # fmt: skip
    """Write the codes of DATA to OUT, one row an item, in constant memory.

    Args:
        run: The folder that `fit` wrote.
        data: What to encode.
        out: codes.npy, or .parquet, .csv or .tsv with the items' ids in a column.
        image_size: Height and width to which images are resized; those of RUN if left out.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run)
    count = write(out, streams.blocks(read_for(fitted, data, image_size), fitted.transform, "encoding"), overwrite=overwrite)
    console().print(f"{count} codes of {fitted.estimator.n_components} numbers: {out}", markup=False)
