import numpy as np
import pytest

from isthmus import Spectrogram
from isthmus.errors import InputError
from isthmus.representations.waves import levelled, loudness, sounding

RNG = np.random.default_rng(0)
WAVES = [RNG.normal(0, 0.1, size).astype(np.float32) for size in (1, 100, 5000, 4096)]
CHIRP = (0.5 * np.sin(np.cumsum(np.linspace(0.1, 1.0, 16000)))).astype(np.float32)


@pytest.mark.parametrize("window, hop", [(256, None), (256, 128), (300, 70), (1024, 333)])
def test_with_kept_phases_the_waves_come_back(window, hop):
    spectrogram = Spectrogram(window, hop, floor=-200).fit(WAVES)
    spectra = spectrogram.transform(WAVES)
    assert [len(one) for one in spectra] == [spectrogram.frames(len(wave)) for wave in WAVES]
    again = spectrogram.inverse_transform(spectra, spectrogram.phases(WAVES), [len(wave) for wave in WAVES])
    for wave, one in zip(WAVES, again, strict=True):
        np.testing.assert_allclose(one, wave, atol=1e-5)


def test_a_wave_has_the_same_spectra_whatever_its_companions():
    spectrogram = Spectrogram(256).fit(WAVES)
    for alone, together in zip(WAVES, spectrogram.transform(WAVES), strict=True):
        np.testing.assert_array_equal(spectrogram.transform([alone])[0], together)


@pytest.mark.parametrize("mel, worst", [(None, 0.1), (80, 0.2)])
def test_found_phases_suit_the_spectra(mel, worst):
    spectrogram = Spectrogram(512, mel=mel).fit([CHIRP])
    (spectra,) = spectrogram.transform([CHIRP])
    (again,) = spectrogram.inverse_transform([spectra], lengths=[len(CHIRP)])
    wanted, got = (10 ** (one / 20) for one in (spectra, spectrogram.transform([again])[0]))
    assert np.linalg.norm(wanted - got) < worst * np.linalg.norm(wanted)
    np.testing.assert_array_equal(again, spectrogram.inverse_transform([spectra], lengths=[len(CHIRP)])[0])


def test_a_sine_at_full_scale_is_no_decibels_and_silence_the_floor():
    sine = np.sin(np.arange(16000) * 2 * np.pi * 1000 / 16000)
    spectra, silent = Spectrogram().fit([sine]).transform([sine, np.zeros(5000)])
    assert spectra[20].max() == pytest.approx(0, abs=0.01) and spectra[20].argmax() == 64
    assert (silent == -80).all()


def test_mel_bands_part_the_octaves():
    mel = Spectrogram(mel=40).fit([CHIRP])
    low, high = (mel.transform([np.sin(np.arange(8000) * 2 * np.pi * hz / 16000)])[0][8].argmax() for hz in (300, 4000))
    assert low < 10 and high > 25


@pytest.mark.parametrize("given", [{"hop": 600}, {"mel": 1000}, {"floor": 0.0}, {"window": 2}])
def test_settings_that_lose_samples_are_refused(given):
    with pytest.raises(InputError):
        Spectrogram(**given).fit([CHIRP])


@pytest.mark.parametrize("waves", [[], [np.zeros(0)], [np.zeros((5, 2))], [np.array([1.0, np.nan])], 3])
def test_what_is_no_wave_is_refused(waves):
    with pytest.raises(InputError):
        Spectrogram().fit(waves)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_loudness_is_that_of_the_recommendation_at_any_rate(rate):
    tone = np.sin(np.arange(5 * rate) * 2 * np.pi * 997 / rate)
    assert loudness(tone, rate) == pytest.approx(-3.01, abs=0.1)
    # What is quieter by 10 LU than the rest is not counted.
    assert loudness(np.concatenate([tone, 0.01 * tone]), rate) == pytest.approx(-3.01, abs=0.2)
    assert loudness(levelled(0.01 * tone, rate), rate) == pytest.approx(-23, abs=0.01)
    assert loudness(np.zeros(rate), rate) == -np.inf and not levelled(np.zeros(rate), rate).any()


def test_levelling_never_clips():
    click = np.zeros(16000)
    click[100] = 0.9
    assert np.abs(levelled(click, 16000, 0.0)).max() <= 1


def test_silence_is_found_at_both_ends():
    wave = np.concatenate([np.full(1600, 1e-4), CHIRP, np.zeros(800)])
    found = sounding(wave, 16000)
    assert abs(found.start - 1600) <= 160 and abs(found.stop - 17600) <= 160
    assert sounding(np.zeros(100), 16000) == slice(0, 100)
