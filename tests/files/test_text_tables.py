import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.errors import DiagnosticWarning, FileError
from isthmus.files import TableItems, read, write_columns


def table(tmp_path, content, name="t.csv"):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(tmp_path / name)


@pytest.mark.parametrize(("content", "expected"), [
    ("a,b\n1,x\n2,y\n", {"a": ["1", "2"], "b": ["x", "y"]}),
    ("a;b\n1,5;x\n2,5;y\n", {"a": ["1,5", "2,5"], "b": ["x", "y"]}),
    ("a\tb c\n1\tx, y\n", {"a": ["1"], "b c": ["x, y"]}), ("a|b\r\n1|2\r\n\r\n", {"a": ["1"], "b": ["2"]}),
    ("\ufeffé,b\nä,2\n", {"é": ["ä"], "b": ["2"]}), ("é,b\nä,2\n".encode("latin-1"), {"é": ["ä"], "b": ["2"]}),
    ('a,b\n"x\ny","say ""hi"", you"\n', {"a": ["x\ny"], "b": ['say "hi", you']}),
    ("a,b,c\n,NA,NaN\nnull,#N/A,N/A\n0,None,n/a", {"a": [None, None, "0"], "b": [None, None, "None"], "c": [None] * 3}),
    ("2019,2020\n1.5,2.5\n,-3.5\n", {"2019": ["1.5", None], "2020": ["2.5", "-3.5"]}),
    ("x,x, ,x (2)\n1,2,3,4\n", {"x": ["1"], "x (2)": ["2"], "column 2": ["3"], "x (2) (2)": ["4"]}),
    ('word\n"hello, you"\n"\t"\n', {"word": ["hello, you", "\t"]}),
])  # fmt: skip
def test_dialects(tmp_path, content, expected):
    items = table(tmp_path, content)
    assert isinstance(items, TableItems)
    assert {name: column.tolist() for name, column in items.load().items()} == expected
    assert list(items.ids) == [str(i) for i in range(len(next(iter(expected.values()))))]


@pytest.mark.parametrize(("content", "expected"), [
    ("1,2.5,-3e4\n4,5,6\n", {"column 0": ["1", "4"], "column 1": ["2.5", "5"], "column 2": ["-3e4", "6"]}),
    ("1,5;2\n1,7;3\n", {"column 0": ["1,5", "1,7"], "column 1": ["2", "3"]}),
    ("2019,2020\n15,25\n", {"column 0": ["2019", "15"], "column 1": ["2020", "25"]}),
    ("5,3\n1.5,2.5\n", {"column 0": ["5", "1.5"], "column 1": ["3", "2.5"]}), ("7\n1.5\n", {"column 0": ["7", "1.5"]}),
])  # fmt: skip
def test_a_first_row_of_numbers_is_data_unless_it_can_only_be_names_and_that_is_said(tmp_path, content, expected):
    with pytest.warns(DiagnosticWarning, match=r"t.csv: the first row is all numbers.*taken as data.*put a letter"):
        items = table(tmp_path, content)
    assert {name: column.tolist() for name, column in items.load().items()} == expected


def test_every_row_knows_its_line(tmp_path):
    items = table(tmp_path, 'a,b\n1,"x\ny"\n\n2,z\n3,w\n')
    lines = [f"{tmp_path / 't.csv'}, line {line}" for line in (2, 5, 6)]
    assert [items.load().where(row) for row in range(3)] == lines
    blocks = [block for _, block in items.blocks(2)]
    assert [blocks[0].where(0), blocks[0].where(1), blocks[1].where(0)] == lines


def test_a_tsv_is_split_at_tabs_only(tmp_path):
    assert list(table(tmp_path, "a,b\tc\n1,2\t3\n", "t.tsv").load()) == ["a,b", "c"]


