"""Vectors that people already have in 8 to 64 bytes each: how many true neighbours an autoencoder's bits find, beside FAISS's codes.

    python -m reproductions.compressed_vectors [--quick] [--data FOLDER] [--seeds 1] [--only newsgroups,digits] [--out DIR]

The measure is the share of a query's ten nearest vectors that are among the ten that codes of so many bytes find. On vectors of your own:
``isthmus compare vectors.npy --bytes 8,16,32,64``. Needs the extra ``ann``.
"""

from functools import partial

import numpy as np
from sklearn.decomposition import TruncatedSVD

from isthmus import BagOfWords
from isthmus.tasks import compress
from isthmus.tasks.compression import OURS, verdict

from .runner import Line, Measures, Setting, reproduce
from .texts import newsgroups

BYTES, QUERIES, LSA, PASSES = (8, 16, 32, 64), 500, 128, 15


def compressed(to: Setting, name: str) -> Measures:
    """Return recall, seconds to build and queries a second of each kind of code at each size; the measure is ours at 16 bytes."""
    X, queries = vectors(to, name)
    heard = partial(print, name, flush=True)
    found = compress(X, queries, BYTES[:2] if to.quick else BYTES, to.training(PASSES, 128), to.seed, heard)
    print("\n".join(verdict(found)), flush=True)
    row: Measures = {}
    for one in found:
        key = f"{one.kind}_{one.bytes}"
        row |= {key: one.recall, f"{key}_build": one.build_seconds, f"{key}_rate": one.queries_per_second}
    return {"recall": row[f"{OURS}_16"], **row}


def vectors(to: Setting, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors to be found and queries."""
    if name == "digits":
        digits = to.mnist()
        return tuple(images.reshape(len(images), -1).astype(np.float32) / 255 for images in (digits.train, digits.test[:QUERIES]))  # type: ignore[return-value]
    (posts, _), (more, _) = newsgroups(to.data)
    bags = BagOfWords()
    rows = bags.fit_transform(posts)
    lsa = TruncatedSVD(LSA, random_state=0).fit(rows)
    return lsa.transform(rows).astype(np.float32), lsa.transform(bags.transform(more[::15])).astype(np.float32)


LINES = {
    "newsgroups": Line(partial(compressed, name="newsgroups"), "recall", "none", "128 singular vectors of 20 Newsgroups, 16 bytes"),
    "digits": Line(partial(compressed, name="digits"), "recall", "none", "digits as 784 numbers, 16 bytes"),
}


if __name__ == "__main__":
    reproduce("Compressed vectors", LINES, __doc__ or "")
