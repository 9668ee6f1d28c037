"""Likelihoods of several kinds of columns."""

import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.base import clone
from sklearn.datasets import load_iris
from torch.distributions import OneHotCategorical

import isthmus
from isthmus import (
    Autoencoder,
    Bernoulli,
    Categorical,
    Gaussian,
    LearnedSimilarity,
    Mixed,
    Multinomial,
    StackedAutoencoder,
    Training,
    VariationalAutoencoder,
)
from isthmus.errors import InputError
from isthmus.tasks import fit_density
from variants import quietly

GROUPS = ((Categorical(), (4, 0, 1)), (Gaussian(None, shared=False), (2, 5)), (Bernoulli(), (3,)))


def table(n=200, holes=0.0):
    """Three levels, two numbers of other spreads that go with them, and a share."""
    rng = np.random.default_rng(0)
    which = rng.integers(0, 3, n)
    numbers = np.array([[0, 1], [2, -1], [-2, 0]])[which] + rng.normal(size=(n, 2)) * [0.1, 0.5]
    levels = np.eye(3)[which]
    X = np.column_stack([levels[:, 1:], numbers[:, 0], 0.25 * which + rng.random(n) / 4, levels[:, 0], numbers[:, 1]])
    gone = rng.random((n, 4)) < holes
    X[np.ix_(np.flatnonzero(gone[:, 0]), [4, 0, 1])] = np.nan
    for column, place in enumerate((2, 5, 3), start=1):
        X[gone[:, column], place] = np.nan
    return X.astype(np.float32), which


def test_a_table_s_density_is_its_columns():
    torch.manual_seed(0)
    likelihood, decoded = Mixed(GROUPS), torch.randn(7, 6, dtype=torch.float64)
    state = likelihood.build((6,)).double()
    state["1"].log_scale.data = torch.tensor([0.3, -0.5]).double()
    state.requires_grad_(False)
    X = torch.from_numpy(table(7)[0]).double()
    found = likelihood(decoded, state).log_prob(X)
    expected = OneHotCategorical(logits=decoded[:, [4, 0, 1]]).log_prob(X[:, [4, 0, 1]])
    torch.testing.assert_close(found[:, [4, 0, 1]].sum(1), expected)
    normal = norm.logpdf(X[:, [2, 5]].numpy(), decoded[:, [2, 5]].numpy(), np.exp([0.3, -0.5]))
    np.testing.assert_allclose(found[:, [2, 5]], normal)
    torch.testing.assert_close(found[:, 3], -torch.nn.functional.binary_cross_entropy_with_logits(decoded[:, 3], X[:, 3], reduction="none"))
    mean = likelihood(decoded, state).mean
    torch.testing.assert_close(mean[:, [4, 0, 1]].sum(1), torch.ones(7, dtype=torch.float64))
    torch.testing.assert_close(likelihood(likelihood.link(mean[0])[None], state).mean[0], mean[0])


@pytest.mark.parametrize("holes", [0.0, 0.2])
def test_a_mixed_table_is_learnt_filled_and_saved(holes, tmp_path):
    X, which = table(400, holes)
    likelihood = Mixed(GROUPS, missing="mask" if holes else "refuse")
    model = quietly(VariationalAutoencoder(2, likelihood=likelihood, training=Training(60, learning_rate=0.01), random_state=0).fit, X)
    rebuilt = model.reconstruct(X)
    assert (rebuilt[:, [4, 0, 1]].argmax(1) == which).mean() > 0.9
    np.testing.assert_allclose(rebuilt[:, [4, 0, 1]].sum(1), 1, atol=1e-5)
    scales = model.module_.likelihood_state["1"].scale
    assert scales[0] < 0.7 * scales[1]  # each number its own, and 0.1 and 0.5 in the data
    loaded = isthmus.load(model.save(tmp_path / "run"))
    assert loaded.reconstruct(X).tobytes() == rebuilt.tobytes() and repr(loaded.likelihood) == repr(model.likelihood)
    assert np.isfinite(model.score_samples(X)).all() and np.isfinite(model.score_samples(X, n_importance=20)).all()


def test_new_rows_are_drawn_and_not_means():
    X, _ = table(600, 0.0)
    model = quietly(VariationalAutoencoder(2, likelihood=Mixed(GROUPS), training=Training(60, learning_rate=0.01), random_state=0).fit, X)
    new, others = model.sample(2000), model.sample(2000, random_state=1)
    assert set(np.unique(new[:, [4, 0, 1]])) == {0, 1} and (new[:, [4, 0, 1]].sum(1) == 1).all()
    np.testing.assert_allclose(new[:, [4, 0, 1]].mean(0), X[:, [4, 0, 1]].mean(0), atol=0.1)
    np.testing.assert_allclose(new[:, [2, 5]].std(0), X[:, [2, 5]].std(0), rtol=0.25)
    assert not np.array_equal(new, others) and np.array_equal(new, model.sample(2000))


