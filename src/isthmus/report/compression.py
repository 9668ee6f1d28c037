"""The page of vectors in few bytes: how many of their neighbours each kind of code finds, and at what cost."""

from collections.abc import Sequence

from ..tasks.compression import Compressed, verdict
from .figures import PALETTE, recall_by_bytes
from .page import filled
from .sections import Part, Section
from .tables import Table

_HEADERS = {
    "codes": "The kind of code; bits of the autoencoder are decoded as they are compared, the others are FAISS's.",
    "bytes": "How many bytes a vector takes.",
    "found": "Of the ten vectors that are nearest to a query, the share that is among the ten that the codes find.",
    "seconds to build": "Time to learn the codes and to make those of all vectors.",
    "queries a second": "How many queries are compared with all codes in a second.",
}


def compressed_table(found: Sequence[Compressed]) -> Table:
    """Return what `isthmus.tasks.compress` found as texts: a line a kind and size.

    Example:
        >>> compressed_table([Compressed("PQ", 8, 0.55, 3, 900)]).body
        [['PQ', '8', '55.0 %', '3.0', '900']]
    """
    body = [[one.kind, str(one.bytes), f"{100 * one.recall:.1f} %", f"{one.build_seconds:,.1f}", f"{one.queries_per_second:,.0f}"]
            for one in found]  # fmt: skip
    most = {size: max(one.recall for one in found if one.bytes == size) for size in {one.bytes for one in found}}
    best = [[place == 2 and one.recall == most[one.bytes] for place in range(len(_HEADERS))] for one in found]
    return Table(list(_HEADERS), body, best, list(_HEADERS.values()))


def render_compression(found: Sequence[Compressed], *, title: str) -> str:
    """Return a self-contained HTML page of what `isthmus.tasks.compress` found.

    Example:
        >>> found = [Compressed("autoencoder", 8, 0.4, 60, 100), Compressed("PQ", 8, 0.55, 3, 900)]
        >>> "<h1>Vectors</h1>" in render_compression(found, title="Vectors")
        True
    """
    first, *others = verdict(found)
    colours = dict(zip(dict.fromkeys(one.kind for one in found), PALETTE[1:], strict=False))
    curve = Section("curve", "Neighbours found", _HEADERS["found"], "figure", [Part("", "", recall_by_bytes(found, colours))])
    return filled("compression.html", title=title, first=first, others=others, sections=[curve], table=compressed_table(found),
                  colours=colours)  # fmt: skip
