"""Autoencoders that are told something of each row: labels or covariates."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

import isthmus
from isthmus import (
    AutoencoderClassifier,
    AuxK,
    Dense,
    Gaussian,
    RestrictedBoltzmannMachine,
    SparseAutoencoder,
    StackedAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
    tasks,
)
from isthmus.errors import InputError
from isthmus.training.batches import Batch
from variants import FREE, NETWORKS, estimator, items, quietly

Y = np.array(["x", "y", "z", "x"] * 6)
CASES = [(variant, "default") for variant in FREE[::3]] + [("variational, bernoulli", network) for network in NETWORKS]


def outputs(model, X, c):
    codes = model.transform(X, condition=c)
    return codes, model.inverse_transform(codes, condition=c), model.reconstruct(X, condition=c), model.score_samples(X, condition=c)


def same(ours, theirs):
    assert all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(("variant", "network"), CASES)
def test_the_laws_hold_under_a_condition(variant, network, tmp_path):
    X = items(network)
    model = quietly(lambda: estimator(variant, network).fit(X, condition=Y))
    before, state = outputs(model, X, Y), pickle.dumps(model.__dict__)
    for dtype, error in ((np.float64, 1e-10), (np.float32, 1e-5)):
        found = outputs(model, X.astype(dtype), Y)
        assert all(np.isfinite(output).all() for output in found) and found[0].dtype == dtype
        np.testing.assert_allclose(found[1], found[2], atol=error)
        alone = outputs(model, X[5:6].astype(dtype), Y[5])
        for one, many in zip(alone, found, strict=True):
            np.testing.assert_allclose(one[0], many[5], atol=10 * error, rtol=error)
    assert not np.allclose(before[0], model.transform(X, condition="y"))
    assert not np.allclose(before[2], model.inverse_transform(before[0], condition="y"))
    assert pickle.dumps(model.__dict__) == state
    loaded = isthmus.load(model.save(tmp_path / "run"))
    same(before, outputs(loaded, X, Y))
    same(before, outputs(quietly(lambda: estimator(variant, network).fit(X, condition=Y)), X, Y))
    module = copy.deepcopy(model.module_).requires_grad_().train()
    ((_, terms),) = module.steps(Batch(torch.from_numpy(X), torch.from_numpy(model.condition_.numbers(Y, 24))), 1.0)
    sum(terms.values()).mean().backward()
    assert not [name for name, parameter in module.named_parameters() if parameter.grad is None or not parameter.grad.any()]


@pytest.mark.parametrize("call", [1, 4])
def test_a_run_that_was_stopped_goes_on(call, tmp_path):
    X, left = items(), [call]

    def stop(progress):
        left[0] -= 1
        if not left[0]:
            raise RuntimeError

    def made(**settings):
        return estimator("variational, bernoulli", epochs=3, **settings)

    with pytest.raises(RuntimeError):
        quietly(lambda: made(checkpoint=str(tmp_path), callbacks=(stop,)).fit(X, condition=Y))
    resumed = quietly(lambda: made(checkpoint=str(tmp_path)).fit(X, condition=Y))
    same(outputs(resumed, X, Y), outputs(quietly(lambda: made().fit(X, condition=Y)), X, Y))


def test_digits_are_drawn_on_demand():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    model = quietly(lambda: VariationalAutoencoder(4, training=Training(epochs=40), random_state=0).fit(X, condition=y))
    judge = KNeighborsClassifier(5).fit(X, y)
    wanted = np.repeat(np.arange(10), 20)
    assert judge.score(model.sample(200, condition=wanted), wanted) > 0.9
    three = model.given(3)
    assert judge.score(three.sample(50), np.full(50, 3)) > 0.9 and three.n_components == 4
    # The style of one digit, written as another: tasks know nothing of the condition.
    assert tasks.interpolate(model.given(7), X[0], X[1], steps=3).shape == (3, 64)
    # What the code need not hold is not in it.
    free = quietly(VariationalAutoencoder(4, training=Training(epochs=40), random_state=0).fit, X)
    scores = [KNeighborsClassifier(5).fit(codes[::2], y[::2]).score(codes[1::2], y[1::2])
              for codes in (model.transform(X, condition=y), free.transform(X))]  # fmt: skip
    assert scores[0] < scores[1] - 0.1 and model.score(X, condition=y) > free.score(X)
    assert (model.score_samples(X[:20], 500, condition=y[:20]) > model.score_samples(X[:20], condition=y[:20]) - 0.1).mean() > 0.9


def test_covariates_explain_what_they_explain():
    rng = np.random.default_rng(0)
    known = rng.normal(50, 20, (400, 2))
    X = known @ rng.normal(size=(2, 5)) + rng.normal(size=(400, 1)) @ rng.normal(size=(1, 5))
    settings = {"network": Dense(()), "likelihood": Gaussian(), "random_state": 0}
    told = quietly(lambda: isthmus.Autoencoder(1, **settings).fit(X, condition=known))
    alone = quietly(isthmus.Autoencoder(1, **settings).fit, X)
    errors = [((X - rebuilt) ** 2).sum() for rebuilt in (told.reconstruct(X, condition=known), alone.reconstruct(X))]
    assert errors[0] < 0.01 * errors[1]
    assert told.inverse_transform(np.zeros((3, 1)), condition=[50.0, 40.0]).shape == (3, 5)
    np.testing.assert_array_equal(told.transform(X, condition=known), told.given(known).transform(X))
    for few in (50.0, [50.0], [50.0, 40.0, 30.0]):
        with pytest.raises(InputError, match=f"2 numbers a row. Got {np.size(few)}"):
            told.inverse_transform(np.zeros((3, 1)), condition=few)


def test_a_view_stands_in_pipelines_and_is_not_fitted_anew():
    model = quietly(lambda: estimator("variational, bernoulli").fit(items(), condition=Y))
    view = model.given(Y)
    np.testing.assert_array_equal(make_pipeline(view).transform(items()), model.transform(items(), condition=Y))
    assert view.score(items()) == pytest.approx(model.score(items(), condition=Y))
    for use in (view.fit, view.fit_transform, tasks.AnomalyDetector(view).fit):
        with pytest.raises(InputError, match="view of a fitted estimator"):
            use(items())
    assert model.condition_ is not None


def test_pieces_keep_their_condition():
    model = estimator("variational, bernoulli")
    for _ in range(3):
        quietly(lambda: model.partial_fit(items(), condition=Y))
    assert len(model.history_) == 3 and model.transform(items(), condition="x").shape == (24, 3)
    with pytest.raises(InputError, match="one of x, y, z"):
        model.partial_fit(items(), condition=["w"] * 24)


@pytest.mark.parametrize(("condition", "said"), [
    (Y[:5], r"24 rows. Got shape \(5,\)"), (["a"] * 24, "two labels"), ([None, *Y[1:]], "none missing"),
    ([np.nan] * 24, "finite"), ([["a", "b"]] * 24, "one column"), ([1j] * 24, "labels or numbers"),
])  # fmt: skip
def test_conditions_that_cannot_be_used_are_refused(condition, said):
    with pytest.raises(InputError, match=said):
        estimator("plain").fit(items(), condition=condition)


@pytest.mark.parametrize(("condition", "said"), [
    (np.arange(24), "24 whole numbers, which are labels; write them with a decimal point"),
    ([f"${price}.50" for price in range(24)], "24 labels for 24 rows"),
])
def test_labels_that_are_too_many_are_told(condition, said):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator("plain").fit(items(), condition=condition)
    (found,) = (one for one in caught if "condition holds" in str(one.message))
    assert said in str(found.message)


def test_a_condition_is_asked_for_where_there_was_one_and_only_there():
    X = items()
    told, free = quietly(lambda: estimator("plain").fit(X, condition=Y)), quietly(estimator("plain").fit, X)
    for refused, said in ((lambda: told.transform(X), "give condition="), (lambda: told.transform(X, condition="w"), "Got 'w'"),
                          (lambda: told.transform(X, condition=["x"] * 3), "24 rows"),
                          (lambda: free.transform(X, condition="x"), "without a condition"),
                          (lambda: StackedAutoencoder().fit(X, condition=Y), "takes no condition"),
                          (lambda: RestrictedBoltzmannMachine().fit(X, condition=Y), "takes no condition"),
                          (lambda: AutoencoderClassifier(isthmus.estimators.classifier.FrozenEstimator(told)).fit(X, Y),
                           "of which a classifier knows nothing")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            refused()


@pytest.mark.parametrize("network", [Dense(()), Dense((8,))], ids=repr)
def test_dead_units_are_told_the_condition_too(network):
    """With all units dead and all of them kept, what they make of a row is what the whole makes of it."""
    penalty = AuxK(dead_after=1, k=9)
    model = SparseAutoencoder(9, TopK(9), penalty, network, Gaussian(), Training(epochs=2, batch_size=8), 0)
    module = quietly(lambda: model.fit(items(), condition=Y)).module_
    module.penalty_states["aux_k"].rows += 1
    told = module.given(torch.from_numpy(model.condition_.numbers(Y, 24)))
    out = told.passed(torch.from_numpy(items()).float(), draw=False)
    rest = 0.5 * (out.x - 2 * out.p.mean + told.decode(torch.zeros_like(out.h)).mean).square().sum(1)
    torch.testing.assert_close(penalty(out, told, module.penalty_states["aux_k"]), rest, rtol=1e-4, atol=1e-5)


def test_a_covariate_that_never_varied_may_vary_later():
    covariates = np.column_stack([np.full(24, 0.1), np.linspace(0, 1, 24)])  # whose deviation is not 0, but what rounding leaves
    model = quietly(lambda: estimator("variational, bernoulli", "default").fit(items(), condition=covariates))
    assert np.isfinite(model.sample(2, condition=[0.2, 0.5])).all()
