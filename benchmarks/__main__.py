"""``python -m benchmarks NAME ...``: run what is missing of the workloads, and write the tables."""

import argparse
import json
import sys
from pathlib import Path

from . import data, machine
from .rounds import Rounds
from .table import LEGEND
from .workloads import find, named, names


def main() -> None:
    """Read the command line, run, and write ``results.md`` and ``results.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all if left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, help="rows to encode (encode)")
    parser.add_argument("--only", help="comma-separated names of implementations")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="results; what is there is not run again")
    parser.add_argument("--quick", action="store_true", help="a few steps of each, in DIR/quick: does it run?")
    given = parser.parse_args()
    chosen = [one for name in given.names for one in named(name)] or names()
    if unknown := [name for name in given.names if not named(name)]:
        parser.error(f"NAME must be of {', '.join(names())}. Got {', '.join(unknown)}.")
    out = given.out / "quick" if given.quick else given.out
    out.mkdir(parents=True, exist_ok=True)
    only = given.only.split(",") if given.only else None
    run = Rounds(out, given.rounds, given.quick, given.rows, only, lambda text: print(text, file=sys.stderr))
    for name in chosen:
        workload = find(name, given.quick, given.rows)
        found = run(workload)
        text = f"## {name}: {workload.title}\n\n{workload.table(found, out)}\n"
        (out / f"{name}.md").write_text(text, encoding="utf-8")
        (out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"\n{text}")
    _collect(out)


def _collect(out: Path) -> None:
    """Write all workloads' tables into one page and one JSON file."""
    there = [name for name in names() if (out / f"{name}.md").is_file()]
    about = machine.describe() | {"data": data.source()}
    head = "# Benchmarks\n\n" + ", ".join(f"{key} {value}" for key, value in about.items()) + f".\n\n{LEGEND}\n"
    tables = [(out / f"{name}.md").read_text(encoding="utf-8") for name in there]
    found = {name: json.loads((out / f"{name}.json").read_text(encoding="utf-8")) for name in there}
    (out / "results.md").write_text("\n".join([head, *tables]), encoding="utf-8")
    (out / "results.json").write_text(json.dumps({"machine": about, "workloads": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
