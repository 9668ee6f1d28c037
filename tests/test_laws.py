"""What holds for every variant with every network."""

import copy
import functools
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

import isthmus
from isthmus import Bernoulli, Dense, Gaussian, Laplace, Training, estimators, parts
from isthmus.errors import InputError
from isthmus.parts import likelihood
from isthmus.training import loop
from isthmus.training.batches import Batch
from isthmus.training.checkpoint import Checkpoint
from variants import COVER, EVERY, VARIANTS, estimator, items, quietly

every = pytest.mark.parametrize(("variant", "network"), EVERY)
cover = pytest.mark.parametrize(("variant", "network"), COVER)


@functools.cache
def fitted(variant, network="default"):
    """One fit that the laws share, since none of them may change it."""
    return quietly(estimator(variant, network).fit, items(network))


def outputs(model, X):
    codes = model.transform(X)
    return codes, model.inverse_transform(codes), model.reconstruct(X), model.score_samples(X)


def terms_of(model, X):
    ((_, terms),) = model.steps(Batch(torch.from_numpy(X)), 1.0)
    return terms


def same(ours, theirs):
    assert all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))


@every
def test_a_gradient_reaches_every_parameter(variant, network):
    model = copy.deepcopy(fitted(variant, network).module_).requires_grad_().train()
    torch.manual_seed(0)
    (loss := sum(terms_of(model, items(network)).values())).mean().backward()
    assert loss.shape == (24,)
    idle = [name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert not idle
    assert {id(p) for p in model.groups()["autoencoder"]} == {id(p) for p in model.parameters()}


@every
def test_corruption_and_draws_act_in_training_only(variant, network):
    model = copy.deepcopy(fitted(variant, network).module_)
    raw = torch.from_numpy(items(network))
    clean = model.eval()(raw)
    assert torch.equal(clean.seen, clean.x) and torch.equal(clean.h, clean.mean)
    torch.manual_seed(0)
    trained = model.train()(raw)
    assert torch.equal(trained.x, clean.x)
    assert torch.equal(trained.seen, trained.x) == (model.corruption is None)
    noisy = getattr(model.bottleneck, "noise", 0) > 0
    assert torch.equal(trained.h, trained.mean) == (trained.posterior is None and not noisy)


@every
def test_a_copy_gives_the_same_bytes(variant, network, tmp_path):
    model, X = fitted(variant, network), items(network)
    before = outputs(model, X)
    loaded = isthmus.load(model.save(tmp_path / "one"))
    for copied in (loaded, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same(before, outputs(copied, X))
    assert loaded.history_ == model.history_ and repr(loaded.get_params()) == repr(model.get_params())
    loaded.save(tmp_path / "two")
    for name in ("config.json", "history.jsonl", "weights.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@every
def test_prediction_is_a_pure_function_of_the_row(variant, network):
    model, X = fitted(variant, network), items(network)
    before = pickle.dumps(model.__dict__)
    for dtype, error in ((np.float64, 1e-10), (np.float32, 1e-5)):
        rows = X.astype(dtype)
        codes, decoded, rebuilt, scores = outputs(model, rows)
        same((codes, decoded, rebuilt, scores), outputs(model, rows))
        assert codes.dtype == decoded.dtype == rebuilt.dtype == dtype and scores.dtype == np.float64
        assert codes.shape == (24, 3) and rebuilt.shape == X.shape and scores.shape == (24,)
        np.testing.assert_allclose(decoded, rebuilt, atol=error)
        alone = model.transform(rows[5:6]), model.reconstruct(rows[5:6]), model.score_samples(rows[5:6])
        for one, many in zip(alone, (codes, rebuilt, scores), strict=True):
            np.testing.assert_allclose(one[0], many[5], atol=error, rtol=error)
        np.testing.assert_allclose(model.transform(rows[::-1])[::-1], codes, atol=error)
    assert pickle.dumps(model.__dict__) == before


class Crash(Exception):
    pass


def stopping(calls, error):
    """Return a callback that raises at its call of that number."""
    left = [calls]

    def callback(progress):
        left[0] -= 1
        if left[0] == 0:
            raise error

    return callback


def stopped_and_resumed(make, X, folder, call, error):
    with pytest.raises(type(error)):
        quietly(make(checkpoint=str(folder), callbacks=(stopping(call, error),)).fit, X)
    return quietly(make(checkpoint=str(folder)).fit, X)


def alike(one, two):
    strip = [[{k: v for k, v in row.items() if k != "seconds"} for row in model.history_] for model in (one, two)]
    assert strip[0] == strip[1] and one.best_epoch_ == two.best_epoch_
    same(one.arrays().values(), two.arrays().values())


@pytest.fixture
def every_step(monkeypatch):
    """Checkpoints and callbacks after every step; an epoch of two steps calls back three times."""
    monkeypatch.setattr(Checkpoint, "due", lambda self: self.path is not None)
    monkeypatch.setattr(loop, "_CALL", -1.0)


@cover
def test_a_stopped_run_resumes_as_if_it_had_not_stopped(variant, network, tmp_path, every_step):
    make, X = functools.partial(estimator, variant, network, epochs=3, batch_size=9, validation=6), items(network)
    whole = quietly(make().fit, X)
    alike(whole, stopped_and_resumed(make, X, tmp_path / "crash", 4, Crash()))  # in the middle of an epoch
    alike(whole, stopped_and_resumed(make, X, tmp_path / "key", 6, KeyboardInterrupt()))  # between two


@pytest.mark.parametrize("optimizer", [isthmus.Adam(), isthmus.SGD(), isthmus.SGD(momentum=0.0)])
@pytest.mark.parametrize("validation", [0, 6])
def test_it_resumes_from_any_checkpoint(optimizer, validation, tmp_path, every_step):
    make = functools.partial(estimator, "free", epochs=3, batch_size=24, validation=validation, optimizer=optimizer)
    whole = quietly(make().fit, items(n=30))
    for call in range(1, 3 * (3 if validation == 0 else 2) + 1):
        alike(whole, stopped_and_resumed(make, items(n=30), tmp_path / str(call), call, Crash()))
    alike(whole, quietly(make(checkpoint=str(tmp_path / "1")).fit, items(n=30)))  # a finished run stays as it is


@cover
def test_a_seed_decides_and_the_callers_generators_stay(variant, network, tmp_path):
    X = items(network)
    np.random.seed(3)
    torch.manual_seed(3)
    before = np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes()
    model = quietly(clone(estimator(variant, network)).fit, X)
    outputs(isthmus.load(model.save(tmp_path)), X)
    if not model.generates and model.bottleneck_.prior(torch.zeros(1, 1)) is None:
        with pytest.raises(InputError, match="VariationalAutoencoder has one"):
            model.sample(3)
    else:
        same([model.sample(3)], [model.sample(3)])
        assert np.isfinite(model.sample(3)).all() and model.sample(3).shape == (3, *X.shape[1:])
    assert before == (np.random.get_state()[1].tobytes(), torch.get_rng_state().numpy().tobytes())
    alike(model, fitted(variant, network))
    other = quietly(clone(model).set_params(random_state=1).fit, X)
    assert any((a != b).any() for a, b in zip(model.arrays().values(), other.arrays().values(), strict=True))


@pytest.mark.parametrize("network", ["default", "images"])
def test_bytes_are_numbers_from_0_to_1_in_other_units(network):
    raw = (items(network) * 255).astype(np.uint8)
    model = quietly(estimator("plain", network).fit, raw)
    unit = quietly(estimator("plain", network).fit, raw / 255)
    codes, rebuilt = model.transform(raw), model.reconstruct(raw)
    assert codes.dtype == rebuilt.dtype == np.float32 and 0 <= rebuilt.min() and 1 < rebuilt.max() <= 255
    np.testing.assert_allclose(codes, unit.transform(raw / 255), atol=1e-4)
    np.testing.assert_allclose(rebuilt / 255, unit.inverse_transform(unit.transform(raw / 255)), atol=1e-4)
    np.testing.assert_allclose(model.score_samples(raw), unit.score_samples(raw / 255), rtol=1e-4)


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csc_array])
@pytest.mark.parametrize("variant", VARIANTS)
def test_sparse_rows_are_the_dense_ones(variant, container):
    X = np.where(items() > 0.5, items(), 0).astype(np.float64)
    dense, sparse = (quietly(estimator(variant).fit, rows) for rows in (X, container(X)))
    alike(dense, sparse)
    same(outputs(dense, X), outputs(sparse, container(X)))


@pytest.mark.parametrize("network", ["default", "images"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_memory_map_is_the_array(network, order, tmp_path):
    X = np.asarray(items(network), order=order)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    model = quietly(estimator("free", network).fit, mapped)
    alike(model, fitted("free", network))
    same(outputs(model, X), outputs(model, mapped))


@pytest.mark.parametrize("family", [Gaussian, Laplace, Bernoulli])
@pytest.mark.parametrize("network", ["default", "images"])
def test_what_is_missing_does_not_count(network, family):
    X = items(network)
    holes = np.random.default_rng(2).random(X.shape) < 0.3
    X[holes] = np.nan
    make = estimator("free", network).set_params(likelihood=family(missing="mask"))
    model = quietly(make.fit, X)
    assert all(np.isfinite(output).all() for output in outputs(model, X)) and np.isfinite(model.reconstruct(X)[holes]).all()
    assert all(np.isfinite(value) for row in model.history_ for value in row.values())
    x, observed = model.module_.read(torch.from_numpy(X))
    assert np.array_equal(observed.numpy(), ~holes) and not x[~observed].any()
    # The score is the observed numbers' alone: whole rows score the sum of what each half of their cells scores.
    p = model.module_.decode(torch.zeros(len(X), 3))
    seen = likelihood.log_likelihood(p, x, observed)
    anything = torch.where(observed, x, torch.rand_like(x))
    assert torch.equal(seen, likelihood.log_likelihood(p, anything, observed))
    assert torch.allclose(seen, torch.where(observed, p.log_prob(x), 0).flatten(1).sum(1))
    with pytest.raises(InputError, match="mask"):
        quietly(make.set_params(likelihood=family()).fit, X)
    with pytest.raises(InputError, match="NaN"):
        fitted("plain", network).transform(X)


def test_settings_are_reached_through_the_parts():
    model = isthmus.DenoisingAutoencoder(2, isthmus.Masking(), training=Training(epochs=1), random_state=0)
    model.set_params(corruption__fraction=0.6, training__epochs=2)
    assert (clone(model).get_params()["corruption__fraction"], clone(model).training.epochs) == (0.6, 2)
    assert len(quietly(model.fit, items()).history_) == 2 and model.corruption_.fraction == 0.6
    sparse = isthmus.SparseAutoencoder(2, penalty=isthmus.L1(), training=Training(epochs=1), random_state=0)
    search = quietly(GridSearchCV(sparse, {"penalty__weight": [0.0, 1.0], "training__epochs": [1, 2]}, cv=2).fit, items())
    assert search.best_params_.keys() == {"penalty__weight", "training__epochs"}


def test_settings_changed_after_a_fit_wait_for_the_next():
    model = quietly(isthmus.Autoencoder(2, bottleneck=isthmus.TopK(1), likelihood=Gaussian(), training=Training(epochs=1),
                                        random_state=0).fit, items())  # fmt: skip
    before = outputs(model, items())
    model.set_params(bottleneck__k=2, likelihood__variance=None, n_components=5, network=Dense((3,)))
    same(before, outputs(model, items()))
    assert list(model.get_feature_names_out()) == ["autoencoder0", "autoencoder1"]


def test_a_callback_is_called_itself_and_stays_out_of_the_folder(tmp_path):
    class Recorder:
        seen = 0

        def __call__(self, progress):
            self.seen += 1

    recorder = Recorder()
    model = quietly(estimator("plain", callbacks=(recorder,)).fit, items())
    assert recorder.seen >= 2
    quietly(isthmus.load(model.save(tmp_path)).fit, items())


def test_a_fit_that_failed_is_no_fit():
    model = estimator("plain")
    with pytest.raises(InputError, match="NaN"):
        model.fit(np.full((5, 3), np.nan))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.transform(items())
    model = quietly(estimator("plain").fit, items())
    with pytest.raises(InputError, match="the same value everywhere"):
        model.fit(np.ones((5, 7)))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        model.transform(items())


def test_data_too_far_from_zero_for_single_precision_are_refused():
    with pytest.raises(InputError, match="subtract the columns' means first"):
        estimator("plain").fit(items().astype(np.float64) + 1e9)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_terms_of_the_loss_are_exact_where_products_are_not(variant):
    model = quietly(estimator(variant, epochs=1).fit, items())
    terms = terms_of(model.module_.half(), items())
    assert {term.dtype for term in terms.values()} == {torch.float32}


def test_the_laws_hold_for_every_public_variant_and_part():
    made = [*(make() for make in VARIANTS.values()), isthmus.VAEGAN()]  # whose three steps have laws of their own
    assert {type(model) for model in made} == {getattr(estimators, name) for name in estimators.VARIANTS}
    rows = [model.row() for model in made]
    used = {type(part) for row in rows for part in (row.corruption, row.bottleneck, *row.penalties)}
    assert {getattr(parts, name) for name in parts.__all__} - used <= {
        isthmus.Bernoulli, isthmus.Gaussian, isthmus.Laplace, isthmus.Categorical, isthmus.Mixed, isthmus.Multinomial,
            isthmus.WarmUp, isthmus.Growth, isthmus.Shifts, isthmus.Flips, isthmus.Binarised}  # fmt: skip


@pytest.mark.parametrize(("setting", "value"), [
    ("corruption", "masking"), ("corruption", isthmus.L1()), ("bottleneck", isthmus.KL()), ("penalties", isthmus.KL()),
    ("penalties", ("l1",)), ("network", "conv"), ("network", Dense), ("likelihood", "gaussian"), ("training", {"epochs": 3}),
    ("training__optimizer", "adam"), ("training__schedule", "cosine"), ("training__callbacks", print), ("training__device", 0),
    ("training__checkpoint", 5), ("training__optimizer", isthmus.Adam(beta2=1.0)),
    ("training__schedule", isthmus.OneCycle(2)), ("penalties", (isthmus.KL(isthmus.WarmUp(-1.0)),)),
    ("penalties", (isthmus.ImportanceWeighted(draws=isthmus.Growth(0)),)), ("penalties", (isthmus.ImportanceWeighted(draws=2.5),)),
    ("n_components", 0), ("n_components", 2.0), ("random_state", -1), ("random_state", 2**70), ("random_state", "zero"),
])  # fmt: skip
def test_a_wrong_part_is_refused_in_one_line(setting, value):
    model = isthmus.Autoencoder(2, training=Training(epochs=1)).set_params(**{setting: value})
    with pytest.raises(InputError, match=r"must be .*\. Got ") as error:
        model.fit(items())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("n", [0, -1, 2.5, "a", True])
def test_a_wrong_number_of_samples_is_refused(n):
    with pytest.raises(InputError, match="n must be a whole number"):
        fitted("free").sample(n)
