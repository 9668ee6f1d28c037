"""Corruptions and likelihoods against their distributions."""

import numpy as np
import pytest
import scipy.stats as st
import torch

from isthmus import Bernoulli, Gaussian, GaussianNoise, Laplace, Masking, SaltAndPepper

N = 40_000


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.rand(N // 8, 2, 4) * 0.9 + 0.05


def share_is(count, share):
    assert st.binomtest(int(count), N, share).pvalue > 1e-4


def test_gaussian_noise_is_normal(x):
    noise = (GaussianNoise(0.3)(x) - x).flatten().numpy()
    assert st.kstest(noise, "norm", (0, 0.3)).pvalue > 1e-3


def test_masking_sets_a_share_to_0(x):
    masked = Masking(0.3)(x)
    assert ((masked == 0) | (masked == x)).all()
    share_is((masked == 0).sum(), 0.3)


def test_masking_may_keep_the_mean(x):
    masked = Masking(0.3, rescaled=True)(x)
    assert ((masked == 0) | torch.isclose(masked, x / 0.7)).all() and masked.mean().item() == pytest.approx(x.mean().item(), rel=0.02)
    assert not Masking(1.0, rescaled=True)(x).any()


def test_salt_and_pepper_sets_a_share_to_the_extremes(x):
    seasoned = SaltAndPepper(0.4)(x)
    share_is((seasoned == x.max()).sum(), 0.2)
    share_is((seasoned == x.min()).sum(), 0.2)
    assert ((seasoned == x) | (seasoned == x.max()) | (seasoned == x.min())).all()


@pytest.mark.parametrize("corruption", [GaussianNoise(0.0), Masking(0.0), SaltAndPepper(0.0)], ids=repr)
def test_no_noise_is_no_change(corruption, x):
    assert torch.equal(corruption(x), x)


@pytest.mark.parametrize("corruption", [GaussianNoise(), Masking(), SaltAndPepper()], ids=repr)
def test_every_call_draws_anew_and_leaves_its_input(corruption, x):
    before = x.clone()
    assert not torch.equal(corruption(x), corruption(x)) and torch.equal(x, before)


@pytest.mark.parametrize(("likelihood", "log_density"), [
    (Gaussian(), lambda x, g: st.norm.logpdf(x, g, 1)), (Gaussian(0.3), lambda x, g: st.norm.logpdf(x, g, 0.3**0.5)),
    (Gaussian(None), lambda x, g: st.norm.logpdf(x, g, np.exp(-0.7))),
    (Laplace(2.0), lambda x, g: st.laplace.logpdf(x, g, 2)), (Laplace(None), lambda x, g: st.laplace.logpdf(x, g, np.exp(-0.7))),
    (Bernoulli(), lambda x, g: st.bernoulli.logpmf(x.round(), 1 / (1 + np.exp(-g)))),
], ids=lambda value: "" if not hasattr(value, "get_params") else repr(value))  # fmt: skip
def test_log_probabilities_are_scipys(likelihood, log_density):
    rng = np.random.default_rng(0)
    x, g = rng.integers(0, 2, (5, 3)).astype(float), rng.normal(0, 3, (5, 3))
    state = likelihood.build((3,))
    if state is not None:
        state.log_scale.data.fill_(-0.7)
    p = likelihood(torch.from_numpy(g), state)
    np.testing.assert_allclose(p.log_prob(torch.from_numpy(x)).detach(), log_density(x, g), rtol=1e-6)
    mean = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
    torch.testing.assert_close(likelihood(likelihood.link(mean), state).mean, mean)  # what an untrained decoder emits


def test_grey_values_score_as_the_cross_entropy():
    x, r = torch.tensor([0.25]).double(), torch.tensor([0.8]).double()
    score = Bernoulli()(torch.logit(r), None).log_prob(x)
    torch.testing.assert_close(score, x * r.log() + (1 - x) * (1 - r).log())
