"""Bits and counts against their formulas."""

import numpy as np
import pytest
import scipy.stats as st
import torch

from isthmus import Autoencoder, BinaryAutoencoder, BinaryCode, BitBalance, Decorrelation, Multinomial, StackedAutoencoder, Training
from isthmus.parts.bottleneck import Code
from isthmus.parts.penalty import Pass


def test_a_bit_has_the_sigmoids_slope():
    a = torch.tensor([[-2.0, -0.1, 0.3, 4.0]], requires_grad=True)
    code = BinaryCode()(a, draw=True)
    code.h.sum().backward()
    soft = torch.sigmoid(a.detach())
    assert code.h.tolist() == [[0, 0, 1, 1]] and torch.allclose(a.grad, soft * (1 - soft))


def test_noise_is_for_training_and_bits_for_all_else():
    a = torch.zeros(20_000, 1) + 0.5
    noisy = BinaryCode(noise=2.0)(a, draw=True)
    before = torch.logit(noisy.h.double()).flatten().numpy()
    assert st.kstest(before, "norm", (0.5, 2.0)).pvalue > 1e-3
    assert (noisy.mean == 1).all() and (BinaryCode(noise=2.0)(a, draw=False).h == 1).all()


def passed(bits):
    x = torch.zeros(len(bits), 1)
    return Pass(x, None, x, Code(torch.tensor(bits, dtype=torch.float64)), torch.distributions.Normal(x, 1.0))


def test_penalties_are_what_their_formulas_say(rng):
    bits = rng.integers(0, 2, (50, 6))
    signs = 2.0 * bits - 1
    covariance = np.cov(signs.T, bias=True)
    balance, decorrelation = BitBalance()(passed(bits), None), Decorrelation()(passed(bits), None)
    np.testing.assert_allclose(balance, np.full(50, np.square(signs.mean(axis=0)).sum()))
    np.testing.assert_allclose(decorrelation, np.full(50, np.square(covariance).sum() - np.square(np.diag(covariance)).sum()))


def test_a_multinomial_is_scipys_but_for_what_no_parameter_changes(rng):
    counts, logits = rng.integers(0, 5, (4, 6)), rng.normal(size=(4, 6))
    p = Multinomial(total=7.0)(torch.from_numpy(logits), None)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    constant = st.multinomial(counts.sum(axis=1), np.full(6, 1 / 6)).logpmf(counts) - counts.sum(axis=1) * np.log(1 / 6)
    ours = p.log_prob(torch.from_numpy(counts)).sum(1).numpy() + constant
    np.testing.assert_allclose(ours, [st.multinomial(row.sum(), share).logpmf(row) for row, share in zip(counts, shares, strict=True)])
    np.testing.assert_allclose(p.mean, 7 * shares)
    np.testing.assert_allclose(Multinomial()(Multinomial().link(torch.from_numpy(shares)), None).mean, shares, atol=1e-5)


@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_counts_come_back_in_their_own_units(rng):
    X = rng.poisson(np.outer(rng.uniform(1, 3, 200), rng.uniform(0.5, 4, 12))).astype(np.float32)
    model = Autoencoder(2, likelihood=Multinomial(), training=Training(epochs=3), random_state=0).fit(X)
    assert model.likelihood_.total == pytest.approx(X.sum(axis=1).mean(), rel=1e-5) and model.likelihood.total is None
    np.testing.assert_allclose(model.reconstruct(X).sum(axis=1), X.sum(axis=1).mean(), rtol=1e-4)


@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_a_stack_on_top_of_which_bits_are_learnt_has_bits(rng):
    few = Training(epochs=1)
    X = rng.random((60, 9)).astype(np.float32)
    model = StackedAutoencoder(4, (6,), (Autoencoder(), BinaryAutoencoder()), training=few, random_state=0).fit(X)
    assert set(np.unique(model.transform(X))) <= {0.0, 1.0} and isinstance(model.bottleneck_, BinaryCode)


@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_bits_tell_apart_what_is_apart(rng):
    kinds = np.repeat(np.arange(4), 50)
    X = (np.eye(4)[kinds].repeat(5, axis=1) + 0.1 * rng.normal(size=(200, 20))).astype(np.float32)
    bits = BinaryAutoencoder(8, training=Training(epochs=30), random_state=0).fit_transform(X)
    apart = (bits[:, None] != bits).sum(axis=2)
    assert apart[kinds[:, None] == kinds].mean() < 0.3 * apart[kinds[:, None] != kinds].mean()
