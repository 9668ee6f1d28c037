import numpy as np
import pytest

from isthmus import Dense, Gaussian, Training, VariationalAutoencoder, load
from isthmus.errors import InputError
from isthmus.metrics import mel_cepstral_distortion, pitch_error
from isthmus.parts import KL
from isthmus.representations import Vocoder
from isthmus.representations.waves import loudness
from isthmus.tasks import Voices
from isthmus.tasks.speakers import described

RATE = 16000
PITCHES = {"ann": 210.0, "bob": 110.0}
SOUNDS = np.random.default_rng(1).normal(size=(12, 6))  # what may be said
MOUTH = np.random.default_rng(0).normal(size=(6, 19)) / np.arange(1, 20) ** 0.5
HEIGHTS = (np.arange(256) + 0.5) / 256  # of the frequency axis
ORDERS = np.pi * np.arange(1, 20)
# One voice's envelopes are the other's with the axis stretched, as by a longer throat.
THROAT = np.cos(np.outer(ORDERS, HEIGHTS + 0.06 * np.sin(np.pi * HEIGHTS))) @ np.cos(np.outer(HEIGHTS, ORDERS)) * 2 / 256


def model(epochs=12):
    training = Training(epochs, batch_size=64, learning_rate=3e-3, validation=0)
    return VariationalAutoencoder(8, KL(1e-3), network=Dense((64,)), likelihood=Gaussian(), training=training, random_state=0)


def frames_of(name, words):
    """Return frames in which a voice says some sounds, 20 frames each, with a quiet end: cepstra are a map of the voice's own."""
    said = np.repeat(SOUNDS[words], 20, axis=0)
    said = np.apply_along_axis(lambda track: np.convolve(track, np.ones(9) / 9, "same"), 0, said)
    shape = 0.3 * np.tanh(said @ MOUTH)
    shape = shape if name == "ann" else shape @ THROAT
    level = np.where(np.arange(len(said)) < len(said) - 20, -4.0, -12.0) + 0.5 * np.sin(np.arange(len(said)) / 5)
    melody = PITCHES[name] * np.exp(0.1 * np.sin(np.arange(len(said)) / 30))
    return np.column_stack([melody, level, shape, np.full(len(said), -60.0)]).astype(np.float32)


@pytest.fixture(scope="module")
def learnt():
    rng = np.random.default_rng(0)
    frames = {name: [frames_of(name, rng.integers(0, 12, 12)) for _ in range(6)] for name in PITCHES}
    speakers = {name: described(Vocoder(19).about(PITCHES[name]), own) for name, own in frames.items()}
    return Voices(model(), rounds=3).learn(speakers, frames)


@pytest.mark.parametrize("source, target", [("ann", "bob"), ("bob", "ann")])
def test_a_voice_becomes_another_though_nothing_was_said_by_both(learnt, source, target):
    words = np.random.default_rng(7).integers(0, 12, 15)
    (spoken,), (real,) = [frames_of(source, words)], [frames_of(target, words)]
    (made,) = learnt.convert_frames([spoken], target, learnt.speaker(source))
    path = np.stack([np.arange(280)] * 2, axis=1)  # without the quiet end
    own = learnt.speaker(source)
    other = learnt.speaker(target)
    plain = (spoken[:, 1:21] - own.mean) / own.deviation * other.deviation + other.mean
    left, plainly, before = (mel_cepstral_distortion(one, real[:, 1:21], path) for one in (made[:, 1:21], plain, spoken[:, 1:21]))
    assert left < 0.6 * plainly < 0.6 * before
    assert pitch_error(made[:, 0], real[:, 0]).cents < 60
    np.testing.assert_array_equal(made[:, 1], spoken[:, 1])  # the level is the speaker's own


def test_what_is_said_stays_lively(learnt):
    rng = np.random.default_rng(3)
    spoken = [frames_of("ann", rng.integers(0, 12, 12)) for _ in range(5)]
    real = np.concatenate([frames_of("bob", rng.integers(0, 12, 12)) for _ in range(20)])
    made = np.concatenate(learnt.convert_frames(spoken, "bob", learnt.speaker("ann")))
    made, real = (one[learnt.speaker("bob").loud(one)] for one in (made, real))
    ratio = made[:, 2:21].var(0) / real[:, 2:21].var(0)
    assert 0.7 < np.exp(np.log(ratio).mean()) < 1.4


def test_saved_voices_say_the_same(learnt, tmp_path):
    spoken = [frames_of("ann", np.arange(12))]
    again = load(learnt.save(tmp_path / "voices"))
    np.testing.assert_array_equal(again.convert_frames(spoken, "bob", again.speaker("ann"))[0],
                                  learnt.convert_frames(spoken, "bob", learnt.speaker("ann"))[0])  # fmt: skip


pyworld = pytest.importorskip("pyworld")


def wave_of(name, words):
    vocoder = Vocoder(19).about(PITCHES[name])
    return 0.1 * vocoder.inverse_transform([frames_of(name, words)])[0]


@pytest.fixture(scope="module")
def heard():
    rng = np.random.default_rng(0)
    waves = [wave_of(name, rng.integers(0, 12, 14)) for name in PITCHES for _ in range(2)]
    return Voices(model(2), rounds=1).fit(waves, ["ann", "ann", "bob", "bob"])


@pytest.mark.parametrize("of", ["ann", None])
def test_what_comes_out_is_as_long_and_as_loud(heard, of):
    wave = wave_of("ann", np.arange(12))
    (made,) = heard.convert([wave], "bob", of)
    assert made.shape == wave.shape and made.dtype == np.float32 and np.isfinite(made).all()
    assert loudness(made, RATE) == pytest.approx(loudness(wave, RATE), abs=0.1)


def test_long_recordings_are_converted_piece_by_piece(heard):
    wave = np.concatenate([wave_of("ann", np.arange(12))] * 3)
    pieces = list(heard.convert_stream(np.array_split(wave, 4), "bob", "ann"))
    assert len(pieces) > 2 and sum(map(len, pieces)) == len(wave)
    whole = np.concatenate(pieces)
    (at_once,) = heard.convert([wave], "bob", "ann")
    assert np.isfinite(whole).all() and loudness(whole, RATE) == pytest.approx(loudness(at_once, RATE), abs=1)
    assert np.abs(np.diff(whole)).max() < 2 * np.abs(np.diff(at_once)).max()  # nothing clicks where pieces meet


def test_what_cannot_be_learnt_or_said_is_refused(heard):
    wave = wave_of("ann", np.arange(12))
    noise = np.random.default_rng(0).normal(0, 0.1, 16000)
    for X, y, said in (([wave, wave], ["ann", "ann"], "two voices"), ([wave], ["ann", "bob"], "name of a voice"),
                       ([wave, wave[:7000]], ["ann", "bob"], "bob: a voice needs 0.5 s"),
                       ([wave, 0 * wave], ["ann", "bob"], "bob: no pitch"), ([wave, noise], ["ann", "bob"], "bob")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            Voices(model(1)).fit(X, y)
    with pytest.raises(InputError, match="one of ann, bob. Got 'eve'"):
        heard.convert([wave], "eve")
    (silent,) = heard.convert([np.zeros(3000)], "bob", "ann")
    assert silent.shape == (3000,) and np.isfinite(silent).all()
