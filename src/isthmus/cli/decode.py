"""``isthmus decode``: codes to items."""

from pathlib import Path

from ..run import open_run
from . import naming, streams
from .conditions import Told
from .progress import console


def decode(run: Path, codes: str, /, *, out: Path, condition: str | None = None, precision: str = "float32",
           overwrite: bool = False) -> None:  # fmt: skip
    """Write the items that codes stand for, in the units of the data that RUN was fitted to.

    Args:
        run: The folder that `fit` wrote.
        codes: A .npy, .csv or .parquet file with one code a row.
        out: A file (.wav, .flac, .mp3 or .ogg for sound, .npy, .npz, .csv, .tsv, .parquet, .zip of images) or, for images, a folder.
        condition: What the run is told of the items, where it was fitted with a condition: one for all, or a file with one a code.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    fitted = open_run(run).with_precision(naming.precision(precision))
    given = streams.Codes(codes)
    told = Told(fitted, condition, given.items)
    if streams.of_frames(fitted):  # codes of frames, in their order, are one recording
        (_, every), = given.blocks(len(given))
        waves = fitted.given(told(every)).inverse_transform(every, [len(every)])
        streams.save(fitted, out, iter([(["decoded"], waves)]), overwrite)
        console().print(f"{len(given)} frames: {out}", markup=False)
        return
    with streams.blocks(given, lambda block: fitted.given(told(block)).inverse_transform(block), "decoding") as items:
        streams.save(fitted, out, items, overwrite)
    console().print(f"{len(given)} items: {out}", markup=False)
