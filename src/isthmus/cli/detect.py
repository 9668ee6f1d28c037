"""``isthmus detect``: which items of data are odd, and what makes them so."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from .. import report
from ..checks import Real, check
from ..errors import InputError
from ..files import Items, SeriesItems, write_tables
from ..files.series import is_series
from ..representations.cutting import CutRows
from ..run import Run
from ..storage import atomic, refuse_existing
from ..tasks import padded
from ..tasks.anomalies import UsualErrors, ratios, scores_of, separating, squares
from ..tasks.reduction import reconstruct
from . import streams
from .conditions import Told
from .data import labelled, names_of, take
from .opening import opened
from .progress import Bar, console

_SHOWN = 12  # of the oddest items on the page


def detect(run: Path, data: str, /, *, out: Path, contamination: float = 0.05, labels: str | None = None, odd: str | None = None,
           condition: str | None = None, image_size: tuple[int, int] | None = None, precision: str = "float32",
           overwrite: bool = False) -> None:  # fmt: skip
    """Score how likely RUN finds each item of DATA, name the odd ones, and what makes them odd.

    A page with the oddest items lies beside OUT.

    Args:
        run: The folder that `fit` wrote, best from data without odd items.
        data: What to look through.
        out: A .csv, .tsv or .parquet file with a row an item: its id, its score less the threshold (below 0 is odd), whether it is odd, and
            for odd ones the number with the greatest squared error over that number's usual one, and that ratio.
        contamination: The share of DATA that is taken to be odd, above 0 and at most 0.5.
        labels: Instead of a share, a column of the table or a file with one label an item, of which --odd marks the odd ones: the
            threshold is then where it separates them best.
        odd: The label of odd items.
        condition: What the run is told of the items, where it was fitted with a condition: a column, a file with one an item, or one for
            all; a column or labels that `fit` found are found again if left out.
        image_size: Height and width to which images are resized; those of RUN if left out.
        precision: float32; bfloat16 (or bf16), about twice as fast where the processor has it, right to two digits or three; or auto.
        overwrite: Replace OUT if it is there.
    """
    check("--contamination", contamination, Real(0, 0.5, above=True))
    if (labels is None) != (odd is None):
        raise InputError("--labels names a column or file, and --odd the label of odd items in it: give both or neither")
    page = refuse_existing(out.with_suffix(".html"), overwrite)
    refuse_existing(out, overwrite)
    fitted, items, told = opened(run, data, condition, image_size, precision)
    known = None if labels is None else _known(items, labels, str(odd))
    with Bar("scoring") as bar:
        scores, usual = _scores(fitted, items, told, bar)
    threshold = float(np.quantile(scores, contamination)) if known is None else separating(scores, known)
    found = _Odd(fitted, items, usual, names_of(fitted.representation), scores, threshold)
    with streams.blocks(items, lambda block: block, "naming") as blocks:
        write_tables(out, found.tables(blocks, told.anew()), overwrite=overwrite)
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


def _scores(run: Run, items: Items, told: Told, bar: Bar) -> tuple[np.ndarray, np.ndarray]:
    """Return the score of each item, and the mean squared error of each number; what is held of the items does not grow with them."""
    found: list[np.ndarray] = []
    done, errors = 0, UsualErrors()
    for ids, block in items.blocks(streams.ROWS):
        view = run.given(told(block)).estimator
        rows = run.rows(block)
        found.append(scores_of(view, rows))
        errors.add(rows, squares(view, rows))
        done += len(ids)
        bar.rows(done, len(items))
    return np.concatenate(found), errors.means()


class _Odd:
    """Names what makes items odd, block by block, and keeps the oddest."""

    def __init__(self, run: Run, items: Items, usual: np.ndarray, columns: list[str] | None, scores: np.ndarray,
                 threshold: float) -> None:  # fmt: skip
        self.run, self.items, self.columns = run, items, columns
        self.usual, self.scores, self.threshold = usual, scores, threshold
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
                rows = take(self.run.rows(block), odd)
                rebuilt = reconstruct(view, rows)
                for row, *kept in zip(odd.tolist(), rows, rebuilt, ratios(rows, rebuilt, self.usual), strict=True):
                    names[row], times[row] = self._named(start + row, int(kept[2].argmax()), kept[2].shape), kept[2].max()
                    if start + row in self.shown:
                        self.kept[start + row] = (str(ids[row]), *kept)
            yield {"id": np.array([str(name) for name in ids], dtype=object), "score": own - self.threshold,
                   "odd": (own < self.threshold).astype(np.int64), "most": names, "times_usual": times}  # fmt: skip
            start += len(ids)

    def oddest(self) -> report.Oddest:
        """Return the oddest items, oddest first."""
        order = sorted(self.kept, key=lambda row: self.scores[row])
        names, items, rebuilt, times = zip(*(self.kept[row] for row in order), strict=True) if order else ((), (), (), ())
        known = [f"{name} ({self.scores[row] - self.threshold:.4g})" for name, row in zip(names, order, strict=True)]
        return report.Oddest(_together(items), _together(rebuilt), _together(times), known)

    def findings(self, source: str, known: np.ndarray | None) -> list[str]:
        """Return what was found, in sentences."""
        odd = self.scores < self.threshold
        said = [f"{odd.sum()} of {len(odd)} items of {source} are odd: they score below {self.threshold:.6g}, which is the 0 of the "
                "scores that are written."]
        if known is not None:
            said.append(f"Of {known.sum()} items that are odd by their labels {(odd & known).sum()} are found, "
                        f"and of {(~known).sum()} others {(odd & ~known).sum()}; "
                        f"the area under the curve is {roc_auc_score(known, -self.scores):.4f}.")  # fmt: skip
        return said

    def _named(self, row: int, place: int, shape: tuple[int, ...]) -> str:
        """Return what a number of an item is called: a column, or where it stands."""
        if self.columns is not None:
            return self.columns[place]
        spots = np.unravel_index(place, shape)
        if self.run.channels and isinstance(self.items, CutRows | SeriesItems):
            return f"{self.run.channels[spots[1]]} at {self.items.when(row, int(spots[0]))}"
        kinds = {1: ("number",), 2: ("step", "number") if is_series(shape) else ("row", "column"), 3: ("row", "column", "channel")}
        axes = kinds.get(len(shape), [f"axis {axis}" for axis in range(len(shape))])
        where = zip(axes, spots, shape, strict=True)
        return ", ".join(f"{axis} {index}" for axis, index, size in where if size > 1)


def _together(items: Sequence[np.ndarray]) -> np.ndarray:
    """Return items as one array, sequences of several lengths with NaN behind their ends."""
    return np.array(items) if len({item.shape for item in items}) < 2 else padded(items)
