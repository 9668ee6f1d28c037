import os
from pathlib import Path

import numpy as np
import pytest

from isthmus import Vocoder
from isthmus.errors import InputError
from isthmus.files import read_sound
from isthmus.metrics import mel_cepstral_distortion, pitch_error

pytest.importorskip("pyworld")
SPEECH = Path(os.environ.get("ISTHMUS_DATA", "../shared/data")) / "speech"


def voice(pitch, seconds=0.5, rate=16000):
    t = np.arange(round(seconds * rate)) / rate
    return sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, int(rate / 2 / pitch))).astype(np.float32) / 4


@pytest.mark.parametrize("pitch", [80.0, 150.0, 400.0])
def test_pitch_and_its_range_are_found(pitch):
    vocoder = Vocoder().fit([voice(pitch)])
    low, high = vocoder.range_
    assert low < pitch < high < 2.5 * pitch
    found = vocoder.parts(vocoder.transform([voice(pitch)])[0]).pitch
    assert pitch_error(found[10:-10], np.full(len(found) - 20, pitch)).cents < 10


def test_cepstra_describe_the_envelope_in_decibels():
    vocoder = Vocoder(order=24).fit([voice(150.0)])
    (frames,) = vocoder.transform([voice(150.0)])
    (louder,) = vocoder.transform([2 * voice(150.0)])
    np.testing.assert_allclose((louder - frames)[20:-20, 1], np.log(2), atol=0.02)  # c0 is the logarithm of the level
    a, b = frames[20:21].copy(), frames[20:21].copy()
    b[:, 1 + 3] += 0.1
    logs = [20 / np.log(10) * (vocoder.parts(one).cepstra @ vocoder._from_cepstrum()) for one in (a, b)]
    grid = np.interp(np.arange(0.5, 256) / 256, np.linspace(0, 1, 257), np.arange(257.0))
    assert len(grid) and np.abs(logs[0] - logs[1]).max() == pytest.approx(20 / np.log(10) * 0.1, rel=1e-3)
    assert mel_cepstral_distortion(vocoder.parts(a).cepstra, vocoder.parts(b).cepstra) == pytest.approx(20 / np.log(10) * 0.1 / np.sqrt(2))


@pytest.mark.parametrize("pitch, rate", [(130.8, 8000), (1046.5, 8000), (130.8, 11025), (1046.5, 16000), (2093.0, 16000), (2093.0, 44100)])
def test_notes_of_any_pitch_and_rate_come_back_as_tones(pitch, rate):
    wave = voice(pitch, rate=rate)
    vocoder = Vocoder(span=1.3, rate=rate).fit([wave])
    frames = vocoder.transform([wave])
    (again,) = vocoder.inverse_transform(frames, [len(wave)])
    assert pitch_error(vocoder.parts(frames[0]).pitch[10:-10], np.full(len(frames[0]) - 20, pitch)).cents < 10
    powers, hertz = np.abs(np.fft.rfft(again * np.hanning(len(again)))) ** 2, np.fft.rfftfreq(len(again), 1 / rate)
    assert powers[np.abs(hertz - pitch * np.maximum(np.rint(hertz / pitch), 1)) < 20].sum() > 0.85 * powers.sum()


@pytest.mark.parametrize("frames, said", [([], "empty"), ([np.zeros((5, 3))], "item 0"), ([np.full((5, 43), np.nan)], "no number"),
                                          ([np.zeros((0, 43))], "one or more")])  # fmt: skip
def test_what_are_no_frames_become_no_wave(frames, said):
    with pytest.raises(InputError, match=said):
        Vocoder().fit([voice(150.0)]).inverse_transform(frames)


def test_integers_are_shares_of_full_scale():
    wave = voice(150.0)
    wave = wave / np.abs(wave).max() / 2
    found, same = (Vocoder().about(150.0).transform([one])[0] for one in (wave, (wave * 2**15).astype(np.int16)))
    np.testing.assert_allclose(found[20:-20, 1], same[20:-20, 1], atol=0.01)


@pytest.mark.parametrize("wave", [np.zeros(1), np.zeros(16000), np.random.default_rng(0).normal(0, 0.1, 3000)])
def test_what_has_no_voice_passes_and_teaches_nothing(wave):
    vocoder = Vocoder().fit([voice(150.0)])
    (frames,) = vocoder.transform([wave])
    (again,) = vocoder.inverse_transform([frames], [len(wave)])
    assert np.isfinite(frames).all() and again.shape == wave.shape and np.isfinite(again).all()
    if not wave.any():
        with pytest.raises(InputError, match="no pitch from 27.5"):
            Vocoder().fit([wave])


@pytest.mark.skipif(not SPEECH.is_dir(), reason="ISTHMUS_DATA names no folder with speech")
def test_speech_comes_back_as_the_same_speech():
    wave = read_sound(SPEECH / "SF1" / "200003.flac")
    vocoder = Vocoder().fit([wave])
    (frames,) = vocoder.transform([wave])
    (spoken,) = vocoder.inverse_transform([frames], [len(wave)])
    (again,) = vocoder.transform([spoken])
    loud = frames[:, 1] > np.quantile(frames[:, 1], 0.5)
    places = np.flatnonzero(loud)
    path = np.stack([places, places], axis=1)
    assert mel_cepstral_distortion(vocoder.parts(again).cepstra, vocoder.parts(frames).cepstra, path) < 3
    assert pitch_error(vocoder.parts(again).pitch[loud], vocoder.parts(frames).pitch[loud]).correlation > 0.85
