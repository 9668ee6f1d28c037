"""From DATA on the command line to items, labels and ids."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..estimators.data import Summary
from ..files import Items, SeriesItems, SoundItems, TableItems, TextItems, read, read_series
from ..files.items import PlacedColumns
from ..files.reading import exists, holds_images, holds_sounds
from ..parts import Categorical, Gaussian, Mixed, Multinomial
from ..parts.likelihood import Likelihood
from ..representations import BagOfWords, Channels, Frames, Spectrogram, Table, Vocoder, Windows
from ..representations.cutting import CutRows
from ..run import Run
from . import naming
from .options import DataOptions, ModelOptions


@dataclass
class Data:
    """What DATA names: its items without their labels, those labels or None, and representation and cut, where there are any."""

    items: Items
    labels: np.ndarray | None
    representation: Any
    cut: Any = None

    @functools.cached_property
    def raw(self) -> Any:
        """All items in memory: an array or columns."""
        return self.items.load()

    @property
    def ids(self) -> Any:
        """The items' ids."""
        return self.items.ids


def read_data(source: str, options: DataOptions) -> Data:
    """Return the items of ``source`` with their labels, and the representation that they call for, unfitted."""
    items = read(source, image_size=options.image_size, rate=options.rate)
    if options.drop and not isinstance(items, TableItems):
        raise InputError(f"--drop is for the columns of a table; {source} is none")
    cut = None if options.windows is None else naming.windows(options.windows)
    if cut is not None or options.time or options.series:
        for name in options.drop:
            items = without(items, name)
        items = read_series(items, options.time or "", options.series or "")
    items, labels = labelled(items, options.labels)
    table = isinstance(items, TableItems)
    if options.representation is not None:
        step = naming.representation(options.representation)
    else:
        series = isinstance(items, SeriesItems) and cut is None
        known = {Table: table, BagOfWords: isinstance(items, TextItems), Spectrogram: isinstance(items, SoundItems), Channels: series}
        step = next((kind() for kind, wanted in known.items() if wanted), None)
    if isinstance(step, Table):
        step.set_params(drop=tuple(options.drop))
    if isinstance(items, SoundItems):
        if not isinstance(step, Spectrogram | Vocoder):
            raise InputError(f"--representation of sounds must be spectrogram or vocoder. Got {options.representation!r}.")
        step.set_params(rate=items.rate)
        # A pitch in hertz, cepstra and decibels have units of their own: each is put on one scale. Bins of a spectrum share theirs.
        cut = Windows(1, 1) if isinstance(step, Vocoder) else Frames()
    return Data(items, labels, step, cut)


def labelled(items: Items, name: str | None) -> tuple[Items, np.ndarray | None]:
    """Return items and their labels: those of a column, which the items then lack, or of a file; without a name their own."""
    if name is None:
        return items, items.labels
    table = table_of(items)
    if table is not None and name in table.names:
        return without(items, name), texts(table.column(name))
    return items, texts(label_file(name, items))


def table_of(items: Items) -> TableItems | None:
    """Return the table whose columns tell of items: they themselves, or what stands beside texts; None for all else."""
    found = items.beside if isinstance(items, TextItems) else items
    return found if isinstance(found, TableItems) else None


def without(items: Items, name: str) -> Items:
    """Return items without a column of their table; texts never have it."""
    return items.without(name) if isinstance(items, TableItems) else items


def groups(table: Table) -> tuple[tuple[Likelihood, tuple[int, ...]], ...]:
    """Return a likelihood for each of a table's categories, and one for all its numbers, with the places of their columns.

    >>> groups(Table().fit({"age": [31, 57, 44, 23], "city": ["Rome", "Oslo", "Rome", "Oslo"]}))
    ((Gaussian(shared=False, variance=None), (0,)), (Categorical(), (1, 2)))
    """
    places = table.places()
    categories = [(Categorical(), tuple(range(place.start, place.stop))) for place in places.values() if place.stop - place.start > 1]
    numbers = tuple(place.start for place in places.values() if place.stop - place.start == 1)
    # A variance for each column, learnt: with one of 1, a random code has no reason to tell more than the coarsest.
    return (*(((Gaussian(None, shared=False), numbers),) if numbers else ()), *categories)


def grouped(likelihood: Likelihood | None, representation: Any) -> Likelihood | None:
    """Return a likelihood, a mixed one of a fitted table's columns with their groups."""
    if isinstance(likelihood, Mixed) and isinstance(representation, Table):
        likelihood.set_params(groups=groups(representation))
    return likelihood


def texts(labels: np.ndarray) -> np.ndarray:
    """Return labels as texts, "" where there is none."""
    return np.array(["" if label is None else str(label) for label in labels.flat]).reshape(labels.shape)


