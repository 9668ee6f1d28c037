import datetime
import warnings
import zoneinfo

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from isthmus import storage
from isthmus.errors import DiagnosticWarning, InputError
from isthmus.files import read, write_columns
from isthmus.representations import Table
from isthmus.representations.plans import Date

N = 200


def customers():
    """A messy file as a reader gives it: every cell is text or None."""
    rng = np.random.default_rng(0)
    day = np.datetime64("2020-01-01") + rng.integers(0, 1500, N)
    cities = rng.choice(["Rome", "Oslo", "Bonn"], N).astype(object)
    cities[7] = "Atlantis"
    columns = {
        "customer_id": [f"C{i:05d}" for i in range(N)],
        "row": [str(i + 1) for i in range(N)],
        "age": [str(a) for a in rng.integers(18, 90, N)],
        "income": [f"{v:.2f}".replace(".", ",") for v in rng.lognormal(8, 1, N)],
        "city": cities.tolist(),
        "vip": rng.choice(["yes", "no"], N, p=(0.01, 0.99)).tolist()[:-1] + ["yes"],
        "joined": [d.item().strftime("%d.%m.%Y") for d in day],
        "seen": [f"{d}T{h:02d}:30:00Z" for d, h in zip(day, rng.integers(0, 24, N), strict=True)],
        "country": ["EU"] * N,
        "empty": [""] * N,
    }
    columns = {name: np.array(values, dtype=object) for name, values in columns.items()}
    columns["age"][3], columns["city"][4], columns["joined"][5], columns["income"][6] = None, "", "NA", "  "
    return columns


@pytest.fixture(scope="module")
def messy():
    X = customers()
    with pytest.warns(DiagnosticWarning, match=r"customer_id \(.*row \(counts the rows\).*--drop customer_id --drop r"):
        return X, Table().fit(X)


def fitted(X, **params):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DiagnosticWarning)
        return Table(**params).fit(X)


def test_a_messy_file_comes_back_as_it_was(messy):
    X, table = messy
    Z = table.transform(X)
    back = table.inverse_transform(Z)
    assert table.left_out_ == ("customer_id", "row") and not set(back) & {"customer_id", "row"}
    assert list(table.get_feature_names_out()) == ["age", "income", "city=Bonn", "city=Oslo", "city=Rome",
                                                   "city=(other)", "vip=no", "vip=yes", "joined", "seen"]
    expected = {name: values.copy() for name, values in X.items() if name in back}
    expected["city"][7] = "(other)"
    for name, row in [("city", 4), ("joined", 5), ("income", 6)]:
        expected[name][row] = None
    expected["empty"][:] = None
    seen, wanted = (np.array([t.rstrip("Z") for t in c["seen"]], dtype="M8[s]") for c in (back, expected))
    assert np.abs(seen - wanted).max() <= np.timedelta64(8, "s")  # four years of seconds in float32
    for name in set(back) - {"seen"}:
        assert back[name].tolist() == expected[name].tolist(), name


def test_missing_is_nan_over_all_places_of_the_cell_and_nowhere_else(messy):
    X, table = messy
    Z = table.transform(X)
    names = table.get_feature_names_out()
    where = {(int(i), names[j].split("=")[0]) for i, j in np.argwhere(np.isnan(Z))}
    assert where == {(3, "age"), (4, "city"), (5, "joined"), (6, "income")}
    assert np.isnan(Z[4]).sum() == 4 and Z.dtype == np.float32 and Z.shape == (N, 10)


def test_fill_touches_missing_cells_only(messy):
    X, table = messy
    Z = np.nan_to_num(table.transform(X))
    filled = table.fill(X, Z)
    assert list(filled) == list(X)
    changed = {(i, name) for name in X for i in range(N) if filled[name][i] != X[name][i]}
    assert changed == {(3, "age"), (4, "city"), (5, "joined"), (6, "income")}
    assert filled["age"][3].isdigit() and "," in filled["income"][6] and X["age"][3] is None
    table.transform(filled)  # what was filled can be read again


def test_saved_and_loaded_it_transforms_the_same(messy, tmp_path):
    X, table = messy
    loaded = storage.load(storage.save(tmp_path, table), {"Table": Table})
    np.testing.assert_array_equal(loaded.transform(X), table.transform(X))
    assert loaded.plans_ == table.plans_ and loaded.left_out_ == table.left_out_
    assert loaded.feature_names_in_.tolist() == list(X)


