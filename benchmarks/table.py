"""The table of a workload that every library trains, and what other tables share with it."""

import statistics

from .implementations import OURS, PRODUCTS
from .workload import Found, Result, markdown

_WORSE = 1.05  # a speed counts up to this times the peer's loss; two seeds of one library differ by about half of that
_LIMITS = tuple(one.name for one in PRODUCTS)
_HEADER = ("", "samples/s (slowest to fastest)", "isthmus as shipped is", "isthmus-float32 is", "of the matrix rate", "first epoch, s",
           "in all, s", "peak MiB", "squared error", "cross-entropy", "differs")  # fmt: skip
_COLUMNS = (("first_epoch_seconds", ".2f"), ("whole_seconds", ".1f"), ("peak_mib", ".0f"), ("squared_error", ".4g"),
            ("cross_entropy", ".4g"))  # fmt: skip

LEGEND = (
    "Medians of the rounds. Ratios are samples per second, isthmus over that row, medians of each round's own: *as shipped* with "
    '`precision="auto"`, and in float32, which the peers compute in. In parentheses: at a loss more than 5 % worse, which does not '
    "count. ~: other processes disturbed it. *Of the matrix rate*: of the rate at which this machine does the bare matrix products "
    "of the same steps, in the row's precision. *First epoch* is import, building, compilation and warm-up with it."
)


def comparison(found: Found, differs: dict[str, str], measure: str, operations: float) -> str:
    """Return the table, one row an implementation.

    ``measure`` is the loss that decides whether a speed counts; ``operations`` are a sample's, in its matrix products.
    """
    rows = []
    for name, results in found.items():
        if "absent" in results[0]:
            rows.append((name, results[0]["absent"], *[""] * (len(_HEADER) - 2)))
            continue
        rates = [result["samples_per_second"] for result in results]
        speed = f"{medians(results, 'samples_per_second', ',.0f')} ({min(rates):,.0f} to {max(rates):,.0f})"
        ratios = ["" if name in (one.name, *_LIMITS) else ratio(found.get(one.name, []), results, measure) for one in OURS]
        rows.append((name, speed, *ratios, share(found, name, operations), *(medians(results, *column) for column in _COLUMNS),
                     differs.get(name, "")))  # fmt: skip
    return markdown(_HEADER, rows)


def ratio(ours: list[Result], theirs: list[Result], measure: str | None = None) -> str:
    """Return how many times as fast ours is, and by ``measure`` whether that counts."""
    ours = [result for result in ours if "absent" not in result]
    pairs = [(a["samples_per_second"], b["samples_per_second"]) for a in ours for b in theirs if a["round"] == b["round"]]
    if not pairs:
        return ""
    text = f"{statistics.median(a / b for a, b in pairs):.2f}"
    losses = [[result[measure] for result in side if measure in result] for side in (ours, theirs)]
    worse = all(losses) and statistics.median(losses[0]) > _WORSE * statistics.median(losses[1])
    return _disturbed([*ours, *theirs]) + (f"({text})" if worse else text)


def share(found: Found, name: str, operations: float) -> str:
    """Return the share of the bare products' rate in the same precision; for these themselves, their operations a second."""
    rate = statistics.median(result["samples_per_second"] for result in found[name])
    if name in _LIMITS:
        return f"{operations * rate / 1e9:.0f} GFLOP/s"
    limit = found.get(f"products-{found[name][0]['precision']}", [])
    products = [result["samples_per_second"] for result in limit if "absent" not in result]
    return f"{100 * rate / statistics.median(products):.0f} %" if products else ""


def medians(results: list[Result], key: str, form: str) -> str:
    """Return the rounds' median of a number, marked where a round was disturbed."""
    values = [result[key] for result in results if key in result]
    mark = _disturbed(results) if key == "samples_per_second" else ""
    return f"{mark}{statistics.median(values):{form}}" if values else ""


def _disturbed(results: list[Result]) -> str:
    return "~" if any(result.get("disturbed") for result in results) else ""