def size_for(source: str, asked: tuple[int, int] | None, run: Run) -> tuple[int, int] | None:
    """Return the size to which images of ``source`` are brought: the one asked for, else that of the run's own."""
    return asked or (run.image_size if holds_images(source) else None)


def read_for(run: Run, source: str, asked: tuple[int, int] | None = None) -> Items:
    """Return the items of ``source`` as the run takes them: images of its size, its series, or the rows of these."""
    rate = run.representation.rate if holds_sounds(source) and hasattr(run.representation, "rate") else None
    items = read(source, image_size=size_for(source, asked, run), rate=rate)
    return read_series(items, run.time, run.series, run.channels) if run.channels else items


def rows_for(run: Run, source: str, asked: tuple[int, int] | None = None) -> Items:
    """Return the items of ``source`` or, for a run with a cut, what that makes of them, which ``run.uncut()`` takes."""
    items = read_for(run, source, asked)
    return items if run.cut is None else run.cut_rows(items)


def names_of(representation: Any) -> list[str] | None:
    """Return the names of the numbers that a table or texts were turned into; None for all else."""
    return list(representation.get_feature_names_out()) if isinstance(representation, Table | BagOfWords) else None


def cells_of(representation: Any) -> Any:
    """Return what turns such numbers back into a table's cells; None for all else."""
    return representation.inverse_transform if isinstance(representation, Table) else None


def likelihood(rows: Any, data: DataOptions, model: ModelOptions, representation: Any) -> Likelihood | None:
    """Return the likelihood that the flags ask for, masking NaN where it should; None leaves it to the data.

    Rows that are `Items` are read only if that takes a look at them.
    """
    table = isinstance(representation, Table)
    missing = "mask" if table else naming.check_name("--missing", data.missing, ("refuse", "mask"))
    if model.likelihood is not None:
        chosen: Likelihood = naming.part(model.likelihood, Likelihood, "--likelihood")
        masks = chosen.limits["missing"].allows(missing) or not table  # tables ask for a mask, missing numbers or not: `fit` refuses those
        return chosen.set_params(missing=missing) if masks else chosen
    if table or isinstance(rows, SeriesItems):
        return Gaussian(missing=missing)
    if isinstance(representation, BagOfWords):
        return Multinomial()
    if missing != "mask":
        return None
    return Summary.of(rows.rows() if isinstance(rows, Items) else rows).likelihood(missing)


def take(raw: Any, which: np.ndarray) -> Any:
    """Return some items of an array, or some rows of columns."""
    if isinstance(raw, list):
        return [raw[place] for place in which]
    if not isinstance(raw, dict):
        return raw[which]
    columns = {name: column[which] for name, column in raw.items()}
    return PlacedColumns(columns, lambda row: raw.where(int(which[row]))) if isinstance(raw, PlacedColumns) else columns


def label_file(name: str, items: Items) -> np.ndarray:
    """Return the labels (n,) of the file ``name``: in the items' order, or by their names where a column beside them holds these."""
    found = told_file(name, items, "--labels")
    if found.ndim != 1:
        raise InputError(f"--labels {name} must hold one label for each of the {len(items)} items. Got shape {found.shape}.")
    return found


def told_file(name: str, items: Items, flag: str) -> np.ndarray:
    """Return what the file ``name`` tells of each item, as `label_file` has it, or some numbers of each (n, k)."""
    if isinstance(items, TableItems) and not exists(name):
        raise InputError(f"{flag} {name} is neither a file nor a column of {items.source}, which has {', '.join(items.names)}"
                         + ("" if flag == "--labels" else "; the column of --labels is called labels"))  # fmt: skip
    source, count = read(name), len(items)
    found = source.load()
    if isinstance(found, dict):
        if len(found) != 1:
            raise InputError(f"{flag} {name} has the columns {', '.join(found)}; name one, as in {name}:{next(iter(found))}")
        found = next(iter(found.values()))
    if isinstance(found, list):
        raise InputError(f"{flag} {name} holds sounds; give a file of labels or numbers")
    if isinstance(source, TextItems) and (places := _named(source.beside, items.ids)) is not None:
        return found[places]
    if isinstance(items, CutRows) and len(found) == len(items.lengths):
        return found[items.of]
    if len(found) != count or found.ndim > 2:
        raise InputError(f"{flag} {name} must hold one label for each of the {count} items. Got shape {found.shape}.")
    return found


def _named(table: TableItems | None, ids: Sequence[str]) -> list[int] | None:
    """Return the row of each item in a table of which a column holds their names; None where none does, or they have numbers only."""
    if table is None or all(map(str.isdecimal, ids)):
        return None
    wanted = set(ids)
    for column in table.load().values():
        rows = {name: row for row, name in enumerate(texts(column))}
        if len(rows) == len(table) and rows.keys() >= wanted:
            return [rows[name] for name in ids]
    return None
