import errno
import os
import resource
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from isthmus.errors import FileError, InputError
from isthmus.files import read, write, write_columns

ENDINGS = (".npy", ".npz", ".csv", ".tsv", ".parquet")


def blocks(array, sizes=(2, 1, 100)):
    start = 0
    for size in sizes:
        part = array[start : start + size]
        yield [f"item {start + i}" for i in range(len(part))], part
        start += len(part)


def numbers(path):
    """Return the ids and numbers that a table of codes holds."""
    columns = read(path).load()
    ids = columns.pop("id").tolist()
    return ids, np.stack([np.array(column, dtype=float) for column in columns.values()], axis=1), list(columns)


FLOATS = st.sampled_from([np.float32, np.float64])


@settings(deadline=None, max_examples=40)
@given(FLOATS.flatmap(lambda dtype: hnp.arrays(dtype, st.tuples(st.integers(1, 6), st.integers(1, 4)))))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, array):
    folder = tmp_path_factory.mktemp("codes")
    ids = [f"item {i}" for i in range(len(array))]
    for ending in ENDINGS:
        assert write(folder / f"x{ending}", blocks(array)) == len(array)
    for ending in (".npy", ".npz"):
        back = read(folder / f"x{ending}")
        np.testing.assert_array_equal(back.load(), array)
        assert back.load().dtype == array.dtype
    assert list(read(folder / "x.npz").ids) == ids
    for ending in (".csv", ".tsv", ".parquet"):
        named, back, header = numbers(folder / f"x{ending}")
        np.testing.assert_array_equal(back.astype(array.dtype), array)
        assert named == ids and header == [f"code_{j}" for j in range(array.shape[1])]


@pytest.mark.parametrize("array", [np.arange(10), np.arange(36, dtype=np.uint8).reshape(3, 3, 4), np.eye(3) > 0])
def test_any_shape_and_type_keeps_in_npy_and_is_flat_in_tables(tmp_path, array):
    write(tmp_path / "x.npy", blocks(array))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), array)
    assert np.load(tmp_path / "x.npy").dtype == array.dtype
    for ending in (".csv", ".parquet"):
        names = [f"n{j}" for j in range(array[0].size)]
        write(tmp_path / f"x{ending}", blocks(array), names=names)
        columns = read(tmp_path / f"x{ending}").load()
        truth = {"True": 1, "False": 0}  # booleans of Parquet
        back = [[float(truth.get(cell, cell)) for cell in columns[name]] for name in names]
        np.testing.assert_array_equal(np.transpose(back), array.reshape(len(array), -1))


@pytest.mark.parametrize("ending", ["", ".zip"])
def test_images_come_back_under_their_ids(tmp_path, ending):
    images = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    ids = ["cats/1.jpeg", "cats/2.PNG", "17", "0.5"]
    for given_as in (images, images / 255, (images / 255).astype(np.float32)):
        assert write(tmp_path / f"out{ending}", [(ids, given_as)], overwrite=True) == 4
        items = read(tmp_path / f"out{ending}")
        assert items.ids == ["0.5.png", "17.png", "cats/1.png", "cats/2.png"]
        np.testing.assert_array_equal(items.load(), images[[3, 2, 0, 1]])
    write(tmp_path / f"grey{ending}", [(["a"], np.array([[[[-0.5], [0.5], [1.5]]]])), (["b"], np.ones((1, 1, 3, 1)))])
    assert read(tmp_path / f"grey{ending}").load().tolist() == [[[0, 128, 255]], [[255, 255, 255]]]


