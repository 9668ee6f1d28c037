"""``isthmus detect``: which items of data are odd, and what makes them so."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from .. import report
from ..checks import Real
from ..errors import InputError
from ..files import Items, write_tables
from ..run import Run, open_run
from ..storage import atomic, refuse_existing
from ..tasks.anomalies import UsualErrors, separating, squares, squares_of
from ..tasks.reduction import reconstruct
from . import naming, streams
from .conditions import Told
from .data import labelled, names_of, read_for
from .progress import Bar, console

_SHOWN = 12  # of the oddest items on the page
_CHANNELS = 4  # the widest step of what is taken for a series, not for a picture


def detect(run: Path, data: str, /, *, out: Path, contamination: float = 0.05, labels: str | None = None, odd: str | None = None,
           condition: str | None = None, image_size: tuple[int, int] | None = None, precision: str = "float32",
           overwrite: bool = False) -> None:  # fmt: skip
    """Score how likely RUN finds each item of DATA, name the odd ones, and what makes them odd.

    OUT gets a row an item: its id, its score less the threshold (below 0 is odd), whether it is odd, and for odd ones the number with the
    greatest squared error over that number's usual one, and that ratio. A page with the oddest items lies beside it.

    Args:
        run: The folder that `fit` wrote, best from data without odd items.
        data: What to look through.
        out: A .csv, .tsv or .parquet file.
        contamination: The share of DATA that is taken to be odd, above 0 and at most 0.5.
        labels: Instead of a share, a column of the table or a file with one label an item, of which --odd marks the odd ones: the
            threshold is then where it separates them best.
        odd: The label of odd items.
        condition: What the run is told of the items, where it was fitted with a condition: a column, a file with one an item, or one for
            all; found again where it was found for `fit` if left out.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    if not Real(0, 0.5, above=True).allows(contamination):
        raise InputError(f"--contamination must be {Real(0, 0.5, above=True)}. Got {contamination}.")
    if (labels is None) != (odd is None):
        raise InputError("--labels names a column or file, and --odd the label of odd items in it: give both or neither")
    page = refuse_existing(out.with_suffix(".html"), overwrite)
    refuse_existing(out, overwrite)
    fitted = open_run(run).with_precision(naming.precision(precision))
    items = read_for(fitted, data, image_size)
    known = None if labels is None else _known(items, labels, str(odd))
    with Bar("scoring") as bar:
        scores, usual = _scores(fitted, items, condition, bar)
    threshold = float(np.quantile(scores, contamination)) if known is None else separating(scores, known)
    found = _Odd(fitted, usual, names_of(fitted.representation), scores, threshold)
    with streams.blocks(items, lambda block: block, "naming") as blocks:
        write_tables(out, found.tables(blocks, Told(fitted, condition, items)), overwrite=overwrite)
    findings = found.findings(items.source, known)
    with atomic(page) as path:
        path.write_text(report.render_odd(found.oddest(), scores, threshold, title=f"isthmus detect {data}", findings=findings,
                                          columns=found.columns), encoding="utf-8")  # fmt: skip
    say = console()
    for sentence in findings:
        say.print(sentence, markup=False)
    say.print(f"Scores: {out}   Page: {page}", markup=False)


def _known(items: Items, labels: str, odd: str) -> np.ndarray:
    """Return which items are odd by their labels."""
    found = labelled(items, labels)[1]
    if found is None or not (found == odd).any():
        kinds = ", ".join(sorted(set(map(str, [] if found is None else found)))[:_SHOWN])
        raise InputError(f"--odd must be one of the labels {kinds}. Got {odd!r}.")
    return found == odd


def _scores(run: Run, items: Items, condition: str | None, bar: Bar) -> tuple[np.ndarray, np.ndarray]:
    """Return the score of each item, and the mean squared error of each number; what is held of the items does not grow with them."""
    scores: list[np.ndarray] = []
    told, done, errors = Told(run, condition, items), 0, UsualErrors()
    for ids, block in items.blocks(streams.ROWS):
        view = run.given(told(block)).estimator
        rows = run.rows(block)
        scores.append(view.score_samples(rows))
        errors.add(rows, squares(view, rows))
        done += len(ids)
        bar.rows(done, len(items))
    return np.concatenate(scores), errors.means()


