"""``isthmus decode``: codes to items."""

from pathlib import Path

from ..run import open_run
from . import naming, streams
from .progress import console


def decode(run: Path, codes: str, /, *, out: Path, precision: str = "float32", overwrite: bool = False) -> None:
    """Write the items that codes stand for, in the units of the data that RUN was fitted to.

    Args:
        run: The folder that `fit` wrote.
        codes: A .npy, .csv or .parquet file with one code a row.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run).with_precision(naming.precision(precision))
    given = streams.Codes(codes)
    with streams.blocks(given, fitted.inverse_transform, "decoding") as items:
        streams.save(fitted, out, items, overwrite)
    console().print(f"{len(given)} items: {out}", markup=False)