def test_names_are_made_safe_and_numbered(tmp_path):
    ids = ["../../up.png", "/etc/x", "a.png", "a.jpg", "C:\\w\\b", "..", "", ".hidden"]
    write(tmp_path / "in" / "out", [(ids, np.zeros((8, 2, 2)))])
    inside = ["C_/w/b.png", "a (2).png", "a.png", "etc/x.png", "hidden.png", "item (2).png", "item.png", "up.png"]
    assert read(tmp_path / "in" / "out").ids == inside
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    for _ in range(2):
        write(tmp_path / "out.zip", [(ids, np.zeros((8, 2, 2)))], overwrite=True)
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            assert sorted(archive.namelist()) == inside and archive.infolist()[0].external_attr >> 16 == 0o644


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("ending", [*ENDINGS, ".zip", ""])
def test_what_exists_is_kept_and_what_fails_leaves_nothing(tmp_path, ending, monkeypatch):
    path, image = tmp_path / f"out{ending}", np.ones((1, 3, 3), np.uint8)
    write(path, [(["a"], image)])
    before = files_of(tmp_path)
    with pytest.raises(FileError, match="exists already; give another name, or --overwrite"):
        write(path, [(["b"], image)])

    def failing():
        yield ["b"], image
        raise FileError("the source broke")

    with pytest.raises(FileError, match="^the source broke$"):
        write(path, failing(), overwrite=True)
    with pytest.raises(InputError, match=r"all blocks must be uint8 \(n, 3, 3\) as the first. Got uint8 \(n, 3, 4\)"):
        write(path, [(["b"], image), (["c"], np.ones((1, 3, 4), np.uint8))], overwrite=True)
    if ending:
        monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        with pytest.raises(FileError, match="the disk is full; free some space"):
            write(path, [(["b"], image)], overwrite=True)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("ending", [*ENDINGS, ".zip", ""])
def test_a_disk_that_takes_no_more_is_one_line_and_no_file(tmp_path, ending):
    image = np.random.default_rng(0).integers(0, 256, (4, 100, 100), dtype=np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        with pytest.raises(FileError, match=f"out{ending}: File too large"):
            write(tmp_path / f"out{ending}", [("abcd", image)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_files_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "thesis").write_text("a file without an ending")
    for path, lost in [(tmp_path, "thesis(.txt)?"), (tmp_path / "thesis", "thesis")]:
        with pytest.raises(FileError, match=f"cannot be replaced by a folder of images, since .*{lost} would be lost"):
            write(path, [(["a"], np.ones((1, 2, 2)))], overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(("name", "given", "message"), [
    ("x.txt", [], r"'.txt' cannot be written; give a path ending in .npy, .npz, .csv, .tsv, .parquet, .zip"),
    ("x", [(["a"], np.ones((1, 9)))], r"no images .* but float64 \(n, 9\); give a path ending in .npy"),
    ("x.zip", [(["a"], np.ones((1, 9, 9, 2)))], r"no images"), ("x.npy", [], "no items to write"),
    ("x.npy", [([], np.ones((0, 3)))], "no items to write"), ("x.npy", [(["a"], np.ones((2, 3)))], "1 ids and 2 items"),
    ("x.npy", [(["a"], np.array(["t"]))], "arrays .* of numbers. Got <U1"),
    ("x", [(["a"], np.full((1, 2, 2), np.nan))], "image a holds NaN"),
    ("x", [(["a"], np.full((1, 2, 2), 7))], "uint8, or floats in .0, 1.. Got int64"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_in_one_line(tmp_path, name, given, message):
    with pytest.raises(InputError, match=message) as caught:
        write(tmp_path / name, given)
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_tables_and_names_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(InputError, match="each of the 3 numbers of an item. Got 1"):
        write(tmp_path / "x.csv", [(["a"], np.ones((1, 3)))], names=["only"])
    for columns, got in [({}, "no columns"), ({"a": np.ones(2), "b": np.ones(3)}, "'a': 2, 'b': 3")]:
        with pytest.raises(InputError, match=f"columns of one length. Got .*{got}"):
            write_columns(tmp_path / "t.csv", columns)
    with pytest.raises(InputError, match="ending in .csv, .tsv or .parquet"):
        write_columns(tmp_path / "t.npy", {"a": np.ones(2)})
    write_columns(tmp_path / "t.csv", {"a": np.ones(2)})
    with pytest.raises(FileError, match="exists already"):
        write_columns(tmp_path / "t.csv", {"a": np.ones(2)})
