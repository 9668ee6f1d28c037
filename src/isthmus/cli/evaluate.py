"""``isthmus evaluate``: how good a run is on data."""

import json
from pathlib import Path

from ..run import open_run
from ..storage import encode
from ..tasks import Split
from ..tasks import evaluate as measure
from ..tasks.reduction import labelled
from . import data as sources
from .options import DataOptions
from .progress import console


def evaluate(run: Path, data: str, /, *, labels: str | None = None, image_size: tuple[int, int] | None = None,
             json_: bool = False) -> None:  # fmt: skip
    """Measure RUN on DATA: errors, explained variance, log-likelihood, neighbours; PCA of the same size beside it.

    Args:
        run: The folder that `fit` wrote.
        data: What to measure on.
        labels: A column of the table, or a file with one label an item: half of them tell how well codes give the others.
        image_size: Height and width to which images are resized; those of RUN if left out.
        json_: Print one JSON object and nothing else.
    """
    fitted = open_run(run)
    loaded = sources.read_data(data, DataOptions(labels=labels, image_size=sources.size_for(data, image_size, fitted)))
    part = Split(fitted.rows(loaded.raw), loaded.labels, loaded.ids)
    row = measure(fitted.estimator, part, fitted.baseline_)
    row["log_likelihood"] = fitted.estimator.score(part.items)
    if part.labels is not None:
        known, asked = part.halves()
        row |= labelled(fitted.estimator, known, asked.some())
    if json_:
        print(json.dumps(encode(row)))
        return
    say = console()
    for name, value in row.items():
        say.print(f"{name.replace('_', ' '):>22}  {value:.6g}" if isinstance(value, float) else
                  f"{name.replace('_', ' '):>22}  {value}", markup=False)  # fmt: skip
