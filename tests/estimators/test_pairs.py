"""Autoencoders whose encoder sees something else than what is to be decoded: real pairs in place of made noise."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from isthmus import VAEGAN, Autoencoder, DenoisingAutoencoder, Dense, Flips, Gaussian, LearnedSimilarity, Training, VariationalAutoencoder
from isthmus.errors import DiagnosticWarning, InputError
from variants import quietly

RNG = np.random.default_rng(0)
X = (RNG.normal(size=(300, 2)) @ RNG.normal(size=(2, 6))).astype(np.float32)
HUM = np.array([0, 0, 0, 0, 0, 3.0], np.float32)
NOISY = X + RNG.normal(size=(300, 1)).astype(np.float32) * HUM
SHORT = Training(epochs=60, validation=0)


def test_what_is_seen_is_turned_into_what_is_wanted():
    model = Autoencoder(2, network=Dense(()), likelihood=Gaussian(), training=SHORT, random_state=0)
    paired = np.square(model.fit(X, seen=NOISY).reconstruct(NOISY) - X).sum(1).mean()
    alone = np.square(model.fit(NOISY).reconstruct(NOISY) - X).sum(1).mean()
    assert paired < 0.2 * alone


def test_seeing_the_item_itself_is_no_pair():
    fits = [VariationalAutoencoder(2, training=Training(epochs=2), random_state=0).fit(X, seen=seen) for seen in (None, X)]
    np.testing.assert_array_equal(fits[0].transform(X), fits[1].transform(X))


def test_conditions_and_corruption_go_with_pairs():
    model = DenoisingAutoencoder(2, training=Training(epochs=2), random_state=0)
    model.fit(X, condition=np.repeat(["a", "b"], 150), seen=NOISY)
    assert model.given("a").reconstruct(NOISY).shape == X.shape


def test_beside_bytes_there_may_be_what_lies_between_and_beyond_them():
    grey = (100 + 20 * X).clip(0, 255).astype(np.uint8)
    noisy = grey + 40 * NOISY
    whole = Autoencoder(2, training=Training(epochs=1), random_state=0)

    def codes(rows, seen):
        return quietly(lambda: clone(whole).fit(rows, seen=seen)).transform(rows)

    assert noisy.max() > 255 and noisy.min() < 0
    np.testing.assert_allclose(codes(grey, noisy), codes(grey / 255.0, noisy / 255.0), atol=1e-3)
    np.testing.assert_array_equal(codes(grey, grey), codes(grey, grey.astype(np.float64)))
    with pytest.warns(DiagnosticWarning, match="multiply seen by 255"):
        whole.fit(grey, seen=grey / 255)


@pytest.mark.parametrize("model, seen", [
    (Autoencoder(2), X[:5]), (Autoencoder(2), X * np.nan), (VAEGAN(2), X), (Autoencoder(2, training=Training(augmentation=Flips())), X),
])  # fmt: skip
def test_what_is_no_pair_is_refused(model, seen):
    with pytest.raises(InputError, match="seen"):
        model.fit(X, seen=seen)


def test_a_learned_similarity_sees_pairs_too():
    X = np.random.default_rng(0).random((60, 6)).astype(np.float32)
    model = Autoencoder(2, likelihood=LearnedSimilarity(), training=Training(epochs=2), random_state=0)
    alone = quietly(clone(model).fit, X).transform(X)
    assert not np.allclose(alone, quietly(lambda: clone(model).fit(X, seen=X[::-1])).transform(X))


def test_sparse_rows_may_be_seen():
    few = np.where(np.abs(X) > 1, X, 0)
    model = Autoencoder(2, network=Dense(()), likelihood=Gaussian(), training=Training(epochs=2), random_state=0)
    codes = [model.fit(X, seen=seen).transform(X) for seen in (few, sp.csr_array(few))]
    np.testing.assert_array_equal(*codes)
