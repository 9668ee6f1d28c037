"""The benchmarks run in the project's own environment, and their tables say what they must."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.data import strokes
from benchmarks.machine import steady
from benchmarks.measures import cross_entropy, squared_error
from benchmarks.networks import Dense, Task, operations
from benchmarks.table import comparison, ratio


def bench(out, *words):
    """Run ``python -m benchmarks`` where no data are; return what it says that it runs."""
    done = subprocess.run([sys.executable, "-m", "benchmarks", *words, "--quick", "--out", str(out)], check=True, capture_output=True,
                          cwd=Path(__file__).parents[1], env={**os.environ, "ISTHMUS_DATA": str(out)}, text=True)  # fmt: skip
    return done.stderr


def test_isthmus_beside_plain_pytorch(tmp_path):
    words = ("conv", "--only", "isthmus,pytorch")
    assert bench(tmp_path, *words).count("round 1") == 2
    assert not bench(tmp_path, *words), "what is there is not run again"
    found = json.loads((tmp_path / "quick" / "results.json").read_text())["workloads"]["conv"]
    for (result,) in found.values():
        assert result["samples_per_second"] > 0 and result["peak_mib"] > 0 and 0 < result["cross_entropy"] < 784
    page = (tmp_path / "quick" / "results.md").read_text()
    assert "drawn strokes" in page and "| pytorch |" in page


def result(rate, loss, round=0, **more):
    return {"samples_per_second": rate, "squared_error": loss, "round": round, "precision": "float32", **more}


def test_a_speed_at_a_worse_loss_does_not_count():
    assert ratio([result(30, 1.0)], [result(20, 1.0)], "squared_error") == "1.50"
    assert ratio([result(30, 1.2)], [result(20, 1.0)], "squared_error") == "(1.50)"
    assert ratio([result(30, 1.0)], [result(20, 1.0, disturbed=True)], "squared_error") == "~1.50"
    rounds = [result(30, 1.0), result(10, 1.0, round=1)], [result(10, 1.0), result(5, 1.0, round=1)]
    assert ratio(*rounds, "squared_error") == "2.50", "each round's own ratio, then the median"


def test_absent_peers_are_shown():
    found = {"isthmus": [result(30, 1.0)], "pythae": [{"absent": "not installed"}], "products-float32": [result(60, 1.0)]}
    table = comparison(found, {}, "squared_error", 1e9)
    assert "| pythae | not installed |" in table and "50 %" in table and "60 GFLOP/s" in table


def test_disturbed_epochs_are_left_out():
    quiet, noisy = {"seconds": 1.0, "others": 0.0}, {"seconds": 5.0, "others": 3.0}
    assert steady([quiet, quiet, noisy]) == (1.0, False) and steady([noisy, noisy, quiet]) == (1.0, True)
    assert steady([noisy]) == (5.0, True)


def test_products_are_counted_as_a_step_does_them():
    task = Task(Dense((6, 4, 2)), batch=10, rows=10, epochs=1)
    layers = 6 * 4 + 4 * 2 + 2 * 4 + 4 * 6
    assert operations(task.training_products()) == 2 * 10 * (3 * layers - 6 * 4)


def test_measures(rng):
    x = rng.random((5, 7))
    assert squared_error(x, x) == 0 and squared_error(x, x + 1) == pytest.approx(7)
    assert cross_entropy(x, x) < cross_entropy(x, np.full_like(x, 0.5)) == pytest.approx(7 * np.log(2))


def test_drawn_strokes_are_pictures():
    pictures = strokes(20, seed=0)
    assert pictures.shape == (20, 784) and pictures.max() > 200 and 0.3 < (pictures < 20).mean() < 0.95
    assert len(np.unique(pictures, axis=0)) == 20
