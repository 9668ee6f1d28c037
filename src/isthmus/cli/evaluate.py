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


def evaluate(run: Path, data: str, /, *, json_: bool = False, source: DataOptions | None = None) -> None:
    """Measure RUN on DATA: errors, explained variance, log-likelihood, neighbours; PCA of the same size beside it.

    Args:
        run: The folder that `fit` wrote.
        data: What to measure on.
        json_: Print one JSON object and nothing else.
    """
    fitted = open_run(run)
    loaded = sources.read_data(data, source or DataOptions())
    part = Split(fitted.rows(loaded.raw), loaded.labels, loaded.ids)
    row = measure(fitted.estimator, part, fitted.baseline_)
    row["log_likelihood"] = fitted.estimator.score(part.items)
    if part.labels is not None:
        half = len(part.items) // 2
        row |= labelled(fitted.estimator, Split(part.items[:half], part.labels[:half]),
                        Split(part.items[half:], part.labels[half:]).head())  # fmt: skip
    if json_:
        print(json.dumps(encode(row)))
        return
    say = console()
    for name, value in row.items():
        say.print(f"{name.replace('_', ' '):>22}  {value:.6g}" if isinstance(value, float) else
                  f"{name.replace('_', ' '):>22}  {value}", markup=False)  # fmt: skip
