"""What a workload is: implementations to run, one process each and round, and a table of what came out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .implementations import Implementation
from .machine import Watch

Result = dict[str, Any]  # of one process, as JSON
Found = dict[str, list[Result]]  # by implementation, one a round


@dataclass(frozen=True)
class Workload(ABC):
    """One thing to measure; ``run`` is called in a process of its own, ``table`` in the one that collects."""

    name: str
    title: str

    @property
    @abstractmethod
    def implementations(self) -> tuple[Implementation, ...]:
        """Who takes part, in the table's order."""

    @abstractmethod
    def run(self, implementation: Implementation, seed: int, watch: Watch, scratch: Path) -> Result:
        """Measure one implementation once; ``scratch`` is a folder shared by all that run this workload."""

    @abstractmethod
    def table(self, found: Found, out: Path) -> str:
        """Return the results in Markdown; figures go to ``out``."""

    @abstractmethod
    def quick(self) -> "Workload":
        """Return the same in a few seconds: does it run, not how fast."""

    def fixed_rounds(self) -> int | None:
        """Return how many rounds this takes whatever was asked for, or None."""
        return None


def markdown(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