class _Odd:
    """Names what makes items odd, block by block, and keeps the oddest."""

    def __init__(self, run: Run, usual: np.ndarray, columns: list[str] | None, scores: np.ndarray, threshold: float) -> None:
        self.run, self.usual, self.columns, self.scores, self.threshold = run, usual, columns, scores, threshold
        self.shown = set(np.argsort(scores, kind="stable")[:_SHOWN].tolist()) & set(np.flatnonzero(scores < threshold).tolist())
        self.kept: dict[int, tuple[str, np.ndarray, np.ndarray, np.ndarray]] = {}

    def tables(self, blocks: Iterator[tuple[Sequence[str], Any]], told: Told) -> Iterator[dict[str, np.ndarray]]:
        """Yield the rows that are written."""
        start = 0
        for ids, block in blocks:
            own = self.scores[start : start + len(ids)]
            odd = np.flatnonzero(own < self.threshold)
            names, times = np.full(len(ids), None, dtype=object), np.full(len(ids), np.nan)
            condition = told(block)
            if len(odd):
                view = self.run.given(None if condition is None else condition[odd]).estimator
                rows = self.run.rows(block)[odd]
                rebuilt = np.asarray(reconstruct(view, rows))
                ratios = squares_of(rows, rebuilt) / self.usual
                flat = ratios.reshape(len(odd), -1)
                worst = flat.argmax(axis=1)
                names[odd] = [self._named(int(place), rows.shape[1:]) for place in worst]
                times[odd] = flat.max(axis=1)
                for place, row in enumerate(odd.tolist()):
                    if start + row in self.shown:
                        self.kept[start + row] = (str(ids[row]), rows[place], rebuilt[place], ratios[place])
            yield {"id": np.array([str(name) for name in ids], dtype=object), "score": own - self.threshold,
                   "odd": (own < self.threshold).astype(np.int64), "most": names, "times_usual": times}  # fmt: skip
            start += len(ids)

    def oddest(self) -> report.Oddest:
        """Return the oddest items, oddest first."""
        order = sorted(self.kept, key=lambda row: self.scores[row])
        names, items, rebuilt, ratios = zip(*(self.kept[row] for row in order), strict=True) if order else ((), (), (), ())
        return report.Oddest(np.array(items), np.array(rebuilt), np.array(ratios), [f"{name} ({self.scores[row] - self.threshold:.4g})"
                             for name, row in zip(names, order, strict=True)])  # fmt: skip

    def findings(self, source: str, known: np.ndarray | None) -> list[str]:
        """Return what was found, in sentences."""
        odd = self.scores < self.threshold
        said = [f"{odd.sum()} of {len(odd)} items of {source} are odd: their score is below {self.threshold:.6g}."]
        if known is not None:
            said.append(f"Of {known.sum()} items that are odd by their labels {(odd & known).sum()} are found, "
                        f"and of {(~known).sum()} others {(odd & ~known).sum()}; "
                        f"the area under the curve is {roc_auc_score(known, -self.scores):.4f}.")  # fmt: skip
        return said

    def _named(self, place: int, shape: tuple[int, ...]) -> str:
        """Return what a number of an item is called: a column, or where it stands."""
        if self.columns is not None:
            return self.columns[place]
        kinds = {1: ("number",), 2: ("step", "number") if shape[-1] <= _CHANNELS else ("row", "column"), 3: ("row", "column", "channel")}
        axes = kinds.get(len(shape), [f"axis {axis}" for axis in range(len(shape))])
        where = zip(axes, np.unravel_index(place, shape), shape, strict=True)
        return ", ".join(f"{axis} {index}" for axis, index, size in where if size > 1)
