"""Each penalty against its definition."""

import types

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from isthmus import (
    KL,
    L1,
    Contractive,
    Dense,
    Gaussian,
    GaussianCode,
    Growth,
    Identity,
    ImportanceWeighted,
    SparseRate,
    TopK,
    VariationalAutoencoder,
    WarmUp,
)
from isthmus.errors import InputError
from isthmus.model import Model, Parts, Units
from isthmus.networks.activations import ACTIVATIONS
from isthmus.parts import divergence
from isthmus.parts.bottleneck import Code
from isthmus.parts.penalty import Pass

SLOPED = [name for name, activation in ACTIVATIONS.items() if activation.slope is not None]


def model_of(penalty, network, bottleneck=None, d=5, k=4):
    torch.manual_seed(0)
    parts = Parts(None, bottleneck or Identity(), (penalty,), network, Gaussian())
    model = Model(parts, k, Units(torch.zeros(d), 1.0), torch.zeros(d)).double()
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter)
    return model.eval()


def penalty_of(model, x):
    return model.penalties[0](model(x), model)


def of_codes(penalty, h):
    """Return a penalty on codes given as they are."""
    out = Pass(h, None, h, Code(h), torch.distributions.Normal(h, 1.0))
    return penalty(out, types.SimpleNamespace(encoder=types.SimpleNamespace(code_activation="sigmoid")))


def jacobian_norms(model, x):
    def codes(row):
        return model.encode(row.unsqueeze(0)).h[0]

    return torch.stack([torch.autograd.functional.jacobian(codes, row).square().sum() for row in x])


@pytest.mark.parametrize("mean", [-2.0, 0.0, 0.7])
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_kl_in_closed_form_is_the_monte_carlo_mean(mean, scale):
    torch.manual_seed(0)
    encoded = torch.tensor([[mean, 0.3, 2 * (np.log(scale) if scale < 1 else scale - 1), -0.5]], dtype=torch.float64)
    code = GaussianCode()(encoded, draw=False)
    h, posterior = code.h, code.posterior
    out = Pass(h, None, h, code, torch.distributions.Normal(h, 1.0))
    closed = KL()(out, types.SimpleNamespace(bottleneck=GaussianCode()))
    draws = posterior.sample((100_000,))
    ratios = (posterior.log_prob(draws) - GaussianCode().prior(h).log_prob(draws)).sum((1, 2))
    assert abs(ratios.mean() - closed) < 4 * ratios.std() / len(ratios) ** 0.5
    assert closed > 0 and kl_divergence(Normal(0.0, 1.0), Normal(0.0, 1.0)) == 0


def test_a_posterior_is_the_exponential_below_the_priors_spread_and_grows_evenly_above():
    numbers = torch.linspace(-60, 600, 2001, dtype=torch.float64)
    spread = GaussianCode()(torch.stack([torch.zeros_like(numbers), numbers], 1), draw=False).posterior.stddev[:, 0]
    assert (spread.diff() >= 0).all() and spread[0] == np.exp(-10) and spread[-1] == 301
    narrow = (numbers > -20) & (numbers < 0)
    torch.testing.assert_close(spread[narrow], (numbers[narrow] / 2).exp())


def test_a_tighter_bound_has_a_weight_of_at_most_one():
    with pytest.raises(InputError, match=r"weight must be a number in \[0, 1\], .* Got 50"):  # which is no number of draws
        VariationalAutoencoder(1, ImportanceWeighted(50)).fit(np.eye(4))


def test_kl_without_a_random_code_says_what_to_do():
    with pytest.raises(InputError, match="bottleneck=GaussianCode"):
        penalty_of(model_of(KL(), Dense(())), torch.zeros(2, 5).double())


def learnt(model, progress=1.0):
    """Return the loss and its gradient, means over many draws for one row."""
    x = torch.randn(1, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2)).expand(8000, -1)
    torch.manual_seed(1)
    model.zero_grad()
    loss = sum(term.mean() for term in model.terms(x, progress).values())
    loss.backward()
    return loss.item(), torch.cat([parameter.grad.ravel() for parameter in model.parameters()])


def random_model_of(penalty):
    model = model_of(penalty, Dense(()), GaussianCode())
    for parameter in model.parameters():
        parameter.data /= 3
    return model


def test_a_tighter_bound_differentiates_few_draws_and_means_all(monkeypatch):
    model = random_model_of(ImportanceWeighted(draws=20))
    few, gradient = learnt(model)
    monkeypatch.setattr(divergence, "_ALL", 20)  # all of them, and the encoder's share by the posterior's density
    every, exact = learnt(model)
    assert few == pytest.approx(every, rel=1e-12)
    assert 0 < (gradient - exact).norm() < 0.02 * exact.norm()


def test_by_one_draw_the_bound_is_that_in_closed_form():
    (loss, gradient), (exact, slope) = learnt(random_model_of(ImportanceWeighted(draws=1))), learnt(random_model_of(KL()))
    assert loss == pytest.approx(exact, rel=0.01)
    assert 0 < (gradient - slope).norm() < 0.02 * slope.norm()


@pytest.mark.parametrize(("penalty", "said"), [
    (KL(lambda progress: float("nan")), "KL.weight at 100% of the training must be a number"),
    (ImportanceWeighted(draws=WarmUp(20.5)), "ImportanceWeighted.draws at 100% of the training must be a whole number"),
    (ImportanceWeighted(lambda progress: 1.5), r"ImportanceWeighted.weight at 100% of the training must be a number in \[0, 1\]"),
])
def test_what_a_schedule_tells_is_checked(penalty, said):
    with pytest.raises(InputError, match=said):
        learnt(random_model_of(penalty))


