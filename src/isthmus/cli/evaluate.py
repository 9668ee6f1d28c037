"""``isthmus evaluate``: how good a run is on data."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..files import ArrayItems, Items, SeriesItems
from ..run import Run
from ..storage import encode
from ..tasks import Padded, Split, padded
from ..tasks.reduction import Evaluation, Gathered, label_places, labelled
from ..tasks.retrieval import FILE
from . import data as sources
from . import rankings, streams
from .conditions import Told
from .opening import opened
from .progress import Bar, console


def evaluate(run: Path, data: str, /, *, labels: str | None = None, condition: str | None = None,
             image_size: tuple[int, int] | None = None, precision: str = "float32", json_: bool = False) -> None:  # fmt: skip
    """Measure RUN on DATA: errors, explained variance, log-likelihood, neighbours; PCA of the same size beside it.

    RUN may be an index: the items of DATA are then queries, and what is found is right where it has the query's label.

    Args:
        run: The folder that `fit` or `index` wrote.
        data: What to measure on.
        labels: A column of the table, or a file with one label an item: half of them tell how well codes give the others.
        condition: What the run is told of the items, where it was fitted with a condition: a column, a file with one an item, or one for
            all; a column or labels that `fit` found are found again if left out.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        json_: Print one JSON object and nothing else.
    """
    if (run / FILE).is_file():
        found = rankings.measured(run, data, labels, condition, image_size)
        print(json.dumps(encode(found))) if json_ else rankings.said(found, run)
        return
    fitted, rows, told = opened(run, data, condition, image_size, precision)
    row = _measured(fitted, rows, labels, told)
    if json_:
        print(json.dumps(encode(row)))
        return
    say = console()
    for name, value in row.items():
        say.print(f"{name.replace('_', ' '):>22}  {value:.6g}" if isinstance(value, float) else
                  f"{name.replace('_', ' '):>22}  {value}", markup=False)  # fmt: skip


def _measured(run: Run, items: Items, labels: str | None, told: Told) -> dict[str, Any]:
    """Return the figures of a run on items, which pass by once; what is held of them does not grow with their number."""
    if isinstance(items, SeriesItems):  # as one array, since figures are of items' numbers
        steps = padded(run.rows(items.load()))
        items, run = ArrayItems(steps, items.source, items.ids), run.on_rows()
        run.estimator = Padded(run.estimator, steps.shape[1])
    count, done, likelihood = len(items), 0, 0.0
    evaluation = Evaluation(run.estimator, count, run.baseline_)
    known, asked = map(Gathered, label_places(count))
    with Bar("evaluating") as bar:
        for block in _blocks(run, items, labels, told):
            evaluation.add(block)
            likelihood += block.told(run.estimator).score_samples(block.items).sum()
            if block.labels is not None:
                known.add(block)
                asked.add(block)
            done += len(block.items)
            bar.rows(done, count)
    row = evaluation.row() | {run.estimator.scored: likelihood / count}
    if block.labels is not None and count > 1:
        row |= labelled(run.estimator, known.split(), asked.split())
    return row


def _blocks(run: Run, items: Items, name: str | None, told: Told) -> Iterator[Split]:
    """Yield the items as the estimator takes them, with the labels of a column or a file, or those that the source knows."""
    whole, start = None if name else items.labels, 0
    for ids, block in items.blocks(streams.ROWS):
        known = told(block)  # before a column is taken out
        if name is not None and isinstance(block, dict) and name in block:
            learnt = name in getattr(run.representation, "plans_", ())  # from a column of labels the run may have learnt, too
            own: np.ndarray | None = sources.texts(block[name] if learnt else block.pop(name))
        else:
            whole = sources.labelled(items, name)[1] if name is not None and whole is None else whole
            own = None if whole is None else whole[start : start + len(ids)]
        yield Split(run.rows(block), own, None, known)
        start += len(ids)
