"""``isthmus encode``: data to codes."""

from pathlib import Path

from ..files import write
from ..run import open_run
from . import naming, streams
from .data import read_for
from .progress import console


def encode(run: Path, data: str, /, *, out: Path, image_size: tuple[int, int] | None = None,
           precision: str = "float32", overwrite: bool = False) -> None:  # fmt: skip
    """Write the codes of DATA to OUT, one row an item, in constant memory.

    Args:
        run: The folder that `fit` wrote.
        data: What to encode.
        out: codes.npy, or .parquet, .csv or .tsv with the items' ids in a column.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run).with_precision(naming.precision(precision))
    with streams.blocks(read_for(fitted, data, image_size), fitted.transform, "encoding") as codes:
        count = write(out, codes, overwrite=overwrite)
    console().print(f"{count} codes of {fitted.estimator.n_components} numbers: {out}", markup=False)
