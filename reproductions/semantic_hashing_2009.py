"""Semantic hashing (Salakhutdinov and Hinton 2009): texts and digits found by their codes, beside LSA, TF-IDF and hashes.

    python -m reproductions.semantic_hashing_2009 [--quick] [--data FOLDER] [--seeds 1] [--only texts,mnist] [--out DIR]

20 Newsgroups by date: 11,314 posts are searched with 1,500 test posts, 2,000 words, English stop words out; what is of the query's group
is relevant. Mean average precision, and precision at recalls. The paper prints curves only.

References:
    Semantic Hashing (R. Salakhutdinov, G. E. Hinton, 2009), https://doi.org/10.1016/j.ijar.2008.11.006
"""

import time
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer

from isthmus import (
    Autoencoder,
    BagOfWords,
    BinaryAutoencoder,
    BinaryCode,
    Dense,
    Masking,
    Multinomial,
    RestrictedBoltzmannMachine,
    StackedAutoencoder,
    Training,
)
from isthmus.metrics import Rankings, neighbour_accuracy
from isthmus.tasks import Index, rerank

from .hashing import itq, random_signs
from .runner import Line, Measures, Setting, reproduce
from .texts import newsgroups

QUERIES, WORDS, SHORTLIST, SHOWN, DIGITS = 1500, 2000, 1000, (10, 100), 1000
LEVELS = ("0.001", "0.01", "0.1", "0.2", "0.5")


class Posts(NamedTuple):
    """Posts as bags of words, and their TF-IDF; groups of both parts."""

    train: Any
    test: Any
    weights: Any
    asked: Any
    groups: np.ndarray
    wanted: np.ndarray