cell = {
    "number": st.none() | st.floats(-1e6, 1e6, width=32).filter(lambda x: x == 0 or abs(x) > 1e-30),
    "whole": st.none() | st.integers(-10_000, 10_000),
    "level": st.none() | st.sampled_from(["a", "b", "ü c"]),
    "day": st.none() | st.dates(datetime.date(1950, 1, 1), datetime.date(2050, 1, 1)),
    "flag": st.booleans(),
}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.fixed_dictionaries(cell), min_size=2, max_size=30))
def test_there_and_back_gives_the_columns(rows):
    # Each row twice, so that no level is rare; one column that varies, so that there is something to learn.
    rows = [row for row in rows for _ in range(2)] + [{"level": "a"}, {"level": "b"}] * 2
    X = {name: np.array([row.get(name) for row in rows], dtype=object) for name in cell}
    table = fitted(X)
    back = table.inverse_transform(table.transform(X))
    for name in back:
        if type(table.plans_[name]).__name__ == "Constant":
            continue
        for was, now in zip(X[name], back[name].astype(object), strict=True):
            if was is None:
                assert now is None or now != now, name
            elif name == "number":
                reach = max(abs(v) for v in X[name] if v is not None)
                assert now == pytest.approx(was, abs=4e-7 * reach + 1e-30) and isinstance(now, float)
            else:
                assert (now.date() if isinstance(now, datetime.datetime) else now) == was, name


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_data_frames_keep_types_and_units(frame):
    days = np.array(["2024-02-29", "NaT", "1999-12-31", "2001-01-01"], dtype="M8[us]")
    data = {"i": np.array([3, 9, 4, 1], dtype=np.int32), "f": np.array([0.5, np.nan, 2.5, 3.25]),
            "b": [True, False, True, True], "d": days, "t": ["x", None, "x", "y"], "w": ["u", "u", "v", "v"]}
    X = frame(data)
    table = Table(drop=("t",)).fit(X)
    back = table.inverse_transform(table.transform(X))
    assert {name: values.dtype.name for name, values in back.items()} == {
        "i": "int32", "f": "float64", "b": "bool", "d": "datetime64[us]", "w": "object"}
    np.testing.assert_allclose(back.pop("f"), data["f"], rtol=1e-6)
    for name, values in back.items():
        np.testing.assert_array_equal(values, np.asarray(data[name]))
    assert np.isnat(table.fill(X, table.transform(X))["d"][1])


def test_numbers_are_scaled_by_median_and_quartiles_and_outliers_stay():
    x = np.r_[np.random.default_rng(0).normal(50, 7, 1000), 1e6]
    z = Table().fit_transform({"x": x})[:, 0]
    low, high = np.percentile(z, (25, 75))
    assert np.median(z) == pytest.approx(0, abs=1e-6) and high - low == pytest.approx(1.349, rel=1e-5)
    assert z[-1] == pytest.approx((1e6 - np.median(x)) / np.subtract(*np.percentile(x, (75, 25))) * 1.349, rel=1e-5)
    zeros = np.r_[np.zeros(90), np.arange(1.0, 11)]  # no quartile distance: the standard deviation scales
    assert Table().fit_transform({"x": zeros}).std() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(("texts", "kind"), [
    (["1,50", "2,00", "-3,25"], "Number"), (["1e3", ".5", "+2"], "Number"),
    (["1,234", "2,500", "999"], None),  # thousands or thousandths: not guessed
    (["007", "012", "99"], None), (["12 %", "3 %", "4 %"], "Number"),
    (["2024-01-05", "1999-12-31"], "Date"), (["2024/01/05", "1999/12/31"], "Date"),
    (["05.01.2024", "31.12.1999"], "Date"), (["2024-01", "1999-12"], "Date"),
    (["03/04/2024", "05/06/2024"], None),  # day or month first: not guessed
    (["03/14/2024", "05/06/2024"], "Date"), (["2024-01-05 10:11:12", "2024-01-07 23:59:59"], "Date"),
    (["True", "false", "false", "false"], "Category"), (["a", "b"] * 2, "Category"),
])
def test_kinds_are_told_from_the_text_only_where_it_settles_them(texts, kind):
    table = fitted({"x": texts, "other": np.array([1.0, 5.0, 2.0, 8.0])[: len(texts)]})
    found = type(table.plans_["x"]).__name__ if "x" in table.plans_ else None
    assert found == kind
    if kind == "Date" or "1,50" in texts:  # written back in the same format
        assert there_and_back(table, texts) == texts


