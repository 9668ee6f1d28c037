import datetime
import decimal
import sys

import numpy as np
import pytest

from isthmus.errors import FileError, MissingExtraError
from isthmus.files import TableItems, read, write_columns

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


GAP = pytest.approx(float("nan"), nan_ok=True)


def written(tmp_path, table, **options):
    pq.write_table(table, tmp_path / "t.parquet", **options)
    return read(tmp_path / "t.parquet")


def test_columns_arrive_typed_by_the_schema_whatever_the_block(tmp_path):
    day, noon = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC)
    content = {
        "i": pa.array([1, None, 3], pa.int32()), "f": pa.array([0.5, None, float("nan")], pa.float16()),
        "n": pa.array([decimal.Decimal("1.25"), None, None]), "b": pa.array([True, None, False]),
        "s": pa.array(["x", None, "NA"]), "c": pa.array(["u", None, "u"]).dictionary_encode(),
        "d": pa.array([day, None, day]), "t": pa.array([noon, None, noon], pa.timestamp("ns", "Europe/Rome")),
        "wide": pa.array([1, 2, 2**53 + 1]), "huge": pa.array([2**64 - 1, None, 1], pa.uint64()),
        "e": pa.array([7, -8, 9], pa.int8()), "clock": pa.array([datetime.time(1, 2), None, None]), "none": pa.nulls(3),
    }  # fmt: skip
    for options in ({}, {"row_group_size": 2}, {"write_statistics": False, "row_group_size": 1}):
        items = written(tmp_path, pa.table(content), **options)
        assert isinstance(items, TableItems) and len(items) == 3
        whole, blocks = items.load(), list(items.blocks(2))
        assert sum(len(ids) for ids, _ in blocks) == 3 and [i for ids, _ in blocks for i in ids] == ["0", "1", "2"]
        for name, column in whole.items():
            np.testing.assert_array_equal(np.concatenate([block[name] for _, block in blocks]), column)
            assert all(block[name].dtype == column.dtype for _, block in blocks)
        assert {name: column.tolist() for name, column in whole.items()} == {
            "i": [1, None, 3], "f": [0.5, GAP, GAP], "n": [1.25, GAP, GAP], "b": [True, None, False], "e": [7, -8, 9],
            "s": ["x", None, "NA"], "c": ["u", None, "u"], "none": [None] * 3, "d": [day, None, day],
            "t": [noon, None, noon], "wide": [1, 2, 2**53 + 1], "huge": [2**64 - 1, None, 1],
            "clock": ["01:02:00", None, None]}  # fmt: skip
        assert {name: column.dtype.name for name, column in whole.items() if column.dtype != object} == {
            "f": "float16", "n": "float64", "e": "int8", "d": "datetime64[D]", "wide": "int64"}


def test_types_are_written_as_they_were_read(tmp_path):
    noon = datetime.datetime(2024, 2, 29, 12)
    content = {
        "i": pa.array([1, None], pa.int32()), "u": pa.array([2**64 - 1, None], pa.uint64()),
        "e": pa.array([1, 2], pa.int8()), "b": pa.array([True, None]), "f": pa.array([0.5, None], pa.float32()), "s": pa.array(["x", None]),
        "d": pa.array([noon.date(), None]), "t": pa.array([noon, None], pa.timestamp("ms")),
        "z": pa.array([noon, None], pa.timestamp("us", "Europe/Rome")), "y": pa.array([True, False]),
    }  # fmt: skip
    table = pa.table(content)
    columns = written(tmp_path, table).load()
    write_columns(tmp_path / "back.parquet", columns)
    assert pq.read_table(tmp_path / "back.parquet").equals(table)
    assert columns.where(1) == f"{tmp_path / 't.parquet'}, row 1"


def test_a_table_written_back_is_the_same(tmp_path):
    columns = {"x": np.array([1.5, np.nan]), "s": np.array(["a", None], dtype=object),
               "d": np.array(["2024-01-01", "NaT"], "M8[us]")}  # fmt: skip
    write_columns(tmp_path / "t.parquet", columns)
    back = read(tmp_path / "t.parquet").load()
    for name, column in columns.items():
        np.testing.assert_array_equal(back[name], column)
        assert back[name].dtype == column.dtype
    mixed = {"m": np.array([True, 2.5, "x", None], dtype=object)}
    write_columns(tmp_path / "m.parquet", mixed)
    assert read(tmp_path / "m.parquet").load()["m"].tolist() == ["True", "2.5", "x", None]


def test_bad_files_are_refused_in_one_line(tmp_path):
    nested = pa.table({"ok": [1], "list": [[1, 2]], "blob": [b"x"]})
    with pytest.raises(FileError, match=r"t.parquet has columns .*: list \(list<.*>\), blob \(binary\); leave"):
        written(tmp_path, nested)
    with pytest.raises(FileError, match=r"holds no items \(0 rows, 1 columns\)"):
        written(tmp_path, nested.select(["ok"]).slice(0, 0))
    items = written(tmp_path, pa.table({"ok": np.arange(5000)}))
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-20])
    for use in (items.load, lambda: read(tmp_path / "t.parquet")):
        with pytest.raises(FileError, match="t.parquet cannot be read as Parquet") as caught:
            use()
        assert "\n" not in str(caught.value)


def test_without_pyarrow_the_error_says_how_to_install_it(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for use in (lambda: read(tmp_path / "t.parquet"), lambda: write_columns(tmp_path / "u.parquet", {"x": np.ones(2)})):
        with pytest.raises(MissingExtraError, match=r"pip install 'isthmus\[parquet\]'"):
            use()
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]
