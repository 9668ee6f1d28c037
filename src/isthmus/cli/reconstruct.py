"""``isthmus reconstruct``: data through the code and back."""

from pathlib import Path
from typing import Any

import numpy as np

from ..representations.columns import read as read_columns
from ..run import open_run
from . import naming, streams
from .conditions import Told
from .data import read_for
from .progress import console


def reconstruct(run: Path, data: str, /, *, out: Path, condition: str | None = None, fill_missing: bool = False,
                image_size: tuple[int, int] | None = None, precision: str = "float32",
                overwrite: bool = False) -> None:  # fmt: skip
    """Write DATA sent through the code and back; a denoising run cleans it.

    Args:
        run: The folder that `fit` wrote.
        data: What to reconstruct.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images; of runs on tables .csv, .tsv, .parquet) or, for images, a folder.
        condition: What the run is told of the items, where it was fitted with a condition: a column, a file with one an item, or one for
            all; a column or labels that `fit` found are found again if left out.
        fill_missing: Keep DATA as they are and write only into missing cells.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run).with_precision(naming.precision(precision))
    items = read_for(fitted, data, image_size)
    told, gaps, left = Told(fitted, condition, items), 0, 0

    def worked(block: Any) -> Any:
        nonlocal gaps, left
        view = fitted.given(told(block))
        if not fill_missing:
            return view.reconstruct(block)
        whole = view.fill(block)
        gaps, left = gaps + _gaps(block), left + _gaps(whole)
        return whole

    with streams.blocks(items, worked, "reconstructing") as rebuilt:
        streams.save(fitted, out, rebuilt, overwrite, items)
    filled = f", {gaps - left} of {gaps} missing cells filled" if fill_missing else ""
    console().print(f"{len(items)} items{filled}: {out}", markup=False)


def _gaps(block: Any) -> int:
    """Return how many cells are missing in columns, in an array or in a list of series."""
    if isinstance(block, dict):
        return sum(int(column.missing.sum()) for column in read_columns(block).values())
    return sum(int(np.isnan(item).sum()) for item in block)