@lru_cache(1)
def posts(folder: Path, quick: bool) -> Posts:
    """Return 20 Newsgroups; a fifth of it in a short run."""
    (texts, groups), (more, wanted) = newsgroups(folder)
    kept = np.arange(0, len(texts), 5 if quick else 1)
    some = np.sort(np.random.default_rng(0).permutation(len(more))[: QUERIES // (5 if quick else 1)])
    bags, counts = BagOfWords(WORDS), BagOfWords(WORDS, "counts")
    texts, more = [texts[place] for place in kept], [more[place] for place in some]
    weigh = TfidfTransformer(sublinear_tf=True)
    weights = weigh.fit_transform(counts.fit_transform(texts))
    return Posts(bags.fit_transform(texts), bags.transform(more), weights, weigh.transform(counts.transform(more)), groups[kept],
                 wanted[some])  # fmt: skip


def ranked(found: Posts, codes: np.ndarray, asked: np.ndarray) -> Measures:
    """Return how well codes rank the posts."""
    return flat(Index.build(codes).rankings(asked, lambda some: found.wanted[some][:, None] == found.groups).row())


def flat(row: dict[str, Any]) -> Measures:
    """Return the figures that are told."""
    return {"map": row["mean_average_precision"], "precision_at_100": row["precision_at_100"]} | {
        f"at_recall_{level}": row["precision_at_recall"][level] for level in LEVELS}  # fmt: skip


def baselines(to: Setting) -> dict[str, Measures]:
    """Return how well TF-IDF and LSA rank them: cosines of TF-IDF, and of its 128 singular vectors, as they are and about their mean."""
    found, rows = posts(to.data, to.quick), Rankings()
    for start in range(0, len(found.wanted), 100):
        some = slice(start, start + 100)
        rows.add(-(found.asked[some] @ found.weights.T).toarray(), found.wanted[some][:, None] == found.groups)
    lsa = TruncatedSVD(128, random_state=0).fit(found.weights)
    codes, asked = lsa.transform(found.weights), lsa.transform(found.asked)
    plain = Rankings()
    plain.add(-unit(asked) @ unit(codes).T, found.wanted[:, None] == found.groups)
    return {"tfidf": flat(rows.row()), "lsa": flat(plain.row()), "lsa_centred": ranked(found, codes, asked)}


def unit(rows: np.ndarray) -> np.ndarray:
    """Return rows of length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def network() -> Dense:
    """Return the network of texts: one hidden layer to the code, and none back, so that codes are near where words are."""
    return Dense((500,), "relu", decoder=())


def learnt(to: Setting, bits: int, bottleneck: Any = None) -> Any:
    """Return a code for texts, learnt with half of the words left out."""
    return Autoencoder(bits, Masking(0.5, True), bottleneck, (), network(), Multinomial(), Training(12, 128, validation=0), to.seed).fit(
        posts(to.data, to.quick).train)  # fmt: skip


def texts(to: Setting) -> Measures:
    """Return how well 128 real numbers rank, beside LSA and TF-IDF."""
    found = posts(to.data, to.quick)
    model = learnt(to, 128)
    ours, beside = ranked(found, model.transform(found.train), model.transform(found.test)), baselines(to)
    return ours | {f"{name}_{key}": value for name, row in beside.items() for key, value in row.items()} | {
        "ratio": ours["map"] / beside["lsa"]["map"]}  # fmt: skip


def hashed(to: Setting, bits: int) -> Measures:
    """Return how well bits rank, beside other bits, and a shortlist of theirs by TF-IDF beside TF-IDF over all."""
    found = posts(to.data, to.quick)
    model = learnt(to, bits, BinaryCode())
    codes, asked = model.transform(found.train), model.transform(found.test)
    row = ranked(found, codes, asked)
    for name, make in {"lsh": random_signs, "itq": itq}.items():
        other = make(found.weights, bits, to.seed)
        row[f"{name}_map"] = ranked(found, other(found.weights), other(found.asked))["map"]
    index = Index.build(codes)
    length = min(SHORTLIST, len(index))
    began = time.perf_counter()
    best = rerank(index.search(asked, length), found.asked, found.weights, SHOWN[-1]).places
    row["seconds_hashed"] = time.perf_counter() - began
    all_of_them = np.concatenate([np.argsort(-(found.asked[start : start + 100] @ found.weights.T).toarray(), axis=1)[:, : SHOWN[-1]]
                                  for start in range(0, len(found.wanted), 100)])  # fmt: skip
    for name, places in {"reranked": best, "tfidf": all_of_them}.items():
        row |= {f"{name}_precision_at_{k}": float((found.groups[places[:, :k]] == found.wanted[:, None]).mean()) for k in SHOWN}
    return row | {"share_compared": length / len(index)}


def as_in_the_paper(to: Setting) -> Measures:
    """Return how well the paper's network ranks: 2000-500-500-128, pretrained by Boltzmann machines, noise of variance 16 in the code."""
    found = posts(to.data, to.quick)
    top = BinaryAutoencoder(bottleneck=BinaryCode(noise=4.0), training=to.training(10, 128))
    first = Autoencoder(training=to.training(10, 128))
    machine = RestrictedBoltzmannMachine(training=to.training(20, 128))
    model = StackedAutoencoder(128, (500, 500), (first, machine, top), likelihood=Multinomial(), training=to.training(20, 128),
                               random_state=to.seed).fit(found.train)  # fmt: skip
    return ranked(found, model.transform(found.train), model.transform(found.test))


def mnist(to: Setting) -> Measures:
    """Return how well 64 bits rank digits, beside ITQ of equal bits, and how well ten numbers tell them apart, beside PCA.

    The bits are signs of 64 random projections of an autoencoder's ten numbers, and those of a `BinaryAutoencoder`.
    """
    digits = to.mnist()
    flat_train, flat_test = (images.reshape(len(images), -1) / 255.0 for images in (digits.train, digits.test))
    labels, asked = digits.test_labels[:DIGITS], slice(0, DIGITS)

    def mean_precision(codes: np.ndarray, queries: np.ndarray) -> float:
        rows = Index.build(codes, graph=False).rankings(queries[asked], lambda some: labels[some][:, None] == digits.train_labels)
        return rows.row()["mean_average_precision"]

    ten = Autoencoder(10, network=Dense((500, 250)), training=to.training(6, 128), random_state=to.seed).fit(digits.train)
    codes, queries = ten.transform(digits.train), ten.transform(digits.test)
    signs, other = random_signs(codes, 64, to.seed), itq(flat_train, 64, to.seed)
    bits = Autoencoder(64, Masking(0.5, True), BinaryCode(), network=Dense((500,), decoder=()), training=to.training(6, 128),
                       random_state=to.seed).fit(digits.train)  # fmt: skip
    plain = PCA(10, random_state=0).fit(flat_train)
    flat_codes, flat_queries = plain.transform(flat_train), plain.transform(flat_test)
    return {"map": mean_precision(signs(codes), signs(queries)), "itq_map": mean_precision(other(flat_train), other(flat_test)),
            "binary_map": mean_precision(bits.transform(digits.train), bits.transform(digits.test)),
            "ten_map": mean_precision(codes, queries), "pca_ten_map": mean_precision(flat_codes, flat_queries),
            "ten_neighbours": neighbour_accuracy(codes, digits.train_labels, queries, digits.test_labels),
            "pca_ten_neighbours": neighbour_accuracy(flat_codes, digits.train_labels, flat_queries, digits.test_labels)}  # fmt: skip


LINES = {
    "texts": Line(texts, "map", "above LSA-128 (curve)", "128 real numbers; one hidden layer, half of the words left out"),
    "bits-128": Line(partial(hashed, bits=128), "map", "a curve", "straight through; 12 passes"),
    "bits-32": Line(partial(hashed, bits=32), "map", "a curve", "the same"),
    "paper": Line(as_in_the_paper, "map", "a curve", "the lowest layer an autoencoder of counts in place of a Boltzmann machine"),
    "mnist": Line(mnist, "map", "none", "64 signs of random projections of ten learnt numbers"),
}


if __name__ == "__main__":
    reproduce("Semantic hashing 2009", LINES, __doc__ or "")
