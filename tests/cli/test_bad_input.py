"""Data as they should not be: each gives one clear line with exit code 1, and nothing half-written."""

import errno
import os
import zipfile

import numpy as np
import pytest
from PIL import Image

from isthmus.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")

QUICK = ("--epochs", "1", "--latent-dim", "2")


def numbers(n=30, d=5):
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


def spoilt(value):
    rows = numbers()
    rows[3, 2] = value
    return rows


def array(rows):
    return lambda path: np.save(path, rows, allow_pickle=rows.dtype == object)


def text(content):
    return lambda path: path.write_text(content)


def archive(path):
    np.savez(path, x=numbers(), odd=np.array([{}], dtype=object))


def pictures(*sizes, broken=False):
    def write(path):
        path.mkdir()
        for number, size in enumerate(sizes):
            Image.new("L", size, 10 * number).save(path / f"{number}.png")
        if broken:
            whole = (path / "1.png").read_bytes()
            (path / "1.png").write_bytes(whole[: len(whole) // 2])

    return write


def listless(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("notes.txt", "no picture")


words = "a man walked down the long road to the sea and".split()
STORY = "\n".join(["age,story", *(f"{i},{' '.join(np.random.default_rng(i).permutation(words))} {i}" for i in range(40))])

BAD = {
    "infinity": ("x.npy", array(spoilt(np.inf)), "x.npy", ("infinity",)),
    "nan": ("x.npy", array(spoilt(np.nan)), "x.npy", ("NaN", "mask")),
    "empty": ("x.npy", array(numbers(0)), "x.npy", ("x.npy holds no items",)),
    "empty file": ("x.csv", text(""), "x.csv", ("empty",)),
    "header only": ("x.csv", text("a,b\n"), "x.csv", ("x.csv", "no rows")),
    "one row": ("x.npy", array(numbers(1)), "x.npy", ("1 ",)),
    "constant": ("x.npy", array(np.ones((30, 4))), "x.npy", ("the same value everywhere", "nothing to encode")),
    "free text": ("x.csv", text(STORY), "x.csv", ("story", "--drop")),
    "ragged": ("x.csv", text("a,b\n1,2\n3\n4,5\n"), "x.csv", ("x.csv, line 3", "expected 2 cells")),
    "broken png": ("pngs", pictures((8, 8), (8, 8), (8, 8), broken=True), "pngs", ("1.png",)),
    "mixed sizes": ("pngs", pictures((8, 8), (9, 8)), "pngs", ("1.png", "--image-size")),
    "no pictures": ("pngs", pictures(), "pngs", ("pngs",)),
    "no pictures in zip": ("x.zip", listless, "x.zip", ("x.zip",)),
    "unknown key": ("x.npz", archive, "x.npz:y", ("x.npz", "odd", "x")),
    "pickled": ("x.npz", archive, "x.npz:odd", ("x.npz", "pickle")),
    "objects": ("x.npy", array(np.array([{}, None] * 4, dtype=object)), "x.npy", ("x.npy", "pickle")),
    "no npy": ("x.npy", text("hello"), "x.npy", ("x.npy",)),
    "unknown kind": ("x.xlsx", text("hello"), "x.xlsx", ("x.xlsx", ".csv")),
    "vanished": ("y.npy", array(numbers()), "x.npy", ("x.npy", "no such file")),
    "words": ("x.npy", array(np.array([["a", "b"]] * 9)), "x.npy", ("x.npy",)),
    "complex": ("x.npy", array(numbers() + 1j), "x.npy", ("x.npy",)),
}  # fmt: skip


@pytest.mark.parametrize("verb", ["fit", "compare"])
@pytest.mark.parametrize("case", BAD)
def test_bad_data_are_refused_in_one_line(case, verb, tmp_path, capsys):
    name, make, data, said = BAD[case]
    make(tmp_path / name)
    there = sorted(tmp_path.rglob("*"))
    assert main([verb, str(tmp_path / data), *QUICK, "--out", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    errors = [line for line in err.splitlines() if line.startswith("isthmus: ")]
    assert out == "" and len(errors) == 1 and "Traceback" not in err
    assert all(part in errors[0] for part in said), errors[0]
    assert sorted(tmp_path.rglob("*")) == there


def test_a_constant_column_among_others_is_no_harm(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.c_[numbers(), np.full(30, 7.0)])
    assert main(["fit", str(tmp_path / "x.npy"), *QUICK, "--out", str(tmp_path / "out")]) == 0


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fitted")
    np.save(folder / "x.npy", numbers())
    assert main(["fit", str(folder / "x.npy"), *QUICK, "--out", str(folder / "run")]) == 0
    return folder / "run"


def test_the_wrong_number_of_columns_is_told(run_folder, tmp_path, capsys):
    np.save(tmp_path / "x.npy", numbers(d=4))
    assert main(["encode", str(run_folder), str(tmp_path / "x.npy"), "--out", str(tmp_path / "h.npy")]) == 1
    err = capsys.readouterr().err
    assert "4 features" in err and "expecting 5" in err and not (tmp_path / "h.npy").exists()


def test_an_output_that_exists_is_kept_unless_told_otherwise(run_folder, tmp_path, capsys):
    (tmp_path / "new.npy").write_text("precious")
    command = ["sample", str(run_folder), "-n", "3", "--out", str(tmp_path / "new.npy")]
    assert main(command) == 1 and "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "new.npy").read_text() == "precious"
    assert main([*command, "--overwrite"]) == 0 and np.load(tmp_path / "new.npy").shape == (3, 5)


@pytest.mark.parametrize("name", ["h.npy", "h.csv", "h.parquet"])
def test_a_full_disk_is_told_and_leaves_nothing(run_folder, tmp_path, capsys, monkeypatch, name):
    np.save(tmp_path / "x.npy", numbers())

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert main(["encode", str(run_folder), str(tmp_path / "x.npy"), "--out", str(tmp_path / name)]) == 1
    assert "the disk is full" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


def test_what_nobody_foresaw_is_one_line_too(run_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("isthmus.run.Run.sample", lambda *_: 1 / 0)
    command = ["sample", str(run_folder), "--out", str(tmp_path / "new.npy")]
    assert main(command) == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err and "--debug" in err and "Traceback" not in err
    with pytest.raises(ZeroDivisionError):
        main([*command, "--debug"])
