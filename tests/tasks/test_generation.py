"""A density draws codes like those it was fitted to, be they few different ones."""

import numpy as np

from isthmus.tasks import Density


def test_a_few_codes_many_times_are_a_density_too():
    codes = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).repeat(200, axis=0)
    drawn = Density().fit(codes).sample(300)
    assert np.abs(drawn - drawn.round()).max() < 0.2 and len(np.unique(drawn.round() + 0.0, axis=0)) == 3
    assert np.allclose(Density().fit(np.ones((50, 3))).sample(5), 1, atol=0.1)
