"""What a comparison leaves: a page and figures in a folder, a table and sentences in the terminal."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table as Grid

from ..report import Table
from ..storage import atomic, disk_errors, encode
from .progress import console


def keep(folder: Path | None, page: Callable[[], str], rows: list[dict[str, Any]], sentences: list[str], json_: bool) -> None:
    """Write the page and what was found to FOLDER, and print the latter where that is asked for."""
    result = encode({"rows": rows, "verdict": sentences})
    if folder is not None:
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with atomic(folder / "report.html") as path:
            path.write_text(page(), encoding="utf-8")
        with atomic(folder / "compare.json") as path:
            path.write_text(json.dumps(result, indent=1), encoding="utf-8")
    if json_:
        print(json.dumps(result))


def tell(found: Table, title: str, sentences: Sequence[str], folder: Path | None) -> None:
    """Print a table, as much of it as fits, and sentences."""
    say = console()
    # What does not fit the terminal is on the page; the figures stand in the order of their weight.
    widths = [max(map(len, column)) + 3 for column in zip(found.headers, *found.body, strict=True)]
    shown = [place for place in range(len(widths)) if sum(widths[: place + 1]) < say.width]
    grid = Grid(title=title, title_style="dim")
    for place in shown:
        grid.add_column(found.headers[place], justify="right" if place else "left")
    for cells, marks in zip(found.body, found.best, strict=True):
        grid.add_row(*(f"[bold green]{cells[place]}[/]" if marks[place] else cells[place] for place in shown))
    say.print(grid)
    for sentence in sentences:
        say.print(f"• {sentence}", markup=False)
    if folder is not None:
        say.print(f"Report: {folder / 'report.html'}", markup=False)
