"""A fit that is killed or stopped goes on with --resume and ends with the same bytes as one that never stopped."""

import os
import signal
import subprocess
import sys
import time

import pytest

FIT = [sys.executable, "-m", "isthmus", "fit", "digits", "--variant", "denoising", "--latent-dim", "2", "--epochs", "40",
       "--batch-size", "64"]  # fmt: skip


def begin(out, *more):
    return subprocess.Popen([*FIT, "--out", str(out), *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip


def stop(process, out, how):
    state, deadline = out / "checkpoint" / "state.safetensors", time.monotonic() + 120
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(how)
    said, _ = process.communicate(timeout=120)
    assert process.returncode != 0, said
    return said


def end(process):
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The weights of a fit that was not interrupted."""
    out = tmp_path_factory.mktemp("whole") / "run"
    end(begin(out))
    return (out / "weights.safetensors").read_bytes()


def test_a_killed_fit_resumes_to_the_same_bytes(tmp_path, whole):
    out = tmp_path / "run"
    stop(begin(out), out, signal.SIGKILL)
    assert not (out / "config.json").exists()
    end(begin(out, "--resume"))
    assert (out / "weights.safetensors").read_bytes() == whole
    assert not (out / "checkpoint").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_keeps_a_run_that_can_be_used_and_resumed(how, tmp_path, whole):
    out = tmp_path / "run"
    said = stop(begin(out), out, how)
    assert "--resume" in said and "Traceback" not in said
    info = subprocess.run([sys.executable, "-m", "isthmus", "info", str(out)], capture_output=True, text=True)
    assert info.returncode == 0 and "interrupted" in info.stdout
    end(begin(out, "--resume"))
    assert (out / "weights.safetensors").read_bytes() == whole


def test_resuming_with_other_settings_is_refused_by_name(tmp_path):
    out = tmp_path / "run"
    stop(begin(out), out, signal.SIGKILL)
    other = begin(out, "--resume", "--learning-rate", "0.01")
    said, _ = other.communicate(timeout=120)
    assert other.returncode == 1 and "learning_rate" in said
