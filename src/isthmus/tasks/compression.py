"""Vectors in few bytes each: how many of their true neighbours an autoencoder's bits still find, beside FAISS's codes of equal size."""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..checks import Whole
from ..errors import InputError
from ..estimators import BinaryAutoencoder
from ..metrics import neighbour_recall
from ..networks import Dense
from ..training import Training
from .graphs import library
from .nearest import nearest

K = 10  # neighbours
OURS = "autoencoder"
_CENTROIDS = 256  # of each byte of product quantisation
_HIDDEN = (1000, 500)
Search = Callable[[np.ndarray], np.ndarray]


class Compressed(NamedTuple):
    """What one kind of code of so many bytes found of the ten true neighbours, and at what cost."""

    kind: str
    bytes: int
    recall: float
    build_seconds: float
    queries_per_second: float


class Decoded:
    """Bits of vectors that are decoded block by block as they are compared; the query stays as it is.

    Arguments:
        model: What decodes them: anything with ``inverse_transform``.
        bits: 0 and 1, (n, 8 bytes).

    Example:
        >>> from sklearn.preprocessing import FunctionTransformer
        >>> twice = FunctionTransformer(inverse_func=lambda H: 2 * H, check_inverse=False)
        >>> Decoded(twice, np.eye(3, 8))[1:3]
        array([[0., 2., 0., 0., 0., 0., 0., 0.],
               [0., 0., 2., 0., 0., 0., 0., 0.]], dtype=float32)
    """

    def __init__(self, model: Any, bits: np.ndarray) -> None:
        self.model = model
        self.packed = np.packbits(bits.astype(bool), axis=1)

    def __len__(self) -> int:
        return len(self.packed)

    def __getitem__(self, part: slice) -> np.ndarray:
        bits = np.unpackbits(self.packed[part], axis=1).astype(np.float32)
        return np.asarray(self.model.inverse_transform(bits), np.float32)


def compress(X: Any, queries: Any, sizes: Sequence[int] = (8, 16, 32, 64), training: Training | None = None, seed: int = 0,
             heard: Callable[[str, int], None] | None = None) -> list[Compressed]:  # fmt: skip
    """Return what codes of each size find of the queries' ten nearest vectors by Euclidean distance, kind by kind.

    The kinds are bits of an autoencoder, eight a byte, decoded as they are compared, and FAISS's: principal components with eight bits
    each, signs of rotated ones (ITQ, where there are so many), product quantisation (PQ), and that of rotated vectors (OPQ).

    Arguments:
        X: The vectors to be found, (n, d), at least 256.
        queries: Others of their kind, (m, d).
        sizes: Bytes a vector, each at most d.
        training: How the autoencoder is trained; None leaves it to the data.
        seed: Where it starts.
        heard: Called with the kind and size that come next, and with how many there are in all.

    Raises:
        InputError: For vectors too few, too short, not finite or of other width than the queries.
        MissingExtraError: Where FAISS is not installed.

    References:
        Product Quantization for Nearest Neighbor Search (H. Jégou, M. Douze, C. Schmid, 2011); Optimized Product Quantization (T. Ge,
        K. He, Q. Ke, J. Sun, 2013); Iterative Quantization (Y. Gong, S. Lazebnik, 2011)
    """
    X, queries = _vectors(X, "the vectors"), _vectors(queries, "the queries")
    if X.shape[1] != queries.shape[1]:
        raise InputError(f"vectors and queries must be of one width. Got {X.shape[1]} and {queries.shape[1]}.")
    if len(X) < _CENTROIDS:
        raise InputError(f"codes of whole bytes are learnt from at least {_CENTROIDS} vectors. Got {len(X)}.")
    if wrong := [size for size in sizes if not Whole(1).allows(size) or size > X.shape[1]]:
        raise InputError(f"bytes must be in 1..{X.shape[1]}, of which a vector has numbers. Got {wrong[0]}.")
    library()  # which is asked for before anything is learnt
    true, found = nearest(queries, X, K), []
    plan = [(size, kind, name) for size in sizes for kind, name in ((OURS, ""), *_names(X.shape[1], size).items())]
    for size, kind, name in plan:
        if heard is not None:
            heard(f"{kind}, {size} bytes", len(plan))
        began = time.perf_counter()
        search = _factory(X, name) if name else _learnt(X, size, training, seed)
        built = time.perf_counter()
        places = search(queries)
        asked = time.perf_counter() - built
        found.append(Compressed(kind, size, neighbour_recall(places, true), built - began, len(queries) / asked))
    return found


