"""The page of an index: how many of the items that are found are meant."""

from typing import Any

from .figures import precision_recall
from .page import filled
from .sections import Part, Section


def render_rankings(row: dict[str, Any], *, title: str) -> str:
    """Return a self-contained HTML page of what `isthmus.metrics.Rankings` found, and how fast.

    Arguments:
        row: Its figures, with ``kind``, ``queries_per_second`` and ``bytes_per_item``.
        title: The page's heading.

    Example:
        >>> from isthmus.metrics import Rankings
        >>> found = Rankings()
        >>> found.add([[0.1, 0.2]], [[True, False]])
        >>> row = found.row() | {"kind": "2 codes", "queries_per_second": 9.0, "bytes_per_item": 8.0}
        >>> "<h1>Two codes</h1>" in render_rankings(row, title="Two codes")
        True
    """
    depths = [f"{value:.1%} of the first {name.removeprefix('precision_at_')}" for name, value in row.items()
              if name.startswith("precision_at_") and not isinstance(value, dict)]  # fmt: skip
    recall = [f"The graph finds {value:.1%} of the true neighbours." for name, value in row.items() if name.startswith("recall_at_")]
    others = [f"Of what is found first, right are {', '.join(depths)}.", f"{row['kind']}.",
              f"{row['queries_per_second']:,.0f} queries a second; {row['bytes_per_item']:g} bytes an item.", *recall]  # fmt: skip
    curve = Section("curve", "Precision and recall", "Of what is found down to where a share of all relevant items is found, how much is "
                    "relevant; means over queries.", "figure", [Part("", "", precision_recall({"this index": row["precision_at_recall"]}))])
    return filled("base.html", title=title, first=f"Mean average precision {row['mean_average_precision']:.3f}, over {row['queries']:,} "
                  "queries.", others=others, sections=[curve])  # fmt: skip
