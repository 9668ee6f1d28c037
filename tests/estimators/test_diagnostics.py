"""Each diagnostic fires where it should, names a remedy, and is silent elsewhere."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score

from isthmus import (
    KL,
    L1,
    Adam,
    Autoencoder,
    Bernoulli,
    Dense,
    Gaussian,
    GaussianNoise,
    SparseAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
)
from isthmus.errors import DiagnosticWarning
from variants import VARIANTS, items, quietly

SHORT = Training(epochs=2, validation=0)


def diagnostics(model, X):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X)
    assert all(issubclass(warning.category, DiagnosticWarning) for warning in caught), [str(w.message) for w in caught]
    return [str(warning.message) for warning in caught]


def planes():
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 2)) @ rng.normal(size=(2, 6)) + 0.05 * rng.normal(size=(300, 6))


def says(messages, *parts):
    return any(all(part in message for part in parts) for message in messages)


@pytest.mark.parametrize("n_components", [6, 9])
def test_a_code_as_wide_as_its_input_is_told(n_components):
    messages = diagnostics(Autoencoder(n_components, training=SHORT, random_state=0), items())
    assert says(messages, f"a code of {n_components} for 6 numbers", "noise", "Take fewer components, or the denoising")


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "plain" and "stacked" not in name])  # whose whole is plain
def test_other_variants_may_be_wide(variant):
    model = VARIANTS[variant]().set_params(n_components=9, training=SHORT, random_state=0)
    assert not says(diagnostics(model, items()), "copy")


def test_the_guard_is_silent_where_something_is_against_copying():
    for settings in ({"n_components": 5}, {"corruption": GaussianNoise()}, {"bottleneck": TopK(2)}, {"penalties": (L1(),)}):
        model = Autoencoder(**{"n_components": 9, "training": SHORT, "random_state": 0, **settings})
        assert not says(diagnostics(model, items()), "copy")


def test_columns_of_other_scales_are_told():
    X = np.random.default_rng(0).normal(size=(40, 3)) * [1, 10, 1000]
    unscaled = Autoencoder(2, training=SHORT, random_state=0)
    assert says(diagnostics(unscaled, X), "standard deviations lie between", "StandardScaler")
    assert not says(diagnostics(unscaled, X / X.std(0)), "standard deviations")
    bytes_of = (np.random.default_rng(0).random((40, 3)) * [1.5, 255, 255]).astype(np.uint8)
    assert not says(diagnostics(unscaled, bytes_of), "standard deviations")  # pixels share their scale


def test_dead_units_are_told():
    model = SparseAutoencoder(6, penalty=L1(1000.0), training=Training(epochs=40), random_state=0)
    messages = diagnostics(model, items())
    assert says(messages, "code units are dead", "code_activation") and np.ptp(model.transform(items()), axis=0).min() == 0


def test_a_posterior_collapse_is_told():
    model = VariationalAutoencoder(3, KL(1000.0), training=Training(epochs=40), random_state=0)
    assert says(diagnostics(model, items()), "3 of 3 code units", "posterior collapse", "WarmUp")
    assert model.transform(items()).var(0).max() < 0.01


def test_overfitting_is_told():
    X = np.random.default_rng(0).normal(size=(16, 20))
    training = Training(epochs=100, validation=8, learning_rate=0.01, optimizer=Adam(weight_decay=0))
    model = Autoencoder(10, network=Dense((100,)), likelihood=Gaussian(), training=training, random_state=0)
    messages = diagnostics(model, X)
    assert says(messages, f"rose again after epoch {model.best_epoch_} (over-fitting)", "patience")


def test_a_plateau_is_told():
    model = Autoencoder(2, training=Training(epochs=8, learning_rate=1e-12, validation=0), random_state=0)
    assert says(diagnostics(model, items()), "hardly fell", "try another learning rate")


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_named_columns_and_other_outputs_give_no_other_warning(output):
    X = pd.DataFrame(items(), columns=list("abcdef"))
    model = Autoencoder(2, training=SHORT, random_state=0).set_output(transform=output)
    assert not says(diagnostics(model, X), "feature names")
    assert model.transform(X).shape == (24, 2) and list(model.feature_names_in_) == list("abcdef")


@pytest.mark.parametrize("size", [1e160, 1e200, 3e307])
def test_numbers_beyond_single_precision_are_refused_without_other_warnings(size):
    X = np.random.default_rng(0).uniform(-1, 1, (30, 4)) * size
    with pytest.raises(ValueError, match="beyond single precision; rescale it"):
        quietly(Autoencoder(2, training=SHORT).fit, X)


def test_other_units_than_those_learnt_from_are_told():
    X = np.random.default_rng(0).integers(0, 256, (40, 6), dtype=np.uint8)
    of_bytes, of_shares = (quietly(Autoencoder(2, training=SHORT, random_state=0).fit, rows) for rows in (X, X / 255))
    for call in (of_bytes.transform, of_bytes.score_samples, of_bytes.partial_fit):
        with pytest.warns(DiagnosticWarning, match="multiply X by 255"):
            call(X / 255)
    with pytest.warns(DiagnosticWarning, match=r"to 25\d, and this Autoencoder learnt from values in \[0, 1\]"):
        of_shares.transform(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model, rows in ((of_bytes, X), (of_bytes, X * 1.0), (of_bytes, 0 * X[:1]), (of_shares, X / 255 * 1.2)):
            model.transform(rows)


def test_values_below_those_learnt_from_are_told_too():
    model = quietly(Autoencoder(2, training=SHORT, random_state=0).fit, items())
    with pytest.warns(DiagnosticWarning, match=r"from -\S+ to \S+, and this Autoencoder learnt from values in \[0, 1\]"):
        model.transform(2 * items() - 1)


def test_rare_switches_are_no_columns_of_other_units():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(3000, 2)), np.arange(3000) < 1])
    assert not says(diagnostics(Autoencoder(2, training=SHORT, random_state=0), X), "standard deviations")


@pytest.mark.parametrize("scale", [1e-2, 1e-3, 1e-9])
def test_small_shares_are_learnt_as_well_as_large_ones(scale):
    X = np.abs(planes() - planes().min(0)) / np.ptp(planes(), axis=0)
    model = Autoencoder(2, training=Training(epochs=60), random_state=0)
    assert r2_score(X * scale, quietly(model.fit, X * scale).reconstruct(X * scale)) > 0.8


def test_a_likelihood_of_shares_may_be_had_for_small_ones():
    model = quietly(Autoencoder(2, likelihood=Bernoulli(), training=SHORT, random_state=0).fit, items() / 100)
    assert float(model.module_.units.scale) == 1 and not model.module_.units.offset.any()
