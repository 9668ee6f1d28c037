"""Restricted Boltzmann machines against enumeration, integration and closed forms, on machines small enough for them."""

import copy
import itertools

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits

import isthmus
from isthmus import (
    Bernoulli,
    BinaryUnits,
    Gaussian,
    GaussianUnits,
    Laplace,
    RestrictedBoltzmannMachine,
    Training,
)
from isthmus.errors import InputError
from isthmus.training.annealing import LogPartition
from isthmus.training.batches import Batch
from variants import quietly

DIGITS = (load_digits().data > 6).astype(np.float64)
KINDS = list(itertools.product((Bernoulli(), Gaussian()), (BinaryUnits(), GaussianUnits())))


def fitted(k=4, columns=6, epochs=60, **settings):
    """Return a machine fitted to some pixels of the digits, those that vary the most, and the rows."""
    X = DIGITS[:300, np.sort(np.argsort(DIGITS.var(0))[-columns:])]
    settings = {"random_state": 0, "training": Training(epochs=epochs), **settings}
    return quietly(RestrictedBoltzmannMachine(k, **settings).fit, X), X


def parameters(model):
    """Return W, b, c and m in double precision."""
    module = model.module_
    found = (module.encoder.code.weight, module.decoder.code.bias, module.encoder.code.bias, module.mean)
    return [tensor.numpy().astype(np.float64) for tensor in found]


