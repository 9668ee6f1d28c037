"""The table of a workload that every library trains."""

import statistics
from typing import Any

from .implementations import OURS, PRODUCTS
from .networks import Task
from .workload import Found, Result, markdown

_OURS = tuple(one.name for one in OURS)
_LIMITS = tuple(one.name for one in PRODUCTS)
_WORSE = 1.02  # a speed counts up to this times the peer's loss
_HEADER = ("", "samples/s (slowest to fastest)", "isthmus as shipped is", "isthmus-float32 is", "of the matrix rate", "first epoch, s",
           "in all, s", "peak MiB", "squared error", "cross-entropy", "differs")  # fmt: skip

LEGEND = (
    "Medians of the rounds. Ratios are samples per second, isthmus over that row, medians of each round's own: *as shipped* with "
    "`precision=\"auto\"`, and in float32, which the peers compute in. In parentheses: at a loss more than 2 % worse, which does not "
    "count. ~: other processes disturbed it. *Of the matrix rate*: of the rate at which this machine does the bare matrix products "
    "of the same steps, in the row's precision. *First epoch* is import, building, compilation and warm-up with it."
)


def comparison(found: Found, differs: dict[str, str], measure: str, task: Task) -> str:
    """Return the table, one row an implementation; ``measure`` is the loss that decides whether a speed counts."""
    rows = []
    for name, results in found.items():
        if not results or "absent" in results[0]:
            rows.append((name, results[0]["absent"] if results else "not run", *[""] * (len(_HEADER) - 2)))
            continue
        rates = [result["samples_per_second"] for result in results]
        ratios = ["" if name in (ours, *_LIMITS) else _ratio(found.get(ours, []), results, measure) for ours in _OURS]
        rows.append((name, f"{_mark(results)}{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})", *ratios,
                     _share(found, name, task), *(_median(results, key, form) for key, form in _COLUMNS), differs.get(name, "")))  # fmt: skip
    return markdown(_HEADER, rows)


_COLUMNS = (("first_epoch_seconds", ".2f"), ("whole_seconds", ".1f"), ("peak_mib", ".0f"), ("squared_error", ".4g"), ("cross_entropy", ".4g"))


def _ratio(ours: list[Result], theirs: list[Result], measure: str) -> str:
    """Return how many times as fast ours is, and whether that counts."""
    pairs = [(a, b) for a in ours for b in theirs if a.get("round") == b["round"] and "samples_per_second" in a]
    if not pairs:
        return ""
    text = f"{statistics.median(a['samples_per_second'] / b['samples_per_second'] for a, b in pairs):.2f}"
    losses = [[result[measure] for result in side if measure in result] for side in (ours, theirs)]
    worse = all(losses) and statistics.median(losses[0]) > _WORSE * statistics.median(losses[1])
    return _mark([*ours, *theirs]) + (f"({text})" if worse else text)


def _share(found: Found, name: str, task: Task) -> str:
    """Return the share of the bare products' rate in the same precision; of these rows themselves, their operations a second."""
    results = found[name]
    if name in _LIMITS:
        operations = 2 * sum(m * k * n for m, k, n in task.training_products()) / task.batch
        return f"{operations * statistics.median(result['samples_per_second'] for result in results) / 1e9:.0f} GFLOP/s"
    products = [result for result in found.get(f"products-{results[0]['precision']}", []) if "samples_per_second" in result]
    if not products:
        return ""
    rates = [statistics.median(result["samples_per_second"] for result in side) for side in (results, products)]
    return f"{100 * rates[0] / rates[1]:.0f} %"


def _median(results: list[dict[str, Any]], key: str, form: str) -> str:
    values = [result[key] for result in results if key in result]
    return f"{statistics.median(values):{form}}" if values else ""


def _mark(results: list[Result]) -> str:
    return "~" if any(result.get("disturbed") for result in results) else ""