def verdict(found: Sequence[Compressed]) -> list[str]:
    """Return a sentence for each size: which codes to take, and what the others miss.

    >>> verdict([Compressed("autoencoder", 8, 0.4, 60, 100), Compressed("PQ", 8, 0.55, 3, 900)])
    ['With 8 bytes a vector take PQ: it finds 55.0 % of the ten nearest, the autoencoder 40.0 %, in 20 times the time to build.']
    """
    said = []
    for size in dict.fromkeys(one.bytes for one in found):
        rows = [one for one in found if one.bytes == size]
        ours = next(one for one in rows if one.kind == OURS)
        other = max((one for one in rows if one.kind != OURS), key=lambda one: one.recall)
        first, second = (ours, other) if ours.recall > other.recall else (other, ours)
        named = {one: f"the {OURS}" if one is ours else one.kind for one in rows}
        shares = [f"{100 * one.recall:.1f} %" for one in (first, second)]
        said.append(f"With {size} bytes a vector take {named[first]}: it finds {shares[0]} of the ten nearest, {named[second]} "
                    f"{shares[1]}, {_cost(second, first)}.")  # fmt: skip
    return said


def _cost(second: Compressed, first: Compressed) -> str:
    ratio = second.build_seconds / max(first.build_seconds, 1e-3)
    if ratio >= 2:
        return f"in {ratio:,.0f} times the time to build"
    return "built in about the same time" if ratio > 0.5 else f"built {1 / max(ratio, 1e-3):,.0f} times as fast"


def _names(width: int, size: int) -> dict[str, str]:
    """Return FAISS's names of codes of so many bytes by what people call them."""
    whole = width - width % size  # numbers that fall into equal parts
    product = f"PQ{size}np"  # "np" is without an order of centroids that only searches of another kind use, and that takes half a minute
    names = {"PCA": f"PCA{size},SQ8", "PQ": product if whole == width else f"PCA{whole},{product}", "OPQ": f"OPQ{size}_{whole},{product}"}
    return names | ({"ITQ": f"ITQ{8 * size},LSH"} if 8 * size <= width else {})


def _factory(X: np.ndarray, name: str) -> Search:
    """Return the search of FAISS's index of that name."""
    faiss = library()
    index = faiss.index_factory(X.shape[1], name)
    first = faiss.downcast_VectorTransform(index.chain.at(0)) if isinstance(index, faiss.IndexPreTransform) else None
    last = index if first is None else faiss.downcast_index(index.index)
    products = [last.pq] if isinstance(last, faiss.IndexPQ) else []
    if isinstance(first, faiss.OPQMatrix):
        products.append(faiss.ProductQuantizer(last.pq.d, last.pq.M, last.pq.nbits))
        first.pq = products[-1]
    for product in products:
        product.cp.min_points_per_centroid = 1  # else fewer than 39 vectors for each bring a warning a byte
    index.train(X)
    if isinstance(first, faiss.OPQMatrix):
        first.pq = None  # FAISS does not own it
    index.add(X)
    return lambda queries: index.search(queries, K)[1]


def _learnt(X: np.ndarray, size: int, training: Training | None, seed: int) -> Search:
    """Return the search among an autoencoder's bits, decoded."""
    model = BinaryAutoencoder(8 * size, network=Dense(_HIDDEN), training=training, random_state=seed).fit(X)
    codes: Any = Decoded(model, model.transform(X))
    return lambda queries: nearest(queries, codes, K)


def _vectors(X: Any, name: str) -> np.ndarray:
    rows = np.ascontiguousarray(X, dtype=np.float32)
    if rows.ndim != 2:
        raise InputError(f"{name} must be a table (n, d). Got shape {rows.shape}.")
    if not np.isfinite(rows).all():
        raise InputError(f"{name} must be finite; leave out row {int((~np.isfinite(rows)).any(axis=1).argmax())}.")
    return rows
