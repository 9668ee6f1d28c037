"""``isthmus reconstruct``: data through the code and back."""

from pathlib import Path

from ..run import open_run
from . import naming, streams
from .data import read_for
from .progress import console


def reconstruct(run: Path, data: str, /, *, out: Path, fill_missing: bool = False,
                image_size: tuple[int, int] | None = None, precision: str = "float32",
                overwrite: bool = False) -> None:  # fmt: skip
    """Write DATA sent through the code and back; a denoising run cleans it.

    Args:
        run: The folder that `fit` wrote.
        data: What to reconstruct.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        fill_missing: Keep DATA as they are and write only into missing cells.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run).with_precision(naming.precision(precision))
    items = read_for(fitted, data, image_size)
    work = fitted.fill if fill_missing else fitted.reconstruct
    with streams.blocks(items, work, "reconstructing") as rebuilt:
        streams.save(fitted, out, rebuilt, overwrite)
    console().print(f"{len(items)} items: {out}", markup=False)
