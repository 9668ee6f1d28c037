"""How a reproduction is run: lines of a published table, several seeds of each, one JSON file a run, and a table of both."""

import argparse
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from isthmus import Training

QUICK_ROWS, QUICK_EPOCHS = 20_000, 0.1  # what --quick leaves of the items and of the passes
Measures = dict[str, float]


@dataclass(frozen=True)
class Setting:
    """What a run is given: the folder with data, the seed, where figures go, whether it is a short one, and the line's name."""

    data: Path
    seed: int
    out: Path
    quick: bool
    line: str = ""

    def training(self, epochs: int, batch_size: int | None = None, learning_rate: float | None = None, **more: object) -> Training:
        """Return a training of so many passes: every row, none held out, the last epoch's weights."""
        return Training(self.passes(epochs), batch_size, learning_rate, **{"validation": 0, **more})

    def kept(self, stage: str) -> str:
        """Return the folder of the checkpoint from which a stage of this run goes on after an interruption."""
        return str(self.out / "checkpoints" / f"{self.line}_{self.seed}" / stage)

    def passes(self, epochs: int) -> int:
        """Return how many passes there are to be, a tenth in a short run."""
        return max(1, round(epochs * QUICK_EPOCHS)) if self.quick else epochs

    def mnist(self) -> "Digits":
        """Return MNIST, its first 20,000 training items in a short run."""
        found = _mnist(self.data / "mnist.npz")
        return found._replace(train=found.train[:QUICK_ROWS], train_labels=found.train_labels[:QUICK_ROWS]) if self.quick else found


class Digits(NamedTuple):
    """Handwritten digits: bytes (n, 28, 28), and which digits they are."""

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


class Line(NamedTuple):
    """A line of the table: how to run it, which of its measures stands there, the published number, and what differs."""

    run: Callable[[Setting], Measures]
    measure: str
    published: str
    differs: str


def reproduce(title: str, lines: Mapping[str, Line], about: str) -> None:
    """Read the command line, run what is missing, and print the table.

    Arguments:
        title: What is reproduced; its words in lower case are the name of the folder for results.
        lines: The lines by name.
        about: The module's own description.
    """
    name = title.lower().replace(" ", "_")
    parser = argparse.ArgumentParser(prog=f"python -m reproductions.{name}", description=about.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ISTHMUS_DATA", ".")),
                        help="the folder that holds the data (see reproductions/README.md), or mnist.npz itself; default $ISTHMUS_DATA")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default=",".join(lines), help="comma-separated, of " + ", ".join(lines))
    parser.add_argument("--out", type=Path, default=Path(name), help="results and figures")
    parser.add_argument("--quick", action="store_true", help="a tenth of the passes, some smaller networks, one seed, in DIR/quick")
    given = parser.parse_args()
    names = given.only.split(",")
    if unknown := [one for one in names if one not in lines]:
        parser.error(f"--only knows {', '.join(lines)}. Got {', '.join(unknown)}.")
    data = given.data.parent if given.data.is_file() else given.data
    out = given.out / "quick" if given.quick else given.out
    out.mkdir(parents=True, exist_ok=True)
    settings = [Setting(data, seed, out, given.quick) for seed in range(1 if given.quick else given.seeds)]
    console = Console()
    try:
        found = {one: results(one, lines[one], settings, console) for one in names}
    except FileNotFoundError as error:
        parser.error(f"{error.filename} is not there: give --data, or set ISTHMUS_DATA to its folder.")
    console.print(table(title, lines, found))


def results(name: str, line: Line, settings: list[Setting], console: Console) -> list[Measures]:
    """Return a line's measures for every seed, from its file where there is one."""
    found = []
    for to in settings:
        path = to.out / f"{name}_{to.seed}.json"
        if not path.exists():
            console.print(f"{name}, seed {to.seed} ...")
            measures = line.run(replace(to, line=name))
            path.write_text(json.dumps(measures, indent=1))
            shutil.rmtree(to.out / "checkpoints" / f"{name}_{to.seed}", ignore_errors=True)
        found.append(json.loads(path.read_text()))
    return found


def table(title: str, lines: Mapping[str, Line], found: dict[str, list[Measures]]) -> Table:
    """Return the published numbers beside ours, means over the seeds, and beside our own default where that was measured."""
    beside = any(f"default_{lines[name].measure}" in runs[0] for name, runs in found.items())
    shown = Table("model", "measure", "published", "ours", *(["our default, same time"] if beside else []), "more", "what differs",
                  title=title)  # fmt: skip
    for name, runs in found.items():
        line = lines[name]
        averages = {measure: float(np.mean([run[measure] for run in runs])) for measure in runs[0]}
        default = averages.pop(f"default_{line.measure}", None)
        own = averages.pop(line.measure)
        spread = np.ptp([run[line.measure] for run in runs])
        cells = [name, line.measure, line.published, f"{own:.4g} (range {spread:.2g})"]
        cells += ["" if default is None else f"{default:.4g}"] if beside else []
        shown.add_row(*cells, "\n".join(f"{k} {v:.4g}" for k, v in averages.items()), line.differs, end_section=True)
    return shown


@lru_cache(1)
def _mnist(path: Path) -> Digits:
    with np.load(path, allow_pickle=False) as data:
        return Digits(data["x_train"], data["y_train"], data["x_test"], data["y_test"])
