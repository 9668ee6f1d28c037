"""Speed with another process computing on one core, against the speed alone."""

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from .data import rows_of
from .implementations import ISTHMUS, ISTHMUS_FLOAT32, KERAS_JAX, PYTORCH, Implementation
from .machine import Watch, steady
from .networks import Task
from .table import medians
from .workload import Found, Result, Workload, markdown


@dataclass(frozen=True)
class Contention(Workload):
    """The same training twice in one process, the second time beside a process that does nothing but count."""

    task: Task

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (ISTHMUS, ISTHMUS_FLOAT32, PYTORCH, KERAS_JAX)

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        rows, _ = rows_of(self.task)
        train = implementation.load().train
        train(self.task, rows, watch, seed, **implementation.options)
        alone, disturbed = steady(watch.epochs())
        beside = Watch(watch.born)
        neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            train(self.task, rows, beside, seed, **implementation.options)
        finally:
            neighbour.kill()
            neighbour.wait()
        contended, _ = steady(beside.epochs())
        return {"alone": len(rows) / alone, "contended": len(rows) / contended, "kept": alone / contended, "disturbed": disturbed}

    def table(self, found: Found, out: Path) -> str:
        rows = [(name, *(medians(results, key, form) for key, form in (("alone", ",.0f"), ("contended", ",.0f"), ("kept", ".2f"))))
                if "absent" not in results[0] else (name, results[0]["absent"], "", "") for name, results in found.items()]  # fmt: skip
        return markdown(("", "samples/s alone", "beside a busy process", "kept"), rows)

    def quick(self) -> "Contention":
        return replace(self, task=replace(self.task, rows=256, epochs=3))
