"""``isthmus reconstruct``: data through the code and back."""

from pathlib import Path

from ..run import open_run
from . import streams
from .data import read_for
from .progress import console


def reconstruct(run: Path, data: str, /, *, out: Path, fill_missing: bool = False,
                image_size: tuple[int, int] | None = None, overwrite: bool = False) -> None:  # fmt: skip
    """Write DATA sent through the code and back; a denoising run cleans it.

    Args:
        run: The folder that `fit` wrote.
        data: What to reconstruct.
        out: A file (.npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        fill_missing: Keep DATA as they are and write only into missing cells.
        image_size: Height and width to which images are resized; those of RUN if left out.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run)
    items = read_for(fitted, data, image_size)
    work = fitted.fill if fill_missing else fitted.reconstruct
    streams.save(fitted, out, streams.blocks(items, work, "reconstructing"), overwrite)
    console().print(f"{len(items)} items: {out}", markup=False)
