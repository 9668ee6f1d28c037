"""A run holds all that it needs, wherever and in whatever order it is used."""

import json

import numpy as np
import pytest
from PIL import Image

from isthmus.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of pictures of two sizes, and a run on them at a third."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "mixed").mkdir()
    for number in range(12):
        Image.new("L", (9, 8) if number % 2 else (12, 12), 20 * number).save(folder / "mixed" / f"{number:02d}.png")
    words = ["--image-size", "6", "5", "--epochs", "1", "--validation", "0"]
    assert main(["fit", str(folder / "mixed"), *words, "--out", str(folder / "run")]) == 0
    return folder


def test_a_run_keeps_the_size_of_its_images(pictures, tmp_path):
    run, data = str(pictures / "run"), str(pictures / "mixed")
    assert main(["encode", run, data, "--out", str(tmp_path / "h.npy")]) == 0
    assert main(["reconstruct", run, data, "--out", str(tmp_path / "r.npy")]) == 0
    assert main(["evaluate", run, data]) == 0
    assert np.load(tmp_path / "h.npy").shape == (12, 2) and np.load(tmp_path / "r.npy").shape == (12, 6, 5)


def test_the_ends_of_a_path_are_files_ids_or_rows_from_any_folder(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, (a, b) in enumerate([("03.png", "7"), (str(pictures / "mixed" / "04.png"), "0")]):
        assert main(["interpolate", str(pictures / "run"), a, b, "--steps", "3", "--out", f"new/{number}.npy"]) == 0
        assert np.load(f"new/{number}.npy").shape == (3, 6, 5)


def test_labels_are_read_off_the_codes_in_any_order(tmp_path, capsys):
    centres = np.repeat(np.eye(4, 6) * 20, 50, axis=0)  # sorted by class
    np.save(tmp_path / "x.npy", centres + np.random.default_rng(0).normal(size=centres.shape))
    np.save(tmp_path / "y.npy", np.repeat(np.arange(4), 50))
    x, y, out = (str(tmp_path / name) for name in ("x.npy", "y.npy", "run"))
    assert main(["fit", x, "--out", out, "--epochs", "30"]) == 0
    capsys.readouterr()
    assert main(["evaluate", out, x, "--labels", y, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["neighbour_accuracy"] > 0.9


def test_a_training_that_diverges_leaves_nothing(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(60, 4)))
    words = ["fit", str(tmp_path / "x.npy"), "--epochs", "2", "--out", str(tmp_path / "run")]
    assert main([*words, "--learning-rate", "1e30"]) == 1
    assert "try 0.001" in capsys.readouterr().err and not (tmp_path / "run").exists()
    assert main(words) == 0


def test_a_network_beyond_the_memory_is_refused(tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(60, 4)))
    words = ["fit", str(tmp_path / "x.npy"), "--latent-dim", str(10**12), "--out", str(tmp_path / "run")]
    assert main(words) == 1 and "GiB to train" in capsys.readouterr().err and not (tmp_path / "run").exists()


@pytest.mark.parametrize("flags", [["--hidden", "5"], ["--variant", "sparse"], ["--penalty", "l1:1"]])
def test_a_config_is_not_contradicted(pictures, tmp_path, capsys, flags):
    words = ["fit", "digits", "--config", str(pictures / "run" / "config.json"), "--out", str(tmp_path / "run")]
    assert main([*words, *flags]) == 1 and "--config holds" in capsys.readouterr().err
