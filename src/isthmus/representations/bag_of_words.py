"""Texts as bags of words: how often each word of a vocabulary stands in a text, and back to the words."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
import sklearn  # its parts are loaded when they are first used
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..checks import Limit, OneOf, Whole, check_settings
from ..errors import DiagnosticWarning, InputError

_LIMITS: dict[str, Limit] = {"words": Whole(1), "weighting": OneOf(("counts", "tf-idf")), "stop_words": OneOf(("english", None))}
_TOTAL = 20  # of a text's numbers on average: so small that what a network learns soon outweighs its random start
_SHOWN = 20  # words of a text on the way back


class BagOfWords(TransformerMixin, BaseEstimator):
    r"""Texts as sparse float32 rows (n, words): a number for each of the most frequent words, and back to a list of words.

    With counts :math:`n_{iw}` of word w in text i, the numbers are :math:`n_{iw}`, or
    :math:`s \log(1 + n_{iw}) \, (1 + \log \frac{1 + N}{1 + N_w})`, where N is the number of texts that `fit` saw, :math:`N_w` that of those
    with the word, and s such that a text's numbers sum to 20 on average.

    Parameters: ``words``, how many words are kept at most; ``weighting``, "tf-idf" (words that are rare weigh more, and those repeated
    less) or "counts"; ``stop_words``, "english" leaves out the commonest English words, None keeps all.

    Attributes learnt: ``vocabulary_`` (the words (words,), in order), ``weights_`` (what multiplies each), ``total_`` (the mean sum of a
    text's numbers), ``n_features_in_``.

    References:
        Term-weighting approaches in automatic text retrieval (G. Salton, C. Buckley, 1988)

    >>> bags = BagOfWords(words=3, weighting="counts").fit(["The cat saw a cat.", "A dog saw it."])
    >>> bags.get_feature_names_out().tolist(), bags.transform(["Cat, cat and dog!"]).toarray().tolist()
    (['cat', 'dog', 'saw'], [[2.0, 1.0, 0.0]])
    >>> bags.inverse_transform([[2.0, 1.0, 0.0]]).tolist()
    ['cat dog']
    """

    def __init__(self, words: int = 2000, weighting: str = "tf-idf", stop_words: str | None = "english") -> None:
        self.words = words
        self.weighting = weighting
        self.stop_words = stop_words

    def fit(self, X: Any, y: Any = None) -> "BagOfWords":
        """Choose the words that are most frequent in the texts ``X`` (n,); `InputError` where there are none."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> sp.csr_array:
        """Return ``fit(X).transform(X)``, which counts the words once."""
        check_settings(self, _LIMITS)
        found = texts(X)
        counter = sklearn.feature_extraction.text.CountVectorizer(max_features=self.words, stop_words=self.stop_words, dtype=np.float32)
        try:
            counts = sp.csr_array(counter.fit_transform(found))
        except ValueError as error:  # scikit-learn's word for no words at all
            raise InputError(f"{len(found)} texts hold no words of two letters or more but the commonest; give longer texts, or "
                             "stop_words=None") from error  # fmt: skip
        weights = np.log((1 + len(found)) / (1 + np.diff(counts.tocsc().indptr))) + 1
        weights *= _TOTAL * len(found) / (np.log1p(counts).sum(axis=0) @ weights)
        self._keep(counter.get_feature_names_out(), weights.astype(np.float32))
        rows = self._weighted(counts)
        self.total_ = float(rows.sum() / len(found))
        return rows

    def transform(self, X: Any) -> sp.csr_array:
        """Return sparse float32 rows (n, words) of texts (n,); a `DiagnosticWarning` counts those without any known word."""
        check_is_fitted(self)
        return self._weighted(sp.csr_array(self._counter.transform(texts(X))))

    def questions(self, X: Any) -> sp.csr_array:
        """Return the rows of texts, each made to sum to ``total_``, so that a few words that are looked for stand for a whole text."""
        rows = self.transform(X)
        sums = np.asarray(rows.sum(axis=1)).ravel()
        return sp.csr_array(rows.multiply((self.total_ / np.where(sums > 0, sums, 1))[:, None])).astype(np.float32)

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Return for each row the twenty words of largest number as a text, the largest first."""
        check_is_fitted(self)
        Z = np.asarray(Z.toarray() if sp.issparse(Z) else Z, dtype=np.float64)
        if Z.ndim != 2 or Z.shape[1] != len(self.vocabulary_) or not np.isfinite(Z).all():
            raise InputError(f"Z must hold finite numbers (n, {len(self.vocabulary_)}), one a word. Got shape {Z.shape}")
        largest = np.argsort(-Z, axis=1, kind="stable")[:, :_SHOWN]
        found = np.empty(len(Z), dtype=object)
        found[:] = [" ".join(self.vocabulary_[order[row[order] > 0]]) for row, order in zip(Z, largest, strict=True)]
        return found

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the words."""
        check_is_fitted(self)
        return self.vocabulary_

    def config(self) -> dict[str, Any]:
        """Return the words and the mean sum."""
        check_is_fitted(self)
        return {"vocabulary": self.vocabulary_.tolist(), "total": self.total_}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the words' weights."""
        return {"weights": self.weights_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        words = config["vocabulary"]
        if not all(type(word) is str for word in words) or arrays["weights"].shape != (len(words),):
            raise ValueError("the vocabulary is damaged")
        self._keep(np.array(words, dtype=object), arrays["weights"])
        self.total_ = float(config["total"])

    def _keep(self, words: np.ndarray, weights: np.ndarray) -> None:
        self.vocabulary_, self.weights_, self.n_features_in_ = words, weights, 1
        self._counter = sklearn.feature_extraction.text.CountVectorizer(vocabulary=words, dtype=np.float32)

    def _weighted(self, counts: sp.csr_array) -> sp.csr_array:
        """Return the rows of counts of words."""
        empty = np.count_nonzero(np.diff(counts.indptr) == 0)
        if empty:
            warnings.warn(f"{empty} of {counts.shape[0]} texts hold none of the {counts.shape[1]} known words", DiagnosticWarning,
                          stacklevel=3)  # fmt: skip
        if self.weighting == "tf-idf":
            counts.data = np.log1p(counts.data) * self.weights_[counts.indices]
        return counts


def texts(X: Any) -> Sequence[str]:
    """Return texts (n,), checked."""
    if isinstance(X, str):
        raise InputError("X must hold texts, one an item. Got a single text; put it into a list.")
    found = X.tolist() if isinstance(X, np.ndarray) else list(X)
    odd = next((place for place, one in enumerate(found) if not isinstance(one, str)), None)
    if not found or odd is not None:
        raise InputError("X must hold texts. Got " + ("none at all." if odd is None else f"{type(found[odd]).__name__} for item {odd}."))
    return found
