import warnings

import numpy as np
import pytest

from isthmus.errors import DiagnosticWarning, FileError, InputError
from isthmus.files import SoundItems, read, read_sound, write_sound
from isthmus.files.sounds import read_blocks

soundfile = pytest.importorskip("soundfile")
RNG = np.random.default_rng(0)
TONE = (0.5 * np.sin(np.arange(8000) * 2 * np.pi * 440 / 16000)).astype(np.float32)


def folder_of(tmp_path, **sounds):
    """Return a folder of sounds, whose names have __ for / and _ for the dot."""
    for name, (wave, rate) in sounds.items():
        path = tmp_path / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, wave, rate)
    return tmp_path


def test_a_folder_is_waves_with_ids_and_its_subfolders_are_labels(tmp_path):
    (tmp_path / "cover.txt").write_text("hello")
    items = read(folder_of(tmp_path, cello__b_wav=(TONE, 16000), cello__a_flac=(TONE[:100], 16000), flute__a_ogg=(TONE, 16000)))
    assert isinstance(items, SoundItems) and items.ids == ["cello/a.flac", "cello/b.wav", "flute/a.ogg"] and items.rate == 16000
    assert items.labels.tolist() == ["cello", "cello", "flute"]
    assert [len(wave) for wave in items.load()] == [100, 8000, 8000]
    np.testing.assert_allclose(items.load()[1], TONE, atol=2**-15)
    assert [len(ids) for ids, _ in items.blocks(2)] == [2, 1]
    assert read(tmp_path / "cello").labels is None and read(tmp_path / "cello/b.wav").ids == ["b.wav"]


@pytest.mark.parametrize("ending", ["wav", "flac", "mp3", "ogg"])
def test_every_kind_comes_back_as_it_was_written(tmp_path, ending):
    write_sound(tmp_path / f"a.{ending}", [TONE[:3000], TONE[3000:]], 16000)
    again = read_sound(tmp_path / f"a.{ending}")
    assert len(again) >= len(TONE)  # mp3 has frames of a fixed size
    error = np.sqrt(np.square(again[: len(TONE)] - TONE)[200:-200].mean())
    assert error < (2**-15 if ending in ("wav", "flac") else 0.01)


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_any_rate_becomes_the_one_asked_for_and_keeps_its_pitch(tmp_path, rate):
    tone = 0.5 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)
    wave = read_sound(folder_of(tmp_path, a_wav=(tone, rate)) / "a.wav", 16000)
    assert len(wave) == pytest.approx(16000, abs=2)
    assert np.abs(np.fft.rfft(wave)).argmax() == 440
    assert np.abs(wave[1000:-1000]).max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("ending", ["wav", "ogg"])
def test_a_file_that_ends_too_soon_is_refused(tmp_path, ending):
    path = folder_of(tmp_path, **{f"a_{ending}": (np.tile(TONE, 8), 16000)}) / f"a.{ending}"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(FileError, match=rf"a\.{ending} is cut"):
        read_sound(path)


def test_a_recorder_that_did_not_know_the_length_is_no_error(tmp_path):
    path = folder_of(tmp_path, a_wav=(TONE, 16000)) / "a.wav"
    raw = bytearray(path.read_bytes())
    raw[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(raw))
    assert len(read_sound(path)) == len(TONE)


def test_a_sample_that_is_none_at_another_rate_is_named(tmp_path):
    path = folder_of(tmp_path, a_wav=(TONE[:1], 44100)) / "a.wav"
    with pytest.raises(FileError, match="too short"):
        read_sound(path, 8000)


def test_a_long_block_is_written_to_ogg(tmp_path):
    assert write_sound(tmp_path / "a.ogg", [RNG.normal(0, 0.1, 3_000_000)], 44100) == pytest.approx(68, abs=1)


def test_pieces_of_a_long_file_are_the_whole(tmp_path):
    path = folder_of(tmp_path, a_wav=(RNG.normal(0, 0.1, (50000, 2)), 44100)) / "a.wav"
    pieces = list(read_blocks(path, 16000, seconds=0.1))
    assert len(pieces) > 5
    np.testing.assert_allclose(np.concatenate(pieces), read_sound(path, 16000), atol=1e-6)
    assert read_sound(path, mono=False).shape == (50000, 2)


def test_mixed_rates_become_that_of_most(tmp_path):
    path = folder_of(tmp_path, a_wav=(TONE, 16000), b_wav=(TONE, 16000), c_wav=(TONE, 48000))
    with pytest.warns(DiagnosticWarning, match="mixes rates: 48000"):
        items = read(path)
    assert items.rate == 16000 and len(items.load()[2]) == pytest.approx(len(TONE) / 3, abs=2)
    assert read(path, rate=8000).rate == 8000


def test_eight_bits_stereo_and_silence_are_read(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([TONE, -TONE], axis=1), 16000, subtype="PCM_U8")
    assert np.abs(read_sound(tmp_path / "a.wav")).max() < 0.01
    assert read_sound(folder_of(tmp_path, b_wav=(np.zeros(50), 16000)) / "b.wav").tolist() == [0.0] * 50
    assert read_sound(folder_of(tmp_path, c_wav=(np.zeros(1), 16000)) / "c.wav").shape == (1,)


def test_clipping_is_said(tmp_path):
    path = folder_of(tmp_path, a_wav=((3 * TONE).clip(-1, 1), 16000)) / "a.wav"
    with pytest.warns(DiagnosticWarning, match="a.wav is clipped in 4.. places"):
        read_sound(path)


def test_what_cannot_be_read_is_named_in_one_line(tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "words.wav").write_bytes(b"these are no samples at all" * 50)
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 16000)
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan), 16000, subtype="FLOAT")
    soundfile.write(tmp_path / "cut.flac", RNG.normal(0, 0.1, 60000), 16000)
    whole = (tmp_path / "cut.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) // 2])
    for name in ("empty.wav", "words.wav", "none.wav", "nan.wav", "cut.flac"):
        with pytest.raises(FileError, match=name) as caught:
            read_sound(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(FileError, match="no such file"):
        read(tmp_path / "missing.wav")


def test_another_ending_than_its_kind_is_read_by_what_it_holds(tmp_path):
    soundfile.write(tmp_path / "a.flac", TONE, 16000)
    (tmp_path / "a.flac").rename(tmp_path / "a.wav")
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav"), TONE, atol=2**-15)


def test_nothing_half_written_stays(tmp_path):
    def failing():
        yield TONE
        yield np.full(5, np.nan)

    for blocks in (failing(), []):
        with pytest.raises(InputError):
            write_sound(tmp_path / "a.wav", blocks, 16000)
    with pytest.raises(InputError, match="ending in"):
        write_sound(tmp_path / "a.aac", [TONE], 16000)
    assert not list(tmp_path.iterdir())
    write_sound(tmp_path / "a.wav", [TONE], 16000)
    with pytest.raises(FileError, match="exists"):
        write_sound(tmp_path / "a.wav", [TONE], 16000)
    with pytest.warns(DiagnosticWarning, match="beyond full scale"):
        write_sound(tmp_path / "a.wav", [4 * TONE], 16000, overwrite=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.abs(read_sound(tmp_path / "a.wav")).max() <= 1
