"""Importance-weighted log-likelihoods of test rows: all rows and draws in large batches, and row by row."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .data import rows_of
from .implementations import ISTHMUS_BFLOAT16, ISTHMUS_FLOAT32, PYTHAE, Implementation
from .machine import Watch, computes_bfloat16, peak_mib, steady
from .networks import Task
from .table import medians, ratio
from .workload import Found, Result, Workload, markdown

_OURS = (ISTHMUS_FLOAT32, ISTHMUS_BFLOAT16)[: 1 + computes_bfloat16()]
_HEADER = ("", "rows/s", *(f"{one.name} is" for one in _OURS), "log-likelihood", "peak MiB")


@dataclass(frozen=True)
class Likelihood(Workload):
    """A variational task, trained for its epochs by each library, and log p(x) of ``items`` test rows by ``draws`` draws each."""

    task: Task
    items: int
    draws: int

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (*_OURS, PYTHAE)

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        rows, test = rows_of(self.task)
        estimate = implementation.load().likelihood(self.task, (rows > 0.5).astype(np.float32), seed, **implementation.options)
        chosen = (test[: self.items] > 0.5).astype(np.float32)
        watch()
        begun = time.monotonic()
        found = estimate(chosen, self.draws)
        seconds = time.monotonic() - begun
        watch()
        _, disturbed = steady(watch.epochs()[-1:])
        return {"samples_per_second": len(chosen) / seconds, "log_likelihood": found, "peak_mib": peak_mib(), "disturbed": disturbed,
                "others": watch.epochs()[-1]["others"], "precision": implementation.options.get("precision", "float32")}  # fmt: skip

    def table(self, found: Found, out: Path) -> str:
        rows = []
        for name, results in found.items():
            if "absent" in results[0]:
                rows.append((name, results[0]["absent"], *[""] * (len(_HEADER) - 2)))
                continue
            ratios = ["" if name == one.name else ratio(found.get(one.name, []), results) for one in _OURS]
            rows.append((name, medians(results, "samples_per_second", ",.1f"), *ratios, medians(results, "log_likelihood", ".3f"),
                         medians(results, "peak_mib", ".0f")))  # fmt: skip
        return f"{self.items:,} rows, {self.draws:,} draws each.\n\n{markdown(_HEADER, rows)}"

    def quick(self) -> "Likelihood":
        return replace(self, task=replace(self.task, rows=400, epochs=1), items=4, draws=100)
