import ast
import os
from pathlib import Path

import numpy as np
import pytest

from isthmus import files
from isthmus.errors import FileError, InputError
from isthmus.files import BUILTIN, ArrayItems, ImageItems, TableItems, read

DATA = Path(os.environ.get("ISTHMUS_DATA", "../shared/data"))


@pytest.mark.parametrize(("name", "shape", "dtype", "low", "high"), [
    ("digits", (1797, 8, 8), "float32", 0, 1), ("swissroll", (1500, 3), "float32", -15, 21.1),
    ("curves", (4000, 28, 28), "uint8", 0, 255), ("tones", (2000, 256), "float32", -1, 1),
])  # fmt: skip
def test_builtin_sets_are_the_same_anywhere(name, shape, dtype, low, high):
    items = read(name)
    x = items.load()
    assert isinstance(items, ArrayItems) and (x.shape, x.dtype) == (shape, dtype)
    assert low <= x.min() < x.max() <= high and len({row.tobytes() for row in x}) == len(x)
    np.testing.assert_array_equal(x, read(name).load())
    assert (items.labels is not None and set(items.labels) == set(range(10))) == (name == "digits")


def test_curves_have_six_numbers_of_freedom_in_ink_of_one_width():
    x = read("curves").load() / 255
    assert (x.reshape(len(x), -1).max(axis=1) > 0.5).all()
    assert 0.02 < x.mean() < 0.1 and x[:, 0].mean() < 0.01 > x[:, :, -1].mean()  # thin strokes that keep off the edge


def test_the_swiss_roll_is_a_plane_rolled_up():
    x, y, z = read("swissroll").load().T
    angle, radius = np.arctan2(z, x), np.hypot(x, z)
    np.testing.assert_allclose(np.cos(angle - radius), 1, atol=1e-5)  # the radius is the angle, turns counted
    assert abs(np.corrcoef(radius, y)[0, 1]) < 0.1


def test_every_kind_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("X.NPY".lower(), np.eye(3))
    os.rename("x.npy", "X.NPY")
    Path("t.csv").write_text("a,b\n1,2\n")
    Path("odd.npz:name.csv").write_text("a,b\n1,2\n")
    files.write("digits", [(["one"], np.ones((1, 4, 4)))])
    found = [type(read(name)) for name in ("X.NPY", Path("t.csv"), "odd.npz:name.csv", "./digits/", "digits")]
    assert found == [ArrayItems, TableItems, TableItems, ImageItems, ArrayItems]


@pytest.mark.parametrize(("name", "message"), [
    ("swisroll", r"swisroll: no such file or folder; did you mean 'swissroll'\? readable are curves, digits, .*\.npy"),
    ("nowhere.npz:x", "nowhere.npz: no such file or folder; readable are"), ("", "readable|no images"),
    ("a.docx", "a.docx: files ending in '.docx' cannot be read; readable are"), ("x" * 300, "name too long"),
])  # fmt: skip
def test_what_cannot_be_read_says_what_can(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    Path("a.docx").touch()
    with pytest.raises(FileError, match=f"(?i){message}") as caught:
        read(name)
    assert "\n" not in str(caught.value)


def test_a_size_for_what_is_no_image_is_refused():
    with pytest.raises(InputError, match="--image-size is for .*; digits is none"):
        read("digits", image_size=(8, 8))


def test_the_public_face_and_what_lies_below_it():
    assert files.__all__ == sorted([*files.__all__]) and all(hasattr(files, name) for name in files.__all__)
    assert set(BUILTIN) == {"digits", "swissroll", "curves", "tones"}
    for path in Path(files.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                assert node.module in ("errors", "storage"), path
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith(("torch", "pandas")) for name in names), path


@pytest.mark.skipif(not (DATA / "mnist.npz").exists(), reason=f"no {DATA / 'mnist.npz'}; set ISTHMUS_DATA")
def test_real_digits():
    items = read(f"{DATA / 'mnist.npz'}:x_test")
    assert items.load().shape == (10000, 28, 28) and items.load().dtype == np.uint8
    with pytest.raises(FileError, match="4 arrays; choose one of x_train, y_train, x_test, y_test"):
        read(DATA / "mnist.npz")
