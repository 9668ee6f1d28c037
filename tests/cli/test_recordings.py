"""Voices and instruments from the shell, on files that are made here."""

import json

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.files import read_sound, write_sound
from isthmus.representations.pitch import pitch_of

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("pyworld")
pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
RATE = 16000


def tone(pitch, slope, seconds=1.3, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    glide = 2 * np.pi * pitch * (t + 0.01 * np.sin(6 * t))
    wave = sum(np.sin(k * glide) * (1 + np.sin(3 * t + k)) * k**-slope for k in range(1, int(7000 / pitch)))
    return (0.3 * wave / np.abs(wave).max()).astype(np.float32)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder of recordings, with a run on voices and one on notes."""
    folder = tmp_path_factory.mktemp("recordings")
    for name, pitch, slope in (("ann", 210, 0.7), ("bob", 105, 1.2)):
        for number in range(2):
            write_sound(folder / "voices" / name / f"{number}.wav", [tone(pitch + 10 * number, slope)], RATE)
    for number, slope in enumerate((0.5, 1.0, 2.0)):
        write_sound(folder / "notes" / f"{number}.flac", [tone(220, slope, 0.5)], RATE)
    common = ["--epochs", "1", "--hidden", "16", "--latent-dim", "4"]
    assert main(["fit", str(folder / "voices"), "--task", "voice", "--out", str(folder / "said"), *common]) == 0
    assert main(["fit", str(folder / "notes"), "--task", "instruments", "--out", str(folder / "played"), *common]) == 0
    return folder


def run(folder, *words):
    return main([str(folder / word[1:]) if word.startswith("@") else word for word in words])


def test_a_recording_is_converted_with_a_page_to_hear_it(work, capsys):
    assert run(work, "convert", "@said", "@voices/ann/0.wav", "--to", "bob", "--of", "ann", "--out", "@one.flac", "--page") == 0
    assert "in the voice of bob" in capsys.readouterr().out
    wave = read_sound(work / "one.flac")
    assert len(wave) == len(tone(210, 0.7)) and np.abs(wave).max() > 0.01
    page = (work / "one.html").read_text()
    assert page.count("<audio") == 2 and "original" in page


def test_info_names_the_voices(work, capsys):
    assert run(work, "info", "@said") == 0
    assert "ann (pitch 2" in capsys.readouterr().out
    assert run(work, "info", "@played") == 0
    assert "notes at 16000 Hz" in capsys.readouterr().out


def test_a_folder_becomes_a_folder_of_the_same_names(work):
    assert run(work, "convert", "@said", "@voices", "--to", "ann", "--out", "@all") == 0
    names = sorted(path.relative_to(work / "all").as_posix() for path in (work / "all").rglob("*.wav"))
    assert names == ["ann/0.wav", "ann/1.wav", "bob/0.wav", "bob/1.wav"]


def test_notes_between_notes_and_squares_are_written(work):
    assert run(work, "morph", "@played", "@notes/0.flac", "@notes/2.flac", "--steps", "3", "--out", "@between") == 0
    assert sorted(path.name for path in (work / "between").iterdir()) == [".isthmus", "page.html", "step-0.wav", "step-1.wav", "step-2.wav"]
    corners = [f"@notes/{number}.flac" for number in (0, 1, 2, 0)]
    assert run(work, "morph", "@played", *corners, "--steps", "2", "--out", "@square") == 0
    assert len(list((work / "square").glob("row-*-step-*.wav"))) == 4
    assert (work / "square" / "page.html").read_text().count("<audio") == 8


def test_what_nobody_wrote_here_is_never_replaced(work):
    write_sound(work / "mine" / "a.wav", [tone(220, 1.0, 0.3)], RATE)
    for words in (["morph", "@played", "@notes/0.flac", "@notes/2.flac", "--steps", "2"], ["convert", "@said", "@voices", "--to", "ann"]):
        assert run(work, *words, "--out", "@mine", "--overwrite") == 1
        assert [path.name for path in (work / "mine").iterdir()] == ["a.wav"]
        assert run(work, *words, "--out", f"@our-{words[0]}") == 0
        assert run(work, *words, "--out", f"@our-{words[0]}", "--overwrite") == 0


def test_a_folder_leaves_out_what_cannot_be_converted_and_loses_nothing(work, capsys):
    for name in ("a.flac", "a.ogg", "b.wav"):
        write_sound(work / "mixed" / name, [tone(210, 0.7)], RATE)
    write_sound(work / "mixed" / "hush.wav", [np.zeros(8000)], RATE)
    (work / "mixed" / "torn.flac").write_bytes((work / "mixed" / "a.flac").read_bytes()[:2000])
    assert run(work, "convert", "@said", "@mixed", "--to", "bob", "--out", "@made", "--page") == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in (work / "made").glob("*.wav")) == ["a (2).wav", "a.wav", "b.wav"]
    assert said.count("Left out: ") == 2 and "hush.wav" in said and "torn.flac" in said and "3 recordings" in said
    assert run(work, "convert", "@said", "@mixed/a.flac", "--to", "bob", "--out", "@x.aiff") == 1
    assert run(work, "convert", "@said", "@mixed/a.flac", "--to", "bob", "--out", "@made.wav", "--page") == 1  # the page is there already


def test_a_full_disk_ends_a_folder_in_one_line_and_leaves_nothing(work, capsys, monkeypatch):
    def full(*_):
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    assert run(work, "convert", "@said", "@voices", "--to", "bob", "--out", "@full") == 1
    told = capsys.readouterr()
    assert "Left out" not in told.out and "room on the disk" in told.err and "Traceback" not in told.err
    assert not (work / "full").exists() and not list(work.glob(".full*"))


def test_speech_behind_a_long_silence_is_converted(work):
    write_sound(work / "late.wav", [np.zeros(31 * RATE), tone(210, 0.7)], RATE)
    assert run(work, "convert", "@said", "@late.wav", "--to", "bob", "--out", "@late.flac") == 0
    wave = read_sound(work / "late.flac")
    assert len(wave) == 31 * RATE + len(tone(210, 0.7)) and np.abs(wave[31 * RATE :]).max() > 10 * np.abs(wave[: 30 * RATE]).max()


def test_a_pitch_is_kept_where_that_is_asked_for(work):
    write_sound(work / "fifth.wav", [tone(330, 1.0, 0.5)], RATE)
    words = ["morph", "@played", "@notes/0.flac", "@fifth.wav", "--steps", "2", "--out"]
    assert run(work, *words, "@glides") == 0 and run(work, *words, "@kept", "--keep-pitch") == 0
    ends = [pitch_of([read_sound(work / folder / "step-1.wav")], RATE) for folder in ("glides", "kept")]
    np.testing.assert_allclose(ends, [330, 220], rtol=0.02)


@pytest.mark.parametrize("words, said", [
    (["convert", "@said", "@voices/ann/0.wav", "--to", "eve", "--out", "@x.wav"], "one of ann, bob. Got 'eve'"),
    (["convert", "@played", "@voices/ann/0.wav", "--to", "bob", "--out", "@x.wav"], "holds a Instruments"),
    (["convert", "@said", "@voices", "--to", "bob", "--out", "@x.wav"], "a folder for them"),
    (["convert", "@said", "@nothing.wav", "--to", "bob", "--out", "@x.wav"], "no such file"),
    (["convert", "@said", "@silent.wav", "--to", "bob", "--out", "@x.wav"], "silent.wav: the recording: no pitch"),
    (["morph", "@played", "@notes/0.flac", "--out", "@x"], "Got 1"),
    (["morph", "@played", "@notes/0.flac", "@silent.wav", "--out", "@x"], "silent.wav: no pitch"),
    (["fit", "@notes", "--task", "voice", "--out", "@x"], "one subfolder of recordings for each voice"),
    (["fit", "@notes", "--task", "song", "--out", "@x"], "--task must be one of instruments, voice"),
    (["fit", "digits", "--task", "voice", "--out", "@x"], "for folders of recordings"),
    (["fit", "@voices", "--task", "voice", "--labels", "x.csv", "--out", "@x"], "--rate only"),
    (["fit", "@voices", "--task", "voice", "--condition", "labels", "--out", "@x"], "nor --resume"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(work, words, said, capsys):
    if not (work / "silent.wav").exists():
        write_sound(work / "silent.wav", [np.zeros(8000)], RATE)
    assert run(work, *words) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in " ".join(capsys.readouterr().err.split()) + error
    assert not (work / "x").exists() and not (work / "x.wav").exists()


def test_sounds_go_through_any_run_and_are_compared(work, capsys):
    assert run(work, "compare", "@notes", "--variants", "pca", "--latent-dim", "2", "--json") == 1  # three are too few
    for number in range(3, 12):
        write_sound(work / "many" / f"{number}.wav", [tone(220 + number, 1.0, 0.3)], RATE)
    capsys.readouterr()
    assert run(work, "compare", "@many", "--variants", "pca", "--latent-dim", "2", "--json") == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert 0 < row["decibels"] <= (row["squared_error"] / row["n_features"]) ** 0.5  # a mean of roots beside the root of a mean
    assert run(work, "fit", "@many", "--latent-dim", "3", "--epochs", "1", "--hidden", "16", "--out", "@spectra") == 0
    assert run(work, "encode", "@spectra", "@many", "--out", "@codes.csv") == 0
    assert "10.wav@0," in (work / "codes.csv").read_text()
    assert run(work, "decode", "@spectra", "@codes.csv", "--out", "@decoded.wav") == 0
    assert len(read_sound(work / "decoded.wav")) > 9 * 0.25 * RATE
    for words in (["sample", "@spectra"], ["interpolate", "@spectra", "0", "3"]):
        assert run(work, *words, "--out", "@x.npy") == 1 and not (work / "x.npy").exists()
    assert run(work, "reconstruct", "@spectra", "@many", "--out", "@rebuilt") == 0
    assert len(list((work / "rebuilt").glob("*.wav"))) == 9
    (work / "rebuilt" / "kept.txt").write_text("mine")
    assert run(work, "reconstruct", "@spectra", "@many", "--out", "@rebuilt", "--overwrite") == 1
    assert "kept.txt would be lost" in " ".join(capsys.readouterr().err.split())
