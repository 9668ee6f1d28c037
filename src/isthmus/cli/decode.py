"""``isthmus decode``: codes to items."""

from pathlib import Path

from ..run import open_run
from . import streams
from .progress import console


def decode(run: Path, codes: str, /, *, out: Path, overwrite: bool = False) -> None:
    """Write the items that codes stand for, in the units of the data that RUN was fitted to.

    Args:
        run: The folder that `fit` wrote.
        codes: A .npy, .csv or .parquet file with one code a row.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run)
    items = streams.codes(codes)
    streams.save(fitted, out, streams.blocks(items, fitted.inverse_transform, "decoding"), overwrite)
    console().print(f"{len(items)} items: {out}", markup=False)
