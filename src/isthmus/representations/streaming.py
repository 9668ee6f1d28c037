"""A representation of items that are too large for the memory: learnt from a sample, and written down once as rows."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..files.items import Block, Items, PlacedColumns, count
from ..files.rows import block_rows, is_large, spooled

_SAMPLE = 2**27  # bytes of a sample, about


def fit_rows(representation: Any, items: Items, folder: Path) -> Any:
    """Fit ``representation`` to items and return them as rows: an array, sparse rows or, where they are too large, a `RowStream`.

    Small items are learnt from whole. Of larger ones it is blocks spread over the source, and what those do not show is
    not known: a category's level that they lack counts as rare. The rows are made once, not in every epoch, since cells of
    a text come in one order only and take longer to read than to train on.

    Arguments:
        representation: Anything with ``fit`` and ``transform``.
        items: The items.
        folder: Where rows that are too large are written to; nothing is left in it.
    """
    if not is_large(items.nbytes):
        return representation.fit_transform(items.load())
    representation.fit(_sample(items))
    blocks = (representation.transform(block) for _, block in items.blocks(_rows(items)))
    first = next(blocks)
    rows = itertools.chain([first], blocks)
    if sp.issparse(first):  # which takes less room than the texts
        return sp.vstack(list(rows), format="csr")
    if is_large(len(items) * first[0].nbytes):
        return spooled(rows, len(items), folder)
    found, start = np.empty((len(items), *first.shape[1:]), first.dtype), 0
    for block in rows:
        found[start : start + len(block)] = block
        start += len(block)
    return found


def _rows(items: Items) -> int:
    """Return how many items are read at once, at about four numbers for a cell of text, which a table's may all be."""
    return block_rows((items.nbytes // len(items) // 16,))


def _sample(items: Items) -> Block:
    """Return blocks of items, evenly spread, as many as fill a sample."""
    every = max(1, -(-items.nbytes // _SAMPLE))
    parts: list[Any] = [block for number, (_, block) in enumerate(items.blocks(_rows(items))) if number % every == 0]
    if not isinstance(parts[0], dict):
        return np.concatenate(parts)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    ends = np.cumsum([count(part) for part in parts])

    def where(row: int) -> str:
        part = int(np.searchsorted(ends, row, side="right"))
        return parts[part].where(row - (int(ends[part - 1]) if part else 0))

    return PlacedColumns(columns, where)
