"""``isthmus encode``: data to codes."""

from pathlib import Path

from ..files import write
from . import streams
from .opening import opened
from .progress import console


def encode(run: Path, data: str, /, *, out: Path, condition: str | None = None, image_size: tuple[int, int] | None = None,
           precision: str = "float32", overwrite: bool = False) -> None:  # fmt: skip
    """Write the codes of DATA to OUT, one row an item, in constant memory, or one for each window of a series or frame of a sound.

    Args:
        run: The folder that `fit` wrote.
        data: What to encode.
        out: codes.npy, or .parquet, .csv or .tsv with the items' ids in a column.
        condition: What the run is told of the items, where it was fitted with a condition: a column, a file with one an item, or one for
            all; a column or labels that `fit` found are found again if left out.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    fitted, rows, told = opened(run, data, condition, image_size, precision)
    with streams.blocks(rows, lambda block: fitted.given(told(block)).transform(block), "encoding") as codes:
        count = write(out, codes, overwrite=overwrite)
    console().print(f"{count} codes of {fitted.estimator.n_components} numbers: {out}", markup=False)
