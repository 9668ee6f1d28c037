"""The shape checker itself finds a wrong shape, so that the suite's other tests mean something."""

import pytest
import torch

from isthmus import Dense, GaussianCode


def test_a_wrong_rank_is_found():
    with pytest.raises(TypeError, match="batch width"):
        GaussianCode()(torch.zeros(4), draw=False)


def test_a_size_that_disagrees_is_found():
    from isthmus.networks.dense import DenseDecoder
    decoder = Dense((3,)).assemble((5,), 2, 2, "linear").decoder
    assert isinstance(decoder, DenseDecoder)
    with pytest.raises(TypeError, match="decoded"):
        decoder.start_at(torch.zeros(5).tolist())
