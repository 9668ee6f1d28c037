"""Networks: shapes of any size, tied weights, the start, and what the activation table claims."""

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import isthmus
from isthmus import Autoencoder, Conv, Dense, Training
from isthmus.errors import InputError
from isthmus.networks.activations import ACTIVATIONS
from variants import estimator, items, quietly

SIDE = st.integers(1, 33)


def round_trip(network, shape):
    pair = network.assemble(shape, width=2, n_components=2, code_activation="linear")
    x = torch.zeros(2, *shape)
    assert pair.encoder(x).shape == (2, 2) and pair.decoder(pair.encoder(x)).shape == x.shape


@settings(max_examples=60, deadline=None)
@given(h=SIDE, w=SIDE, c=st.integers(0, 3), levels=st.integers(1, 4), residual=st.integers(0, 1))
def test_images_of_any_size_come_back(h, w, c, levels, residual):
    round_trip(Conv((2,) * levels, residual=residual), (h, w, c)[: 3 if c else 2])
    round_trip(Conv((2,) * levels, shape=(h, w, max(c, 1)), normalized=True), (h * w * max(c, 1),))


@settings(max_examples=40, deadline=None)
@given(t=SIDE, c=st.integers(0, 3), levels=st.integers(1, 4))
def test_series_and_tables_of_any_size_come_back(t, c, levels):
    shape = (t, c)[: 2 if c else 1]
    round_trip(Conv((2,) * levels, dimensions=1), shape)
    round_trip(Dense((3,)), shape)
    round_trip(Dense((), tied=True), shape)


@pytest.mark.parametrize(("network", "shape"), [(Conv(), (6,)), (Conv(dimensions=1), (4, 4, 4)), (Conv(shape=(2, 2)), (6,)),
                                                (Conv(()), (6, 6)), (Dense(activation="rellu"), (6,))])  # fmt: skip
def test_what_does_not_fit_says_what_to_do(network, shape):
    with pytest.raises(InputError, match=r"Give shape=|has 4 numbers|Use Dense\(\)|Did you mean 'relu'"):
        network.assemble(shape, 2, 2, "linear")


def transposed(model):
    pairs = zip(reversed(model.encoder.layers), model.decoder.layers, strict=True)
    return all(torch.equal(layer.weight[: back.weight.shape[1]].T, back.weight) for layer, back in pairs)


@pytest.mark.parametrize("variant", ["plain", "free"])
@pytest.mark.parametrize("network", ["tied", "tied, linear"])
def test_tied_weights_stay_the_transposed_ones(variant, network, tmp_path):
    fitted = quietly(estimator(variant, network).fit, items(network))
    start = quietly(estimator(variant, network, learning_rate=1e-12).fit, items(network)).module_
    assert not torch.equal(fitted.module_.encoder.layers[0].weight, start.encoder.layers[0].weight)
    names = [name for name in fitted.module_.state_dict() if name.startswith("decoder")]
    assert names and all(name.endswith("bias") for name in names)  # weights are saved once
    copies = [fitted, isthmus.load(fitted.save(tmp_path)), pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)]
    for model in [one.module_ for one in copies] + [copy.deepcopy(fitted.module_).double()]:
        assert transposed(model)
        with torch.no_grad():  # ... and follow when the encoder's change, in a copy as well
            model.encoder.layers[0].weight.mul_(2)
        assert transposed(model)
    assert torch.equal(copies[0].module_.encoder.layers[0].weight, copies[1].module_.encoder.layers[0].weight)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if ACTIVATIONS[name].slope])
def test_slopes_are_autograds(name):
    a = torch.linspace(-3, 3, 100, dtype=torch.float64, requires_grad=True)
    h = ACTIVATIONS[name].build()(a)
    (slope,) = torch.autograd.grad(h.sum(), a)
    torch.testing.assert_close(ACTIVATIONS[name].slope(h.detach()), slope)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"sigmoid"}))  # whose values, all of one sign, fade at any gain
def test_a_deep_start_neither_fades_nor_explodes(name):
    """Ten layers: what differs between two items keeps its size within a factor of 10 in all."""
    torch.manual_seed(0)
    encoder = Dense((300,) * 10, activation=name).assemble((300,), 300, 300, "linear").encoder
    out = encoder(torch.randn(400, 300)).detach()
    assert 0.1 < out.var(0).mean() < 10


@pytest.mark.parametrize("network", [Conv((16, 32)), Conv((16, 32), residual=1), Conv((16, 32), normalized=True),
                                     Conv((16, 32), dimensions=1)], ids=repr)  # fmt: skip
def test_convolutions_start_with_the_variance_of_their_input(network):
    torch.manual_seed(0)
    shape = (31, 29, 8) if network.dimensions == 2 else (201, 8)
    pair = network.assemble(shape, 50, 50, "linear")
    codes = pair.encoder(torch.randn(40, *shape))
    rebuilt = pair.decoder(torch.randn(40, 50))
    assert 0.3 < codes.var() < 3 and 0.3 < rebuilt.var() < 3


@pytest.mark.parametrize("network", [Dense(), Dense(tied=True), Conv((4,))], ids=repr)
def test_the_untrained_decoder_emits_about_the_mean(network):
    X = items("images") * 0.2 + 0.7
    training = Training(epochs=1, learning_rate=1e-12)
    model = quietly(Autoencoder(2, network=network, training=training, random_state=0).fit, X)
    centre = model.inverse_transform(np.zeros((1, 2)))
    assert abs(centre - X.mean(0)).max() < 0.15 and abs(centre.mean() - X.mean()) < 0.01


def test_default_sizes_follow_the_data():
    assert Dense().widths(4, 2) == (64, 32, 16) and Dense().widths(5000, 2) == (1024, 512, 256)
    assert Dense().widths(64, 100) == ()
    blocks = Conv().assemble((28, 28, 1), 2, 2, "linear").encoder.blocks
    assert [layer.out_channels for layer in blocks if hasattr(layer, "out_channels")] == [32, 64]


def test_a_decoder_may_have_widths_of_its_own():
    pair = Dense((16, 8), decoder=()).assemble((20,), 3, 3, "linear")
    assert [tuple(weight.shape) for weight in pair.decoder.parameters()] == [(20, 3), (20,)]
    assert [layer.out_features for layer in Dense((), decoder=(7, 9)).assemble((20,), 3, 3, "linear").decoder.layers] == [7, 9, 20]
    with pytest.raises(InputError, match="leave out one"):
        Dense(tied=True, decoder=()).check()