def there_and_back(table, texts):
    X = {"x": texts, "other": np.zeros(len(texts))}
    return table.inverse_transform(table.transform(X))["x"].tolist()


@pytest.mark.parametrize(("texts", "meant"), [
    (["$51.09", "-$1,234.50", "$7.00"], [51.09, -1234.5, 7]), (["$-5", "$6", "$70"], [-5, 6, 70]),
    (["51.1%", "-3.0%", "0.5%"], [51.1, -3, 0.5]), (["1.234,50 €", "-7,25 €", "0,00 €"], [1234.5, -7.25, 0]),
    (["4,418.07", "12.50", "98,765.00"], [4418.07, 12.5, 98765]), (["1'500.5", "12.5", "3.0"], [1500.5, 12.5, 3]),
    (["1 500,5", "12,5", "3,0"], [1500.5, 12.5, 3]), (["51.0", "49.0", "3.0"], [51, 49, 3]),
    (["5.1", "3", "4.25"], [5.1, 3, 4.25]), (["5", "-", "7"], [5, None, 7]), (["5.5", "None", "7.5"], [5.5, None, 7.5]),
    (["20200717", "19991231", "20240229"], ["2020-07-17", "1999-12-31", "2024-02-29"]),
    (["17/07/20", "31/12/99", "01/02/03"], ["2020-07-17", "1999-12-31", "2003-02-01"]),
    (["17-Jul-2020", "04-May-2021", "31-Dec-1999"], ["2020-07-17", "2021-05-04", "1999-12-31"]),
    (["July 17, 2020", "May 4, 2021", "-"], ["2020-07-17", "2021-05-04", None]),
    (["4 May 2021", "17 May 2020", "31 May 1999"], ["2021-05-04", "2020-05-17", "1999-05-31"]),
    (["7/17/2020", "12/31/1999", "5/4/2021"], ["2020-07-17", "1999-12-31", "2021-05-04"]),
    (["2020-07-17T00:30:00+02:00", "2020-07-19T10:00:00+02:00"], ["2020-07-17 00:30:00+02:00", "2020-07-19 10:00:00+02:00"]),
    (["2020-07-17 00:30Z", "2020-07-19 10:00Z"], ["2020-07-17 00:30:00+00:00", "2020-07-19 10:00:00+00:00"]),
])  # fmt: skip
def test_ordinary_formats_are_read_and_written_back_as_they_were(texts, meant):
    table = fitted({"x": texts, "other": np.array([1.0, 5.0, 2.0])[: len(texts)]})
    assert there_and_back(table, texts) == [None if text in ("-", "None") else text for text in texts]
    told = table.typed({"x": texts})["x"].tolist()
    told = [str(value) if isinstance(value, datetime.date) else None if value != value else value for value in told]
    assert told == meant


def test_offsets_that_change_within_a_column_keep_the_moment():
    texts = ["2020-07-17T12:00+02:00", "2020-12-17T12:00+01:00"]
    assert there_and_back(fitted({"x": texts, "other": [1.0, 5.0]}), texts) == [texts[0], "2020-12-17T13:00+02:00"]


def test_no_more_digits_are_written_than_float32_holds():
    texts = ["51.09014087821548", "37.726479457554", "43.16773338219"]
    back = there_and_back(fitted({"x": texts, "other": [1.0, 5.0, 2.0]}), texts)
    assert max(len(text) for text in back) <= 9
    np.testing.assert_allclose(np.array(back, float), np.array(texts, float), atol=1e-5)


