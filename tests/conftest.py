"""One thread a test worker: the suite's networks are small, and workers share the processor."""

import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def shared_data():
    """The folder of real data that may not be shipped; without it the test is skipped, saying so."""
    folder = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data are not here ({folder}); set ISTHMUS_DATA to their folder")
    return folder


@pytest.fixture
def rng():
    return np.random.default_rng(0)
