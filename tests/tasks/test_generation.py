"""A density draws codes like those it was fitted to, be they few different ones."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from isthmus.errors import InputError
from isthmus.tasks import Density

CODES = np.random.default_rng(0).normal(size=(50, 2))


def test_a_few_codes_many_times_are_a_density_too():
    codes = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).repeat(200, axis=0)
    drawn = Density().fit(codes).sample(300)
    assert np.abs(drawn - drawn.round()).max() < 0.2 and len(np.unique(drawn.round() + 0.0, axis=0)) == 3
    assert np.allclose(Density().fit(np.ones((50, 3))).sample(5), 1, atol=0.1)


def test_narrow_and_constant_units_stay_so():
    codes = np.random.default_rng(0).normal([3, -2, 7], [1, 1e4, 0], (600, 3))
    drawn = Density().fit(codes).sample(4000)
    np.testing.assert_allclose(drawn.std(0), codes.std(0), rtol=0.1)
    assert (np.abs(drawn.mean(0) - codes.mean(0)) <= 0.1 * codes.std(0)).all()


def test_a_seed_that_is_none_is_refused():
    for refused in (lambda: Density(random_state=-1).fit(CODES), lambda: Density().fit(CODES).sample(2, random_state=-1)):
        with pytest.raises(InputError, match=r"random_state .* Got -1"):
            refused()


@pytest.mark.parametrize("refused", [
    lambda: Density(0).fit(CODES), lambda: Density(1.5).fit(CODES), lambda: Density().fit(CODES * np.nan), lambda: Density().fit(CODES[:1]),
    lambda: Density().fit(CODES).sample(0), lambda: Density().fit(CODES).sample(1.5),
])  # fmt: skip
def test_what_is_no_density_is_refused(refused):
    with pytest.raises(InputError, match=r"components must be|at least 2 codes|n must be"):
        refused()
    with pytest.raises(NotFittedError):
        Density().sample(3)
