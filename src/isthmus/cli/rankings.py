"""How ``isthmus evaluate`` measures an index: whether items with the query's label come first, how fast, and at what size."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from .. import report
from ..errors import InputError
from ..files.reading import absolute
from ..metrics import neighbour_recall
from ..storage import atomic
from ..tasks import Index
from ..tasks.retrieval import read_document
from . import streams
from .data import labelled
from .index import LABELS, RUN
from .opening import opened
from .progress import console

_NEAREST, _TIMED = 10, 1000  # neighbours, and queries at most, by which speed and a graph's recall are told


def measured(folder: Path, data: str, labels: str | None, condition: str | None, image_size: tuple[int, int] | None) -> dict[str, Any]:
    """Return the figures of an index for the items of DATA as queries, and write its page."""
    index = Index.load(folder)
    run, items, told = opened(folder / RUN, data, condition, image_size)
    asked = labelled(items, labels)[1]
    if asked is None or LABELS not in index.payload:
        raise InputError("an index is measured by labels: give --labels to isthmus index and to isthmus evaluate")
    if absolute(data) in read_document(folder)["about"]["sources"]:
        raise InputError(f"{data} is what {folder} holds, and each item would find itself; give other items as queries")
    with streams.blocks(items, lambda block: run.given(told(block)).transform(block), "encoding") as blocks:
        queries = np.concatenate([codes for _, codes in blocks])
    kinds = index.payload[LABELS].at(np.arange(len(index.ids)))
    row = {"n": len(index), "kind": index.choice, **_speed(index, queries[:_TIMED]), "bytes_per_item": index.bytes_per_item}
    row |= index.rankings(queries, lambda some: np.array([str(one) for one in asked[some]], dtype=object)[:, None] == kinds).row()
    with atomic(folder / "report.html") as path:
        path.write_text(report.render_rankings(row, title=f"isthmus evaluate {folder} {data}"), encoding="utf-8")
    return row


def said(row: dict[str, Any], folder: Path) -> None:
    """Print the figures."""
    say = console()
    for name, value in row.items():
        if not isinstance(value, dict):
            say.print(f"{name.replace('_', ' '):>24}  {value:.4g}" if isinstance(value, float) else
                      f"{name.replace('_', ' '):>24}  {value}", markup=False)  # fmt: skip
    curve = "  ".join(f"{value:.3f} at {level}" for level, value in row["precision_at_recall"].items())
    say.print(f"{'precision at recall':>24}  {curve}", markup=False)
    say.print(f"Report: {folder / 'report.html'}", markup=False)


def _speed(index: Index, queries: np.ndarray) -> dict[str, float]:
    """Return how many queries a second are answered, and for a graph how many of the true neighbours it finds."""
    k = min(_NEAREST, len(index))
    index.search(queries[:1], k)  # reads what is on disk
    began = time.perf_counter()
    found = index.search(queries, k)
    row = {"queries_per_second": len(queries) / (time.perf_counter() - began)}
    if index.graph is not None:
        row[f"recall_at_{k}"] = neighbour_recall(found.places, index.exactly().search(queries, k).places)
    return row