def test_a_number_of_its_own_variance_beats_a_shared_one():
    X = load_iris().data * [1, 1, 10, 0.1]
    scores = [quietly(VariationalAutoencoder(2, likelihood=Gaussian(None, shared=shared), training=Training(100, learning_rate=0.01),
                                             random_state=0).fit, X).score(X) for shared in (True, False)]  # fmt: skip
    assert scores[1] > scores[0] + 0.1


@pytest.mark.parametrize(("groups", "said"), [
    (GROUPS[:2], "column 3 0 times"), ((*GROUPS, (Gaussian(), (5,))), "column 5 2 times"), ((), "column 0 0 times"),
    (((Gaussian(),),), "pairs of a likelihood"), (((Gaussian(-1.0), (0,)),), "Gaussian.variance"),
    (((Bernoulli(), (2,)), (Gaussian(), (0, 1, 3, 4, 5))), "in column 2"),
])  # fmt: skip
def test_groups_that_do_not_fit_are_refused(groups, said):
    with pytest.raises(InputError, match=said):
        VariationalAutoencoder(2, likelihood=Mixed(groups)).fit(table()[0])


@pytest.mark.parametrize("likelihood", [Categorical(), Mixed(((Categorical(), (0, 1, 2)),))])
def test_levels_that_are_no_shares_are_refused(likelihood, rng):
    X = np.array([0.2, 0.9, 0.3]) + rng.random((30, 1)) / 99
    with pytest.raises(InputError, match=r"sum to 1\.4"):
        VariationalAutoencoder(1, likelihood=likelihood, training=Training(1)).fit(X)


def test_what_a_group_leaves_to_the_data_is_found(rng):
    X = np.column_stack([rng.normal(size=300), rng.multinomial(40, [0.1, 0.2, 0.7], 300)])
    likelihood = Mixed(((Gaussian(), (0,)), (Multinomial(), (1, 2, 3))))
    model = quietly(VariationalAutoencoder(1, likelihood=likelihood, training=Training(20), random_state=0).fit, X)
    np.testing.assert_allclose(model.reconstruct(X)[:, 1:].sum(1), 40, rtol=1e-4)
    counts = model.sample(200)[:, 1:]
    np.testing.assert_array_equal(counts, np.rint(counts))
    np.testing.assert_array_equal(counts.sum(1), 40)
    np.testing.assert_allclose(counts.mean(0), [4, 8, 28], atol=2)


@pytest.mark.parametrize(("likelihood", "kind"), [(Categorical(), np.uint8), (Categorical(), np.float64), (Multinomial(), np.uint8)])
def test_levels_and_counts_are_numbers_as_they_are_in_bytes_too(likelihood, kind):
    X = np.eye(3, dtype=kind)[np.arange(60) % 3]
    model = quietly(VariationalAutoencoder(1, likelihood=likelihood, training=Training(epochs=3), random_state=0).fit, X)
    as_numbers = quietly(clone(model).fit, X.astype(np.float64))
    assert model.history_[0]["reconstruction"] == pytest.approx(as_numbers.history_[0]["reconstruction"], rel=1e-4)
    assert model.sample(5).max() <= 1 and np.allclose(model.reconstruct(X).sum(1), 1)


def test_new_items_of_categories_are_categories_by_any_way_to_draw_codes():
    X = np.eye(4)[np.arange(80) % 4]
    plain = quietly(Autoencoder(1, likelihood=Categorical(), training=Training(epochs=2), random_state=0).fit, X)
    drawn = fit_density(plain, X).sample(50)
    assert set(np.unique(drawn)) == {0.0, 1.0} and (drawn.sum(1) == 1).all()


@pytest.mark.parametrize(("groups", "said"), [
    (5, "must be a tuple of pairs"),
    (((LearnedSimilarity(), (0, 1)),), "single numbers or categories"),
    (((Gaussian(missing="mask"), (0, 1)),), "it is one for all groups"),
])
def test_groups_that_cannot_be_say_why(groups, said):
    with pytest.raises(InputError, match=said):
        VariationalAutoencoder(1, likelihood=Mixed(groups)).fit(np.random.default_rng(0).random((20, 2)))
    with pytest.raises(InputError, match="columns of a table"):
        VariationalAutoencoder(1, likelihood=Mixed(((Gaussian(), (0, 1)),))).fit(np.random.default_rng(0).random((20, 2, 3)))


def test_a_stack_takes_masks_that_it_does_not_need():
    groups = ((Gaussian(missing="mask"), (0, 1, 2)), (Bernoulli(missing="mask"), (3, 4, 5)))
    X = np.random.default_rng(0).random((40, 6))
    model = StackedAutoencoder(2, (4,), likelihood=Mixed(groups, missing="mask"), training=Training(epochs=2), random_state=0)
    assert quietly(model.fit, X).transform(X).shape == (40, 2)
