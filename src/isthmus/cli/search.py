"""``isthmus search``: the items of an index that are like a query."""

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from cyclopts import Parameter
from rich.table import Table as Grid
from rich.text import Text

from ..checks import Whole
from ..errors import DiagnosticWarning, InputError
from ..files import RowStream, write_tables
from ..files.reading import exists
from ..files.rows import take
from ..report import contact_sheet
from ..representations import BagOfWords
from ..run import Run, open_run
from ..storage import atomic, encode, refuse_existing
from ..tasks import Found, Index, rerank
from ..tasks.retrieval import read_document
from .conditions import Told
from .data import read_for
from .index import LABELS, RUN, TEXT, beginning
from .opening import applied
from .progress import console

_SHOWN = 20  # queries of a batch whose answers are printed


class Asked(NamedTuple):
    """Queries: their names, and as the run's representation has them; None for the place of an item of the index."""

    names: Sequence[str]
    rows: Any
    codes: np.ndarray | None
    place: int | None = None


def search(index: Path, query: str, /, *, k: Annotated[int, Parameter(name="-k")] = 10, rerank: int | None = None,
           condition: str | None = None, image_size: tuple[int, int] | None = None, out: Path | None = None, json_: bool = False,
           overwrite: bool = False) -> None:  # fmt: skip
    """Find the K items of INDEX that are most like QUERY.

    Args:
        index: The folder that `index` wrote.
        query: The id of an item of the index; data with one item or many, each of which is a query; or, where the items are texts, a text.
        k: How many.
        rerank: Rank so many of the nearest anew by their words (TF-IDF), and show the K best; for an index made with --rerank.
        condition: What the run is told of the queries, where it was fitted with a condition.
        image_size: Height and width to which images are resized; those of the run if left out.
        out: A .csv, .tsv or .parquet file for all answers or, for images, a .png with a row of pictures for each query.
        json_: Print one JSON object and nothing else.
        overwrite: Replace OUT if it is there.
    """
    if out is not None:
        refuse_existing(out, overwrite)
    held, run = Index.load(index), open_run(index / RUN)
    asked = _asked(held, run, query, condition, image_size)
    found = _found(held, asked, k, rerank)
    answers = {"rank": np.tile(np.arange(1, k + 1), len(asked.names)), "id": held.ids.at(found.places).ravel(),
               "distance": found.distances.ravel().astype(np.float64)}  # fmt: skip
    answers |= {name: held.payload[name].at(found.places).ravel() for name in (LABELS, TEXT) if name in held.payload}
    if out is not None and out.suffix.lower() == ".png":
        pictures = _pictures(index, run, held, asked, found, image_size)
        with atomic(out) as path:
            path.write_bytes(contact_sheet(pictures, k + 1))
    elif out is not None:
        names = np.repeat(np.array([str(name) for name in asked.names], dtype=object), k)
        write_tables(out, [{"query": names, **answers}], overwrite=overwrite)
    rows = [{name: column[place] for name, column in answers.items()} for place in range(len(answers["id"]))]
    told = {place: (str(name), rows[k * place : k * (place + 1)]) for place, name in enumerate(asked.names)}
    if json_:
        queries = [{"query": name, "results": results} for name, results in told.values()]
        print(json.dumps(encode({"index": held.choice, "queries": queries})))
        return
    say = console()
    for name, results in list(told.values())[:_SHOWN]:
        grid = Grid(title=Text(beginning(name)) if len(told) > 1 else None, title_justify="left", box=None, pad_edge=False)
        for column in answers:
            grid.add_column(column, justify="right" if column in ("rank", "distance") else "left", no_wrap=column == "id")
        for row in results:
            grid.add_row(*(Text(f"{value:.4g}" if isinstance(value, float) else str(value)) for value in row.values()))
        say.print(grid)
    more = f"; answers to {len(told) - _SHOWN} more queries" if len(told) > _SHOWN else ""
    say.print(f"{held.choice}{more}" + ("" if out is None else f"; all: {out}"), markup=False)


def _asked(index: Index, run: Run, query: str, condition: str | None, image_size: tuple[int, int] | None) -> Asked:
    """Return the queries that a text on the command line stands for."""
    if not query.strip():
        raise InputError("the query is empty; give a text, a file, or the id of an item of the index")
    place = index.place_of(query)
    if place is not None:
        return Asked([query], None if index.vectors is None else index.vectors[[place]], None, place)
    if exists(query):
        run, items, told = applied(run, query, condition, image_size)
        block = items.load()
        rows = run.encoded(block)
        return Asked(items.ids, rows, run.given(told(block)).estimator.transform(rows))
    if not isinstance(run.representation, BagOfWords):
        raise InputError(f"{query} is neither a file nor the id of an item of the index, whose ids are such as {index.ids[0]}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DiagnosticWarning)
        rows = run.representation.questions([query])
    if not rows.nnz:
        raise InputError(f"{query!r} holds none of the {rows.shape[1]:,} words that this run knows; ask with others, or more")
    return Asked([query], rows, run.given(Told(run, condition)([query])).estimator.transform(rows))


def _found(index: Index, asked: Asked, k: int, shortlist: int | None) -> Found:
    """Return the nearest items, from a shortlist by their words where one is asked for."""
    if shortlist is not None and index.vectors is None:
        raise InputError("--rerank needs an index that keeps words: make it with isthmus index --rerank")
    if shortlist is not None and not (Whole(1).allows(shortlist) and shortlist >= k):
        raise InputError(f"--rerank must be a whole number of at least -k, {k}. Got {shortlist}.")
    count = k if shortlist is None else min(shortlist, len(index) - (asked.place is not None))
    found = index.search(asked.codes, count) if asked.place is None else index.like(asked.place, count)
    return found if shortlist is None else rerank(found, asked.rows, index.vectors, k)


def _pictures(folder: Path, run: Run, index: Index, asked: Asked, found: Found, image_size: tuple[int, int] | None) -> np.ndarray:
    """Return each query's image and those that were found for it, (queries * (k + 1), h, w, ...), read from where they were indexed."""
    places = found.places if asked.place is None else np.column_stack([[asked.place], found.places])
    names = index.ids.at(places)
    held: dict[str, np.ndarray] = {}
    for source in read_document(folder)["about"]["sources"]:
        items = read_for(run, source, image_size)
        wanted = set(names.ravel()) - held.keys()
        where = [place for place, name in enumerate(items.ids) if name in wanted]
        rows = items.rows()
        some: Any = take(rows, np.array(where)) if isinstance(rows, RowStream) else rows[where]  # type: ignore[index]
        held |= zip((items.ids[place] for place in where), some, strict=True)
    images = np.stack([held[name] for name in names.ravel()]).reshape(*names.shape, *some.shape[1:])
    if asked.place is None:
        images = np.concatenate([np.asarray(asked.rows)[:, None], images], axis=1)
    if images.ndim not in (4, 5):
        raise InputError(f"a .png is for images; these items have the shape {images.shape[2:]}: write the answers to a .csv")
    return images.reshape(-1, *images.shape[2:])
