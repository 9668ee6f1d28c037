"""The workload that most are: the same task trained by every library."""

import statistics
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from .data import rows_of
from .implementations import ISTHMUS, ISTHMUS_FLOAT32, OURS, PRODUCTS, PYTORCH, Implementation
from .machine import Watch, peak_mib, steady
from .measures import cross_entropy, squared_error
from .networks import Task, operations
from .table import comparison
from .workload import Found, Result, Workload

_FREE = tuple(replace(one, name=f"{one.name}-no-penalty") for one in (ISTHMUS, ISTHMUS_FLOAT32, PYTORCH))


@dataclass(frozen=True)
class TrainingWorkload(Workload):
    """A task, the peers that can do it, and what each of them does otherwise (nothing, where it is not named).

    A contractive task is also done without its penalty, whose cost is then told; ``small`` is the task's quick form,
    where fewer rows do not make it quick enough.
    """

    task: Task
    peers: tuple[Implementation, ...]
    differs: dict[str, str] = field(default_factory=dict)
    small: Task | None = None

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (*OURS, *self.peers, *(_FREE if self.task.contractive else ()), *PRODUCTS)

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        task = replace(self.task, contractive=False) if implementation in _FREE else self.task
        begun = time.monotonic()
        rows, test = rows_of(task)
        reading = time.monotonic() - begun
        trained = implementation.load().train(task, rows, watch, seed, **implementation.options)
        whole = time.monotonic() - watch.born - reading
        epochs = watch.epochs()
        seconds, disturbed = steady(epochs)
        result = {"samples_per_second": len(rows) / seconds, "disturbed": disturbed,
                  "others": sum(epoch["others"] for epoch in epochs), "first_epoch_seconds": watch.marks[0][0] - watch.born - reading,
                  "whole_seconds": whole, "peak_mib": peak_mib(), "epochs": epochs, "precision": trained.precision}  # fmt: skip
        if trained.reconstruct is not None:
            again = trained.reconstruct(test)
            result["squared_error"] = squared_error(test, again)
            if task.binary:
                result["cross_entropy"] = cross_entropy(test, again)
        return result

    def table(self, found: Found, out: Path) -> str:
        a_sample = operations(self.task.training_products()) / self.task.batch
        text = comparison(found, self.differs, "cross_entropy" if self.task.binary else "squared_error", a_sample)
        costs = [f"{name} {_rate(found[free.name]) / _rate(found[name]):.2f}" for free in _FREE for name in found
                 if free.name == f"{name}-no-penalty" and _rate(found[name]) and _rate(found.get(free.name, []))]  # fmt: skip
        return text + (f"\n\nThe penalty multiplies the cost of a step: {', '.join(costs)}." if costs else "")

    def quick(self) -> "TrainingWorkload":
        batch = min(self.task.batch, 128)
        return replace(self, task=self.small or replace(self.task, batch=batch, rows=2 * batch, epochs=3))


def _rate(results: list[Result]) -> float:
    rates = [result["samples_per_second"] for result in results if "absent" not in result]
    return statistics.median(rates) if rates else 0.0