def test_streaming_gives_the_same_rows(tmp_path):
    items = table(tmp_path, "n,t\n" + "".join(f"{i},row {i}\n" for i in range(1000)))
    blocks = list(items.blocks(64))
    assert [len(ids) for ids, _ in blocks] == [64] * 15 + [40]
    assert np.concatenate([block["t"] for _, block in blocks]).tolist() == [f"row {i}" for i in range(1000)]
    assert [i for ids, _ in blocks for i in ids] == items.load()["n"].tolist()


@pytest.mark.parametrize(("content", "message"), [
    ("a,b\n1,2\n3\n", "t.csv, line 3: expected 2 cells, got 1"),
    ('a,b\n"x\n\ny",2\n1,2,3\n', "line 5: expected 2 cells, got 3"),
    ('a,b\n1,2\n"open,3\n4,5\n', "t.csv, line 3: .*mend the quotes"),
    ("word\nhello, you\n", "line 2: expected 1 cells, got 2; .* ',' needs quotes"),
    ("", "t.csv is empty"), ("\n\n", "t.csv is empty"), ("a,b\n", "no rows below its header a, b"),
    ("a,b\n1,2\n".encode("utf-16"), "not text in UTF-8"), ("x" * 200_000 + "\n1", "line 1: field larger"),
])  # fmt: skip
def test_a_bad_table_is_refused_with_file_and_line(tmp_path, content, message):
    with pytest.raises(FileError, match=message) as caught:
        table(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_a_table_that_changes_while_it_is_read_is_named(tmp_path):
    items = table(tmp_path, "a,b\n1,2\n3,4\n")
    for content in ("a,b\n1,2\n", "a,b\n1,2\n3,4\n5,6\n"):
        (tmp_path / "t.csv").write_text(content)
        with pytest.raises(FileError, match=r"t.csv was changed while it was read \(2 items"):
            items.load()
    (tmp_path / "t.csv").unlink()
    with pytest.raises(FileError, match="t.csv: No such file"):
        items.load()


WORDS = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=9)
MISSING = {"NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "#N/A", "<NA>", "NaT"}


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(WORDS, min_size=width, max_size=width), min_size=1)))
def test_what_write_columns_writes_is_read_as_it_was(tmp_path_factory, rows):
    # Names without any delimiter in them, so that the sample cannot be split evenly at another one.
    columns = {f"name{j}": np.array([row[j] for row in rows] + [None], dtype=object)[:-1] for j in range(len(rows[0]))}
    for ending in (".csv", ".tsv"):
        path = tmp_path_factory.mktemp("text") / f"t{ending}"
        write_columns(path, columns)
        back = read(path).load()
        for name, column in columns.items():
            assert back[name].tolist() == [None if cell in MISSING else cell for cell in column]


def test_decimal_commas_are_parted_by_semicolons(tmp_path):
    columns = {"a": np.array(["1,5", None, "-20,25"], dtype=object), "b": np.array(["x;y", "z", ""], dtype=object)}
    write_columns(tmp_path / "t.csv", columns)
    assert (tmp_path / "t.csv").read_text() == 'a;b\n1,5;"x;y"\n;z\n-20,25;\n'
    assert read(tmp_path / "t.csv").load()["a"].tolist() == columns["a"].tolist()
    write_columns(tmp_path / "t.tsv", columns)
    assert (tmp_path / "t.tsv").read_text() == "a\tb\n1,5\tx;y\n\tz\n-20,25\t\n"


def test_numbers_and_dates_are_written_in_their_plainest_form(tmp_path):
    days = np.array(["2024-02-29", "NaT"], "M8[us]")
    columns = {"whole": np.array([3.0, np.nan]), "f": np.array([0.1, 1e300]), "f4": np.array([0.1, 2], np.float32),
               "day": days, "time": days + np.timedelta64(1500, "ms"), "i": np.array([2**60, -1]),
               "b": np.array([True, False]), "o": np.array([None, 2.0], dtype=object)}  # fmt: skip
    write_columns(tmp_path / "t.csv", columns)
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "whole,f,f4,day,time,i,b,o", "3,0.1,0.1,2024-02-29,2024-02-29T00:00:01.500000,1152921504606846976,True,",
        ",1e+300,2,,,-1,False,2"]  # fmt: skip
