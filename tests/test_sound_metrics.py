"""Metrics of sounds against cases whose answer is known."""

import numpy as np
import pytest

from isthmus import metrics
from isthmus.errors import InputError

RNG = np.random.default_rng(0)
A = np.cumsum(RNG.normal(size=(40, 5)), axis=0)


def test_warping_undoes_a_change_of_speed():
    slow = np.repeat(A, 1 + np.arange(40) % 3, axis=0)
    path = metrics.warping(A, slow)
    assert path[0].tolist() == [0, 0] and path[-1].tolist() == [39, len(slow) - 1]
    np.testing.assert_allclose(A[path[:, 0]], slow[path[:, 1]])
    assert metrics.mel_cepstral_distortion(A, slow) == pytest.approx(0, abs=1e-6)


def test_warping_is_the_best_path_there_is():
    a, b = RNG.normal(size=(6, 2)), RNG.normal(size=(5, 2))
    apart = np.linalg.norm(a[:, None] - b, axis=2)

    def least(i, j):  # by trying all
        if i == j == 0:
            return apart[0, 0]
        before = [least(i - di, j - dj) for di, dj in ((1, 1), (1, 0), (0, 1)) if i >= di and j >= dj]
        return apart[i, j] + min(before)

    path = metrics.warping(a, b)
    assert apart[path[:, 0], path[:, 1]].sum() == pytest.approx(least(5, 4))
    assert (np.diff(path, axis=0).max(axis=1) == 1).all() and (np.diff(path, axis=0) >= 0).all()


def test_the_level_does_not_count():
    louder = A + [3.0, 0, 0, 0, 0]
    assert metrics.mel_cepstral_distortion(louder, A) == pytest.approx(0, abs=1e-6)
    assert metrics.mel_cepstral_distortion(A + [0, 0.3, 0, 0, 0.4], A, np.stack([np.arange(40)] * 2, axis=1)) == pytest.approx(
        10 / np.log(10) * np.sqrt(2) * 0.5)  # fmt: skip


def test_a_semitone_is_a_hundred_cents():
    melody = np.where(np.arange(50) % 5, 200.0 + np.arange(50), 0.0)
    error = metrics.pitch_error(melody * 2 ** (1 / 12), melody)
    assert error.cents == pytest.approx(100) and error.correlation == pytest.approx(1) and error.voicing == 0
    silent = metrics.pitch_error(np.zeros(50), melody)
    assert np.isnan(silent.cents) and silent.voicing == pytest.approx(0.8)


def test_brighter_is_higher_and_slower_is_longer():
    t = np.arange(16000) / 16000
    notes = [sum(np.sin(2 * np.pi * 200 * k * t) * k**-slope for k in range(1, 20)) for slope in (3, 2, 1, 0)]
    assert (np.diff([metrics.spectral_centroid(note, 16000) for note in notes]) > 0).all()
    attacks = [metrics.log_attack_time(np.minimum(t / rise, 1) * notes[2], 16000) for rise in (0.1, 0.3, 0.9)]
    np.testing.assert_allclose(10 ** np.array(attacks), 0.7 * np.array([0.1, 0.3, 0.9]), rtol=0.15)
    assert metrics.spectral_centroid(np.zeros(100), 16000) == 0


@pytest.mark.parametrize("call", [
    lambda: metrics.warping(A, A[:, :2]), lambda: metrics.warping(A[:0], A), lambda: metrics.pitch_error([1.0], []),
    lambda: metrics.spectral_error(A, A[:3]), lambda: metrics.spectral_centroid([np.nan], 16000),
])  # fmt: skip
def test_what_cannot_be_compared_is_refused(call):
    with pytest.raises(InputError):
        call()
