import io
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from isthmus.errors import FileError, InputError
from isthmus.files import ArrayItems, read

NUMBERS = st.sampled_from(["?", "u1", "<i4", ">i2", "<f2", "<f4", ">f8", "<u8", "g"])
SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=7)


@settings(deadline=None, max_examples=60)
@given(NUMBERS.flatmap(lambda dtype: hnp.arrays(dtype, SHAPES)), st.booleans(), st.integers(1, 9))
def test_what_is_saved_is_read_whole_and_in_blocks(tmp_path_factory, array, fortran, rows):
    path = tmp_path_factory.mktemp("npy") / "x.npy"
    np.save(path, np.asfortranarray(array) if fortran else array)
    items = read(path)
    blocks = list(items.blocks(rows))
    whole = np.concatenate([block for _, block in blocks])
    np.testing.assert_array_equal(whole, array.astype(whole.dtype))
    np.testing.assert_array_equal(items.load(), whole)
    assert whole.dtype.isnative and whole.dtype.itemsize <= 8 and items.load().dtype == whole.dtype
    assert whole.dtype.kind == array.dtype.kind and all(type(block) is np.ndarray for _, block in blocks)
    assert max(len(block) for _, block in blocks) <= rows
    assert [item for ids, _ in blocks for item in ids] == list(items.ids) == [str(i) for i in range(len(array))]


def test_a_slice_of_a_memory_map_is_streamed_from_its_own_place(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(40.0).reshape(20, 2))
    part = np.load(tmp_path / "x.npy", mmap_mode="r")[5:9]
    [(ids, block)] = ArrayItems(part, "part").blocks(10)
    np.testing.assert_array_equal(block, part)
    assert list(ids) == ["0", "1", "2", "3"]


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_large_file_streams_at_constant_memory(tmp_path):
    rows, width = 200_000, 784
    with (tmp_path / "x.npy").open("wb") as file:  # 630 MB of zeros that take no room on disk
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, width)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + rows * width * 4)
    code = (
        "import sys; from isthmus.files import read, write\n"
        "peak = lambda: next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "read('tones'); before = peak(); items = read(sys.argv[1])\n"
        "n = write(sys.argv[2], ((ids, block[:, :16]) for ids, block in items.blocks(4096)))\n"
        "print(n, peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "x.npy", tmp_path / "codes.npy"], check=True,
                          capture_output=True, text=True)  # fmt: skip
    n, kilobytes = map(int, done.stdout.split())
    assert n == rows and kilobytes < 100_000
    assert np.load(tmp_path / "codes.npy", mmap_mode="r").shape == (rows, 16)


def test_an_npz_gives_the_array_that_is_named_or_alone(tmp_path):
    np.savez(tmp_path / "two.npz", a=np.eye(3), b=np.ones((4, 2)))
    np.savez_compressed(tmp_path / "one.npz", only=np.eye(3))
    np.savez(tmp_path / "named.npz", x=np.eye(2), ids=np.array(["cat", "dog"]))
    np.testing.assert_array_equal(read(f"{tmp_path}/two.npz:b").load(), np.ones((4, 2)))
    np.testing.assert_array_equal(read(f"{tmp_path}/one.npz").load(), np.eye(3))
    assert list(read(tmp_path / "named.npz").ids) == ["cat", "dog"]
    for source, what in [("two.npz", "2 arrays"), ("two.npz:c", "no array 'c'")]:
        with pytest.raises(FileError, match=f"{what}; choose one of a, b, as in .*two.npz:a"):
            read(f"{tmp_path}/{source}")


class Trap:
    def __reduce__(self):
        return pytest.fail, ("it was unpickled",)


def saved(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(("content", "message"), [
    (saved(np.array([Trap()], dtype=object)), "never loaded"), (pickle.dumps(Trap()), "never loaded"),
    (b"", "not a file of plain arrays"), (saved(np.ones(9))[:-1], "not a file of plain arrays"),
    (saved(np.empty((0, 5))), r"no items: its shape is \(0, 5\)"), (saved(np.float64(3)), "no items"),
    (saved(np.array([["a"]])), "holds <U1; only numbers"), (saved(np.ones(3) * 1j), "holds complex128"),
    (saved(np.array(["2024"], "M8[D]")), "holds datetime64"), (saved(np.zeros(2, "f4,i4")), "only numbers"),
], ids=range(10))  # fmt: skip
def test_what_is_no_array_of_numbers_is_refused_in_one_line(tmp_path, content, message):
    (tmp_path / "x.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("a.npy", content)
    for source in (tmp_path / "x.npy", tmp_path / "x.npz"):
        with pytest.raises(FileError, match=message if source.suffix == ".npy" else None) as caught:
            read(source)
        assert "\n" not in str(caught.value) and str(source) in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 140), st.integers(0, 255), st.sampled_from(["npy", "npz"]))
def test_a_damaged_byte_never_gives_a_traceback(tmp_path_factory, place, byte, ending):
    path = tmp_path_factory.mktemp("bad") / f"x.{ending}"
    np.save(path, np.ones((2, 2))) if ending == "npy" else np.savez_compressed(path, a=np.ones((2, 2)))
    content = bytearray(path.read_bytes())
    content[place] = byte
    path.write_bytes(content)
    try:
        items = read(path)
    except FileError as error:
        assert "\n" not in str(error)
    else:
        assert sum(len(ids) for ids, _ in items.blocks(3)) == len(items) == len(items.load())


def test_a_file_that_vanishes_or_shrinks_is_named(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((1000, 9)))
    items = read(path)
    stream = items.blocks(10)
    next(stream)
    with path.open("rb+") as file:
        file.truncate(20_000)
    with pytest.raises(FileError, match="x.npy ends before row"):
        list(stream)
    path.unlink()
    with pytest.raises(FileError, match="x.npy: No such file"):
        next(items.blocks(10))
    with pytest.raises(InputError, match="at least one row. Got 0"):
        next(items.blocks(0))


def test_a_stream_that_is_left_early_leaves_no_thread(tmp_path):
    import threading

    before = threading.active_count()
    stream = read("digits").blocks(100)
    next(stream)
    stream.close()
    assert threading.active_count() == before
