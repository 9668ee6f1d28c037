"""Streams: every row once, resumed to the same bytes, mixed well, at bounded memory."""

import functools
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.files import FileRows, RowStream, rows
from isthmus.training import buffers
from isthmus.training.batches import Batches, blocks, spread_rows
from test_laws import Crash, alike, every_step, outputs, same, stopped_and_resumed  # noqa: F401
from variants import estimator, items, quietly


class Counted:
    """A stream over an array that notes what is read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.most, self.reads = array, array.shape, array.dtype, 0, 0

    def read(self, start, stop):
        assert 0 <= start < stop <= len(self.array)
        self.most, self.reads = max(self.most, stop - start), self.reads + 1
        return self.array[start:stop].copy()


@pytest.fixture
def small(monkeypatch):
    """Sizes at which a few rows are many."""
    shrink(monkeypatch)


def xs(batches):
    """Return the batches' rows."""
    return [batch.x for batch in batches]


def shrink(monkeypatch, block=64, buffer=512):
    monkeypatch.setattr(rows, "_LARGE", 100)
    monkeypatch.setattr(buffers, "_BLOCK", block)
    monkeypatch.setattr(buffers, "_BUFFER", buffer)


@settings(deadline=None)
@given(n=st.integers(1, 300), held=st.integers(0, 40), size=st.integers(1, 70), seed=st.integers(0, 99), start=st.integers(0, 9))
def test_a_stream_covers_every_row_once_and_resumes_anywhere(n, held, size, seed, start):
    out = np.sort(np.random.default_rng(seed).permutation(n + held)[:held])
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        batches = Batches(Counted(np.arange(n + held)[:, None]), buffers.Others(n + held, out), size)
        shuffled = xs(batches.shuffled(seed))
        again = xs(batches.shuffled(seed, min(start, len(batches))))
    kept = np.setdiff1d(np.arange(n + held), out)
    assert sorted(torch.cat(shuffled).ravel().tolist()) == kept.tolist() == torch.cat(xs(batches.in_order())).ravel().tolist()
    assert {len(batch) for batch in shuffled} == {len(part) for part in np.array_split(kept, len(batches))}
    assert all(torch.equal(a, b) for a, b in zip(again, shuffled[min(start, len(batches)) :], strict=True))


def test_what_was_trained_on_is_not_read_again(small):
    stream = Counted(np.arange(1000)[:, None])
    batches = Batches(stream, None, 8)
    list(batches.shuffled(0, len(batches) - 1))
    assert stream.reads <= 64  # one buffer of the sixteen


@pytest.mark.parametrize("seed", range(3))
def test_sorted_rows_are_mixed(seed, monkeypatch):
    shrink(monkeypatch, block=8 * 16, buffer=8 * 16 * 256)  # 256 blocks a buffer, as in the product
    labels = np.repeat(np.arange(10), 2000)[:, None]
    shares = [np.bincount(batch.ravel(), minlength=10) / len(batch) for batch in xs(Batches(Counted(labels), None, 200).shuffled(seed))]
    spread = np.std(shares)
    drawn = np.sqrt(0.1 * 0.9 / 200)  # of a batch drawn from all rows
    assert spread < 1.6 * drawn and np.abs(np.array(shares) - 0.1).max() < 0.15
    runs = [np.diff(batch.ravel().numpy()).astype(bool).mean() for batch in xs(Batches(Counted(labels), None, 200).shuffled(seed))]
    assert np.mean(runs) == pytest.approx(0.9, abs=0.02)  # neighbours in a batch differ as often as two rows at random


@pytest.mark.parametrize("kind", [Counted, np.asarray, sp.csr_array])
def test_what_is_known_of_a_row_stays_beside_it(kind, small):
    X = np.arange(200.0)[:, None]
    batches = Batches(kind(X), np.arange(10, 190), 7, condition=np.arange(200) * 3)
    for batch in [*batches.shuffled(0), *batches.in_order()]:
        assert torch.equal(batch.condition, batch.x.ravel() * 3)


def test_two_epochs_and_two_seeds_differ(small):
    batches = Batches(Counted(np.arange(100)[:, None]), None, 10)
    one, two, again = (torch.cat(xs(batches.shuffled(seed))) for seed in (0, 1, 0))
    assert torch.equal(one, again) and not torch.equal(one, two)


