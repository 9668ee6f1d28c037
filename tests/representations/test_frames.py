import numpy as np
import pytest

from isthmus import Frames
from isthmus.errors import InputError

RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(size, 3)).astype(np.float32) for size in (7, 1, 4)]


@pytest.mark.parametrize("context", [0, 1, 5])
def test_rows_come_back_as_their_sequences(context):
    frames = Frames(context).fit(SEQUENCES)
    rows = frames.transform(SEQUENCES)
    assert rows.shape == (12, (2 * context + 1) * 3) and frames.of([7, 1, 4]).tolist() == [0] * 7 + [1] + [2] * 4
    np.testing.assert_array_equal(rows[:, context * 3 : context * 3 + 3], np.concatenate(SEQUENCES))
    for one, again in zip(SEQUENCES, frames.inverse_transform(rows, [7, 1, 4]), strict=True):
        np.testing.assert_allclose(again, one, atol=1e-6)


def test_neighbours_never_come_from_another_sequence():
    rows = Frames(2).fit(SEQUENCES).transform([np.zeros((4, 3)), np.ones((4, 3))])
    assert not rows[:4].any() and rows[4:].all()


def test_a_frame_is_the_mean_of_what_rows_say_of_it():
    frames = Frames(1).fit([np.zeros((3, 1))])
    rows = np.array([[9.0, 0, 3], [3, 6, 3], [0, 0, 0]])
    np.testing.assert_allclose(frames.inverse_transform(rows)[:, 0], [(9 + 0 + 3) / 3, (3 + 6 + 0) / 3, (3 + 0 + 0) / 3])


@pytest.mark.parametrize("given", [[], [np.zeros((0, 3))], [np.zeros(4)], [np.zeros((2, 3)), np.zeros((2, 4))]])
def test_what_are_no_sequences_is_refused(given):
    with pytest.raises(InputError):
        Frames().fit(given)


def test_rows_of_other_lengths_are_refused():
    frames = Frames(1).fit(SEQUENCES)
    with pytest.raises(InputError, match="have 9 rows. Got 12"):
        frames.inverse_transform(frames.transform(SEQUENCES), [7, 2])
