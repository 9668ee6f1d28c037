"""Texts become the numbers that the formula gives, and words again."""

import numpy as np
import pytest
from sklearn.base import clone

from isthmus import BagOfWords
from isthmus.errors import DiagnosticWarning, InputError

TEXTS = ["Rome is old, Rome is large", "Oslo is cold", "old roads lead to Rome", "cold roads"]


def test_counts_are_counts():
    bags = BagOfWords(words=3, weighting="counts").fit(TEXTS)
    assert bags.vocabulary_.tolist() == ["cold", "old", "roads"] or "rome" in bags.vocabulary_
    rows = bags.transform(TEXTS)
    words = bags.vocabulary_.tolist()
    assert rows[0, words.index("rome")] == 2 and rows.dtype == np.float32
    assert rows.toarray().tolist() == [[text.lower().replace(",", "").split().count(word) for word in words] for text in TEXTS]


def test_weights_are_those_of_the_formula():
    bags, counts = BagOfWords().fit(TEXTS), BagOfWords(weighting="counts").fit(TEXTS).transform(TEXTS).toarray()
    rows = np.log1p(counts) * (1 + np.log(5 / (1 + (counts > 0).sum(axis=0))))
    np.testing.assert_allclose(bags.transform(TEXTS).toarray(), 20 * rows / rows.sum(axis=1).mean(), rtol=1e-5)
    assert (bags.fit_transform(TEXTS) != bags.transform(TEXTS)).nnz == 0


def test_a_copy_reads_texts_alike():
    bags = BagOfWords().fit(TEXTS)
    other = clone(bags)
    other.restore(bags.config(), bags.arrays())
    assert (other.transform(TEXTS) != bags.transform(TEXTS)).nnz == 0 and other.config() == bags.config()
    back = bags.inverse_transform(bags.transform(TEXTS))
    assert [set(text.split()) for text in back] == [set("rome old large".split()), set("oslo cold".split()),
                                                    set("old roads lead rome".split()), set("cold roads".split())]  # fmt: skip
    assert back[0].split()[0] in ("rome", "large")


def test_a_few_words_stand_for_a_whole_text():
    bags = BagOfWords().fit(TEXTS)
    assert bags.total_ == pytest.approx(20, rel=1e-5)
    asked, rows = bags.questions(["rome", "cold roads"]), bags.transform(["rome", "cold roads"])
    np.testing.assert_allclose(asked.sum(axis=1), 20, rtol=1e-5)
    np.testing.assert_allclose(asked.toarray() / asked.max(axis=1).toarray()[:, None], rows.toarray() / rows.max(axis=1).toarray()[:, None],
                               rtol=1e-5)  # fmt: skip


def test_no_words_are_told():
    bags = BagOfWords().fit(TEXTS)
    with pytest.warns(DiagnosticWarning, match="1 of 2 texts hold none of the 7 known words"):
        assert bags.transform(["Paris", "cold"])[[0]].nnz == 0
    bad = ((["the of and", "a"], "no words"), ("Rome", "a single text"), ([], "none at all"), (["a b", 3], "int for item 1"))
    for texts, message in bad:
        with pytest.raises(InputError, match=message):
            BagOfWords().fit(texts)
    with pytest.raises(InputError, match="BagOfWords.weighting must be one of"):
        BagOfWords(weighting="bm25").fit(TEXTS)
    with pytest.raises(InputError, match=r"\(n, 7\)"):
        bags.inverse_transform(np.zeros((1, 3)))
