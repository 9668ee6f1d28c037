"""Schedules, settings, batches and the loop."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isthmus import KL, SGD, Adam, Autoencoder, Constant, Dense, Gaussian, Growth, OneCycle, Training, VariationalAutoencoder, WarmUp
from isthmus.errors import DiagnosticWarning, DivergedError, InputError
from isthmus.training.batches import Batches, block_rows, blocks
from isthmus.training.optimizers import DirectAdamW
from variants import estimator, items, quietly


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_one_cycle_rises_to_1_and_falls_to_0(warm_up, p, q):
    schedule, (low, high) = OneCycle(warm_up), sorted((p, q))
    assert 0 <= schedule(p) <= 1 and schedule(warm_up) == 1
    assert schedule(1.0) < 1e-9 or warm_up > 1 - 1e-6
    rising, falling = high <= warm_up, low >= warm_up
    assert not rising or schedule(low) <= schedule(high)
    assert not falling or schedule(low) >= schedule(high) - 1e-12
    assert Constant()(p) == 1


@given(st.floats(0.01, 1), st.floats(0, 1))
def test_a_warm_up_grows_from_0_and_stays(fraction, progress):
    assert WarmUp(3.0, fraction)(0.0) == 0 and WarmUp(3.0, fraction)(fraction) == 3
    assert WarmUp(3.0, fraction)(progress) == 3 * min(1, progress / fraction)


@given(st.integers(1, 10**4), st.floats(0, 1), st.floats(0, 1))
def test_numbers_grow_from_one_to_the_most(most, p, q):
    growth = Growth(most)
    assert growth(0.0) == 1 and growth(1.0) == most
    assert growth(min(p, q)) <= growth(max(p, q))


@given(rows=st.integers(2, 10**6), deep=st.booleans())
def test_defaults_are_settled_for_any_number_of_rows(rows, deep):
    settings = Training().resolve(rows, deep)
    kept = rows - settings.validation
    assert settings.validation == (min(rows // 10, 2000) if rows >= 200 else 0)
    assert settings.batch_size == min(max(32, min(128, kept // 100)), kept) and 3 <= settings.epochs <= 200
    assert 0 < settings.learning_rate < 0.1 and (settings.optimizer.weight_decay > 0) == deep
    assert Training().get_params() == {**Training().get_params(), "epochs": None, "optimizer": None}


@pytest.mark.parametrize(("given", "held"), [(0, 0), (0.25, 5), (7, 7), (1, 1), (18, 18), (0.9, 18)])
def test_validation_is_a_share_or_a_number(given, held):
    settings = Training(validation=given, batch_size=50, epochs=4, learning_rate=0.5, optimizer=SGD(0.5)).resolve(20, True)
    assert (settings.validation, settings.batch_size, settings.epochs) == (held, 20 - held, 4)
    assert settings.learning_rate == 0.5 and settings.optimizer.get_params() == SGD(0.5).get_params()


@pytest.mark.parametrize("given", [19, 500, 0.999, 1.5])
def test_validation_leaves_rows_to_learn_from(given):
    with pytest.raises(ValueError, match=r"Training\.validation must .* Got"):
        Training(validation=given).resolve(20, True)


@given(n=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 99))
def test_batches_cover_every_row_once(n, size, seed):
    batches = Batches(np.arange(100), np.arange(20, 20 + n), size)
    shuffled, ordered = ([batch.x for batch in some] for some in (batches.shuffled(seed), batches.in_order()))
    assert sorted(torch.cat(shuffled).tolist()) == torch.cat(ordered).tolist() == list(range(20, 20 + n))
    sizes = {len(batch) for batch in shuffled}
    assert len(shuffled) == len(batches) and max(sizes) <= size and max(sizes) - min(sizes) <= 1
    again = [batch.x for batch in batches.shuffled(seed, start=len(batches) // 2)]
    assert all(torch.equal(a, b) for a, b in zip(again, shuffled[len(batches) // 2 :], strict=True))


def test_large_items_are_read_a_few_at_a_time():
    images = np.zeros((50, 300, 300), np.uint8)
    assert max(len(block) for block in blocks(images)) * 300 * 300 <= 2**22 < 50 * 300 * 300
    assert len(np.concatenate(list(blocks(images)))) == 50 and block_rows((10**9,)) == 1
    assert len(next(blocks(np.zeros((50, 2)), item=(300, 300)))) == block_rows((300, 300))


@pytest.mark.parametrize("epochs", [1, 3])
def test_every_step_has_a_rate_above_0(epochs, monkeypatch):
    rates = []
    real = DirectAdamW.step
    monkeypatch.setattr(DirectAdamW, "step", lambda self: (rates.append(self.param_groups[0]["lr"]), real(self)))
    quietly(estimator("plain", epochs=epochs, batch_size=24, learning_rate=0.5).fit, items())
    assert len(rates) == epochs and 0 < min(rates) <= max(rates) <= 0.5


@pytest.mark.parametrize("validation", [0, 12])
@pytest.mark.parametrize("rate", [1e12, 1e30])
@pytest.mark.parametrize("network", [Dense((8, 8)), Dense(())], ids=["deep", "linear"])
def test_a_rate_that_diverges_at_once_is_named(rate, validation, network):
    training = Training(epochs=20, learning_rate=rate, validation=validation, batch_size=12)
    model = Autoencoder(2, network=network, likelihood=Gaussian(), training=training, random_state=0)
    with pytest.raises(DivergedError, match=r"in epoch \d, step \d, before anything was learnt; .* a learning rate of 1e\+"):
        model.fit(items(n=60))
    assert not hasattr(model, "module_")


@pytest.mark.parametrize("validation", [0, 12])
@pytest.mark.parametrize("batch_size", [12, 60])  # divergence within an epoch, and by an epoch's only update
def test_the_last_good_weights_survive_a_divergence(batch_size, validation):
    def schedule(progress):
        return 1.0 if progress < 0.5 else 1e15

    training = Training(epochs=10, schedule=schedule, validation=validation, batch_size=batch_size)
    model = Autoencoder(2, network=Dense((8,)), likelihood=Gaussian(), training=training, random_state=0)
    with pytest.warns(DiagnosticWarning, match="the weights of epoch 5 are kept; the likely cause is a learning rate of 0.003"):
        model.fit(items(n=60))
    assert (model.stopped_, model.best_epoch_, len(model.history_)) == ("diverged", 5, 5)
    assert abs(model.reconstruct(items())).max() < 10


def test_patience_and_a_time_budget_end_training():
    slow = estimator("plain", epochs=50, validation=8, patience=3, learning_rate=1e-12)
    model = quietly(slow.fit, items())
    assert model.stopped_ == "patience" and len(model.history_) - model.best_epoch_ == 3
    budget = quietly(estimator("plain", epochs=10**6, time_budget=0.2).fit, items())
    assert budget.stopped_ == "time budget" and 0.2 <= budget.history_[-1]["seconds"] < 2
    fractions = []
    quietly(estimator("plain", epochs=4, callbacks=(lambda progress: fractions.append(progress.fraction),)).fit, items())
    assert fractions == sorted(fractions) and fractions[-1] == 1


def test_the_best_epoch_on_held_out_rows_is_kept():
    model = quietly(estimator("plain", epochs=12, validation=8, learning_rate=0.3).fit, items())
    losses = [row["validation_loss"] for row in model.history_]
    assert model.best_epoch_ == 1 + int(np.argmin(losses)) and not model.stopped_
    order = np.random.default_rng(0).permutation(24)
    held = items()[np.sort(order[:8])]
    assert -model.score(held) == pytest.approx(min(losses), rel=1e-4)
    assert all(sum(v for k, v in row.items() if k in ("reconstruction",)) == row["loss"] for row in model.history_)


def test_weights_decay_and_biases_do_not():
    groups = Adam(0.3).build(list(torch.nn.Linear(2, 3).parameters()), 1e-3).param_groups
    assert [(group["weight_decay"], [p.ndim for p in group["params"]]) for group in groups] == [(0.3, [2]), (0.0, [1])]


def test_a_wrong_device_is_named():
    with pytest.raises(InputError, match="Training.device must be a device .* Got 'nowhere'"):
        estimator("plain", device="nowhere").fit(items())


def test_16_bits_train_and_predict_in_32():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DiagnosticWarning)
        model = estimator("free", precision="bfloat16").fit(items())
    assert model.precision_ == "bfloat16" and model.transform(items()).dtype == np.float32
    assert {tensor.dtype for tensor in model.module_.state_dict().values()} == {torch.float32}


def test_no_epochs_leave_the_network_at_its_start():
    model = quietly(estimator("plain", epochs=0).fit, items())
    assert model.history_ == [] and model.best_epoch_ == 0 and np.isfinite(model.reconstruct(items())).all()
    trained = quietly(estimator("plain", epochs=1).fit, items())
    assert any((a != b).any() for a, b in zip(model.arrays().values(), trained.arrays().values(), strict=True))


def test_the_step_is_torchs_own():
    weights = [[torch.nn.Parameter(torch.arange(6.0).reshape(2, 3) / 7), torch.nn.Parameter(torch.ones(3))] for _ in range(2)]
    settings = [{"lr": 0.1, "betas": (0.9, 0.99), "weight_decay": 0.2, "fused": True}] * 2
    made = [cls(own, **given) for cls, own, given in zip((DirectAdamW, torch.optim.AdamW), weights, settings, strict=True)]
    for step in range(4):
        for optimizer, own in zip(made, weights, strict=True):
            own[0].grad = own[0].detach() ** 2 - step
            own[1].grad = None if step % 2 else own[1].detach() * 3  # a step without a gradient leaves its memory
            optimizer.step()
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))


def test_a_schedule_rises_over_all_the_pieces_that_are_reckoned_with():
    told = []

    def weight(progress):
        told.append(progress)
        return 1.0

    X = items("default", 64)
    model = VariationalAutoencoder(2, KL(weight), training=Training(epochs=3, batch_size=32), random_state=0)
    for _ in range(3):
        quietly(model.partial_fit, X)
    rising = [progress for progress in told if progress < 1.0]  # the others are those of looks at what was learnt
    assert rising == sorted(rising) and len(rising) == 6 and model.history_[-1]["epoch"] == 3
