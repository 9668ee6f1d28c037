"""The workload that most are: the same task trained by every library."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from .data import rows_of
from .implementations import OURS, PRODUCTS, Implementation
from .machine import Watch, peak_mib, steady
from .measures import cross_entropy, squared_error
from .networks import Task
from .table import comparison
from .workload import Found, Result, Workload


@dataclass(frozen=True)
class TrainingWorkload(Workload):
    """A task, the peers that can do it, and what each of them does otherwise (nothing, where it is not named)."""

    task: Task
    peers: tuple[Implementation, ...]
    differs: dict[str, str] = field(default_factory=dict)

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (*OURS, *self.peers, *PRODUCTS)

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        begun = time.monotonic()
        rows, test = rows_of(self.task)
        reading = time.monotonic() - begun
        trained = implementation.load().train(self.task, rows, watch, seed, **implementation.options)
        whole = time.monotonic() - watch.born - reading
        epochs = watch.epochs()
        seconds, disturbed = steady(epochs)
        result = {"samples_per_second": len(rows) / seconds, "disturbed": disturbed,
                  "others": sum(epoch["others"] for epoch in epochs), "first_epoch_seconds": watch.marks[0][0] - watch.born - reading,
                  "whole_seconds": whole, "peak_mib": peak_mib(), "epochs": epochs, "precision": trained.precision}  # fmt: skip
        if trained.reconstruct is not None:
            again = trained.reconstruct(test)
            result["squared_error"] = squared_error(test, again)
            if self.task.binary:
                result["cross_entropy"] = cross_entropy(test, again)
        return result

    def table(self, found: Found, out: Path) -> str:
        return comparison(found, self.differs, "cross_entropy" if self.task.binary else "squared_error", self.task)

    def quick(self) -> "TrainingWorkload":
        small = min(self.task.batch, 128)
        return replace(self, task=replace(self.task, batch=small, rows=2 * small, epochs=3))
