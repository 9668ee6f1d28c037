"""Ways through the code space, for PCA as for any variant."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from isthmus import tasks
from isthmus.errors import InputError

X, Y = load_digits(return_X_y=True)
MODEL = PCA(5).fit(X)
CODES = MODEL.transform(X)


def test_a_grid_has_its_corners_and_is_straight():
    rows = MODEL.transform(tasks.grid(MODEL, X[:4], steps=3)).reshape(3, 3, 5)
    np.testing.assert_allclose(rows[[0, 0, 2, 2], [0, 2, 0, 2]], CODES[:4], atol=1e-9)
    np.testing.assert_allclose(rows[1, 1], CODES[:4].mean(0), atol=1e-9)


def test_one_unit_moves_and_the_others_stay():
    codes = MODEL.transform(tasks.traverse(MODEL, X[7], 2, [-9.0, 4.0]))
    np.testing.assert_allclose(codes[:, 2], [-9, 4], atol=1e-9)
    np.testing.assert_allclose(np.delete(codes, 2, 1), np.delete(CODES[[7, 7]], 2, 1), atol=1e-9)


def test_an_attribute_is_added_and_taken_away():
    direction = tasks.attribute_direction(MODEL, X, Y == 3)
    np.testing.assert_allclose(direction, CODES[Y == 3].mean(0) - CODES[Y != 3].mean(0))
    away, same, there = MODEL.transform(tasks.move(MODEL, X[0], direction))
    np.testing.assert_allclose(same, CODES[0], atol=1e-9)
    np.testing.assert_allclose(there - same, direction, atol=1e-9)
    np.testing.assert_allclose(same - away, direction, atol=1e-9)


@pytest.mark.parametrize(("refused", "said"), [
    (lambda: tasks.grid(MODEL, X[:3]), "four items"), (lambda: tasks.grid(MODEL, X[:4], steps=1), "steps"),
    (lambda: tasks.traverse(MODEL, X[0], 5, [0.0]), r"0\.\.4"), (lambda: tasks.traverse(MODEL, X[0], -1, [0.0]), r"0\.\.4"),
    (lambda: tasks.attribute_direction(MODEL, X, Y >= 0), "1797 of 1797"), (lambda: tasks.attribute_direction(MODEL, X, [True]), "each of"),
    (lambda: tasks.attribute_direction(MODEL, X, Y), "booleans, or 0 and 1"),
    (lambda: tasks.interpolate(MODEL, X[0], X[1], path="spherical"), "a function"), (lambda: tasks.reach(CODES, 0, steps=1), "steps"),
    (lambda: tasks.traverse(MODEL, X[0], 1, []), "numbers"), (lambda: tasks.traverse(MODEL, X[0], 1, ["a"]), "numbers"),
    (lambda: tasks.move(MODEL, X[0], np.ones(5), "a"), "amounts must be numbers"),
    (lambda: tasks.move(MODEL, X[0], np.full(5, np.nan)), "direction must be numbers"),
    (lambda: tasks.move(MODEL, X[0], np.ones(4)), r"\(5,\)"), (lambda: tasks.interpolate(MODEL, X[0], X[0][:9]), "one shape"),
])  # fmt: skip
def test_what_leads_nowhere_is_refused(refused, said):
    with pytest.raises(InputError, match=said):
        refused()


def test_codes_may_be_a_table():
    np.testing.assert_array_equal(tasks.reach(pd.DataFrame(CODES), 1), tasks.reach(CODES, 1))
