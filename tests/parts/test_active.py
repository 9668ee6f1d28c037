"""Sparse codes: touching only the active units is the dense computation; dead units, thresholds and dictionaries."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from isthmus import Adam, AuxK, BatchTopK, Conv, Dense, Gaussian, Identity, SparseAutoencoder, TopK, Training
from isthmus.errors import InputError
from isthmus.metrics import dead_units
from isthmus.model import Model, Parts, Units
from isthmus.parts.active import Places, chosen
from isthmus.parts.bottleneck import largest
from variants import quietly

WIDE = 2048
NETWORKS = [
    (Dense(()), (40,)), (Dense((16,)), (40,)), (Dense((), code_activation="relu"), (40,)), (Dense((), code_activation="silu"), (40,)),
    (Dense((), tied=True), (40,)), (Dense((), unit_norm=True), (40,)), (Dense((16,), unit_norm=True), (40,)), (Conv((4,)), (6, 6)),
]  # fmt: skip


def model_of(bottleneck, network=None, d=(40,), penalties=(), n=WIDE):
    torch.manual_seed(0)
    parts = Parts(None, bottleneck, penalties, network or Dense(()), Gaussian())
    return Model(parts, n, Units(torch.zeros(d), 1.0), torch.zeros(d)).double().train()


def gradients(model, x, sparse):
    """Return the terms and the gradients of a fresh training pass of ``model``, and what it counted."""
    model = model_of(model.bottleneck, *model.made)
    model._sparse = sparse
    terms = model.terms(x)
    sum(terms.values()).sum().backward()
    return [*terms.values(), *(parameter.grad for parameter in model.parameters()), *model.buffers()]


@pytest.mark.parametrize(("network", "d"), NETWORKS, ids=str)
@pytest.mark.parametrize("bottleneck", [TopK(4), BatchTopK(4)], ids=repr)
@pytest.mark.parametrize("penalties", [(), (AuxK(dead_after=1, k=7),), (AuxK(dead_after=1, k=500),)], ids=str)
def test_touching_few_units_is_the_dense_computation(network, d, bottleneck, penalties):
    x = torch.randn(20, *d, dtype=torch.float64)
    model = model_of(bottleneck, network, d, penalties)
    assert model._sparse
    model.made = network, d, penalties
    for ours, dense in zip(gradients(model, x, True), gradients(model, x, False), strict=True):
        torch.testing.assert_close(ours, dense, rtol=1e-9, atol=1e-12)
    model.eval()
    model._sparse, code = False, model.encode(x)
    torch.testing.assert_close(code.h, model.encode(x).h)
    torch.testing.assert_close(model.decode(code.h).mean, model.decode(code).mean)


def test_the_layers_are_autograds_where_rows_share_units_and_some_have_none():
    places = Places.of(torch.tensor([1, 2, 3, 9, 11]), torch.Size((4, 4)))  # row 1 has none
    x, w = (torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    values = torch.randn(5, dtype=torch.float64, requires_grad=True)
    total = sum(values[i] * x[r] @ w[u] for i, (r, u) in enumerate([(0, 1), (0, 2), (0, 3), (2, 1), (2, 3)]))
    for slope, found in zip(torch.autograd.grad(total, (values, x, w)), (
        places.match(x.detach(), w.detach()), places.combine(values.detach(), w.detach()),
        places.collect(values.detach(), x.detach())), strict=True):  # fmt: skip
        torch.testing.assert_close(found, slope)
    nothing = Places.of(torch.tensor([], dtype=torch.int64), torch.Size((2, 4)))
    assert not nothing.combine(torch.zeros(0), torch.ones(4, 3)).any() and not nothing.collect(torch.zeros(0), torch.ones(2, 3)).any()


@pytest.mark.parametrize("together", [False, True])
def test_what_is_chosen_does_not_depend_on_how_many_rows_are_computed_at_once(together, monkeypatch):
    x, w, b = torch.randn(9, 5), torch.randn(30, 5), torch.randn(30)
    monkeypatch.setattr("isthmus.parts.active._AT_ONCE", 60)  # two rows
    active = chosen(x, w, b, torch.nn.Identity(), TopK(3).select, together)
    torch.testing.assert_close(active.dense(), TopK(3)(F.linear(x, w, b), draw=False).h)


@pytest.mark.parametrize("n", [10, 5000])
@pytest.mark.parametrize("share", [0.001, 0.3, 1.0])
def test_the_largest_are_found_whatever_their_order(n, share, monkeypatch):
    monkeypatch.setattr("isthmus.parts.bottleneck._SAMPLE", 100)
    count = max(1, round(n * share))
    for numbers in (torch.randn(n), torch.arange(n).float(), -torch.arange(n).float(), torch.zeros(n)):
        places = largest(numbers, count)
        assert len(set(places.tolist())) == count and places.tolist() == sorted(places.tolist())
        torch.testing.assert_close(numbers[places].sort().values, numbers.sort().values[-count:])


def test_batch_top_k_shares_units_in_training_and_keeps_to_a_threshold_at_prediction():
    bottleneck, encoded = BatchTopK(2), torch.randn(6, 50, 9)
    state = bottleneck.build((9,)).train()
    least = []
    for batch in encoded:
        kept = bottleneck(batch, False, state).h
        assert (kept != 0).sum() == 2 * 50 and (kept[kept != 0].min() >= batch[kept == 0].max())
        least.append(float(kept[kept != 0].min()))
    assert float(state.value) == pytest.approx(np.mean(least), abs=1e-6)
    state.eval()
    whole = bottleneck(encoded[0], False, state).h
    assert torch.equal(whole, torch.where(encoded[0] >= state.value, encoded[0], 0))
    assert torch.equal(bottleneck(encoded[0][3:4], False, state).h, whole[3:4])
    assert torch.isnan(bottleneck(torch.full((2, 9), torch.nan), False).h).any()  # which training must see


def test_the_auxiliary_loss_is_what_dead_units_leave_of_the_error():
    penalty = AuxK(dead_after=30, k=3)
    model = model_of(TopK(2), penalties=(penalty,), n=12)
    x, state = torch.randn(20, 40, dtype=torch.float64), model.penalty_states["aux_k"]
    assert not model.terms(x)["aux_k"].any()  # idle for 20 rows at most
    active = set(model.encode(x).active.places.units.tolist())
    state.rows[:4] = 30  # as if idle, whatever they were
    state.eval()
    out = model(x)
    pre = F.linear(x, model.encoder.code.weight[:4], model.encoder.code.bias[:4])
    z = torch.where(pre >= pre.sort(1).values[:, -3:-2], pre, 0)
    left = x - out.p.mean - z @ model.decoder.code.weight[:, :4].T
    torch.testing.assert_close(penalty(out, model, state), 0.5 * left.square().sum(1))
    state.train()
    penalty(out, model, state)
    assert all((state.rows[unit] == 0) == (unit in active) for unit in range(12))


def test_dead_units_come_back():
    rng = np.random.default_rng(0)
    X = ((rng.random((2000, 128)) < 0.03) * rng.random((2000, 128)) @ rng.normal(size=(128, 16))).astype(np.float32)
    training = Training(epochs=20, batch_size=50, learning_rate=0.03, optimizer=Adam(weight_decay=0))  # so high that units die
    dead = []
    for weight in (0.0, 1.0):
        model = SparseAutoencoder(256, TopK(4), AuxK(weight, dead_after=2000), Dense(()), training=training, random_state=0)
        dead.append(dead_units(quietly(model.fit, X).transform(X)))
    assert dead[1] < 0.5 * dead[0]


def test_the_auxiliary_loss_needs_a_code_of_few_units():
    with pytest.raises(InputError, match="bottleneck=TopK"):
        model_of(Identity(), penalties=(AuxK(),)).terms(torch.zeros(2, 40, dtype=torch.float64))
    assert [type(part) for part in SparseAutoencoder(256, TopK()).row().penalties] == [AuxK]
    assert SparseAutoencoder(255, BatchTopK()).row().penalties == ()


@pytest.mark.parametrize("hidden", [(), (7,)])
def test_atoms_keep_norm_1_and_their_gradients_are_tangent(hidden):
    network = Dense(hidden, unit_norm=True)
    start = model_of(TopK(2), network, n=12)
    start.settle("autoencoder")  # in double precision
    torch.testing.assert_close(start.encoder.code.weight, start.decoder.code.atoms, atol=1e-6, rtol=0)
    start.terms(torch.randn(20, 40, dtype=torch.float64))["reconstruction"].sum().backward()
    atoms = start.decoder.code.atoms
    assert atoms.grad.any() and (atoms * atoms.grad).sum(1).abs().max() < 1e-12 * atoms.grad.abs().max()
    X = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    model = quietly(SparseAutoencoder(12, TopK(2), network=network, training=Training(epochs=3), random_state=0).fit, X)
    norms = model.module_.decoder.code.atoms.norm(dim=1)
    torch.testing.assert_close(norms, torch.ones(12))
    with pytest.raises(InputError, match="must not both be True"):
        SparseAutoencoder(4, TopK(2), network=Dense(tied=True, unit_norm=True)).fit(X)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("bottleneck", [TopK(4), BatchTopK(4)], ids=repr)
def test_a_wide_dictionary_trains_and_scores_as_its_dense_twin(bottleneck, precision):
    rng = np.random.default_rng(0)
    atoms = rng.normal(size=(50, 12))
    X = ((rng.random((600, 50)) < 0.06) * rng.random((600, 50)) @ atoms).astype(np.float32)
    training = Training(epochs=8, batch_size=50, learning_rate=1e-3, validation=0, precision=precision)
    model = SparseAutoencoder(1100, bottleneck, network=Dense((), unit_norm=True), training=training, random_state=0)
    losses = [row["loss"] for row in quietly(model.fit, X).history_]
    assert model.module_._sparse and losses[-1] < losses[0] - 1
    codes = model.transform(X)
    assert codes.shape == (600, 1100) and (codes != 0).sum(1).mean() == pytest.approx(4, rel=0.5)
    np.testing.assert_allclose(model.inverse_transform(codes), model.reconstruct(X), atol=1e-4)
