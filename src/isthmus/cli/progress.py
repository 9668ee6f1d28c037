"""What people see while they wait: bars on a terminal, plain lines elsewhere, always on standard error."""

import os
import shlex
import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

_EVERY = 5.0  # seconds between plain lines
_SILENT = os.environ.get("RANK", "0") != "0"  # torchrun's number of this process: the first one talks, all name their errors


def console() -> Console:
    """Return the console for results: standard output."""
    return Console(highlight=False, emoji=False, soft_wrap=True, quiet=_SILENT)


def say_next(*words: str) -> None:
    """Name a command that comes next, as it can be pasted."""
    console().print(f"Next: {shlex.join(['isthmus', *words])}", markup=False)


def errors_console() -> Console:
    """Return the console for everything else: standard error."""
    return Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def note(text: str) -> None:
    """Say something that is no result."""
    if _SILENT:
        return
    errors_console().print(f"note: {text}", style="yellow", markup=False)


class Bar:
    """A bar that is told how far a piece of work is; ``count`` puts its pieces behind each other on the bar.

    It is a training callback, too: it takes the `Progress` of a loop.
    """

    def __init__(self, label: str, count: int = 1) -> None:
        self.label, self.count, self.piece = label, count, 0
        self.began = self.told = time.monotonic()
        self.console = errors_console()
        self.console.quiet = _SILENT
        self.bar = Progress(TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.percentage:>3.0f} %"),
                            TimeRemainingColumn(), TextColumn("{task.fields[more]}"), console=self.console,
                            disable=not self.console.is_terminal, transient=True)  # fmt: skip
        self.task = self.bar.add_task(label, total=float(count), more="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()

    def next(self, label: str, count: int | None = None) -> None:
        """Begin the next piece; ``count`` says how many there are where that was not known before."""
        self.piece, self.label, self.count = self.piece + 1, label, count or self.count
        self.bar.update(self.task, total=float(self.count))
        self.update(0.0, "")
        if not self.console.is_terminal:
            self.console.print(f"[{self.piece}/{self.count}] {label}", markup=False)

    def update(self, fraction: float, more: str) -> None:
        """Say that a share of the current piece is done."""
        done = max(self.piece - 1, 0) + fraction
        self.bar.update(self.task, completed=done, description=self.label, more=more)
        if not self.console.is_terminal and more and time.monotonic() - self.told > _EVERY:
            self.told = time.monotonic()
            self.console.print(f"{self.label}: {fraction:4.0%}, {more}", markup=False)

    def rows(self, done: int, total: int) -> None:
        """Say how many rows are done, how many a second, and how long the others take; on a terminal the bar says the last."""
        rate = done / max(time.monotonic() - self.began, 1e-9)
        left = "" if self.console.is_terminal else f", {(total - done) / rate:,.0f} s left"
        self.update(done / total, f"{done:,} of {total:,} rows, {rate:,.0f} a second{left}")

    def __call__(self, progress: Any) -> None:
        """Take the progress of a training loop."""
        last = progress.history[-1] if progress.history else {}
        held = f", held-out {last['validation_loss']:.4g}" if "validation_loss" in last else ""
        loss = f", loss {last['loss']:.4g}{held}" if last else ""
        stage = f"{progress.stage}, " if progress.stage else ""
        self.update(progress.fraction, f"{stage}epoch {min(progress.epoch + 1, progress.epochs)} of {progress.epochs}{loss}")
