"""Log-densities of whole items beside those of their numbers."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch.autograd import gradcheck, gradgradcheck

from isthmus import Bernoulli, Dense, Training, VariationalAutoencoder
from isthmus.parts.likelihood import log_likelihood
from variants import quietly

SHAPES = {"one number": (3, 1), "few": (3, 7), "many, left over": (4, 787), "images": (2, 28, 28), "draws": (5, 3, 20),
          "drawn images": (5, 2, 4, 5)}  # fmt: skip


def pair(shape, samples, spread=3.0):
    """Decoded numbers and grey values of the items that they are to be, of which draws share one."""
    made = torch.Generator().manual_seed(0)
    logits = spread * torch.randn(shape, generator=made, dtype=torch.float64)
    return logits, torch.rand(shape[samples - 1 :], generator=made, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_an_item_s_log_density_is_the_sum_of_its_numbers(shape):
    samples = 2 if shape[0] == 5 else 1
    logits, x = pair(shape, samples)
    p = Bernoulli()(logits, None)
    torch.testing.assert_close(log_likelihood(p, x, None, samples), p.log_prob(x).flatten(samples).sum(samples))


def test_confident_numbers_stay_finite_and_exact():
    logits = torch.tensor([[1e4, -1e4, 60.0, -60.0] * 5, [-1e4, 1e4, 60.0, -60.0] * 5])
    x = torch.tensor([1.0, 0.0, 1.0, 0.0] * 5).expand(2, -1)
    assert log_likelihood(Bernoulli()(logits, None), x, None).tolist() == [0.0, -1e5]


def test_its_slopes_are_those_of_differences():
    logits, x = pair((4, 3, 11), 2)
    numbers = (logits.requires_grad_(), x.requires_grad_())
    for check in (gradcheck, gradgradcheck):
        assert check(lambda decoded, item: log_likelihood(Bernoulli()(decoded, None), item, None, 2), numbers)


def test_likelihoods_of_on_off_numbers_may_be_estimated_in_16_bits():
    X = (load_digits().data > 7).astype(np.float32)
    model = quietly(VariationalAutoencoder(4, network=Dense((64,)), training=Training(epochs=10), random_state=0).fit, X)
    exact, half = (one.score_samples(X[:100], n_importance=500) for one in (model, quietly(model.with_precision, "bfloat16")))
    assert abs(exact.mean() - half.mean()) < 0.02 and abs(exact - half).max() < 0.5
