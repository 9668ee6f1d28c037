"""Parzen windows: the density that they stand for, gaps left out, and an item never judged by itself."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from isthmus import DenoisingAutoencoder, Gaussian, GaussianNoise, Training
from isthmus.tasks import AnomalyDetector, Parzen


def near_a_plane(n, seed, noise=0.1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)) @ np.random.default_rng(9).normal(size=(2, 5)) + noise * rng.normal(size=(n, 5))


def test_the_score_is_the_density_of_the_kernels():
    X, new = near_a_plane(40, 0), near_a_plane(10, 1)
    windows = Parzen(PCA(2)).fit(X)
    centres, deviations = windows.centres_, np.sqrt(windows.variances_)
    np.testing.assert_allclose(centres, PCA(2).fit(X).inverse_transform(PCA(2).fit_transform(X)), atol=1e-9)
    each = norm.logpdf(new[:, None], centres, deviations).sum(2)
    np.testing.assert_allclose(windows.score_samples(new), logsumexp(each, axis=1) - np.log(40))


def test_an_item_that_was_learnt_from_is_judged_by_the_others():
    X = near_a_plane(40, 0)
    windows = Parzen(PCA(2)).fit(X)
    each = norm.logpdf(X[:, None], windows.centres_, np.sqrt(windows.variances_)).sum(2)
    np.fill_diagonal(each, -np.inf)
    np.testing.assert_allclose(windows.score_samples(X), logsumexp(each, axis=1) - np.log(39))


def test_gaps_are_left_out():
    X = near_a_plane(60, 0)
    model = DenoisingAutoencoder(2, GaussianNoise(0.1), likelihood=Gaussian(missing="mask"), training=Training(epochs=3), random_state=0)
    windows = Parzen(model).fit(X)
    new = near_a_plane(3, 1)
    new[:, 4] = np.nan
    each = norm.logpdf(new[:, None, :4], windows.centres_[:, :4], np.sqrt(windows.variances_[:4])).sum(2)
    np.testing.assert_allclose(windows.score_samples(new), logsumexp(each, axis=1) - np.log(60))


def test_the_default_detector_is_no_worse_than_neighbours():
    known, usual = near_a_plane(300, 0, 0.4), near_a_plane(200, 1, 0.4)
    odd = usual + 1.2 * np.random.default_rng(2).normal(size=usual.shape)
    asked, which = np.concatenate([usual, odd]), np.repeat([0, 1], 200)
    ours = roc_auc_score(which, -AnomalyDetector().fit(known).score_samples(asked))
    neighbours = roc_auc_score(which, NearestNeighbors(n_neighbors=5).fit(known).kneighbors(asked)[0][:, -1])
    assert ours > neighbours - 0.01


def test_images_keep_their_shape():
    X = np.random.default_rng(0).random((30, 4, 5))
    windows = Parzen(DenoisingAutoencoder(2, training=Training(epochs=2), random_state=0)).fit(X)
    assert windows.score_samples(X[:7]).shape == (7,) and windows.inverse_transform(windows.transform(X)).shape == X.shape


@pytest.mark.parametrize("size", [1, 3, 2500])
def test_the_number_of_kernels_is_bounded(size):
    X = np.random.default_rng(0).normal(size=(size + 1, 2))
    assert len(Parzen(PCA(1)).fit(X).centres_) == min(size + 1, 2000)
