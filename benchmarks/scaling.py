"""Cost of an epoch from ten thousand rows to a million, bytes that become numbers a batch at a time."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import data
from .figures import figure
from .implementations import ISTHMUS, Implementation
from .machine import Watch, peak_mib
from .networks import Task
from .workload import Found, Result, Workload, markdown


@dataclass(frozen=True)
class Scaling(Workload):
    """One epoch of isthmus at each size, in a process of its own."""

    task: Task
    sizes: tuple[int, ...]

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return tuple(replace(ISTHMUS, name=f"isthmus-{rows}", options={"rows": rows}) for rows in self.sizes)

    def fixed_rounds(self) -> int:
        return 1

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        rows = implementation.options["rows"]
        X, _ = data.digits(rows)
        seconds = implementation.load().epochs(replace(self.task, rows=rows, epochs=1), X, seed)[-1]["seconds"]
        return {"rows": rows, "seconds": seconds, "peak_mib": peak_mib()}

    def table(self, found: Found, out: Path) -> str:
        results = [result for (result,) in found.values() if "absent" not in result]
        rows = np.array([result["rows"] for result in results], float)
        seconds = np.array([result["seconds"] for result in results])
        slope = np.polyfit(np.log(rows), np.log(seconds), 1)[0] if len(results) > 1 else np.nan
        with figure(out / "scaling.png", "rows", "seconds an epoch") as axes:
            axes.loglog(rows, seconds, "o-", label="measured")
            axes.loglog(rows, rows * np.exp(np.mean(np.log(seconds / rows))), "--", label="proportional to the rows")
        lines = [(f"{one['rows']:,}", f"{one['seconds']:.2f}", f"{one['rows'] / one['seconds']:,.0f}", f"{one['peak_mib']:.0f}")
                 for one in results]  # fmt: skip
        table = markdown(("rows", "seconds an epoch", "rows/s", "peak MiB"), lines)
        return f"{table}\n\nSeconds grow as rows to the power {slope:.2f}.\n\n![scaling](scaling.png)"

    def quick(self) -> "Scaling":
        return replace(self, sizes=(256, 512))
