"""Vectors that people already have in 8 to 64 bytes each: how many of their true neighbours are found, beside FAISS's codes.

    python -m reproductions.compressed_vectors [--quick] [--data FOLDER] [--seeds 1] [--only newsgroups,mnist] [--out DIR]

The measure is the share of a query's ten nearest vectors that are among the ten that codes of so many bytes find; ours are bits of a
`BinaryAutoencoder`, eight for a byte, and the code of an `Autoencoder` with one number, rounded to eight bits, for a byte. Needs the extra
``ann``.

References:
    Product Quantization for Nearest Neighbor Search (H. Jégou, M. Douze, C. Schmid, 2011); Optimized Product Quantization (T. Ge, K. He,
    Q. Ke, J. Sun, 2013); Iterative Quantization (Y. Gong, S. Lazebnik, 2011)
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import faiss
import numpy as np
from sklearn.decomposition import TruncatedSVD

from isthmus import Autoencoder, BagOfWords, BinaryAutoencoder, Dense
from isthmus.metrics import neighbour_recall
from isthmus.tasks import Index

from .hashing import itq
from .runner import Line, Measures, Setting, reproduce
from .texts import newsgroups

BYTES, NEIGHBOURS, QUERIES, LSA = (8, 16, 32, 64), 10, 500, 128
Search = Callable[[np.ndarray], np.ndarray]


def compressed(to: Setting, name: str) -> Measures:
    """Return recall, seconds to build and queries a second of each kind of code at each size; the measure is ours at 16 bytes."""
    X, queries = vectors(to, name)
    true = Index.build(X, metric="euclidean", graph=False).search(queries, NEIGHBOURS).places
    row: Measures = {}
    for size in BYTES:
        for kind, build in kinds(to, X.shape[1], size).items():
            began = time.perf_counter()
            search = build(X)
            built = time.perf_counter() - began
            began = time.perf_counter()
            found = search(queries)
            row[f"{kind}_{size}"] = neighbour_recall(found, true)
            row[f"{kind}_{size}_build"], row[f"{kind}_{size}_rate"] = built, len(queries) / (time.perf_counter() - began)
            print(name, size, kind, round(row[f"{kind}_{size}"], 3), round(built, 1), flush=True)
        best = max((kind for kind in kinds(to, X.shape[1], size)), key=lambda kind: row[f"{kind}_{size}"])
        print(f"{size} bytes a vector: {best} finds most", flush=True)
    return {"recall": max(row["bits_16"], row["numbers_16"]), **row}


def vectors(to: Setting, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors to be found and queries."""
    if name == "mnist":
        digits = to.mnist()
        return tuple(images.reshape(len(images), -1).astype(np.float32) / 255 for images in (digits.train, digits.test[:QUERIES]))  # type: ignore[return-value]
    (posts, _), (more, _) = newsgroups(to.data)
    bags = BagOfWords()
    rows = bags.fit_transform(posts)
    lsa = TruncatedSVD(LSA, random_state=0).fit(rows)
    return lsa.transform(rows).astype(np.float32), lsa.transform(bags.transform(more[::15])).astype(np.float32)


def kinds(to: Setting, width: int, size: int) -> dict[str, Callable[[np.ndarray], Search]]:
    """Return the kinds of code of so many bytes, each a function from vectors to a search."""
    made: dict[str, Callable[[np.ndarray], Search]] = {"bits": partial(bits, to, size), "numbers": partial(numbers, to, size),
                                                       "itq": partial(rotated, to, size)}  # fmt: skip
    made["pca_sq"] = partial(factory, f"PCA{size},SQ8")
    whole = width - width % size
    made["pq"] = partial(factory, f"PQ{size}" if width % size == 0 else f"PCA{whole},PQ{size}")
    return made | {"opq": partial(factory, f"OPQ{size}_{whole},PQ{size}")}


def bits(to: Setting, size: int, X: np.ndarray) -> Search:
    """Bits of an autoencoder."""
    model = BinaryAutoencoder(8 * size, network=Dense((256,), decoder=()), training=to.training(10, 128), random_state=to.seed).fit(X)
    index = Index.build(model.transform(X))
    return lambda queries: index.search(model.transform(queries), NEIGHBOURS).places


def numbers(to: Setting, size: int, X: np.ndarray) -> Search:
    """Numbers of an autoencoder, in eight bits each; a query's are not rounded."""
    model = Autoencoder(size, network=Dense((256,), decoder=()), training=to.training(10, 128), random_state=to.seed).fit(X)
    index = faiss.index_factory(size, "SQ8")
    index.train(codes := model.transform(X))
    index.add(codes)
    return lambda queries: index.search(model.transform(queries), NEIGHBOURS)[1]


def rotated(to: Setting, size: int, X: np.ndarray) -> Search:
    """Signs of rotated principal components, at most as many as there are."""
    count = min(8 * size, X.shape[1])
    make = itq(X, count, to.seed)
    index = Index.build(make(X))
    return lambda queries: index.search(make(queries), NEIGHBOURS).places


def factory(text: str, X: np.ndarray) -> Search:
    """FAISS's index of that name."""
    index: Any = faiss.index_factory(X.shape[1], text)
    index.train(X)
    index.add(X)
    return lambda queries: index.search(queries, NEIGHBOURS)[1]


LINES = {
    "newsgroups": Line(partial(compressed, name="newsgroups"), "recall", "none", "LSA-128 of 20 Newsgroups"),
    "mnist": Line(partial(compressed, name="mnist"), "recall", "none", "digits as 784 numbers"),
}


if __name__ == "__main__":
    reproduce("Compressed vectors", LINES, __doc__ or "")
