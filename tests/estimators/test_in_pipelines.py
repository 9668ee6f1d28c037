"""Autoencoders stand where PCA stood: pipelines, grid searches over sizes and parts, and every task."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from isthmus import L1, BinaryCode, GaussianNoise, Masking, SparseRate, Training, estimators, metrics
from isthmus.errors import InputError

X, y = load_digits(return_X_y=True)
X, y = X[:400], y[:400]
SHORT = Training(epochs=8)
STEPS = [PCA(6), *(getattr(estimators, name)(6, training=SHORT, random_state=0) for name in estimators.VARIANTS)]

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_any_reducer_feeds_a_classifier(step):
    model = make_pipeline(MinMaxScaler(), clone(step), MinMaxScaler(), LogisticRegression(max_iter=2000))
    assert model.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.3  # ten classes: chance is 0.1


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_any_reducer_goes_back_to_the_original_units(step):
    model = make_pipeline(MinMaxScaler(), clone(step)).fit(X)
    back = model.inverse_transform(model.transform(X))
    assert back.shape == X.shape and back.max() > 5  # the digits' own range is 0 to 16


def test_a_search_over_sizes_takes_the_larger_code():
    search = GridSearchCV(estimators.Autoencoder(training=SHORT, random_state=0), {"n_components": [1, 8]},
                          scoring=metrics.reconstruction_r2_scorer, cv=2).fit(X / 16)  # fmt: skip
    assert search.best_params_ == {"n_components": 8}


def test_a_search_reaches_into_parts_and_swaps_them():
    model = estimators.DenoisingAutoencoder(4, Masking(), training=SHORT, random_state=0)
    grid = [{"corruption__fraction": [0.1, 0.9]}, {"corruption": [GaussianNoise(0.1)], "training__learning_rate": [1e-3]}]
    search = GridSearchCV(model, grid, scoring=metrics.reconstruction_r2_scorer, cv=2).fit(X / 16)
    assert len(search.cv_results_["params"]) == 3 and np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_ != {"corruption__fraction": 0.9}
    sparse = estimators.SparseAutoencoder(6, penalty=L1(), training=SHORT, random_state=0)
    sizes = GridSearchCV(sparse, {"penalty": [L1(10.0), L1(0.0), SparseRate()]}, cv=2,
                         scoring=metrics.reconstruction_r2_scorer).fit(X / 16)  # fmt: skip
    assert sizes.cv_results_["rank_test_score"][0] > 1


@pytest.mark.parametrize("layer", [None, estimators.RestrictedBoltzmannMachine(training=SHORT)], ids=["denoising", "machines"])
def test_a_stack_is_the_same_whatever_its_layers_give_out(layer):
    model = estimators.StackedAutoencoder(2, (8, 4), layer, training=Training(epochs=2), random_state=0)
    plain = model.fit_transform(X / 16)
    with config_context(transform_output="pandas"):
        np.testing.assert_array_equal(model.fit_transform(X / 16), plain)


@pytest.mark.parametrize("variant", ["Autoencoder", "SparseAutoencoder"])
def test_another_precision_lasts_until_more_is_learnt(variant):
    view = getattr(estimators, variant)(6, training=SHORT, random_state=0).fit(X).with_precision("bfloat16")
    for learn in (view.partial_fit, view.set_params(training=Training(epochs=2)).fit):
        learn(X[:200])
        np.testing.assert_array_equal(view.transform(X), view.with_precision("float32").transform(X))


def test_pieces_may_come_where_no_pass_was_asked_for():
    model = estimators.Autoencoder(6, training=Training(epochs=0), random_state=0).fit(X / 16)
    before = metrics.squared_error(X / 16, model.reconstruct(X / 16))
    for _ in range(3):
        model.partial_fit(X / 16)
    assert metrics.squared_error(X / 16, model.reconstruct(X / 16)) < before


def test_groups_are_named_for_every_row():
    for groups, said in (([None, "a"] * 200, "none missing"), (["a", "b"], "one value for each of the 400 rows")):
        for validation in (0, 0.1):
            with pytest.raises(InputError, match=said):
                held = Training(epochs=1, validation=validation)
                estimators.Autoencoder(2, training=held).fit(X, groups=np.array(groups, object))


def test_codes_of_bits_have_nothing_to_draw():
    model = estimators.BinaryAutoencoder(3, BinaryCode(noise=1.0), training=SHORT, random_state=0).fit(X)
    np.testing.assert_array_equal(model.draw_codes(X), model.transform(X))
