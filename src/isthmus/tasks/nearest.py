"""The nearest of many codes, exactly: real numbers by products of blocks, bits by exclusive-or and popcount."""

from collections.abc import Callable

import numpy as np

_QUERIES = 128  # at once
_SCORES = 2**19  # numbers of a block: enough for the processor, and few enough to stay near it
_FIRST = 4096  # codes that give the first bound; what is not below it costs one comparison
Scores = Callable[[slice, slice], np.ndarray]


def nearest(queries: np.ndarray, codes: np.ndarray, k: int, removed: np.ndarray | None = None) -> np.ndarray:
    """Return the places (m, k) of the codes nearest to each query, the nearest first, of equals the one that comes first.

    Arguments:
        queries: Real codes (m, d), or bits as `packed` gives them.
        codes: Codes of the same kind (n, d), in memory or on disk: they pass by once for every 128 queries.
        k: How many, at most n less those removed.
        removed: Which codes are left out, (n,) booleans; None for none.

    >>> nearest(np.array([[0.9], [2.2]]), np.array([[3.0], [1.0], [2.0]]), 2)
    array([[1, 2],
           [2, 0]])
    >>> nearest(packed(np.array([[0, 1, 1]])), packed(np.array([[1, 0, 0], [0, 1, 0]])), 1)
    array([[1]])
    """
    bits = queries.dtype.kind == "u"

    def scores(some: slice, part: slice) -> np.ndarray:
        block = codes[part]
        found = compared(queries[some], block)
        if removed is not None and removed[part].any():
            found[:, removed[part]] = np.iinfo(found.dtype).max if bits else np.inf
        return found

    starts = range(0, len(queries), _QUERIES)
    return np.concatenate([_smallest(scores, slice(start, min(start + _QUERIES, len(queries))), len(codes), k) for start in starts])


def packed(bits: np.ndarray) -> np.ndarray:
    """Return bits (n, d), 0 and 1, as unsigned words (n, w), eight to a byte, filled up with zeros.

    >>> packed(np.eye(2, 16)).dtype, packed(np.ones((5, 100))).shape
    (dtype('uint16'), (5, 2))
    """
    rows = np.packbits(bits.astype(bool), axis=1)
    width = rows.shape[1]
    word = next((size for size in (1, 2, 4, 8) if size >= width), 8)
    filled = np.zeros((len(rows), -(-width // word) * word), np.uint8)
    filled[:, :width] = rows
    return filled.view(f"u{word}")


def distances(queries: np.ndarray, codes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the distances (m, k) of each query to the codes at its places: Euclidean, or the number of bits that differ."""
    apart = np.empty(places.shape, np.float32)
    size = max(1, _SCORES // max(1, places.shape[1] * codes.shape[1]))
    for start in range(0, len(queries), size):
        some = slice(start, start + size)
        found, asked = codes[places[some]], queries[some, None]  # (some, k, d), (some, 1, d)
        if queries.dtype.kind == "u":
            apart[some] = np.bitwise_count(found ^ asked).sum(axis=2)
        else:
            apart[some] = np.sqrt(np.square(found.astype(np.float64) - asked).sum(axis=2))
    return apart


def compared(queries: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return numbers (m, n) that order all codes by their distance from each query."""
    return _differing(queries, codes) if queries.dtype.kind == "u" else _squares(queries, codes)


def _smallest(scores: Scores, some: slice, n: int, k: int) -> np.ndarray:
    """Return the places of the k smallest scores of each of some queries among n, read block by block."""
    count = some.stop - some.start
    first, size = max(_FIRST, k), max(_FIRST, _SCORES // count)
    found = scores(some, slice(0, min(first, n)))
    order = np.argsort(found, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(found, order, axis=1)
    for start in range(first, n, size):
        found = scores(some, slice(start, min(start + size, n)))
        below = np.flatnonzero(found < best[:, -1:])  # few, as the bound falls soon
        if len(below):
            rows, columns = np.divmod(below, found.shape[1])
            best, order = _merged(best, order, rows, found.ravel()[below], columns + start)
    return order


def _merged(best: np.ndarray, order: np.ndarray, rows: np.ndarray, values: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smallest scores (m, k) and their places, those of ``rows`` taken in."""
    m, k = best.shape
    row = np.concatenate([np.repeat(np.arange(m), k), rows])
    value = np.concatenate([best.ravel(), values])
    place = np.concatenate([order.ravel(), places])
    by = np.lexsort((value, row))  # stable: of equals the earlier place goes first
    starts = np.cumsum(np.bincount(row, minlength=m)) - np.bincount(row, minlength=m)
    kept = by[np.arange(len(by)) - starts[row[by]] < k]
    return value[kept].reshape(m, k), place[kept].reshape(m, k)


def _squares(queries: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Return the squared distances (m, b), less the queries' own squares, which change no order."""
    block = np.ascontiguousarray(block)
    found = queries @ block.T
    found *= -2
    found += np.einsum("nd,nd->n", block, block)
    return found


def _differing(queries: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Return how many bits differ, (m, b)."""
    first, *others = np.ascontiguousarray(block.T)  # a word of every code at a time
    found = np.bitwise_count(queries[:, :1] ^ first)
    found = found if 8 * block[:1].nbytes < 256 else found.astype(np.uint16)
    for word, column in enumerate(others, 1):
        found += np.bitwise_count(queries[:, word : word + 1] ^ column)
    return found