def test_types_come_back_with_and_without_gaps():
    noon = datetime.datetime(2024, 2, 29, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Rome"))
    later = noon + datetime.timedelta(days=200)
    X = {"i8": np.array([3, 9, 4], np.int8), "i": np.array([np.int32(3), None, np.int32(7)]),
         "b": np.array([True, None, False]), "f": np.array([0.5, np.nan, 2.5], np.float32),
         "day": np.array(["2024-02-29", "NaT", "1999-12-31"], "M8[D]"), "zone": np.array([noon, None, later]),
         "when": np.array([20240229, 20230101, 20210704]), "text": np.array(["u", None, "u"], dtype=object)}  # fmt: skip
    table = fitted(X)
    Z = table.transform(X)
    back, whole = table.inverse_transform(Z), table.fill(X, np.nan_to_num(Z))
    for name in set(X) - {"text"}:
        assert back[name].dtype == X[name].dtype, name
        assert all(now == was or (was != was and now != now) or np.isnat(np.datetime64(was)) for now, was
                   in zip(back[name].tolist(), X[name].tolist(), strict=True)), name  # fmt: skip
    assert isinstance(table.plans_["when"], Date) and str(back["zone"][2]) == str(later)
    assert {name: column.dtype.name for name, column in whole.items()} == {
        "i8": "int8", "i": "int32", "b": "bool", "f": "float32", "day": "datetime64[D]", "zone": "object",
        "when": "int64", "text": "object"}
    assert whole["zone"][1].tzinfo == noon.tzinfo
    # Of a mix of kinds, gaps that stay are None, and what was there is untouched.
    assert table.fill(X, np.full_like(Z, np.nan))["i"].tolist() == [3, None, 7]


def test_text_becomes_typed_for_files_that_keep_types(tmp_path):
    lines = [f"{i},{i % 7},{i / 8},{i % 2 == 0},2024-01-{1 + i % 28},{'ab'[i % 2]},k" for i in range(1, 40)]
    (tmp_path / "t.csv").write_text("row,n,x,flag,day,level,same\n3,,,,,,\n" + "\n".join(lines) + "\n")
    X = read(tmp_path / "t.csv").load()
    table = fitted(X)
    write_columns(tmp_path / "t.parquet", table.typed(X))
    typed = read(tmp_path / "t.parquet").load()
    known = {name: type(column[1].item() if hasattr(column[1], "item") else column[1]) for name, column in typed.items()}
    assert known == {"row": int, "n": int, "x": float, "flag": bool, "day": datetime.date, "level": str, "same": str}
    assert typed["n"][0] is None and np.isnat(typed["day"][0])
    np.testing.assert_array_equal(table.transform(typed), table.transform(X))  # the run reads what it wrote
    whole = table.fill(typed, np.nan_to_num(table.transform(typed)))
    assert {name: column.dtype.name for name, column in whole.items()} == {
        "row": "int64", "n": "int64", "x": "float64", "flag": "bool", "day": "datetime64[D]", "level": "object",
        "same": "object"}


def test_none_is_a_level_unless_the_rest_is_numbers():
    X = {"level": ["None", "Low", "None", "Low"], "number": ["1", "None", "5", "-"]}
    table = Table().fit(X)
    assert table.plans_["level"].levels == ("Low", "None")
    Z = table.transform(X)
    assert np.isnan(Z).sum(axis=0).tolist() == [0, 0, 2]
    filled = table.fill(X, np.nan_to_num(Z))
    assert filled["level"].tolist() == X["level"] and filled["number"].tolist() == ["1", "3", "5", "3"]


@pytest.mark.parametrize(("good", "bad", "message"), [
    ("{:.3f}", "abc", "line 62: expected numbers, as in all but 1 of the 100 cells, got 'abc'.*--drop x"),
    ("{:.0f}", "1O", "line 62: expected numbers"), ("2024-01-{:02.0f}", "2024-02-31", "line 62: expected dates"),
])  # fmt: skip
def test_a_slip_in_a_column_of_numbers_is_named_with_its_line(tmp_path, good, bad, message):
    cells = [good.format(1 + 27 * value) for value in np.random.default_rng(0).random(100)]
    cells[60] = bad
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{cell},{i % 7}\n" for i, cell in enumerate(cells)))
    with pytest.raises(InputError, match=rf"column 'x', .*t.csv, {message}"):
        Table().fit(read(tmp_path / "t.csv").load())


def test_an_error_in_a_later_block_counts_as_the_file_does(tmp_path):
    (tmp_path / "t.csv").write_text("x,c\n1,a\n5,b\n2,a\noops,b\n")
    *_, (_, block) = read(tmp_path / "t.csv").blocks(2)
    with pytest.raises(InputError, match=r"column 'x', .*t.csv, line 5: expected a number, got 'oops'"):
        fitted(GOOD).transform(block)


def test_few_levels_with_numbers_among_them_and_codes_stay_as_they_are():
    rooms = ["1", "2", "3", "4", "5+"] * 20
    assert fitted({"x": rooms, "y": np.arange(100) % 7}).plans_["x"].levels == ("1", "2", "3", "4", "5+")
    codes = [f"{place}" for place in range(10_000, 10_097)] + ["01067", "01069", "01097"]
    with pytest.warns(DiagnosticWarning, match=r"left out: zip \(nearly every text is different\); give --drop zip to"):
        Table().fit({"zip": codes, "y": np.arange(100) % 7})


def test_dates_expected_are_said_in_words():
    table = fitted({"x": ["2024-01-05", "1999-12-31"], "y": ["5 May 2024", "7 June 1999"]})
    for name, said in [("x", "YYYY-MM-DD"), ("y", "DD January YYYY")]:
        with pytest.raises(InputError, match=f"'{name}', row 0: expected a date like {said}, got 'soon'"):
            table.transform({"x": ["2024-01-05"], "y": ["5 May 2024"]} | {name: ["soon"]})


def test_unseen_levels_go_to_the_bucket_or_are_missing():
    bucket = Table().fit({"x": ["a"] * 5 + ["b"] * 5 + ["rare"]})
    none = Table().fit({"x": ["a"] * 5 + ["b"] * 5})
    new = {"x": ["z", "a", None]}
    assert bucket.inverse_transform(bucket.transform(new))["x"].tolist() == ["(other)", "a", None]
    assert none.inverse_transform(none.transform(new))["x"].tolist() == [None, "a", None]
    # What comes back can be learnt from again: "(other)" is the bucket, not a level beside it.
    again = Table().fit({"x": ["a"] * 5 + ["(other)"] * 5})
    assert list(again.get_feature_names_out()) == ["x=a", "x=(other)"]


@pytest.mark.parametrize(("name", "values", "why"), [
    ("id", np.array([9, 4, 7, 1]), "different integer"), ("customerId", ["9", "4", "7", "1"], "different integer"),
    ("x", np.array([5.0, 6.0, 7.0, 8.0]), "counts the rows"), ("mail", ["a@b", "c@d", "e@f", "g@h"], "different"),
    ("x", np.array([2**60, 2**61, 2**59 + 1, 2**60]), "integers beyond 2"), ("x", ["1,234", "2,500", "999", "998"], "two ways"),
    ("price", ["3.5", "7.2", "x", "1.1"], "numbers but for 'x' in row 2"),
])
def test_identifier_like_columns_are_named(name, values, why):
    X = {name: values, "size": [3, 1, 4, 1]}
    with pytest.warns(DiagnosticWarning, match=f"left out: {name} .*{why}.*; give --drop {name} to confirm, and"):
        assert Table().fit(X).left_out_ == (name,)
    assert Table(drop=(name,)).fit(X).left_out_ == ()
    assert fitted({"paid": [9, 4, 7, 1]}).left_out_ == ()


GOOD = {"x": ["1", "5", "2", "2"], "c": ["a", "b", "a", "b"]}
PROSE = [f"the delivery number {i} was late and the box was open" for i in range(4)]


@pytest.mark.parametrize(("X", "params", "message"), [
    (GOOD | {"note": PROSE}, {}, "note .*--drop note.*posts.csv:text"),
    (GOOD, {"drop": ("cc",)}, "not there: cc.*did you mean c"),
    (GOOD, {"rare": 2}, r"rare must be a share in \[0, 1\). Got 2"),
    ({"x": [1.0, np.inf]}, {}, "'x', row 1: expected a finite number .*, got 'inf'"),
    ({"x": ["1", "2", "-inf"]}, {}, "'x', row 2: expected a finite number"),
    ({"x": [1, 2], "y": [1]}, {}, "Got 1 in 'y' and 2 in 'x'"),
    ({"x": [[1], [2]]}, {}, "one value a row"), ({"x": np.array([{}, []], dtype=object)}, {}, "row 0: a dict is no"),
    ({"x": np.array([1, 2], dtype="m8[s]")}, {}, "holds timedelta64.*--drop x"),
    ({"x": [2, 2], "y": ["u", "v"]}, {}, "no column is left"), ({}, {}, "no columns"), (np.zeros(3), {}, "2-D array"),
    ([[1, 2], [3]], {}, "rows of equal length"),
    ({"x": [0, 1e-300, 1e-300, 1e-300, 2e-300, 3e-300, 1e30]}, {}, "'x', row 6.*times"),
])
def test_what_cannot_be_read_is_refused_in_one_line(X, params, message):
    with warnings.catch_warnings(), pytest.raises(InputError, match=message) as caught:
        warnings.simplefilter("ignore", DiagnosticWarning)
        Table(**params).fit_transform(X)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("change", "message"), [
    ({"x": ["1", "oops", "2", "2"]}, "column 'x', row 1: expected a number, got 'oops'"),
    ({"x": np.array(["2024-01-01"] * 4, dtype="M8[D]")}, "'x' held numbers or text.*Got dates"),
    ({"c": np.ones(4)}, "'c' held text.*Got numbers"),
])
def test_new_data_of_another_kind_are_refused_by_cell(change, message):
    table = fitted(GOOD)
    with pytest.raises(InputError, match=message):
        table.transform(GOOD | change)
    with pytest.raises(InputError, match="fit saw: x.*columns are c"):
        table.transform({"c": GOOD["c"]})
    assert table.transform(GOOD | {"extra": PROSE}).shape == (4, 3)  # columns that fit did not see are ignored
    assert np.isnan(table.transform({"x": [np.nan], "c": [np.nan]})).all()  # an all-missing batch has no kind


