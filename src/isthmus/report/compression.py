"""The page of vectors in few bytes: how many of their neighbours each kind of code finds."""

from collections.abc import Sequence

from ..tasks.compression import Compressed, verdict
from .figures import recall_by_bytes
from .page import filled
from .sections import Part, Section


def render_compression(found: Sequence[Compressed], *, title: str) -> str:
    """Return a self-contained HTML page of what `isthmus.tasks.compress` found.

    Example:
        >>> found = [Compressed("autoencoder", 8, 0.4, 60, 100), Compressed("PQ", 8, 0.55, 3, 900)]
        >>> "<h1>Vectors</h1>" in render_compression(found, title="Vectors")
        True
    """
    first, *others = verdict(found)
    curve = Section("curve", "Neighbours found", "Of the ten vectors that are nearest to a query, how many are among the ten that the "
                    "codes find.", "figure", [Part("", "", recall_by_bytes(found))])  # fmt: skip
    return filled("base.html", title=title, first=first, others=others, sections=[curve])
