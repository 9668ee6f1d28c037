"""What the verbs that apply a run share: blocks in, blocks out; reading, computing and writing overlap, at constant memory."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..errors import InputError
from ..files import Columns, Items, SeriesItems, read, write, write_sound, write_tables
from ..files.rows import ahead
from ..files.sounds import ENDINGS, sound_folder, written_name
from ..representations import BagOfWords
from ..run import Run
from .progress import Bar, note

ROWS = 1024  # of a block: enough for the processor, and few enough that some of them at once are little memory

Pairs: TypeAlias = Iterator[tuple[Sequence[str], Any]]


class Codes:
    """The codes of a file that `encode` wrote: the rows of an array, or a table's columns with the ids in its column ``id``."""

    def __init__(self, path: str) -> None:
        self.items = read(path)

    def __len__(self) -> int:
        """Return the number of codes."""
        return len(self.items)

    def blocks(self, rows: int) -> Pairs:
        """Yield ids and codes (n, k), at most ``rows`` at a time."""
        for ids, block in self.items.blocks(rows):
            yield self._split(ids, block) if isinstance(block, dict) else (ids, block)

    def _split(self, ids: Sequence[str], columns: Columns) -> tuple[Sequence[str], np.ndarray]:
        named = [str(name) for name in columns.get("id", ids)]
        try:
            return named, np.column_stack([column.astype(np.float64) for name, column in columns.items() if name != "id"])
        except (ValueError, TypeError) as error:
            raise InputError(f"{self.items.source} is no table of codes: it needs numbers, and at most one column id") from error


def of_frames(run: Run) -> bool:
    """Return whether a run learnt frames of sound, each of which is no sound by itself."""
    return hasattr(run.representation, "rate")


def refuse_frames(run: Run) -> None:
    """Raise where new items would be single frames of sound."""
    if of_frames(run):
        raise InputError("this run learnt frames of sound, of which new ones make no sound. `isthmus reconstruct` writes recordings as the "
                         "run rebuilds them; `fit --task instruments` and `morph` make notes between notes")  # fmt: skip


@contextmanager
def blocks(items: Items | Codes, function: Callable[[Any], Any], label: str) -> Iterator[Pairs]:
    """Give ids and what ``function`` makes of each block, made ahead of whoever writes it, with a bar."""

    def made() -> Pairs:
        done = 0
        for ids, block in items.blocks(ROWS):
            yield ids, function(block)
            done += len(ids)
            bar.rows(done, len(items))

    with Bar(label) as bar, closing(ahead(made())) as pairs:
        yield pairs


def save(run: Run, out: Path, pairs: Iterable[tuple[Sequence[str], Any]], overwrite: bool, items: Items | None = None) -> None:
    """Write raw items: the columns of a table, texts with their ids, series step by step, images as pictures, or an array.

    Series know their times where they are rebuilt from ``items``, all of them and in order.
    """
    if run.channels:
        _save_series(run, out, pairs, overwrite, items.times if isinstance(items, SeriesItems) else None)
        return
    if of_frames(run):
        _save_sounds(run, out, pairs, overwrite)
        return
    if hasattr(run.representation, "plans_"):
        keeps_types = out.suffix.lower() == ".parquet"
        tables = (_typed(run, columns) if keeps_types else columns for _, columns in pairs)
        write_tables(out, tables, overwrite=overwrite)
        return
    if isinstance(run.representation, BagOfWords):
        write_tables(out, ({"id": np.array(list(ids), dtype=object), "text": texts} for ids, texts in pairs), overwrite=overwrite)
        return
    pictures = out.suffix.lower() in ("", ".zip")
    names = None if run.cut is not None else [f"x{place}" for place in range(math.prod(run.estimator.item_shape_))]
    write(out, _pixels(run, pairs) if pictures else pairs, overwrite=overwrite, names=names)


def _save_series(run: Run, out: Path, pairs: Iterable[tuple[Sequence[str], Any]], overwrite: bool, times: Any) -> None:
    """Write series (t, d) as the rows of a table or, where all are of one length, as an array."""
    if out.suffix.lower() in (".csv", ".tsv", ".parquet"):
        write_tables(out, _steps(run, pairs, None if times is None else iter(times)), overwrite=overwrite)
        return
    given = [(name, steps) for ids, items in pairs for name, steps in zip(ids, items, strict=True)]
    names, series = zip(*given, strict=True)
    if len({len(steps) for steps in series}) > 1:
        raise InputError(f"{out} cannot hold series of {min(map(len, series))} to {max(map(len, series))} steps; give a path ending in "
                         ".csv, .tsv or .parquet")  # fmt: skip
    whole = len(series) == 1  # one series is one array, a step a row
    write(out, [(list(map(str, range(len(series[0])))), series[0]) if whole else (names, np.stack(series))], overwrite=overwrite)


def _save_sounds(run: Run, out: Path, pairs: Iterable[tuple[Sequence[str], Any]], overwrite: bool) -> None:
    """Write waves: one to a file, or all to a folder, as .wav files with the names of their originals."""
    rate = run.representation.rate
    named = ((str(name), wave) for ids, waves in pairs for name, wave in zip(ids, waves, strict=True))
    if out.suffix.lower() in ENDINGS:
        write_sound(out, (wave for _, wave in named), rate, overwrite=overwrite)
        return
    taken: set[str] = set()
    with sound_folder(out, overwrite) as part:
        for name, wave in named:
            write_sound(part / written_name(name, taken), [wave], rate)


def _steps(run: Run, pairs: Iterable[tuple[Sequence[str], Any]], times: Iterator[np.ndarray] | None) -> Iterator[Columns]:
    """Yield the steps of each series as columns: of which series, when, and the channels."""
    for ids, items in pairs:
        for name, steps in zip(ids, items, strict=True):
            when = np.arange(len(steps)) if times is None else next(times)
            yield {run.series or "series": np.full(len(steps), str(name), dtype=object), run.time or "step": when,
                   **dict(zip(run.channels, steps.T, strict=True))}  # fmt: skip


def _typed(run: Run, columns: Columns) -> Columns:
    """Return columns with numbers, dates and booleans as such where the run knows that they are; others are as they were given."""
    known = {name: column for name, column in columns.items() if name in run.representation.plans_}
    return columns | run.representation.typed(known)


def _pixels(run: Run, pairs: Iterable[tuple[Sequence[str], Any]]) -> Pairs:
    """Yield images as bytes or in [0, 1]: as the run knows them or, where it learnt from others, over the span of the first block."""
    units = run.estimator.module_.units
    span = None
    for ids, items in pairs:
        if run.estimator.input_dtype_ == "uint8":
            yield ids, np.rint(items).clip(0, 255).astype(np.uint8)
        elif not (units.shifts or units.scales):
            yield ids, items
        else:
            if span is None:
                span = float(np.min(items)), float(np.max(items))
                note(f"pixels are black at {span[0]:.4g} and white at {span[1]:.4g}: the run learnt from numbers outside [0, 1]")
            yield ids, ((items - span[0]) / max(span[1] - span[0], 1e-300)).clip(0, 1)
