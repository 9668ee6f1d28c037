"""How ``isthmus compare --bytes`` measures vectors in few bytes, and what it prints."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table as Grid

from ..errors import InputError
from ..tasks import Compressed, Split, compress
from ..tasks.compression import verdict
from ..training.batches import dense
from .options import TrainingOptions
from .progress import Bar, console

_QUERIES = 1000  # at most


def compared(train: Split, held: Split, sizes: tuple[int, ...], training: TrainingOptions, seed: int) -> tuple[list[Compressed], list[str]]:
    """Compress one part of the data, ask for the neighbours of the other, and return what is found, and in words."""
    if not sizes:
        raise InputError("--bytes takes at least one size.")
    X, queries = (dense(part.items).reshape(len(part.items), -1) for part in (train, held))
    with Bar("compressing") as bar:
        found = compress(X, queries[:_QUERIES], sizes, training.training((bar,)), seed, bar.next)
    return found, verdict(found)


def tell(found: Sequence[Compressed], sentences: list[str], folder: Path | None) -> None:
    """Print what is found."""
    say = console()
    grid = Grid(title="share of the ten nearest vectors that are found", title_style="dim")
    for name in ("codes", "bytes", "found", "seconds to build", "queries a second"):
        grid.add_column(name, justify="left" if name == "codes" else "right")
    for one in found:
        best = one.recall == max(other.recall for other in found if other.bytes == one.bytes)
        grid.add_row(one.kind, str(one.bytes), f"[bold green]{one.recall:.1%}[/]" if best else f"{one.recall:.1%}",
                     f"{one.build_seconds:.1f}", f"{one.queries_per_second:,.0f}")  # fmt: skip
    say.print(grid)
    for sentence in sentences:
        say.print(f"• {sentence}", markup=False)
    if folder is not None:
        say.print(f"Report: {folder / 'report.html'}", markup=False)
