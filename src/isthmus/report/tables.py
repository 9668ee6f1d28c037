"""The table of a comparison as texts, for the page and for the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .summary import Line, number, places, summarise


class Column(NamedTuple):
    """A figure's place in the table; ``better`` is 1 where more is better, -1 where less is, 0 where neither."""

    key: str
    header: str
    hint: str
    better: int


COLUMNS = (
    Column("squared_error", "test error", "Squared error per test item: summed over its numbers, averaged over items.", -1),
    Column("decibels", "dB", "Root mean square error of a frame's spectrum in decibels, averaged over frames.", -1),
    Column("ratio", "× PCA", "The test error over that of PCA with as many numbers; under 1 is better than PCA.", -1),
    Column("train_squared_error", "train error", "Squared error per training item; far below the test error: over-fitting.", 0),
    Column("explained_variance", "explained", "The share of the test items' variance that the reconstruction explains.", 1),
    Column("masked_error", "masked", "Squared error to the clean item after three numbers in ten were blanked.", -1),
    Column("noisy_error", "noisy", "Squared error to the clean item after noise of one standard deviation was added.", -1),
    Column("few_label_accuracy", "few labels", "Accuracy of labels read off the codes after ten labelled items a class.", 1),
    Column("neighbour_accuracy", "neighbours", "Accuracy of labels taken from the nearest training codes.", 1),
    Column("trustworthiness", "trust", "How far neighbours in the code are neighbours in the data too; 1 is all.", 1),
    Column("continuity", "continuity", "How far neighbours in the data stay neighbours in the code; 1 is all.", 1),
    Column("l0", "active", "How many numbers of a code are not zero, on average.", 0),
    Column("hoyer", "sparsity", "Hoyer's sparseness of the codes: 0 is all numbers alike, 1 is one number alone.", 1),
    Column("jacobian_norm", "slope", "How much the code moves when the item moves a little; small is robust.", -1),
    Column("sample_distance", "samples", "Fréchet distance of new samples from test items in 32 principal components.", -1),
    Column("seconds", "seconds", "Time to fit.", 0),
)  # fmt: skip
_PERCENT = ("explained_variance", "few_label_accuracy", "neighbour_accuracy")


class Table(NamedTuple):
    """Headers, a body of texts, which cells are the best of their column and code size, and a sentence a column."""

    headers: list[str]
    body: list[list[str]]
    best: list[list[bool]]
    hints: list[str]


def table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Return the table of a comparison: one line a variant and code size, seeds as mean ± half of their range.

    Example:
        >>> found = table([{"variant": "pca", "latent_dim": 2, "squared_error": 4.0},
        ...                {"variant": "basic", "latent_dim": 2, "squared_error": 3.0, "pca_squared_error": 4.0}])
        >>> found.headers, found.body[1], found.best[1]
        (['variant', 'size', 'test error', '× PCA'], ['basic', '2', '3.00', '0.750'], [False, False, True, True])
    """
    lines = [_with_ratio(line) for line in summarise(rows)]
    columns = [column for column in COLUMNS if any(column.key in line.means for line in lines)]
    body = [[line.variant, str(line.latent_dim), *(_cell(line, column.key) for column in columns)] for line in lines]
    best = [[False] * (len(columns) + 2) for _ in lines]
    for place, column in enumerate(columns, start=2):
        for size in {line.latent_dim for line in lines}:
            for index in _best([line if line.latent_dim == size else None for line in lines], column):
                best[index][place] = True
    hints = ["The kind of autoencoder, or PCA.", "How many numbers a code has.", *(column.hint for column in columns)]
    return Table(["variant", "size", *(column.header for column in columns)], body, best, hints)


def _best(lines: Sequence[Line | None], column: Column) -> list[int]:
    """Return the places of the best of the lines in a column, ties in the digits shown included."""
    values = {index: line.means[column.key] for index, line in enumerate(lines) if line and column.key in line.means}
    if column.better == 0 or len(values) < 2:
        return []
    top = max(values.values(), key=lambda value: column.better * value)
    return [index for index, value in values.items() if number(value) == number(top)]


def _cell(line: Line, key: str) -> str:
    if key not in line.means:
        return ""
    unit, scale = (" %", 100) if key in _PERCENT else ("", 1)
    mean, spread = line.means[key] * scale, line.spreads[key] * scale
    decimals = 1 if unit else 2 if key == "seconds" else places(mean)
    text = number(mean, decimals) if unit or key == "seconds" else number(mean)
    return f"{text} ± {number(spread, decimals)}{unit}" if line.seeds > 1 else text + unit


def _with_ratio(line: Line) -> Line:
    if line.ratio is None:
        return line
    spread = line.spreads["squared_error"] / (line.pca or 1.0)
    return line._replace(means=line.means | {"ratio": line.ratio}, spreads=line.spreads | {"ratio": spread})