def states(n):
    """Return all 2ⁿ states of binary units."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=n)))


def joint(model, v, h):
    """Return log exp(-E) of all pairs of binary states, (visible, hidden)."""
    W, b, c, m = parameters(model)
    return (v @ b)[:, None] + h @ c + (v - m) @ W.T @ h.T


def exact(model):
    """Return log Z of a binary machine, and the log-probability of every visible state."""
    v = states(model.n_features_in_)
    logs = np.logaddexp.reduce(joint(model, v, states(model.n_components_)), axis=1)
    whole = np.logaddexp.reduce(logs)
    return whole, logs - whole


def test_the_free_energy_sums_over_hidden_states():
    model, X = fitted()
    wanted = -np.logaddexp.reduce(joint(model, X, states(4)), axis=1)
    found = model.free_energy(X)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize(("likelihood", "hidden"), KINDS)
def test_the_free_energy_integrates_over_hidden_states(likelihood, hidden):
    model, X = fitted(k=1, likelihood=likelihood, hidden=hidden)
    W, b, c, m = parameters(model)
    h = np.arange(-30, 30, 0.1) if isinstance(hidden, GaussianUnits) else np.array([0.0, 1.0])
    own, step = (0.5 * h**2, np.log(0.1)) if len(h) > 2 else (0.0, 0.0)
    v = model.module_.units(torch.from_numpy(X)).numpy()
    energy = (0.5 * (v**2).sum(1) if isinstance(likelihood, Gaussian) else 0.0) - v @ b
    wanted = energy - np.logaddexp.reduce(h * (c + (v - m) @ W.T) - own + step, axis=1)
    np.testing.assert_allclose(model.free_energy(X), wanted, rtol=1e-5)


def test_means_given_the_other_layer_are_the_joint_distributions():
    model, X = fitted()
    weights = np.exp(joint(model, X[:5], states(4)))
    np.testing.assert_allclose(model.transform(X[:5]), weights @ states(4) / weights.sum(1, keepdims=True), atol=1e-6)
    H = states(4)[[0, 5, 15]]
    weights = np.exp(joint(model, states(6), H)).T
    np.testing.assert_allclose(model.inverse_transform(H), weights @ states(6) / weights.sum(1, keepdims=True), atol=1e-6)


def test_the_gradient_of_free_energies_is_that_of_the_likelihood():
    """With v_k from the model itself: here its exact expectation in place of long chains."""
    model, X = fitted(epochs=3)
    machine = model.module_.double().requires_grad_()
    v = torch.from_numpy(states(6))

    def free_energies(rows):
        return machine.free_energy(rows, machine.hidden_sums(rows))

    rows = torch.from_numpy(X)
    likelihood = (-free_energies(rows)).mean() - torch.logsumexp(-free_energies(v), 0)
    p = torch.softmax(-free_energies(v), 0).detach()
    difference = free_energies(rows).mean() - (p * free_energies(v)).sum()
    ours, theirs = (torch.autograd.grad(loss, list(machine.parameters())) for loss in (difference, -likelihood))
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-10) and one.abs().max() > 1e-4


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize(("likelihood", "hidden"), KINDS)
def test_a_step_follows_the_difference_of_free_energies(likelihood, hidden, persistent):
    model, X = fitted(epochs=3, likelihood=likelihood, hidden=hidden, persistent=persistent)
    machine, rows = model.module_.train().requires_grad_(), torch.from_numpy(X[:40]).float()
    v = machine.read(rows)[0]
    found = []
    for by_hand in (False, True):
        twin = copy.deepcopy(machine)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            if by_hand:
                after, _ = twin._chained(twin.hidden_sums(v))
                terms = twin.free_energy(v, twin.hidden_sums(v)).mean() - twin.free_energy(after, twin.hidden_sums(after)).mean()
            else:
                ((_, named),) = twin.steps(Batch(rows), 0.5)
                terms = named["free_energy"].mean()
        found.append([terms, *torch.autograd.grad(terms, list(twin.parameters())), twin.chains])
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("persistent", [False, True])
def test_annealing_finds_the_partition_function(persistent):
    model, _ = fitted(k=8, columns=12, persistent=persistent)
    estimate, error = model.log_partition(chains=200, steps=500)
    assert 0 < error < 0.1 and abs(estimate - exact(model)[0]) < 3 * error
    assert model.log_partition(chains=200, steps=500) == (estimate, error)


def test_annealing_finds_the_partition_function_of_gaussian_layers():
    model, _ = fitted(k=2, likelihood=Gaussian(), hidden=GaussianUnits())
    W, b, c, m = parameters(model)
    # -E = -x'Ax / 2 + l'x with x = (v, h), the W'm shifting c
    A = np.block([[np.eye(6), -W.T], [-W, np.eye(2)]])
    linear = np.concatenate([b, c - W @ m])
    whole = 0.5 * linear @ np.linalg.solve(A, linear) + 4 * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(A)[1]
    estimate, error = model.log_partition(chains=500, steps=500)
    assert abs(estimate - whole) < 3 * error + 1e-6


def test_gaussian_layers_with_large_weights_are_no_distribution():
    model, X = fitted(2, 3, likelihood=Gaussian(), hidden=GaussianUnits())
    with torch.no_grad():
        weight = model.module_.encoder.code.weight
        weight *= 1.01 / torch.linalg.matrix_norm(weight, 2)
    for refused in (model.log_partition, lambda: model.log_likelihood(X), model.sample):
        with pytest.raises(InputError, match=r"norm below 1.*Got 1\.01"):
            refused()


def test_the_log_likelihood_is_in_the_data_s_units():
    binary, _ = fitted(k=4)
    whole, logs = exact(binary)
    np.testing.assert_allclose(binary.log_likelihood(states(6), LogPartition(whole, 0.0)), logs, atol=1e-9)
    model, X = fitted(k=3, likelihood=Gaussian())
    X = 3 * X  # which is put in units of its own, unlike shares
    model, wide = quietly(model.fit, X), quietly(clone(model).fit, 7 * X)
    given = LogPartition(0.0, 0.0)
    energies = [one.free_energy(items) for one, items in ((model, X), (wide, 7 * X))]
    np.testing.assert_allclose(energies[0], energies[1], atol=1e-4)  # the same machine, in other units
    np.testing.assert_allclose(wide.log_likelihood(7 * X, given), model.log_likelihood(X, given) - 6 * np.log(7), atol=1e-4)


def test_a_checkpoint_of_another_machine_is_refused(tmp_path):
    kept = Training(epochs=2, checkpoint=str(tmp_path))
    fitted(training=kept)
    for settings in ({"gibbs_steps": 3}, {"persistent": True}):
        with pytest.raises(InputError, match="checkpoint"):
            fitted(training=kept, **settings)


def test_a_gaussian_machine_is_a_mixture():
    """p(v) = Σ_h p(h) N(v; b + Wᵀh, I), whose Z is known."""
    model, X = fitted(k=3, likelihood=Gaussian())
    W, b, c, m = parameters(model)
    h = states(3)
    centres = b + h @ W
    whole = np.logaddexp.reduce(h @ (c - W @ m) + 0.5 * (centres**2).sum(1)) + 3 * np.log(2 * np.pi)
    estimate, error = model.log_partition(chains=500, steps=500)
    assert abs(estimate - whole) < 3 * error + 1e-6
    # and with it the free energy is the mixture's density
    v = model.module_.units(torch.from_numpy(X)).numpy()
    shares = h @ (c - W @ m) + 0.5 * (centres**2).sum(1)
    shares = shares - np.logaddexp.reduce(shares)
    apart = ((v[:, None] - centres) ** 2).sum(2)
    density = np.logaddexp.reduce(shares - 0.5 * apart, axis=1) - 3 * np.log(2 * np.pi)
    np.testing.assert_allclose(-model.free_energy(X) - whole, density, atol=1e-4)


def test_the_pseudo_likelihood_is_the_product_of_conditionals():
    model, X = fitted()
    _, logs = exact(model)
    table = logs.reshape((2,) * 6)  # by the states of the six units
    wanted = []
    for row in X.astype(int):
        given = [table[tuple(row[:i])][(slice(None), *row[i + 1 :])] for i in range(6)]
        wanted.append(sum(pair[value] - np.logaddexp(*pair) for pair, value in zip(given, row, strict=True)))
    np.testing.assert_allclose(model.score_samples(X), wanted, rtol=1e-10)


@pytest.mark.parametrize("hidden", [BinaryUnits(), GaussianUnits()])
def test_the_pseudo_likelihood_of_gaussian_units_is_in_the_datas_units(hidden):
    model, X = fitted(likelihood=Gaussian(), hidden=hidden)
    grid = np.linspace(-15, 15, 3001)
    wanted = np.zeros(5)
    for i in range(6):
        lines = np.repeat(X[:5, None], len(grid), axis=1)  # (row, value, unit)
        lines[:, :, i] = grid
        logs = -model.free_energy(lines.reshape(-1, 6)).reshape(5, -1)
        wanted += -model.free_energy(X[:5]) - np.logaddexp.reduce(logs, axis=1) - np.log(grid[1] - grid[0])
    np.testing.assert_allclose(model.score_samples(X[:5]), wanted, rtol=1e-5)


def test_the_watched_pseudo_likelihood_is_an_estimate_of_the_scores():
    model, X = fitted()
    machine, rows = model.module_, torch.from_numpy(X).float().repeat(300, 1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ((_, terms),) = machine.steps(Batch(rows), 1.0)
    found = -terms["pseudo_likelihood"]
    assert abs(float(found.mean()) - model.score(X)) < 4 * float(found.std()) / len(found) ** 0.5


@pytest.mark.parametrize("persistent", [False, True])
def test_chains_come_to_the_machines_own_distribution(persistent):
    model, _ = fitted(k=3, epochs=20, persistent=persistent)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        h = model.module_.gibbs(torch.zeros(20_000, 3), 300).numpy()
    weights = np.exp(joint(model, states(6), states(3)))
    wanted = weights.sum(0) / weights.sum()
    found = np.array([(h == state).all(1).mean() for state in states(3)])
    np.testing.assert_allclose(found, wanted, atol=4 * np.sqrt(0.25 / 20_000))
    drawn = model.sample(2000, steps=100)
    assert drawn.shape == (2000, 6) and (drawn != model.sample(2000, steps=1)).any()
    marginals = states(6).T @ weights.sum(1) / weights.sum()
    np.testing.assert_allclose(drawn.mean(0), marginals, atol=4 * 0.5 / 2000**0.5)


def test_persistent_chains_go_on():
    model, X = fitted(persistent=True, epochs=2)
    machine = model.module_
    before = machine.chains.clone()
    assert set(before.unique().tolist()) == {0.0, 1.0} and machine.chains.shape == (100, 4)
    assert not fitted(epochs=2)[0].module_.chains.any()
    quietly(model.partial_fit, X)
    assert (model.module_.chains != before).any()


def test_persistent_chains_and_more_steps_come_closer_to_maximum_likelihood():
    likelihoods = []
    for settings in ({"persistent": True}, {"gibbs_steps": 10}, {}):
        model, X = fitted(k=8, columns=12, **settings)
        likelihoods.append(float((-model.free_energy(X) - exact(model)[0]).mean()))
    mean = X.mean(0)
    independent = float((X * np.log(mean) + (1 - X) * np.log(1 - mean)).sum(1).mean())
    assert min(likelihoods[:2]) > likelihoods[2] - 0.05 and min(likelihoods) > independent + 1


def test_a_machine_of_20_units_learns_digits():
    X, unseen = DIGITS[:1400], DIGITS[1400:]
    model = quietly(RestrictedBoltzmannMachine(20, training=Training(epochs=20), random_state=0).fit, X)
    error = ((model.reconstruct(unseen) - unseen) ** 2).sum(1).mean()
    assert error < 0.8 * ((unseen - X.mean(0)) ** 2).sum(1).mean()
    estimate, _ = model.log_partition(chains=50, steps=500)
    mean = ((X.sum(0) + 1) / (len(X) + 2)).astype(np.float64)
    independent = (unseen * np.log(mean) + (1 - unseen) * np.log(1 - mean)).sum(1).mean()
    assert (-model.free_energy(unseen) - estimate).mean() > independent + 3


@pytest.mark.parametrize(("likelihood", "hidden"), KINDS)
def test_defaults_do_not_diverge_on_unscaled_tables(likelihood, hidden):
    X = np.random.default_rng(0).standard_t(3, size=(200, 8)) * 10.0 ** np.arange(8) % 1e7
    X = X if isinstance(likelihood, Gaussian) else (X - X.min(0)) / np.ptp(X, axis=0)
    settings = {"likelihood": likelihood, "hidden": hidden, "training": Training(epochs=50), "random_state": 0}
    model = quietly(RestrictedBoltzmannMachine(30, **settings).fit, X)
    assert not model.stopped_ and np.isfinite(model.reconstruct(X)).all()


def test_held_out_rows_are_watched_where_they_are_asked_for(tmp_path):
    model, _ = fitted(epochs=3, training=Training(epochs=3, validation=0.2))
    assert set(model.history_[-1]) == {"epoch", "seconds", "free_energy", "loss", "validation_pseudo_likelihood", "validation_loss"}
    model.set_params(persistent=True, gibbs_steps=3)  # which waits for the next fit
    assert isthmus.load(model.save(tmp_path)).n_components_ == 4


@pytest.mark.parametrize(("settings", "said"), [
    ({"likelihood": Laplace()}, "must be Bernoulli"), ({"likelihood": Gaussian(0.5)}, "of variance 1"),
    ({"likelihood": Gaussian(None)}, "of variance 1"), ({"likelihood": Bernoulli("mask")}, "without missing"),
    ({"hidden": isthmus.Identity()}, "hidden must be a kind of unit"), ({"hidden": "binary"}, "hidden must be a kind of unit"),
    ({"gibbs_steps": 0}, "gibbs_steps must be a whole number"), ({"persistent": "yes"}, "persistent must be one of True, False"),
])  # fmt: skip
def test_a_wrong_setting_is_refused_in_one_line(settings, said):
    with pytest.raises(InputError, match=said) as error:
        fitted(**settings)
    assert "Got " in str(error.value) and "\n" not in str(error.value)


def test_wrong_numbers_of_chains_and_steps_are_refused():
    model, _ = fitted(epochs=1)
    for call in (lambda: model.sample(0), lambda: model.sample(1, steps=2.5), lambda: model.log_partition(steps=0)):
        with pytest.raises(InputError, match="must be a whole number of at least 1. Got"):
            call()
    for chains in (0, 1):  # of one there is no error
        with pytest.raises(InputError, match=f"chains must be a whole number of at least 2. Got {chains}"):
            model.log_partition(chains=chains)


def test_pseudo_likelihoods_of_two_gaussian_layers_are_those_of_one_normal_distribution():
    """p(v) ∝ exp(-½|v|² + bv + ½|c + Wv|²) has the precision I - WᵀW: for one strong column, too, which is far from what rebuilds it."""
    X = np.random.default_rng(0).normal(size=(40, 5))
    model = quietly(RestrictedBoltzmannMachine(2, hidden=GaussianUnits(), training=Training(epochs=1, validation=0), random_state=0).fit, X)
    module, v = model.module_.double(), model.module_.units(torch.from_numpy(X)).double()
    with torch.no_grad():
        module.encoder.code.weight.mul_(0.1)[0, 0] = 0.97
    W, b, c = module._weight, module._bias, module.encoder.code.bias - module._weight @ module.mean
    precision = torch.eye(5, dtype=torch.float64) - W.T @ W
    mean = torch.linalg.solve(precision, b + c @ W)
    joint = torch.distributions.MultivariateNormal(mean, precision_matrix=precision)
    others = [joint_without(joint, unit) for unit in range(5)]
    wanted = sum(joint.log_prob(v) - other.log_prob(v[:, kept]) for other, kept in others)
    torch.testing.assert_close(module.pseudo_likelihood(v), wanted)


def joint_without(joint, unit):
    """Return the marginal of all numbers but one, and their places."""
    kept = [place for place in range(len(joint.loc)) if place != unit]
    return torch.distributions.MultivariateNormal(joint.loc[kept], joint.covariance_matrix[kept][:, kept]), kept
