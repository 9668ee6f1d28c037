"""Series from the shell: a table of readings to windows, codes, odd moments and back; sequences of any length likewise."""

import numpy as np
import pytest

from isthmus import Windows, load
from isthmus.cli import main
from isthmus.files import read, write_columns
from isthmus.representations.cutting import CutRows

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    """Twelve pumps of 60 to 90 hours each, in disorder; pump 3 is odd from hour 40 to 45."""
    rng = np.random.default_rng(0)
    rows = []
    for pump in range(12):
        for hour in range(60 + pump * 30 // 11):
            odd = 4.0 * (pump == 3 and 40 <= hour < 46)
            at, phase = np.datetime64("2026-01-01T00") + hour, hour / 3 + pump
            rows.append((f"pump-{pump}", at, np.sin(phase) + odd, 60 + 5 * np.cos(phase)))
    order = rng.permutation(len(rows))
    pump, hour, bar, heat = zip(*(rows[place] for place in order), strict=True)
    path = tmp_path_factory.mktemp("pumps") / "pumps.csv"
    noisy = np.array(bar) + 0.05 * rng.normal(size=len(bar))
    write_columns(path, {"pump": np.array(pump, dtype=object), "hour": np.array(hour), "bar": noisy, "heat": np.array(heat)})
    return path


def run(*words):
    assert main([*map(str, words)]) == 0


def said(capsys, *words):
    assert main([*map(str, words)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "Traceback" not in error
    return error


def test_windows_from_readings_and_back(readings, tmp_path):
    fitted = tmp_path / "run"
    run("fit", readings, "--time", "hour", "--series", "pump", "--windows", "20:5", "--latent-dim", 4, "--epochs", 20, "--out", fitted)
    assert load(fitted).channels == ("bar", "heat")
    run("encode", fitted, readings, "--out", tmp_path / "codes.csv")
    codes = read(tmp_path / "codes.csv").load()
    assert {"pump-0@0", "pump-0@5", "pump-11@70"} <= set(codes["id"])
    run("reconstruct", fitted, readings, "--out", tmp_path / "again.csv")
    again, given = (read(path).load() for path in (tmp_path / "again.csv", readings))
    assert sorted(zip(again["pump"], again["hour"], strict=True)) == sorted(zip(given["pump"], given["hour"], strict=True))
    order = [np.lexsort((table["hour"].astype(str), table["pump"].astype(str))) for table in (again, given)]
    rebuilt, heat = (table["heat"][rows].astype(float) for table, rows in zip((again, given), order, strict=True))
    assert np.sqrt(np.mean((rebuilt - heat) ** 2)) < 0.5 * heat.std()
    run("detect", fitted, readings, "--out", tmp_path / "odd.csv", "--contamination", 0.03)
    odd = read(tmp_path / "odd.csv").load()
    found = odd["odd"] == "1"
    assert all(name.startswith("pump-3@") for name in odd["id"][found])
    assert any(most.startswith("bar at 2026-01-02T1") for most in odd["most"][found])
    run("evaluate", fitted, readings)
    run("interpolate", fitted, "pump-0@0", "pump-1@0", "--steps", 3, "--out", tmp_path / "way.npy")
    assert np.load(tmp_path / "way.npy").shape == (3, 20, 2)
    run("sample", fitted, "-n", 2, "--out", tmp_path / "new.parquet")
    assert list(read(tmp_path / "new.parquet").load()) == ["pump", "hour", "bar", "heat"]


def test_sequences_of_any_length_from_readings_and_back(readings, tmp_path):
    fitted = tmp_path / "run"
    run("fit", readings, "--time", "hour", "--series", "pump", "--hidden", 8, "--network", "recurrent", "--epochs", 2, "--out", fitted)
    run("encode", fitted, readings, "--out", tmp_path / "codes.csv")
    assert len(read(tmp_path / "codes.csv")) == 12
    run("reconstruct", fitted, readings, "--out", tmp_path / "again.csv")
    assert len(read(tmp_path / "again.csv")) == len(read(readings))
    run("evaluate", fitted, readings, "--json")
    run("detect", fitted, readings, "--out", tmp_path / "odd.csv", "--contamination", 0.1)
    odd = read(tmp_path / "odd.csv").load()
    assert "pump-3" in odd["id"][odd["odd"] == "1"]


def test_random_codes_of_sequences_are_reported_too(readings, tmp_path):
    fitted = tmp_path / "run"
    run("fit", readings, "--time", "hour", "--series", "pump", "--variant", "variational", "--epochs", 2, "--out", fitted)
    assert "nats from the prior" in (fitted / "report.html").read_text(encoding="utf-8")


def test_one_long_array_is_compared_on_its_last_steps(tmp_path):
    np.save(tmp_path / "long.npy", np.sin(np.arange(600)[:, None] / 7 + [0, 1]).astype(np.float32))
    asked = ("--variants", "pca,basic", "--latent-dim", 2, "--epochs", 2, "--out", tmp_path / "page")
    run("compare", tmp_path / "long.npy", "--windows", 30, *asked)
    assert (tmp_path / "page" / "report.html").exists()


def test_the_windows_of_a_series_are_held_out_together():
    long = CutRows(Windows(8, 1).fit(np.zeros((100, 1)) + np.arange(100)[:, None]), [np.zeros((100, 1))], "x", ["a"])
    assert len(set(long.groups.tolist())) == 10 and (np.diff(long.groups) >= 0).all()
    many = CutRows(Windows(8).fit(np.arange(100.0)[:, None]), [np.zeros((10, 1))] * 12, "x", list("abcdefghijkl"))
    assert many.groups.tolist() == many.of.tolist()


def test_bad_series_are_said_in_a_line(readings, tmp_path, capsys):
    asked = ("fit", readings, "--out", tmp_path / "run")
    assert "--series" in said(capsys, *asked, "--time", "hour", "--windows", "20")
    assert "fewer than a window of 80" in said(capsys, *asked, "--time", "hour", "--series", "pump", "--windows", "80")
    assert "64:16" in said(capsys, *asked, "--time", "hour", "--series", "pump", "--windows", "20:5:3")
    assert "give --windows" in said(capsys, "compare", readings, "--time", "hour", "--series", "pump")
    assert not (tmp_path / "run" / "config.json").exists()
