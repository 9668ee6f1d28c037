import numpy as np
import pytest

from isthmus import Dense, Gaussian, Training, VariationalAutoencoder, load
from isthmus.errors import DiagnosticWarning, InputError
from isthmus.metrics import spectral_centroid
from isthmus.parts import KL
from isthmus.representations.pitch import pitch_of
from isthmus.representations.waves import loudness
from isthmus.tasks import Instruments

pytest.importorskip("pyworld")
RATE = 16000


def note(pitch, slope, seconds=0.6, attack=0.05, level=0.2):
    t = np.arange(round(seconds * RATE)) / RATE
    wave = sum(np.sin(2 * np.pi * pitch * k * t) * k**-slope for k in range(1, int(7000 / pitch)))
    return (level * np.minimum(t / attack, 1) * np.exp(-t) * wave / np.abs(wave).max()).astype(np.float32)


@pytest.fixture(scope="module")
def instruments():
    training = Training(8, batch_size=64, learning_rate=2e-3, validation=0)
    model = VariationalAutoencoder(4, KL(1e-3), network=Dense((64,)), likelihood=Gaussian(), training=training, random_state=0)
    return Instruments(model).fit([note(pitch, slope) for pitch in (196.0, 220.0, 262.0) for slope in (0.5, 1.0, 2.0)])


def cents(wave, pitch):
    return abs(1200 * np.log2(pitch_of([wave], RATE) / pitch))


def test_timbre_moves_and_pitch_stays(instruments):
    steps = instruments.morph(note(220.0, 2.0), note(220.0, 0.5), steps=5)
    assert all(cents(wave, 220.0) < 20 for wave in steps)
    assert (np.diff([spectral_centroid(wave, RATE) for wave in steps]) > 0).all()


def test_brightness_moves_evenly_even_between_notes_that_are_equally_bright(instruments):
    dull, bright = note(220.0, 2.0), note(220.0, 0.5)
    hollow = note(440.0, 0.5) * 0.3 + note(220.0, 2.0)
    for a, b in ((dull, bright), (hollow, note(220.0, 1.2)), (bright, note(262.0, 0.6))):
        found = np.log([spectral_centroid(wave, RATE) for wave in instruments.morph(a, b, steps=5)])
        np.testing.assert_allclose(found, np.linspace(found[0], found[-1], 5), atol=2e-3)


def test_pitch_level_and_length_glide(instruments):
    a, b = note(196.0, 1.0, level=0.05), note(262.0, 1.0, seconds=0.9)
    steps = instruments.morph(a, b, steps=3)
    assert cents(steps[1], np.sqrt(196.0 * 262.0)) < 20
    levels = [loudness(wave, RATE) for wave in (a, *steps, b)]
    np.testing.assert_allclose([levels[1], levels[3]], [levels[0], levels[4]], atol=0.5)
    assert levels[2] == pytest.approx((levels[1] + levels[3]) / 2, abs=0.5)
    assert len(steps[0]) < len(steps[1]) < len(steps[2])
    for wave in steps:
        assert np.isfinite(wave).all() and wave[0] == wave[-1] == 0 and np.abs(wave).max() <= 1


def test_ends_are_plain_reconstructions_and_corners_those_of_the_square(instruments):
    a, b = note(220.0, 2.0), note(220.0, 0.5)
    first, *_, last = instruments.morph(a, b, steps=4)
    square = instruments.square([a, b, b, a], steps=2)
    for wave, alone in ((first, a), (last, b)):
        np.testing.assert_array_equal(wave, instruments.blend([instruments.note(alone)], [1.0]))
    np.testing.assert_array_equal(square[0][0], first)
    np.testing.assert_array_equal(square[0][1], last)
    np.testing.assert_array_equal(square[1][1], first)


def test_saved_instruments_sound_the_same(instruments, tmp_path):
    again = load(instruments.save(tmp_path / "run"))
    for one, other in zip(*(made.morph(note(220.0, 2.0), note(220.0, 0.5), 2) for made in (instruments, again)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_no_note_is_refused(instruments):
    noise = np.random.default_rng(0).normal(0, 0.1, 8000)
    with pytest.raises(InputError, match="note 1: no pitch"):
        Instruments().fit([note(220.0, 1.0), noise])
    with pytest.raises(InputError, match="two notes"):
        Instruments().fit([note(220.0, 1.0)])
    with pytest.raises(InputError, match="B: no pitch"):
        instruments.morph(note(220.0, 1.0), np.zeros(8000))
    with pytest.raises(InputError, match="steps"):
        instruments.morph(note(220.0, 1.0), note(220.0, 1.0), steps=1)
    with pytest.raises(InputError, match="sum to 1"):
        instruments.blend([instruments.note(note(220.0, 1.0))], [0.5])


def test_a_note_without_a_pitch_is_left_out_by_name():
    noise = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    model = VariationalAutoencoder(2, network=Dense((8,)), training=Training(1), random_state=0)
    with pytest.warns(DiagnosticWarning, match="1 of 3 notes have no pitch and are left out: hiss.wav"):
        found = Instruments(model).fit([note(220.0, 1.0), noise, note(262.0, 1.0)], ["a.wav", "hiss.wav", "b.wav"])
    assert len(found.morph(note(220.0, 1.0), note(262.0, 1.0), steps=2)) == 2
