"""The same training in float32 and in bfloat16: do the loss curves lie on each other?"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .data import rows_of
from .figures import figure
from .implementations import ISTHMUS_BFLOAT16, ISTHMUS_FLOAT32, Implementation
from .machine import Watch
from .networks import Task
from .workload import Found, Result, Workload


@dataclass(frozen=True)
class Curves(Workload):
    """isthmus's squared error in every epoch, from one seed."""

    task: Task

    @property
    def implementations(self) -> tuple[Implementation, ...]:
        return (ISTHMUS_FLOAT32, ISTHMUS_BFLOAT16)

    def fixed_rounds(self) -> int:
        return 1

    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        rows, _ = rows_of(self.task)
        history = implementation.load().epochs(self.task, rows, seed, **implementation.options)
        # Twice the loss less the normal density's constant is the squared error: beside that constant any gap would look small.
        constant = math.log(2 * math.pi) * rows[0].size
        return {"squared_error": [2 * epoch["loss"] - constant for epoch in history]}

    def table(self, found: Found, out: Path) -> str:
        losses = {name: np.array(result["squared_error"]) for name, (result, *_) in found.items() if "absent" not in result}
        with figure(out / "curves.png", "epoch", "squared error in training") as axes:
            for (name, loss), style in zip(losses.items(), ("-", "--"), strict=False):
                axes.plot(np.arange(1, len(loss) + 1), loss, style, label=name)
        if len(losses) < 2:
            return "Both precisions are needed."
        single, half = losses.values()
        gap = np.abs(half / single - 1)
        return (f"Over {len(gap)} epochs of {self.task.rows:,} rows the largest relative gap is {100 * gap.max():.2f} % (epoch "
                f"{gap.argmax() + 1}), the last {100 * gap[-1]:.2f} %.\n\n![curves](curves.png)")  # fmt: skip

    def quick(self) -> "Curves":
        return replace(self, task=replace(self.task, rows=512, epochs=2))
