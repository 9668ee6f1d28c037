"""Rounds of processes: every implementation in each, in turn, forwards and backwards; what is there is not run again."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .implementations import Implementation
from .workload import Found, Result, Workload

_ATTEMPTS = 3  # at a measurement that other processes disturb
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Rounds:
    """How a workload is run.

    Arguments:
        out: Where results go, a folder a workload and a JSON file a process.
        rounds: How often everything is measured.
        quick: Whether to take the workload's quick form, once and disturbed or not.
        rows: How many rows, where the workload lets them be chosen.
        only: The names of the implementations to run; None is all.
        say: Is told what runs.
    """

    out: Path
    rounds: int
    quick: bool
    rows: int | None
    only: list[str] | None
    say: Callable[[str], None]

    def __call__(self, workload: Workload) -> Found:
        """Run what is missing and return all results, of implementations that are not installed a word."""
        chosen = [one for one in workload.implementations if self.only is None or one.name in self.only]
        found: Found = {one.name: [] for one in chosen}
        for count in range(1 if self.quick else workload.fixed_rounds() or self.rounds):
            for one in chosen[:: -1 if count % 2 else 1]:
                if one.version is None:
                    found[one.name] = [{"implementation": one.name, "absent": "not installed"}]
                else:
                    found[one.name].append(self._result(workload, one, count))
        return found

    def _result(self, workload: Workload, one: Implementation, count: int) -> Result:
        """Return a measurement from its file, or measure until it is undisturbed and keep the least disturbed."""
        folder = workload.name if self.rows is None else f"{workload.name}-{self.rows}"
        path = self.out / folder / f"{one.name}-{count}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
        attempts: list[Result] = []
        for attempt in range(1 if self.quick else _ATTEMPTS):
            self.say(f"{workload.name}: {one.name}, round {count + 1}" + (", again, since it was disturbed" if attempt else ""))
            failure = self._process(workload, one, count, path)
            if failure:
                return {"implementation": one.name, "absent": f"failed: {failure}"}
            attempts.append(json.loads(path.read_text(encoding="utf-8")))
            if not attempts[-1].get("disturbed"):
                break
        best = min(attempts, key=lambda result: (bool(result.get("disturbed")), result.get("others", 0.0)))
        path.write_text(json.dumps(best, indent=1) + "\n", encoding="utf-8")
        return best

    def _process(self, workload: Workload, one: Implementation, count: int, path: Path) -> str:
        """Run a worker; return the last line of its errors if it failed, else nothing."""
        job: dict[str, Any] = {"workload": workload.name, "quick": self.quick, "rows": self.rows, "implementation": one.name,
                               "round": count, "result": str(path.resolve()), "born": time.monotonic()}  # fmt: skip
        environment = {**os.environ, **one.environment, "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run([sys.executable, "-m", "benchmarks.worker", json.dumps(job)], env=environment, cwd=_ROOT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")  # fmt: skip
        if done.returncode == 0:
            return ""
        path.with_suffix(".log").write_text(done.stderr, encoding="utf-8")
        return (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
