"""What theory says of a fit, and what a fit says of itself."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from isthmus import Autoencoder, DenoisingAutoencoder, Dense, Gaussian, Masking, Training, VariationalAutoencoder
from isthmus.metrics import prior_divergence
from variants import quietly


def spectrum(n, d, k, seed=0):
    """Rows whose covariance has exactly these eigenvalues: k from 6 down to 2, then from 1 down."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(n, d))
    rows = np.linalg.qr(rows - rows.mean(0))[0] * np.sqrt(n * np.r_[np.linspace(6, 2, k), 0.97 ** np.arange(d - k)])
    return 5 * rows @ np.linalg.qr(rng.normal(size=(d, d)))[0] + 3


def squared_error(model, X):
    return ((model.inverse_transform(model.transform(X)) - X) ** 2).sum()


@pytest.mark.parametrize(("n", "d", "k", "seed"), [(190, 8, 2, 0), (150, 20, 5, 1)])  # of 200 rows on, some are held out
def test_a_linear_autoencoder_spans_the_subspace_of_pca(n, d, k, seed):
    X = spectrum(n, d, k, seed)
    model, pca = quietly(Autoencoder(k, network=Dense(()), likelihood=Gaussian(), random_state=seed).fit, X), PCA(k).fit(X)
    decoder = model.module_.decoder.layers[0].weight.numpy()
    assert np.degrees(subspace_angles(decoder, pca.components_.T)).max() < 1
    assert 1 - 1e-9 < squared_error(model, X) / squared_error(pca, X) < 1.001


def test_drawn_codes_have_the_priors_moments_where_the_bound_is_tight():
    X = spectrum(2000, 6, 2)
    model = quietly(VariationalAutoencoder(2, network=Dense(()), likelihood=Gaussian(None), training=Training(epochs=60),
                                           random_state=0).fit, X)  # fmt: skip
    drawn = model.draw_codes(X)
    assert prior_divergence(drawn) < 0.02 < prior_divergence(model.transform(X))
    np.testing.assert_array_equal(drawn, model.draw_codes(X))
    assert not np.array_equal(drawn, model.draw_codes(X, random_state=1))


@pytest.mark.parametrize("epochs", [3, 60])
def test_a_variational_bound_lies_below_the_exact_likelihood(epochs):
    X = spectrum(250, 6, 2)
    training = Training(epochs=epochs, validation=0)
    model = quietly(VariationalAutoencoder(2, network=Dense(()), likelihood=Gaussian(None), training=training,
                                           random_state=0).fit, X)  # fmt: skip
    module, bound = model.module_, model.score_samples(X)
    layer, scale = module.decoder.layers[0], float(module.units.scale)
    weight, variance = layer.weight.numpy().astype(np.float64), np.exp(2 * float(module.likelihood_state.log_scale))
    centre = module.units.inverse(layer.bias).numpy()
    exact = multivariate_normal(centre, (weight @ weight.T + variance * np.eye(6)) * scale**2).logpdf(X)
    assert (bound <= exact + 1e-3).all() and bound.mean() <= PCA(2).fit(X).score(X) + 1e-3
    np.testing.assert_allclose(model.score_samples(X.astype(np.float64), n_importance=20_000), exact, atol=0.05)
    if epochs == 60:  # and in the end it touches it
        assert bound.mean() > PCA(2).fit(X).score(X) - 0.1


def test_denoising_beats_its_twin_on_noise():
    X = (load_digits().data / 16)[:900].astype(np.float32)
    seen, unseen = X[:600], X[600:]
    noisy = np.where(np.random.default_rng(0).random(unseen.shape) < 0.3, 0, unseen).astype(np.float32)
    settings = {"network": Dense((64,)), "training": Training(epochs=25), "random_state": 0}
    clean = quietly(Autoencoder(16, **settings).fit, seen)
    denoising = quietly(DenoisingAutoencoder(16, Masking(0.3), **settings).fit, seen)
    errors = [((model.reconstruct(noisy) - unseen) ** 2).sum(1).mean() for model in (denoising, clean)]
    assert errors[0] < 0.8 * errors[1] and errors[0] < ((noisy - unseen) ** 2).sum(1).mean()
