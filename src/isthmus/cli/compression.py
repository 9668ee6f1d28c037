"""How ``isthmus compare --bytes`` tells of vectors in few bytes."""

import json
from pathlib import Path

import numpy as np
from rich.table import Table as Grid

from .. import report
from ..errors import InputError
from ..storage import atomic, disk_errors, encode
from ..tasks import Split, compress
from ..tasks.compression import verdict
from ..training.batches import dense
from .options import TrainingOptions
from .progress import Bar, console

_QUERIES = 1000  # at most


def compared(train: Split, held: Split, sizes: tuple[int, ...], training: TrainingOptions, seed: int, folder: Path | None, data: str,
             json_: bool) -> None:  # fmt: skip
    """Compress one part of the data, ask for the neighbours of the other, and print, and write to FOLDER, what is found."""
    if not sizes:
        raise InputError("--bytes takes at least one size.")
    X, queries = (dense(part.items).reshape(len(part.items), -1) for part in (train, held))
    with Bar("compressing") as bar:
        found = compress(X, queries[:_QUERIES], sizes, training.training((bar,)), seed, bar.next)
    sentences = verdict(found)
    result = json.dumps(encode({"rows": [one._asdict() for one in found], "verdict": sentences}), indent=None if json_ else 1)
    if folder is not None:
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with atomic(folder / "report.html") as path:
            path.write_text(report.render_compression(found, title=f"isthmus compare {data}"), encoding="utf-8")
        with atomic(folder / "compare.json") as path:
            path.write_text(result, encoding="utf-8")
    if json_:
        print(result)
        return
    say = console()
    grid = Grid(title="share of the ten nearest vectors that are found", title_style="dim")
    for name in ("codes", "bytes", "found", "seconds to build", "queries a second"):
        grid.add_column(name, justify="left" if name == "codes" else "right")
    for one in found:
        best = one.recall == np.max([other.recall for other in found if other.bytes == one.bytes])
        grid.add_row(one.kind, str(one.bytes), f"[bold green]{one.recall:.1%}[/]" if best else f"{one.recall:.1%}",
                     f"{one.build_seconds:.1f}", f"{one.queries_per_second:,.0f}", end_section=one is found[-1])  # fmt: skip
    say.print(grid)
    for sentence in sentences:
        say.print(f"• {sentence}", markup=False)
    if folder is not None:
        say.print(f"Report: {folder / 'report.html'}", markup=False)