def test_decoded_extremes_stay_within_their_types():
    X = {"u": np.array([0, 255, 9, 30], dtype=np.uint8), "i": np.array([1, 9, 2, 5]),
         "d": np.array(["2024-01-01", "2024-05-01", "2024-01-09", "2024-01-03"], dtype="M8[ns]"),
         "t": ["2024-01-01", "2024-05-01", "2024-01-09", "2024-01-03"]}
    table = Table().fit(X)
    back = table.inverse_transform(np.array([[-1e30] * 4, [1e30] * 4]))
    assert back["u"].tolist() == [0, 255] and back["t"].tolist() == ["0001-01-01", "9999-12-31"]
    assert (back["i"][0], back["d"][1]) == (np.iinfo(np.int64).min, np.datetime64("2262-01-01"))
    np.testing.assert_array_equal(table.inverse_transform(table.transform(X))["u"], X["u"])
    for Z, message in [(np.zeros((2, 3)), r"\(n, 4\)"), (np.full((1, 4), np.inf), "infinite"), (["a"], "numbers")]:
        with pytest.raises(InputError, match=message):
            table.inverse_transform(Z)


def test_it_is_a_scikit_learn_transformer():
    X = {"x": np.array([1.5, np.nan, 3, 0.5, 7]), "c": ["a", "b", "a", "b", None]}
    table = Table(drop=("z",), rare=0.2)
    assert clone(table).get_params() == {"drop": ("z",), "rare": 0.2} and not vars(clone(table)).get("plans_")
    frame = Table().set_output(transform="pandas").fit_transform(pd.DataFrame(X))
    assert list(frame.columns) == ["x", "c=a", "c=b"]
    pipe = make_pipeline(Table(), SimpleImputer(), PCA(2)).fit(X)
    assert pipe.transform(X).shape == (5, 2)
    X = {"x": [1.5, 3.0, 0.5, 7.0], "c": np.array(["a", "b", "a", "b"], dtype=object)}
    pipe = make_pipeline(Table(), PCA(3)).fit(X)
    back = pipe.inverse_transform(pipe.transform(X))
    np.testing.assert_allclose(back["x"], X["x"], rtol=1e-5)
    assert back["c"].tolist() == X["c"].tolist()
    assert Table().fit([[1, 2.5], [4, 0]]).get_feature_names_out().tolist() == ["x0", "x1"]


def test_gaps_are_filled_with_levels_that_have_a_name():
    X = {"x": ["a"] * 60 + ["b"] * 30 + [f"rare {row}" for row in range(60)] + [None]}
    table = Table(rare=0.1).fit(X)
    numbers = np.zeros((151, 3))
    numbers[:, [1, 2]] = 1, 2  # "(other)" is likeliest, and then "b"
    assert table.inverse_transform(numbers)["x"][-1] == "(other)" and table.fill(X, numbers)["x"].tolist() == [*X["x"][:-1], "b"]


def test_why_a_column_of_many_levels_is_left_out():
    X = {"n": np.arange(3000.0) % 7, "shop": [f"Shop {row % 500}" for row in range(3000)]}
    with pytest.warns(DiagnosticWarning, match="500 different texts, each in less than 1 % of the rows"):
        assert Table().fit(X).left_out_ == ("shop",)
    assert Table(rare=0.001).fit(X).left_out_ == ()
