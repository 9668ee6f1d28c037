"""What the README prints runs as it stands: every command and the Python example (with few updates, to be quick)."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.files import write_sound
from isthmus.training import settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].strip() for line in README.splitlines() if line.startswith("isthmus ")]

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


@pytest.fixture
def few_updates(tmp_path, monkeypatch):
    """An empty working folder with the files that the README takes for granted, and short fits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "_STEPS", 30)
    rng = np.random.default_rng(0)
    np.savez("images.npz", x_train=rng.integers(0, 256, (80, 8, 8), np.uint8), x_test=rng.integers(0, 256, (20, 8, 8), np.uint8))
    np.save("vectors.npy", rng.normal(size=(400, 4)) @ rng.normal(size=(4, 24)))
    rows = [f"{rng.integers(18, 90) if n % 9 else ''},{('Rome', 'Oslo', 'Paris')[n % 3]},2021-03-{1 + n % 28:02d}" for n in range(90)]
    for folder, count in (("posts", 60), ("newer-posts", 12)):
        for n in range(count):
            kind = Path(folder, ("sea", "space")[n % 2])
            kind.mkdir(parents=True, exist_ok=True)
            words = ("ship harbour storm anchor sail", "rocket moon orbit comet probe")[n % 2].split()
            (kind / f"{n}.txt").write_text(" ".join(rng.choice(words, 9)))
    hours = [f"{hour},pump-{pump},{np.sin(hour / 4 + pump):.3f}" for pump in range(3) for hour in range(100)]
    Path("pumps.csv").write_text("\n".join(["hour,pump,bar", *hours]) + "\n")
    for name, pitch in (("ann", 210), ("bob", 110)):
        for number in range(2):
            write_sound(f"voices/{name}/{number}.wav", [sung(pitch + 9 * number, 1.2)], 16000)
    for number in range(12):
        write_sound(f"notes/{number}.wav", [sung(220 + number, 0.3)], 16000)
    for name in ("hello", "flute", "cello"):
        write_sound(f"{name}.wav", [sung(200 + 10 * len(name), 1.4)], 16000)
    Path("customers.csv").write_text("\n".join(["age,city,joined", *rows]) + "\n")


def sung(pitch, seconds):
    t = np.arange(round(16000 * seconds)) / 16000
    return sum(np.sin(2 * np.pi * pitch * k * (t + 0.005 * np.sin(5 * t))) * (1 + np.sin(3 * t + k)) / k for k in range(1, 20)) / 8


def test_every_command_runs(few_updates, capsys):
    assert len(COMMANDS) > 12
    for command in COMMANDS:
        words = shlex.split(command)[1:]
        if words[0] == "compare" and not {"--pretraining", "--bytes"} & set(words):
            words += ["--variants", "pca,basic,variational"]
        assert main(words) == 0, f"{command}\n{capsys.readouterr().err}"


def test_the_python_examples_run(few_updates):
    first, told, labelled, beats, found, growing = ({} for _ in range(6))
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    for code, names in zip(blocks, (first, told, labelled, beats, found, growing), strict=True):
        exec(compile(code, "README.md", "exec"), names)
    assert first["codes"].shape == (1797, 8) and first["new"].shape == (16, 8, 8)
    assert (first["same"].transform(first["X"]) == first["codes"]).all()
    assert told["sevens"].shape == (5, 64) and told["way"].shape == (9, 64) and told["log_likelihoods"].shape == (10,)
    assert labelled["stack"].transform(labelled["X"]).shape == (1797, 8) and labelled["accuracy"] > 0.6
    assert beats["odd"].sum() == 4 and [len(one) for one in beats["whole"]] == [40] * 200 and beats["when"].shape == (200, 40, 1)
    assert [len(item) for item in beats["again"]] == [len(item) for item in beats["ragged"]]
    assert found["names"].shape == (297, 5) and found["figures"]["precision_at_10"] > 0.5
    assert len(growing["growing"].history_) == 3


def test_the_readme_needs_only_two_commands():
    makefile = (Path(__file__).parents[1] / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"make {target}" in README and re.search(rf"^{target}:", makefile, re.MULTILINE)
