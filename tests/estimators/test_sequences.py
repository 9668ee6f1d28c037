"""Sequences of any length: what is padded has no part in anything, and lists go in and come back."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.frozen import FrozenEstimator

import isthmus
from isthmus import (
    KL,
    Autoencoder,
    AutoencoderClassifier,
    AuxK,
    Bernoulli,
    Categorical,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    Dense,
    Gaussian,
    GaussianNoise,
    ImportanceWeighted,
    Laplace,
    LearnedSimilarity,
    Masking,
    Recurrent,
    RestrictedBoltzmannMachine,
    SparseAutoencoder,
    StackedAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
)
from isthmus.errors import InputError
from isthmus.parts.likelihood import log_likelihood
from isthmus.tasks import AnomalyDetector, fit_density, interpolate
from isthmus.training.sequences import Sequences, alike
from variants import quietly

SHORT = Training(epochs=2, batch_size=8)
NETWORKS = [Recurrent(6), Recurrent(6, cell="gru", backwards=False), Recurrent(5, layers=2, bidirectional=True),
            Recurrent(6, layers=2, teacher_forcing=0.5)]  # fmt: skip
VARIANTS = [
    Autoencoder(3), DenoisingAutoencoder(3, GaussianNoise(0.2)), DenoisingAutoencoder(3, Masking(0.3), likelihood=Laplace()),
    SparseAutoencoder(3, TopK(2)), ContractiveAutoencoder(3), VariationalAutoencoder(3, KL(0.1), likelihood=Gaussian(None)),
]  # fmt: skip


def sequences(n=30, d=2, seed=0, dtype=np.float32):
    """Waves of 1 to 24 steps."""
    rng = np.random.default_rng(seed)
    lengths = [1, 2, *rng.integers(3, 25, n - 2)]
    return [np.sin(rng.random() * 6 + 0.4 * np.arange(t)[:, None] + np.arange(d)).astype(dtype) for t in lengths]


def fitted(model, network=None, X=None, **fit):
    return quietly(lambda: model.set_params(network=network or Recurrent(6), training=SHORT, random_state=0).fit(X or sequences(), **fit))


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
@pytest.mark.parametrize("model", VARIANTS, ids=repr)
def test_a_sequence_does_not_know_its_company(model, network):
    X, model = sequences(), fitted(model, network)
    codes, scores, rebuilt = model.transform(X), model.score_samples(X), model.reconstruct(X)
    assert [item.shape for item in rebuilt] == [item.shape for item in X] and np.isfinite(scores).all()
    for place in (0, 1, 7):
        assert np.allclose(model.transform(X[place : place + 1])[0], codes[place], atol=1e-6)
        assert np.allclose(model.score_samples(X[place : place + 1])[0], scores[place], rtol=1e-5)
        assert np.allclose(model.reconstruct(X[place : place + 1])[0], rebuilt[place], atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_the_loss_does_not_depend_on_what_is_padded(network):
    X, model = sequences(), fitted(Autoencoder(3), network)
    module = model.module_.requires_grad_(True)
    found = []
    for company in ([], [np.ones((40, 2), np.float32)]):
        rows = Sequences.of([*X, *company])
        terms = module.over(torch.from_numpy(rows.lengths)).terms(torch.from_numpy(rows.padded()))
        own = terms["reconstruction"][: len(X)]
        module.zero_grad()
        own.mean().backward()
        found.append([own, *(parameter.grad.clone() for parameter in module.parameters())])
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize("backwards", [True, False])
@pytest.mark.parametrize("likelihood", [None, Bernoulli()])
def test_what_is_written_step_by_step_is_what_forcing_it_gives(backwards, likelihood):
    X = [np.clip(x, 0, 1) for x in sequences()]
    model = Autoencoder(3, likelihood=likelihood)
    module = fitted(model, Recurrent(6, layers=2, backwards=backwards, teacher_forcing=1.0), X).module_
    rows = Sequences.of(X)
    module = module.train().over(torch.from_numpy(rows.lengths))
    H = torch.randn(len(X), 3)
    written = module.decode(H).mean
    assert torch.allclose(module.forcing(written).decode(H).mean, written, atol=1e-5)
    assert not torch.allclose(module.forcing(torch.zeros_like(written)).decode(H).mean, written, atol=1e-3)


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_sequences_of_one_length_are_an_array(network):
    X = [x for x in sequences(200) if len(x) > 8]
    X = [x[:8] for x in X]
    listed, stacked = fitted(Autoencoder(3), network, X), None
    stacked = np.stack(X)
    assert np.allclose(listed.transform(stacked), listed.transform(X))
    module = listed.module_
    x = torch.from_numpy(stacked)
    plain = network.assemble((8, 2), 3, 3, "linear")
    plain.encoder.load_state_dict(module.encoder.state_dict())
    plain.decoder.load_state_dict(module.decoder.state_dict())
    lengths = torch.full((len(X),), 8)
    assert torch.allclose(plain.encoder(x), module.encoder(x, lengths=lengths), atol=1e-6)
    h = torch.randn(len(X), 3)
    assert torch.allclose(plain.decoder(h), module.decoder.expand(module.decoder.code(h), lengths), atol=1e-6)


def test_lengths_come_back_stored_given_or_predicted(tmp_path):
    X = [np.full((t, 1), t / 20, np.float32) + 0.01 for t in np.random.default_rng(0).integers(2, 20, 200)]
    model = quietly(lambda: Autoencoder(2, network=Recurrent(16), training=Training(epochs=30), random_state=0).fit(X))
    H = model.transform(X)
    predicted = np.array([len(item) for item in model.inverse_transform(H)])
    assert np.corrcoef(predicted, [len(x) for x in X])[0, 1] > 0.9
    assert predicted.min() >= 2 and predicted.max() <= 19
    given = model.inverse_transform(H, lengths=[len(x) for x in X])
    assert all(np.allclose(a, b) for a, b in zip(given, model.reconstruct(X), strict=True))
    loaded = isthmus.load(model.save(tmp_path / "run"))
    assert np.array_equal(loaded.transform(X), H)
    assert all(np.array_equal(a, b) for a, b in zip(loaded.inverse_transform(H), model.inverse_transform(H), strict=True))
    assert all(item.shape[1] == 1 for item in fit_density(model, X).sample(5))
    for bad in ([1], [0] * 200, [1.5] * 200):
        with pytest.raises(InputError, match="lengths"):
            model.inverse_transform(H, lengths=bad)


def test_missing_steps_are_masked_where_the_user_says_so():
    X = sequences()
    X[5] = X[5].copy()
    X[5][1] = np.nan
    with pytest.raises(InputError, match=r"NaN .* row 5\)"):
        fitted(Autoencoder(3), X=X)
    model = fitted(Autoencoder(3, likelihood=Gaussian(missing="mask")), X=X)
    assert np.isfinite(model.reconstruct(X)[5]).all() and np.isfinite(model.score_samples(X)).all()


def test_conditions_and_likelihoods_know_sequences():
    X = sequences()
    model = fitted(VariationalAutoencoder(3), X=X, condition=["a", "b"] * 15)
    assert model.sample(3, condition="a")[0].shape[1] == 2
    assert len(model.given("b").inverse_transform(np.zeros((1, 3)), lengths=[4])[0]) == 4
    assert len(interpolate(model.given("a"), X[3], X[4], steps=3)) == 3
    tight = model.score_samples(X, 50, condition="b")
    assert tight.shape == (30,) and np.isfinite(tight).all()


def test_one_long_sequence_among_short_ones():
    X = [*sequences(20), np.zeros((3000, 2), np.float32)]
    model = fitted(Autoencoder(3), X=X)
    assert model.reconstruct(X)[-1].shape == (3000, 2)


def test_batches_hold_sequences_of_like_length():
    lengths = np.random.default_rng(0).integers(10, 500, 1000)
    ends = [*range(32, 1000, 32), 1000]
    order = alike(np.random.default_rng(1).permutation(1000), lengths, ends, np.random.default_rng(2))
    assert sorted(order) == list(range(1000))
    padded = sum(len(part) * lengths[part].max() for part in np.split(order, ends[:-1]))
    assert padded < 1.2 * lengths.sum()  # 1.9 in any order


def test_odd_steps_are_named():
    X = sequences(60)
    detector = quietly(lambda: AnomalyDetector(Autoencoder(3, network=Recurrent(6), training=SHORT, random_state=0)).fit(X))
    found = detector.attribution(X)
    assert [item.shape for item in found] == [item.shape for item in X] and detector.predict(X).shape == (60,)
    alike_long = [x[:5] for x in X if len(x) >= 5]
    assert np.allclose(detector.decision_function(np.stack(alike_long)), detector.decision_function(alike_long))
    assert len(detector.attribution(np.stack(alike_long))) == len(alike_long)


@pytest.mark.parametrize(("X", "said"), [
    ([np.zeros((3, 2)), np.zeros((0, 2))], "a step or more each"), ([np.zeros((3, 2)), np.ones((4, 1))], r"\(t, 2\)"),
    ([np.ones((3, 2))], "2 sequences"), ([np.ones((3, 2)), np.full((3, 2), np.inf)], "item 1 of X: .*infinity"),
    ([np.ones((3, 2)), np.ones((4, 2))], "the same value"),
])  # fmt: skip
def test_sequences_that_cannot_be_are_refused(X, said):
    with pytest.raises(InputError, match=said):
        fitted(Autoencoder(3), X=X)


@pytest.mark.parametrize("model", [StackedAutoencoder(3), RestrictedBoltzmannMachine(3), isthmus.VAEGAN(3)], ids=repr)
def test_who_reads_no_sequences_says_so(model):
    with pytest.raises(InputError, match="does not read"):
        model.fit(sequences())


def test_other_networks_say_so_too():
    with pytest.raises(InputError, match=r"need network=Recurrent\(\)"):
        Autoencoder(3, network=Dense()).fit(sequences())
    with pytest.raises(InputError, match="items of one shape"):
        model = quietly(Autoencoder(2, training=SHORT).fit, np.random.default_rng(0).normal(size=(30, 4)))
        model.inverse_transform(np.zeros((2, 2)), lengths=[1, 2])


def test_new_sequences_of_levels_are_as_long_as_their_codes_say():
    rng = np.random.default_rng(0)
    X = [np.eye(4)[rng.integers(0, 4, rng.integers(3, 8))] for _ in range(40)]
    model = VariationalAutoencoder(2, network=Recurrent(4), likelihood=Categorical(), training=Training(epochs=2), random_state=0)
    new = quietly(model.fit, X).sample(6)
    assert isinstance(new, list) and all(len(one) >= 3 and (one.sum(1) == 1).all() for one in new)


def test_all_draws_of_a_bound_are_decoded_as_the_pass_was(monkeypatch):
    X = np.cumsum(np.random.default_rng(0).normal(size=(32, 12, 2)), axis=1).astype(np.float32)
    network, bound = Recurrent(8, teacher_forcing=0.8), ImportanceWeighted(draws=8)
    model = VariationalAutoencoder(2, bound, network=network, likelihood=Gaussian(0.01), training=Training(epochs=10), random_state=0)
    module, met = quietly(model.fit, X).module_.train(), []
    monkeypatch.setattr(ImportanceWeighted, "__call__", lambda self, out, model, state: met.append((out, model)) or out.x[:, 0, 0])
    module.terms(torch.from_numpy(X))
    out, seen = met[0]
    torch.testing.assert_close(log_likelihood(seen.decode(out.h), out.x, None), log_likelihood(out.p, out.x, None))
    assert not torch.allclose(log_likelihood(module.decode(out.h), out.x, None), log_likelihood(out.p, out.x, None))


def test_a_discriminator_reads_no_sequences():
    with pytest.raises(InputError, match="items of one shape"):
        Autoencoder(2, network=Recurrent(4), likelihood=LearnedSimilarity()).fit([np.ones((3, 2)) * i for i in range(1, 9)])


def turning(n=90, seed=0):
    """Sequences of 5 to 20 steps, some slow and some fast, and which; every third label is missing."""
    rng = np.random.default_rng(seed)
    fast = rng.integers(0, 2, n)
    X = [np.sin(6 * rng.random() + (0.3 + 0.9 * one) * np.arange(rng.integers(5, 20)))[:, None].astype(np.float32) for one in fast]
    return X, np.where(np.arange(n) % 3 == 0, np.nan, fast), fast


@pytest.mark.parametrize("frozen", [False, True])
def test_sequences_are_classified(frozen, tmp_path):
    X, few, fast = turning()
    encoder = DenoisingAutoencoder(8, GaussianNoise(0.1), network=Recurrent(16), training=Training(30, 16, validation=0), random_state=0)
    encoder = FrozenEstimator(quietly(encoder.fit, X)) if frozen else encoder
    model = quietly(AutoencoderClassifier(encoder, Training(30, 16), random_state=0).fit, X, few)
    assert model.score(X, fast) > 0.9 and model.transform(X).shape == (len(X), 8)
    alone = np.concatenate([model.predict_proba(X[place : place + 1]) for place in (0, 7)])
    np.testing.assert_allclose(model.predict_proba(X)[[0, 7]], alone, atol=1e-5)  # a sequence does not know its company
    loaded = isthmus.load(model.save(tmp_path / "model"))
    assert np.array_equal(loaded.predict_log_proba(X), model.predict_log_proba(X))
    same = np.stack([item[:5] for item in X])
    assert np.array_equal(model.predict(same), model.predict(list(same)))
    with pytest.raises(InputError, match=r"sequences \(t, 1\)"):
        model.predict([np.zeros((4, 2))])


def test_what_is_no_encoder_of_sequences_does_not_classify_them():
    X, few, fast = turning(30)
    same = np.stack([item[:5] for item in X])
    of_arrays = quietly(Autoencoder(3, network=Recurrent(6), training=SHORT, random_state=0).fit, same)
    of_sequences = fitted(Autoencoder(3), X=X)
    for encoder in (StackedAutoencoder(3), FrozenEstimator(of_arrays)):
        with pytest.raises(InputError, match="X is a list of sequences, which .* does not read; stack those of one length"):
            AutoencoderClassifier(encoder).fit(X, few)
    model = quietly(AutoencoderClassifier(FrozenEstimator(of_sequences), SHORT, random_state=0).fit, same, fast)
    assert model.item_shape_ == (1, 1) and len(model.predict(X)) == len(X)
    assert quietly(AutoencoderClassifier(training=SHORT, random_state=0).fit, X, few).autoencoder_.n_components_ == 32


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_wide_selected_codes_know_no_company_either(network):
    X = sequences(12)
    model = fitted(SparseAutoencoder(1100, TopK(4)), network, X)  # so wide that only active units are touched
    assert [len(item) for item in model.reconstruct(X)] == [len(item) for item in X]
    np.testing.assert_allclose(model.transform(X)[:3], model.transform(X[:3]), atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_dead_units_learn_from_whole_sequences(network):
    X, penalty = Sequences.of(sequences(12)), AuxK(dead_after=1)
    module = fitted(SparseAutoencoder(30, TopK(4), penalty), network, sequences(12)).module_
    module.penalty_states["aux_k"].rows += 1  # as if all had been idle
    rows = torch.from_numpy(X.padded())
    costs = []
    for some in (slice(None), slice(4, 5)):
        told, own = module.over(torch.from_numpy(X.lengths[some])), rows[some, : X.lengths[some].max()]
        costs.append(penalty(told.passed(own, draw=False), told, module.penalty_states["aux_k"]))
    assert costs[0].shape == (12,) and torch.isfinite(costs[0]).all()
    torch.testing.assert_close(costs[0][4:5], costs[1], rtol=1e-3, atol=1e-4)


def test_tables_may_be_sequences():
    frames = [pd.DataFrame(item) for item in sequences()]
    model = fitted(Autoencoder(3), X=frames)
    np.testing.assert_array_equal(model.transform(frames), model.transform(sequences()))