def test_memory_is_that_of_two_buffers(monkeypatch):
    class Endless:
        dtype = np.dtype(np.float32)

        def __init__(self, n):
            self.shape = (n, 64)

        def read(self, start, stop):
            return np.zeros((stop - start, 64), np.float32)

    shrink(monkeypatch, block=2**12, buffer=2**20)

    def peak(n):
        tracemalloc.start()
        for _ in Batches(Endless(n), buffers.Others(n, np.arange(0, n, 1000)), 100).shuffled(0):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    # The least of some, since how far reading is ahead is the threads' turn.
    peaks = [min(peak(n) for _ in range(3)) for n in (20_000, 80_000)]
    assert max(peaks) < 4 * 2**20 and peaks[1] < 1.2 * peaks[0]


@given(n=st.integers(1, 50), data=st.data())
def test_others_are_the_complement(n, data):
    without = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1)))), dtype=int)
    others, kept = buffers.Others(n, without), np.setdiff1d(np.arange(n), without)
    first = data.draw(st.integers(0, n))
    assert len(others) == len(kept) and others[:].tolist() == kept.tolist() and others[first:].tolist() == kept[first:].tolist()


@pytest.mark.parametrize("make", [np.asfortranarray, lambda x: x[::-1], sp.csr_array, Counted,
                                  lambda x: np.ascontiguousarray(x[:, ::-1])[:, ::-1],
                                  lambda x: np.broadcast_to(x, x.shape)])  # fmt: skip
def test_any_layout_gives_the_same_rows(make, small):
    X = np.arange(120.0).reshape(40, 3)
    data = make(X)
    batches = Batches(data, None, 7)
    rows_of = {tuple(row) for x in xs(batches.shuffled(0)) for row in x.tolist()}
    assert rows_of == {tuple(row) for row in X.tolist()}
    if isinstance(data, RowStream):
        assert np.array_equal(np.concatenate(list(blocks(data))), X) and np.array_equal(spread_rows(data, 4), spread_rows(X, 4))


@pytest.fixture
def mapped(tmp_path, small):
    """Rows in a memory map that counts as large."""
    np.save(tmp_path / "X.npy", items(n=90))
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def test_a_stream_trains_as_its_rows_do(mapped):
    make = functools.partial(estimator, "plain", epochs=3, batch_size=9, validation=6)
    streamed, whole = quietly(make().fit, mapped), quietly(make().fit, items(n=90))
    assert [row["validation_loss"] for row in streamed.history_] == pytest.approx(
        [row["validation_loss"] for row in whole.history_], rel=0.3)  # fmt: skip
    assert streamed.n_features_in_ == whole.n_features_in_ and streamed.input_dtype_ == whole.input_dtype_
    same(outputs(streamed, mapped), outputs(streamed, items(n=90)))
    alike(streamed, quietly(make().fit, Counted(items(n=90))))  # any stream of these rows


def test_a_streamed_epoch_resumes_in_its_middle(mapped, tmp_path, every_step):  # noqa: F811
    make = functools.partial(estimator, "free", epochs=2, batch_size=9, validation=6)
    whole = quietly(make().fit, mapped)
    for call in (1, 4, 9, 13):
        alike(whole, stopped_and_resumed(make, mapped, tmp_path / str(call), call, Crash()))


@pytest.mark.parametrize(("value", "message"), [(np.nan, "contains NaN .*row 57"), (np.inf, "contains infinity .*row 57; mend")])
def test_a_number_that_is_none_is_named_by_its_row(value, message, small):
    X = items(n=90)
    X[57, 3] = value
    for rows_ in (X, Counted(X)):
        with pytest.raises(InputError, match=message) as error:
            quietly(estimator("plain").fit, rows_)
        assert "\n" not in str(error.value)
    fitted = quietly(estimator("plain").fit, items())
    with pytest.raises(InputError, match="row 57"):
        fitted.transform(Counted(X))


@pytest.mark.parametrize(("shape", "message"), [((5,), "a stream must have rows"), ((1, 4), "2 rows"), ((0, 4), "a stream must")])
def test_a_stream_without_rows_is_refused(shape, message):
    with pytest.raises(InputError, match=message):
        estimator("plain").fit(Counted(np.zeros(shape)))


def test_slices_of_a_memory_map_are_read_where_they_lie(tmp_path):
    X = np.arange(600.0).reshape(100, 6)
    np.save(tmp_path / "X.npy", X)
    whole = np.load(tmp_path / "X.npy", mmap_mode="r")
    for part in (whole, whole[10:60], whole[10:60][5:]):
        start = int(part[0, 0]) // 6
        assert np.array_equal(FileRows.of(part).read(2, 9), X[start + 2 : start + 9])
    for other in (whole[::2], whole[:, 1:], X, np.load(tmp_path / "X.npy", mmap_mode="c")):
        assert FileRows.of(other) is None
