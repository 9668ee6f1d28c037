"""Series out of arrays and tables: rows in the order of time, one channel a column, clear words for all else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.errors import InputError
from isthmus.files import ArrayItems, TableItems, read, read_series
from isthmus.files.series import SeriesItems, parted


def table(**columns):
    kept = {name: np.array(column, dtype=object if isinstance(column[0], str) else None) for name, column in columns.items()}
    return TableItems("pumps.csv", len(next(iter(kept.values()))), lambda rows: iter([kept]))


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(lengths, seed):
    rng = np.random.default_rng(seed)
    series = [rng.normal(size=(length, 2)) for length in lengths]
    rows = [(name, time, *step) for name, steps in enumerate(series) for time, step in enumerate(steps.tolist())]
    shuffled = [rows[place] for place in rng.permutation(len(rows))]
    name, time, bar, flow = map(list, zip(*shuffled, strict=True))
    found = read_series(table(name=[f"pump {one}" for one in name], time=time, bar=bar, flow=flow), "time", "name")
    assert found.channels == ("bar", "flow") and len(found) == len(lengths)
    for pump, steps, times in zip(found.ids, found.load(), found.times, strict=True):
        np.testing.assert_array_equal(steps, series[int(pump.split()[1])])
        assert times.tolist() == list(range(len(steps)))


def test_numbers_order_steps_though_a_csv_gives_them_as_texts():
    assert read_series(table(at=["10", "9.5", "-1"], x=[3.0, 2.0, 1.0]), "at").load()[0].ravel().tolist() == [1.0, 2.0, 3.0]


def test_dates_order_steps_as_texts_and_as_dates():
    texts = ["2026-02-01", "2026-01-31T23:00", "2025-12-31"]
    for times in (texts, np.array(texts, dtype="datetime64[s]")):
        assert read_series(table(at=times, x=[3.0, 2.0, 1.0]), "at").load()[0].ravel().tolist() == [1.0, 2.0, 3.0]


def test_a_run_takes_its_channels_by_name():
    found = read_series(table(c=[5.0], b=[6.0], a=[7.0]), channels=("a", "b"))
    assert found.load()[0].tolist() == [[7.0, 6.0]]


def test_arrays_are_one_series_or_many():
    assert [steps.shape for steps in read_series(ArrayItems(np.zeros((7, 2)), "x")).load()] == [(7, 2)]
    assert [steps.shape for steps in read_series(ArrayItems(np.zeros((3, 7, 2)), "x")).load()] == [(7, 2)] * 3


@pytest.mark.parametrize(("columns", "names", "said"), [
    ({"t": [1.0, 1.0], "x": [1.0, 2.0]}, ("t", ""), "have the same t, 1.0; name what tells one series from another by --series"),
    ({"t": [1.0, 1.0], "s": ["a", "a"], "x": [1.0, 2.0]}, ("t", "s"), "the same t, 1.0 of series a; keep one"),
    ({"t": [1.0, np.nan], "x": [1.0, 2.0]}, ("t", ""), "row 1 has no t"),
    ({"t": ["noon", "night"], "x": [1.0, 2.0]}, ("t", ""), "neither numbers nor dates"),
    ({"s": ["a", "b"], "x": [1.0, 2.0]}, ("t", "s"), "--time t is no column"),
    ({"s": ["a", "b"], "x": ["low", "high"]}, ("", "s"), "leave it out with --drop x"),
    ({"s": ["a", "b"]}, ("", "s"), "nothing to learn from"),
])  # fmt: skip
def test_what_is_no_series_is_said(columns, names, said):
    with pytest.raises(InputError, match=said):
        read_series(table(**columns), *names)


def test_what_cannot_be_series_is_said():
    with pytest.raises(InputError, match="columns of a table"):
        read_series(read("digits"), "t")
    with pytest.raises(InputError, match="holds no series"):
        read_series(ArrayItems(np.zeros((2, 3, 4, 5)), "x"))
    with pytest.raises(InputError, match="2 numbers a step, where the run has 3"):
        read_series(ArrayItems(np.zeros((9, 2)), "x"), channels=("a", "b", "c"))


@given(lengths=st.lists(st.integers(5, 30), min_size=1, max_size=15), seed=st.integers(0, 9))
def test_parts_have_every_step_once(lengths, seed):
    starts = np.cumsum([0, *lengths])
    items = SeriesItems([np.arange(a, b)[:, None] for a, b in zip(starts, starts[1:], strict=False)], "x",
                        [str(place) for place in range(len(lengths))], ["step"])  # fmt: skip
    parts = parted(items, 0.2, seed)
    steps = np.concatenate([series for part in parts for series in part.load()]).ravel()
    assert sorted(steps.tolist()) == list(range(sum(lengths)))
    assert all(len(series) for part in parts for series in part.load())
