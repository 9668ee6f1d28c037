"""The classifier: its laws, its labels, its folder, and what pretraining is for."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV

import isthmus
from isthmus import Autoencoder, AutoencoderClassifier, Gaussian, Training
from isthmus.errors import InputError, RunError
from isthmus.training import loop
from isthmus.training.checkpoint import Checkpoint
from variants import COVER, estimator, items, quietly

cover = pytest.mark.parametrize(("variant", "network"), COVER)
Y = np.arange(24) % 3
SHORT = {"epochs": 2, "batch_size": 8, "validation": 6}


def classifier(variant="plain", network="default", **training):
    return AutoencoderClassifier(estimator(variant, network), Training(**SHORT | training), random_state=0)


def outputs(model, X):
    return model.predict(X), model.predict_proba(X), model.transform(X)


def same(ours, theirs):
    assert all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))


def alike(one, two):
    strip = [[{k: v for k, v in row.items() if k != "seconds"} for row in model.history_] for model in (one, two)]
    assert strip[0] == strip[1] and one.best_epoch_ == two.best_epoch_
    same(one.arrays().values(), two.arrays().values())


@cover
def test_it_stands_on_every_variant_and_network(variant, network, tmp_path):
    X = items(network)
    model = quietly(classifier(variant, network).fit, X, Y)
    found = outputs(model, X)
    assert found[0].shape == (24,) and found[1].shape == (24, 3) and found[2].shape == (24, 3)
    np.testing.assert_allclose(found[1].sum(1), 1, atol=1e-5)
    assert {name for row in model.history_ for name in row} >= {"cross_entropy", "validation_cross_entropy"}
    loaded = isthmus.load(model.save(tmp_path / "one"))
    for copied in (loaded, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same(found, outputs(copied, X))
        assert copied.history_ == model.history_ and copied.autoencoder_.history_ == model.autoencoder_.history_
    assert repr(loaded.get_params()) == repr(model.get_params())
    loaded.save(tmp_path / "two")
    for name in ("config.json", "history.jsonl", "weights.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@cover
def test_a_frozen_autoencoder_is_copied_and_stays_as_it_is(variant, network, tmp_path):
    X = items(network)
    given = quietly(estimator(variant, network).fit, X)
    before = pickle.dumps(given)
    model = quietly(AutoencoderClassifier(FrozenEstimator(given), Training(**SHORT), random_state=0).fit, X, Y)
    assert pickle.dumps(given) == before and model.autoencoder_ is given
    start = given.module_.encoder.state_dict()
    assert any((value != start[name]).any() for name, value in model.module_.model.encoder.state_dict().items())
    alike(model, quietly(classifier(variant, network).fit, X, Y))  # as fitting one on the same rows first
    loaded = isthmus.load(model.save(tmp_path))
    same(outputs(model, X), outputs(loaded, X))
    alike(model, quietly(loaded.fit, X, Y))


@cover
def test_a_gradient_reaches_every_parameter(variant, network):
    module = copy.deepcopy(quietly(classifier(variant, network).fit, items(network), Y).module_).requires_grad_().train()
    batch = loop.Batch(torch.from_numpy(items(network)), torch.from_numpy(Y))
    ((name, terms),) = module.steps(batch, 1.0)
    assert terms["cross_entropy"].shape == (24,)
    terms["cross_entropy"].mean().backward()
    assert not [name for name, parameter in module.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert {id(p) for p in module.groups()[name]} == {id(p) for p in module.parameters()}


@pytest.mark.parametrize("network", ["default", "images", "colours"])
def test_prediction_is_a_pure_function_of_the_row(network):
    X = items(network)
    model = quietly(classifier("free", network).fit, X, Y)
    before = pickle.dumps(model.__dict__)
    for dtype, error in ((np.float64, 1e-10), (np.float32, 1e-5)):
        rows = X.astype(dtype)
        whole, alone = outputs(model, rows), outputs(model, rows[5:6])
        assert whole[1].dtype == whole[2].dtype == dtype
        for one, many in zip(alone[1:], whole[1:], strict=True):
            np.testing.assert_allclose(one[0], many[5], atol=error)
    assert pickle.dumps(model.__dict__) == before
    half = quietly(model.with_precision, "bfloat16")
    np.testing.assert_allclose(half.predict_proba(X), model.predict_proba(X), atol=0.03)
    assert half.predict_proba(X).dtype == np.float32 and pickle.dumps(model.__dict__) == before


def test_a_seed_decides_and_the_callers_generators_stay():
    torch.manual_seed(3)
    np.random.seed(3)
    before = np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()
    model = AutoencoderClassifier(Autoencoder(2, training=Training(epochs=2)), Training(epochs=2), random_state=1)
    one, two = (quietly(clone(model).fit, items(), Y) for _ in range(2))
    alike(one, two)
    other = quietly(clone(model).set_params(random_state=2).fit, items(), Y)
    assert (one.transform(items()) != other.transform(items())).any()
    assert before == (np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes())


@pytest.mark.parametrize("call", range(1, 8))
def test_a_stopped_fit_resumes_as_if_it_had_not_stopped(call, tmp_path, monkeypatch):
    monkeypatch.setattr(Checkpoint, "due", lambda self: self.path is not None)
    monkeypatch.setattr(loop, "_CALL", -1.0)
    calls = iter(range(1, call + 1))

    def stop(progress):
        if next(calls) == call:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quietly(classifier("free", checkpoint=str(tmp_path), callbacks=(stop,)).fit, items(), Y)
    resumed = classifier("free", checkpoint=str(tmp_path))
    alike(quietly(classifier("free").fit, items(), Y), quietly(resumed.fit, items(), Y))
    with pytest.raises(InputError, match="belongs to other data or settings: labels was "):
        quietly(resumed.fit, items(), Y[::-1])
    with pytest.raises(InputError, match="belongs to other data or settings: autoencoder was "):
        quietly(resumed.set_params(autoencoder__training__epochs=1).fit, items(), Y)


@pytest.mark.parametrize("labels", [
    np.array(["rot", "grün", "blau"])[Y], np.array(["rot", "grün", "blau"], dtype=object)[Y], Y - 1, Y.astype(np.int8),
    Y.astype(float), Y > 0,
], ids=["texts", "objects", "minus one is a class", "bytes", "whole floats", "truths"])  # fmt: skip
def test_labels_may_be_texts_and_numbers(labels, tmp_path):
    model = quietly(classifier().fit, items(), labels)
    assert model.classes_.tolist() == sorted(set(labels.tolist()))
    loaded = isthmus.load(model.save(tmp_path))
    same([model.classes_, model.predict(items())], [loaded.classes_, loaded.predict(items())])
    assert set(model.predict(items())) <= set(labels.tolist()) and 0 <= model.score(items(), labels) <= 1


def test_the_autoencoder_learns_from_rows_without_labels_too():
    hidden = np.arange(24) < 15
    gaps, names = np.where(hidden, np.nan, Y), np.array(["a", "b", "c"], dtype=object)[Y]
    names[hidden] = None
    one, two = quietly(classifier().fit, items(), gaps), quietly(classifier().fit, items(), list(names))
    same(outputs(one, items())[1:], outputs(two, items())[1:])
    same(one.autoencoder_.arrays().values(), quietly(estimator("plain").fit, items()).arrays().values())
    nullable = pd.Series([pd.NA if gone else number for gone, number in zip(hidden, Y, strict=True)], dtype="Int64")
    assert quietly(classifier().fit, items(), nullable).classes_.dtype.kind == "i"
    texts = [name if name else np.nan for name in names]  # among which NaN is no class of its own
    three = quietly(classifier().fit, items(), texts)
    assert three.classes_.tolist() == ["a", "b", "c"] and three.score(items(), texts) == two.score(items()[~hidden], names[~hidden])
    with pytest.raises(InputError, match="label for at least one row"):
        one.score(items(), np.full(24, np.nan))
    assert one.training_.batch_size == 3 and two.classes_.tolist() == ["a", "b", "c"]  # 9 labels, of which 6 are held out


def test_settings_may_be_shared_with_the_autoencoder(tmp_path):
    shared = Training(epochs=1, checkpoint=str(tmp_path))
    model = AutoencoderClassifier(Autoencoder(2, training=shared, random_state=0), shared, random_state=0)
    alike(quietly(model.fit, items(), Y), quietly(model.fit, items(), Y))  # the second goes on from the end of the first
    assert len(list(tmp_path.rglob("*.safetensors"))) == 2


def test_patience_has_to_have_rows_to_watch():
    only = [int(label) if place in np.unique(Y, return_index=True)[1] else None for place, label in enumerate(Y)]
    with pytest.raises(InputError, match="no class spares a row"):
        quietly(classifier(patience=1, validation=1).fit, items(), only)


def test_sparse_rows_and_missing_numbers_are_the_autoencoders_affair():
    X = np.where(items() > 0.5, items(), 0).astype(np.float64)
    alike(quietly(classifier().fit, X, Y), quietly(classifier().fit, sp.csr_array(X), Y))
    X[X == 0] = np.nan
    masking = classifier().set_params(autoencoder__likelihood=Gaussian(missing="mask"))
    assert np.isfinite(quietly(masking.fit, X, Y).predict_proba(X)).all()
    with pytest.raises(InputError, match="NaN"):
        quietly(classifier().fit, X, Y)


@pytest.mark.parametrize(("labels", "said"), [
    (None, "requires y to be passed"),
    (np.zeros(24), r"labels of two classes or more\. Got one class only \(0\.0\)"),
    (np.full(24, np.nan), r"Got no class: every label is None or NaN"),
    (Y[:-1], r"a label for each of the 24 rows of X\. Got 23"),
    (Y + 0.5, "continuous"),
    (np.array([1, "a"] * 12, dtype=object), "texts or numbers, not both"),
    ([1, "a"] * 12, "texts or numbers, not both"),
    (Y.astype("M8[D]"), "Got dates"),
    (np.stack([Y, Y], 1), "1d array"),
    (np.full(24, np.inf), "whole numbers.*such as inf"),
    (np.full(24, {}), "Got a dict"),
])  # fmt: skip
def test_labels_that_cannot_be_used_are_refused_in_one_line(labels, said):
    with pytest.raises(InputError, match=said) as error:
        quietly(classifier().fit, items(), labels)
    assert "\n" not in str(error.value)


def test_rows_and_settings_that_cannot_be_used_are_refused_in_one_line():
    fitted = quietly(estimator("plain").fit, items())
    model = quietly(classifier().fit, items(), Y)
    for fit, said in [
        (lambda: model.predict(items()[:, :4]), "4 features, but AutoencoderClassifier is expecting 6"),
        (lambda: AutoencoderClassifier(FrozenEstimator(fitted)).fit(items()[:, :4], Y), "4 features, but Autoencoder is expecting 6"),
        (lambda: AutoencoderClassifier("plain").fit(items(), Y), "AutoencoderClassifier.autoencoder must be an autoencoder"),
        (lambda: AutoencoderClassifier(FrozenEstimator(model)).fit(items(), Y), "FrozenEstimator.estimator must be an autoencoder"),
        (lambda: AutoencoderClassifier(training=5).fit(items(), Y), "AutoencoderClassifier.training must be a Training object"),
    ]:
        with pytest.raises(InputError, match=said) as error:
            fit()
        assert "\n" not in str(error.value)
    with pytest.raises(NotFittedError):
        AutoencoderClassifier(FrozenEstimator(Autoencoder())).fit(items(), Y)
    with pytest.raises(NotFittedError):
        AutoencoderClassifier().predict(items())
    with pytest.warns(DataConversionWarning):
        quietly(classifier().fit, items(), Y[:, None])


def test_a_folder_that_was_changed_is_refused(tmp_path):
    quietly(classifier().fit, items(), Y).save(tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"dtype": "<i8"', '"dtype": "O"'))
    with pytest.raises(RunError, match="does not hold what its config.json promises"):
        isthmus.load(tmp_path)


def test_a_search_reaches_the_autoencoder():
    search = GridSearchCV(classifier(), {"autoencoder__n_components": [1, 3], "training__epochs": [1]}, cv=2)
    assert quietly(search.fit, items(), Y).best_estimator_.training_.epochs == 1


def test_with_few_labels_pretraining_beats_a_random_start():
    X, y = load_digits(return_X_y=True)
    X, unseen, errors = X / 16, slice(1200, None), {}
    for epochs in (40, 0):
        errors[epochs] = []
        for seed in range(2):
            few = np.full(len(y), np.nan)
            rng = np.random.default_rng(seed)
            for digit in range(10):
                few[rng.choice(np.flatnonzero(y[:1200] == digit), 5, replace=False)] = digit
            encoder = Autoencoder(10, training=Training(epochs, batch_size=64), random_state=seed)
            model = quietly(AutoencoderClassifier(encoder, random_state=seed).fit, X[:1200], few[:1200])
            errors[epochs].append(1 - model.score(X[unseen], y[unseen]))
    assert np.mean(errors[40]) < 0.8 * np.mean(errors[0])


def test_a_frozen_autoencoder_knows_its_columns():
    frame = pd.DataFrame(items(), columns=list("abcdef"))
    model = AutoencoderClassifier(FrozenEstimator(quietly(estimator("plain").fit, frame)), Training(**SHORT), random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.fit(frame, Y)
    with pytest.raises(InputError, match="feature names"):
        model.fit(frame[list("fedcba")], Y)


def test_one_that_is_fitted_first_learns_the_columns_names():
    frame = pd.DataFrame(items(), columns=list("abcdef"))
    assert list(quietly(classifier().fit, frame, Y).autoencoder_.feature_names_in_) == list("abcdef")
