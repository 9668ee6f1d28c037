"""The published numbers, on the real data: minutes each, so that `make test-slow` runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")]


def test_mnist_beside_pca(shared_data, capsys):
    parts = [f"{shared_data / 'mnist.npz'}:{part}" for part in ("x_train", "x_test")]
    words = ["--latent-dim", "32", "--variants", "pca,linear,logistic-pca,basic", "--json"]
    assert main(["compare", parts[0], "--test", parts[1], *words]) == 0
    errors = {row["variant"]: row["squared_error"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert errors["pca"] == pytest.approx(13.193, abs=0.001)  # measured by NumPy's own decomposition
    assert errors["linear"] == pytest.approx(errors["pca"], rel=0.001)
    assert errors["basic"] < 4.0 and errors["logistic-pca"] < 8.01  # published for 30 components


def test_the_keras_blog_in_short(shared_data, tmp_path):
    command = [sys.executable, "-m", "reproductions.keras_blog", "--quick", "--data", str(shared_data / "mnist.npz")]
    root = Path(__file__).parents[1]
    subprocess.run([*command, "--out", str(tmp_path)], check=True, cwd=root, capture_output=True, text=True)
    found = {path.stem[:-2]: json.loads(path.read_text()) for path in (tmp_path / "quick").glob("*.json")}
    assert set(found) == {"simple", "l1", "topk", "deep", "conv", "denoise", "vae"}
    assert found["simple"]["cross_entropy"] < 0.115 and found["deep"]["cross_entropy"] < 0.11
    assert found["topk"]["l0"] <= 27 and found["l1"]["l0"] < found["simple"]["l0"] and found["denoise"]["ratio"] < 0.9
    assert (tmp_path / "quick" / "variational_plane.png").stat().st_size > 10_000