def test_draws_may_grow():
    model = random_model_of(ImportanceWeighted(draws=Growth(20)))
    for progress, draws in ((0.0, 1), (0.5, 4), (1.0, 20)):
        assert learnt(model, progress)[0] == learnt(random_model_of(ImportanceWeighted(draws=draws)))[0]


def test_draws_are_taken_as_often_as_they_weigh():
    shares = torch.tensor([0.5, 0.2, 0.3, 0.0], dtype=torch.float64)
    taken = divergence.resampled(shares[:, None].expand(-1, 20_000), 4)
    counts = torch.stack([(taken == draw).sum(0) for draw in range(4)]).double()
    torch.testing.assert_close(counts.mean(1) / 4, shares, atol=0.01, rtol=0)
    assert (counts - 4 * shares[:, None]).abs().max() < 1  # evenly spread


@pytest.mark.parametrize("bottleneck", [Identity(), TopK(2), GaussianCode()], ids=repr)
@pytest.mark.parametrize("code", SLOPED)
def test_contraction_of_one_layer_is_the_jacobians_norm(code, bottleneck):
    if code != "linear" and isinstance(bottleneck, GaussianCode):
        return  # a random code is linear
    model = model_of(Contractive(projections=None), Dense((), code_activation=code), bottleneck)
    x = torch.randn(6, 5, dtype=torch.float64)
    torch.testing.assert_close(penalty_of(model, x), jacobian_norms(model, x))


@pytest.mark.parametrize("code", ACTIVATIONS)
@pytest.mark.parametrize("inner", ["silu", "relu", "sigmoid"])
def test_contraction_of_a_deep_encoder_is_the_jacobians_norm(inner, code):
    model = model_of(Contractive(projections=None), Dense((7,), activation=inner, code_activation=code))
    x = torch.randn(6, 5, dtype=torch.float64)
    torch.testing.assert_close(penalty_of(model, x), jacobian_norms(model, x))


@pytest.mark.parametrize("projections", [1, 3])
def test_projections_estimate_the_norm_without_bias(projections):
    model = model_of(Contractive(projections=projections), Dense((7,), activation="tanh"))
    x = torch.randn(3, 5, dtype=torch.float64)
    estimates = torch.stack([penalty_of(model, x) for _ in range(400)]).detach()
    error = (estimates.mean(0) - jacobian_norms(model, x)).abs()
    assert (error < 4 * estimates.std(0) / 20 + 1e-9).all() and estimates.std(0).min() > 0


def test_l1_does_not_change_when_a_unit_is_rescaled():
    model = model_of(L1(), Dense((6,), activation="relu"))
    x = torch.randn(8, 5, dtype=torch.float64)
    before, rebuilt = penalty_of(model, x), model(x).p.mean
    code, back = model.encoder.layers[-1], model.decoder.layers[0]
    with torch.no_grad():
        code.weight[1] *= 7
        code.bias[1] *= 7
        back.weight[:, 1] /= 7
    torch.testing.assert_close(penalty_of(model, x), before)
    torch.testing.assert_close(model(x).p.mean, rebuilt)
    norms = np.linalg.norm(back.weight.detach().numpy(), axis=0)
    np.testing.assert_allclose(before.detach(), np.abs(model(x).h.detach().numpy()) @ norms)


def test_the_sparse_rate_is_the_divergence_from_its_target():
    h = torch.from_numpy(np.random.default_rng(0).random((50, 4)))
    q, p = h.numpy().mean(0), 0.2
    plain = (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).sum()
    np.testing.assert_allclose(of_codes(SparseRate(rate=p), h), np.full(50, plain))
    assert of_codes(SparseRate(rate=p), torch.full((5, 3), p).double()).abs().max() < 1e-12
    assert torch.isfinite(of_codes(SparseRate(), torch.ones(5, 3))).all()


def test_the_sparse_rate_needs_a_sigmoid():
    with pytest.raises(InputError, match="code_activation='sigmoid'"):
        penalty_of(model_of(SparseRate(), Dense((), code_activation="relu")), torch.zeros(2, 5).double())


def test_top_k_keeps_the_k_largest():
    encoded = torch.randn(40, 9)
    kept = TopK(4)(encoded, draw=False).h.numpy()
    least = np.sort(encoded.numpy(), axis=1)[:, -4:-3]
    np.testing.assert_array_equal(kept, np.where(encoded.numpy() >= least, encoded.numpy(), 0))
    assert ((kept != 0).sum(1) == 4).all()
    tied = TopK(2)(torch.ones(3, 5), draw=False).h
    assert ((tied != 0).sum(1) == 2).all()
    with pytest.raises(InputError, match=r"1\.\.3 for n_components=3"):
        TopK(4).width(3)


def test_drawn_codes_have_the_posteriors_moments():
    torch.manual_seed(0)
    encoded = torch.tensor([[1.0, -2.0, 0.0, np.log(0.25)]]).expand(20_000, -1)
    h = GaussianCode()(encoded, draw=True).h
    np.testing.assert_allclose(h.mean(0), [1, -2], atol=0.03)
    np.testing.assert_allclose(h.std(0), [1, 0.5], atol=0.03)
    assert torch.isfinite(GaussianCode()(torch.full((1, 2), 1e4), draw=True).h).all()


def test_draws_for_no_rows_are_one_handful():
    assert [len(some) for some in divergence.handfuls(torch.zeros(4, 0, 2), torch.zeros(0, 6))] == [4]
