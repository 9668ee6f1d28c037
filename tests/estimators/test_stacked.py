"""Stacks: the unrolled network is the layers', finished layers stay finished, and pretraining helps where the literature says."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import isthmus
from isthmus import (
    Autoencoder,
    BinaryAutoencoder,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    Dense,
    Gaussian,
    RestrictedBoltzmannMachine,
    Shifts,
    SparseAutoencoder,
    StackedAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
)
from isthmus.errors import InputError
from isthmus.estimators.data import Summary
from isthmus.estimators.fitting import begin
from isthmus.metrics import squared_error
from isthmus.training.greedy import fitted, unroll
from test_laws import Crash, alike, stopped_and_resumed
from variants import SHORT, items, quietly

DIGITS = (load_digits().data / 16).astype(np.float32)


def layers(activation, tied, widths=(6, 4)):
    names = [activation] * (len(widths) - 1) + ["linear"]
    made = [Autoencoder(training=SHORT, random_state=0).as_layer(width, name, tied) for width, name in zip(widths, names, strict=True)]
    return [layer.set_params(likelihood=Gaussian()) if number == 0 else layer for number, layer in enumerate(made)]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_the_unrolled_encoder_is_the_layers_one_after_the_other(activation, tied):
    X = 3 * items(n=60) - 7  # units of their own
    found = quietly(lambda: list(fitted(layers(activation, tied, (6, 5, 4)), X, None, tied)))
    stack = StackedAutoencoder(4, (6, 5), activation=activation, tied=tied, likelihood=Gaussian())
    summary = Summary.of(X)
    model = begin(stack, summary, Training()).model
    unroll(model, [layer.module_ for layer in found])
    with torch.no_grad():
        code = model.encode(model.read(torch.from_numpy(X))[0]).h.numpy()
        whole = model.units.inverse(model.decode(torch.from_numpy(code)).mean).numpy()
    h = X
    for layer in found:
        h = layer.transform(h)
    assert np.allclose(code, h, atol=1e-5)
    if activation == "sigmoid":  # whose layers' likelihood is the activation
        for layer in reversed(found):
            h = layer.inverse_transform(h)
        assert np.allclose(whole, h, atol=1e-4)


def test_layers_learn_the_codes_below_and_the_whole_begins_where_they_end():
    training = Training(epochs=30, validation=0)
    model = quietly(StackedAutoencoder(4, (32, 16), Autoencoder(training=training), training=training, random_state=0).fit, DIGITS)
    assert [history[-1]["loss"] < history[0]["loss"] for history in model.layer_histories_] == [True] * 3
    plain = Autoencoder(4, network=Dense((32, 16), "sigmoid"), training=training, random_state=0)
    assert model.history_[0]["loss"] < 0.9 * quietly(plain.fit, DIGITS).history_[0]["loss"]


def test_pretraining_lowers_the_error_of_a_deep_sigmoid_network():
    training = Training(epochs=15, validation=0)
    model = StackedAutoencoder(8, (64, 32, 16), DenoisingAutoencoder(training=training), training=training, random_state=0)
    plain = Autoencoder(8, network=Dense((64, 32, 16), "sigmoid"), training=training, random_state=0)
    errors = [squared_error(DIGITS, quietly(one.fit, DIGITS).reconstruct(DIGITS)) for one in (model, plain)]
    assert errors[0] < 0.7 * errors[1]  # after as many epochs of the whole


def test_finished_layers_are_not_trained_again(tmp_path):
    def make(**training):
        return StackedAutoencoder(3, (5,), ContractiveAutoencoder(training=SHORT), training=Training(epochs=3, batch_size=8, **training),
                                  random_state=0)  # fmt: skip

    stages = []
    whole = quietly(make().fit, items(n=60))
    resumed = stopped_and_resumed(make, items(n=60), tmp_path, 5, Crash())  # in the third epoch of all, the second layer's first
    alike(whole, resumed)
    again = make(checkpoint=str(tmp_path), callbacks=(lambda progress: stages.append((progress.stage, progress.epoch)),))
    alike(whole, quietly(again.fit, items(n=60)))
    assert not stages  # everything was done


def test_progress_names_the_stage_and_counts_the_whole():
    told = []
    training = Training(epochs=2, callbacks=(told.append,))
    quietly(StackedAutoencoder(2, (5,), Autoencoder(training=SHORT), training=training, random_state=0).fit, items())
    assert list(dict.fromkeys(progress.stage for progress in told)) == ["layer 1 of 2", "layer 2 of 2", "the whole"]
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0


def test_a_time_budget_is_for_all_stages_together():
    told = []
    training = Training(epochs=10**6, time_budget=0.9, callbacks=(told.append,))
    model = quietly(StackedAutoencoder(2, (5,), training=training, random_state=0).fit, items())
    seconds = [history[-1]["seconds"] for history in (*model.layer_histories_, model.history_)]
    assert sum(seconds) < 1.2 and max(seconds) < 0.5 and {progress.epochs for progress in told} == {10**6}


def test_only_the_first_layer_and_the_whole_see_items_that_can_be_augmented():
    model = StackedAutoencoder(2, (5,), training=Training(epochs=2, augmentation=Shifts(1)), random_state=0)
    plain = StackedAutoencoder(2, (5,), training=Training(epochs=2), random_state=0)
    X = items("images", n=40)
    first, other = (quietly(one.fit, X).layer_histories_[0][0]["loss"] for one in (model, plain))
    assert first != other and model.transform(X).shape == (40, 2)


@pytest.mark.parametrize("groups", [None, np.arange(250) // 5])
def test_no_layer_learns_from_rows_that_the_whole_holds_out(groups):
    noise = np.random.default_rng(0).integers(0, 2, (2250, 32)).astype(float)  # of which only learning by heart tells anything
    model = StackedAutoencoder(32, (64,), Autoencoder(), training=Training(epochs=60, validation=50), random_state=0)
    quietly(lambda: model.fit(noise[:250], groups=groups))
    watched = min(row["validation_reconstruction"] for row in model.history_)
    assert abs(watched + model.score(noise[250:])) < 0.2 * watched
    assert all("validation_loss" in history[0] for history in model.layer_histories_)


def test_a_machine_takes_a_table_whose_mask_has_nothing_to_do():
    machines = StackedAutoencoder(2, (5,), RestrictedBoltzmannMachine(training=SHORT), likelihood=Gaussian(missing="mask"), training=SHORT)
    assert quietly(machines.fit, items()).likelihood_.missing == "mask"


def test_bits_may_lie_above_hidden_bits():
    model = StackedAutoencoder(8, (32,), BinaryAutoencoder(), training=Training(epochs=5), random_state=0)
    assert 0.1 < quietly(model.fit, DIGITS).transform(DIGITS).mean() < 0.9


def test_layers_that_select_their_units_can_be_stacked():
    layers = (SparseAutoencoder(bottleneck=TopK(4)), Autoencoder())
    model = quietly(StackedAutoencoder(8, (32,), layers, training=Training(epochs=20), random_state=0).fit, DIGITS)
    assert squared_error(DIGITS, model.reconstruct(DIGITS)) < 0.6 * squared_error(DIGITS, np.repeat(DIGITS.mean(0)[None], len(DIGITS), 0))
    with pytest.raises(InputError, match=r"TopK\.k must be in 1\.\.3 .* Got 4"):
        StackedAutoencoder(3, (8,), SparseAutoencoder(bottleneck=TopK(4))).fit(DIGITS)


def test_a_saved_stack_tells_its_layers(tmp_path):
    model = quietly(StackedAutoencoder(2, (5,), (Autoencoder(training=SHORT),) * 2, training=SHORT, random_state=0).fit, items())
    loaded = isthmus.load(model.save(tmp_path / "run"))
    assert loaded.layer_histories_ == model.layer_histories_ and len(loaded.layer) == 2
    listed = StackedAutoencoder(2, (5,), [None, RestrictedBoltzmannMachine()], training=SHORT, random_state=0)  # None: the usual one
    assert len(quietly(listed.fit, items()).layer_histories_) == 2


@pytest.mark.parametrize(("settings", "message"), [
    ({"layer": (Autoencoder(),)}, r"must hold 2 estimators.*\(5, 3\)\. Got 1"),
    ({"layer": "denoising"}, "must be an estimator such as"),
    ({"layer": Autoencoder(network=Dense((4,)))}, "leave network to None"),
    ({"layer": (Autoencoder(), VariationalAutoencoder())}, "emits a distribution"),
    ({"layer": StackedAutoencoder()}, "Got another stack"),
    ({"hidden": 5}, "hidden must be a tuple"),
    ({"activation": "sine"}, "activation must be"),
])  # fmt: skip
def test_what_cannot_be_stacked_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        StackedAutoencoder(3, **{"hidden": (5,), **settings}).fit(items())
