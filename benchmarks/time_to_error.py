"""Seconds to a given test squared error: what a user waits for, every library at its own pace."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from .data import rows_of
from .implementations import ISTHMUS, KERAS_JAX, PYTORCH, Implementation
from .machine import Watch
from .measures import squared_error
from .networks import Task
from .workload import Found, Result, Workload, markdown


@dataclass(frozen=True)
class TimeToError(Workload):
    """Trainings of growing length, each from its start: isthmus with its defaults, the peers at Adam's constant 1e-3."""

    task: Task
    lengths: tuple[int, ...]  # in epochs
    targets: tuple[float, ...]

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (replace(ISTHMUS, options={"defaults": True}), PYTORCH, KERAS_JAX)

    def fixed_rounds(self) -> int:
        return 1

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        rows, test = rows_of(self.task)
        train, points = implementation.load().train, []
        for epochs in self.lengths:
            begun = time.monotonic()
            trained = train(replace(self.task, epochs=epochs), rows, lambda: None, seed, **implementation.options)
            seconds = time.monotonic() - begun
            points.append({"epochs": epochs, "seconds": seconds, "squared_error": squared_error(test, trained.reconstruct(test))})
        return {"points": points}

    def table(self, found: Found, out: Path) -> str:
        header = ("", *(f"seconds to {target:g}" for target in self.targets), *(f"{n} epochs: error (seconds)" for n in self.lengths))
        rows = []
        for name, (result, *_) in found.items():
            if "absent" in result:
                rows.append((name, result["absent"], *[""] * (len(header) - 2)))
                continue
            points = result["points"]
            reached = [min((p["seconds"] for p in points if p["squared_error"] <= target), default=None) for target in self.targets]
            rows.append((name, *("not reached" if seconds is None else f"{seconds:.1f}" for seconds in reached),
                         *(f"{p['squared_error']:.2f} ({p['seconds']:.1f})" for p in points)))  # fmt: skip
        return markdown(header, rows)

    def quick(self) -> "TimeToError":
        return replace(self, task=replace(self.task, rows=512), lengths=(1, 2), targets=(60.0,))
