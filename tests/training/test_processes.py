"""Several processes learn what one does."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from fit_everywhere import learnt

from isthmus import ranks
from isthmus.errors import InputError

TESTS = Path(__file__).parents[1]


def torchrun(*words):
    """Run a command in two processes that talk by gloo; return what it said."""
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *map(str, words)]
    return subprocess.run(launcher, env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}, capture_output=True,
                          text=True, timeout=120)  # fmt: skip


def test_two_processes_learn_what_one_does(tmp_path):
    said = torchrun(Path(__file__).with_name("fit_everywhere.py"), tmp_path / "two.npz")
    assert said.returncode == 0, said.stderr
    one, two = learnt(str(tmp_path / "one")), np.load(tmp_path / "two.npz")
    assert set(one) == set(two.files)
    for name, array in one.items():
        np.testing.assert_allclose(two[name], array, rtol=2e-4, atol=2e-5, err_msg=name)


def test_alone_the_whole_batch_is_ours():
    assert (ranks.count(), ranks.number(), ranks.part(7), ranks.agree(0.1)) == (1, 0, slice(0, 7), 0.1)
    x = torch.rand(5, 3)
    with ranks.batch_of(5), ranks.together():
        assert torch.equal(ranks.mean(x), x.mean(0)) and ranks.extremes(x) == (x.min(), x.max())
        assert ranks.normal(x).shape == ranks.uniform(x).shape == x.shape and ranks.totals([1.0, 2.0]) == [1.0, 2.0]


def test_processes_that_cannot_meet_are_named(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="the processes of WORLD_SIZE=2 cannot be joined .* start them with torchrun"), ranks.together():
        pass
