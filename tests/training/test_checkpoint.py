"""Checkpoints that are cut, foreign or another run's."""

import errno
import itertools
import json
import os

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from isthmus import Masking, Training
from isthmus.errors import FileError, InputError, RunError
from isthmus.training.checkpoint import Checkpoint
from variants import estimator, items, quietly

FILE = "state.safetensors"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    quietly(estimator("free", checkpoint=str(folder)).fit, items())
    return (folder / FILE).read_bytes()


def test_a_checkpoint_cut_anywhere_is_refused(whole, tmp_path):
    header = int.from_bytes(whole[:8], "little") + 8
    cuts = {*range(16), header - 1, header, header + 1, len(whole) - 1, *range(16, len(whole), len(whole) // 150)}
    model = estimator("free", checkpoint=str(tmp_path))
    for cut in sorted(cuts):
        (tmp_path / FILE).write_bytes(whole[:cut])
        with pytest.raises(RunError, match=r"state\.safetensors is damaged .*; remove it to train from the start") as error:
            quietly(model.fit, items())
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("metadata", [None, {}, {"plain": "{"}, {"plain": "{}", "fingerprint": "{}"}, {"fingerprint": "[]", "plain": "1"}])
def test_a_foreign_file_is_refused(metadata, tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / FILE, metadata)
    with pytest.raises(InputError, match="is damaged|belongs to other data or settings"):
        quietly(estimator("free", checkpoint=str(tmp_path)).fit, items())


@pytest.mark.parametrize("left_out", ["generator/cpu", "model/", "model/units"])
def test_a_checkpoint_that_lacks_something_is_refused(left_out, whole, tmp_path):
    (tmp_path / FILE).write_bytes(whole)
    with safe_open(tmp_path / FILE, "pt") as file:
        metadata, kept = file.metadata(), {k: file.get_tensor(k) for k in file.keys() if not k.startswith(left_out)}  # noqa: SIM118
    save_file(kept, tmp_path / FILE, metadata)
    with pytest.raises(RunError, match="is damaged"):
        quietly(estimator("free", checkpoint=str(tmp_path)).fit, items())


@pytest.mark.parametrize(("change", "said"), [
    (lambda model, X: (model.set_params(random_state=1), X), "random_state was 0, is 1"),
    (lambda model, X: (model.set_params(random_state=None), X), "random_state was 0, is "),
    (lambda model, X: (model.set_params(n_components=4), X), "n_components was 3, is 4"),
    (lambda model, X: (model.set_params(corruption=Masking(0.4)), X), r"parts was .*0\.3.*, is .*0\.4"),
    (lambda model, X: (model.set_params(training__epochs=5), X), "epochs was 2, is 5. Give"),
    (lambda model, X: (model, X[1:]), "data was 24x6 .*, is 23x6"),
    (lambda model, X: (model, X.astype(np.float64)), "data was .*float32.*, is .*float64"),
])  # fmt: skip
def test_another_runs_checkpoint_says_what_differs(change, said, whole, tmp_path):
    (tmp_path / FILE).write_bytes(whole)
    model, X = change(estimator("free", checkpoint=str(tmp_path)), items())
    with pytest.raises(InputError, match=f"belongs to other data or settings: {said}"):
        quietly(model.fit, X)
    assert (tmp_path / FILE).read_bytes() == whole


def test_a_full_disk_is_one_line_and_leaves_the_last_state(whole, tmp_path, monkeypatch):
    (tmp_path / FILE).write_bytes(whole)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match=r"state\.safetensors: the disk is full; free some space"):
        Checkpoint(str(tmp_path), "{}").write({}, {})
    assert [path.name for path in tmp_path.iterdir()] == [FILE] and (tmp_path / FILE).read_bytes() == whole


def test_writing_takes_a_small_share_of_the_time(tmp_path, monkeypatch):
    clock = itertools.count(0.0, 0.01)  # every look at the clock is a hundredth of a second later
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    checkpoint, writes = Checkpoint(str(tmp_path), json.dumps({})), 0
    for _ in range(1000):
        if checkpoint.due():
            checkpoint.write({}, {})
            writes += 1
    assert 20 < writes < 40
    assert not Checkpoint(None, "{}").due() and Checkpoint(None, "{}").read() is None
    assert Training().checkpoint is None


def test_what_a_run_no_longer_has_is_named(tmp_path):
    model = estimator("plain", checkpoint=str(tmp_path))
    quietly(lambda: model.fit(items(), condition=["x", "y"] * 12))
    with pytest.raises(InputError, match=r"condition was .*, is None"):
        model.fit(items())
