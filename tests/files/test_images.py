import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isthmus.errors import DiagnosticWarning, FileError, InputError
from isthmus.files import ImageItems, read

DATA = Path(os.environ.get("ISTHMUS_DATA", "../shared/data"))
RNG = np.random.default_rng(0)


def encoded(pixels, form="PNG", mode=None, **options):
    image = Image.fromarray(np.asarray(pixels))
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, form, **options)
    return file.getvalue()


GREY = RNG.integers(0, 256, (5, 4), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8)


@pytest.fixture(params=["folder", "zip"])
def stored(request, tmp_path):
    """Return what stores files by name in a folder or a zip and reads them."""

    def store(files, **options):
        if request.param == "zip":
            with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
                for name, content in files.items():
                    archive.writestr(name, content)
            return read(tmp_path / "set.zip", **options)
        for name, content in files.items():
            (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "set" / name).write_bytes(content)
        return read(tmp_path / "set", **options)

    return store


def test_images_come_in_the_order_of_their_names_with_ids(stored):
    images = RNG.integers(0, 256, (9, 5, 4), dtype=np.uint8)
    files = {f"{'ab'[i % 2]}/{i}.{'png' if i else 'PNG'}": encoded(images[i]) for i in reversed(range(9))}
    junk = {"notes.txt": b"hello", "a/.hidden.png": b"x", ".git/x.png": b"x"}
    items = stored(files | junk)
    order = [0, 2, 4, 6, 8, 1, 3, 5, 7]
    assert isinstance(items, ImageItems) and items.ids == sorted(files) and items.shape == (5, 4)
    np.testing.assert_array_equal(items.load(), images[order])
    blocks = list(items.blocks(4))
    assert [len(ids) for ids, _ in blocks] == [4, 4, 1] and sum((ids for ids, _ in blocks), []) == items.ids
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), images[order])


def test_every_mode_becomes_grey_or_colour_in_eight_bits(stored):
    deep = np.array([[0, 257 * 7], [257 * 200 + 100, 65535]], np.uint16)
    bits = np.array([[True, False], [False, True]])
    with pytest.warns(DiagnosticWarning, match="1 of 3 images have 16 bits, cut to 8; images are read"):
        items = stored({"deep.png": encoded(deep), "bits.png": encoded(bits), "grey.jpg": encoded(GREY[:2, :2], "JPEG")})  # fmt: skip
    assert items.load()[:2].tolist() == [[[255, 0], [0, 255]], [[0, 7], [200, 255]]] and items.shape == (2, 2)


def test_mixed_grey_and_colour_becomes_colour_on_white(stored):
    clear = np.dstack([COLOUR, np.where(GREY > 99, 255, 0).astype(np.uint8)])
    palette = Image.fromarray(COLOUR).quantize(8)
    indices = io.BytesIO()
    palette.save(indices, "PNG", transparency=0)
    cmyk = encoded(np.full((5, 4, 3), 128, np.uint8), "JPEG", "CMYK")
    with pytest.warns(DiagnosticWarning, match="2 of 5 images have transparency, laid on white"):
        items = stored({"1.png": encoded(GREY), "2.png": encoded(COLOUR), "3.png": encoded(clear),
                        "4.png": indices.getvalue(), "5.jpg": cmyk})  # fmt: skip
    x = items.load()
    assert x.shape == (5, 5, 4, 3) and x.dtype == np.uint8
    np.testing.assert_array_equal(x[0], np.dstack([GREY] * 3))
    np.testing.assert_array_equal(x[1], COLOUR)
    np.testing.assert_array_equal(x[2], np.where(GREY[..., None] > 99, COLOUR, 255))
    seen = np.asarray(palette)[..., None]
    np.testing.assert_array_equal(x[3], np.where(seen == 0, 255, np.asarray(palette.convert("RGB"))))
    assert np.abs(x[4].astype(int) - 128).max() <= 3


def test_grey_with_transparency_stays_grey(stored):
    clear = np.dstack([GREY, np.where(GREY > 99, 255, 0).astype(np.uint8)])
    with pytest.warns(DiagnosticWarning, match="1 of 2 images have transparency"):
        items = stored({"1.png": encoded(clear), "2.png": encoded(GREY)})
    np.testing.assert_array_equal(items.load(), [np.where(GREY > 99, GREY, 255), GREY])


def test_exif_orientation_is_applied(stored):
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: turn by 90° clockwise
    items = stored({"1.png": encoded(GREY, exif=turned.tobytes()), "2.png": encoded(np.rot90(GREY, -1))})
    assert items.shape == (4, 5)
    np.testing.assert_array_equal(items.load()[0], items.load()[1])


def test_mixed_sizes_are_listed_and_resized_on_request(stored):
    files = {"a.png": encoded(GREY), "b.png": encoded(GREY), "odd.png": encoded(GREY[:, :3])}
    message = r"mixes 2 image sizes \(height x width\): 5 x 4 \(2, such as a.png\), 5 x 3 \(1, such as odd.png\)"
    with pytest.raises(FileError, match=message + "; resize them all with --image-size 5 4"):
        stored(files)
    items = stored(files, image_size=(6, 8))
    expected = Image.fromarray(GREY).resize((8, 6), Image.Resampling.LANCZOS)
    assert items.load().shape == (3, 6, 8)
    np.testing.assert_array_equal(items.load()[0], np.asarray(expected))
    with pytest.raises(InputError, match=r"height and a width of at least 1. Got \(0, 8\)"):
        stored(files, image_size=(0, 8))


@pytest.mark.parametrize("bad", [b"", b"no image", encoded(GREY)[:20], b"GIF89a", encoded(GREY, "BMP")])
def test_a_broken_image_among_good_ones_is_named(stored, bad):
    with pytest.raises(FileError, match="b/2.png cannot be read as an image") as caught:
        stored({"1.png": encoded(GREY), "b/2.png": bad})
    assert "\n" not in str(caught.value) and "BytesIO" not in str(caught.value)


def test_damage_past_the_header_is_named_when_it_is_met(stored):
    cut = encoded(RNG.integers(0, 256, (60, 60), dtype=np.uint8))
    items = stored({"1.png": cut, "2.png": cut[:-2000]})
    assert len(next(items.blocks(1))[0]) == 1
    with pytest.raises(FileError, match="2.png cannot be read as an image.*; mend or remove it"):
        items.load()


def test_a_decompression_bomb_is_an_error_and_no_warning(stored, monkeypatch):
    bomb = encoded(GREY)
    for limit in (15, 6):  # Pillow warns beyond the limit and raises beyond twice the limit
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(FileError, match=r"bomb.png cannot be read as an image \(Image size \(20 pixels\)"):
            stored({"bomb.png": bomb})


def test_a_zip_is_never_trusted(tmp_path, monkeypatch):
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../up.png", encoded(GREY))
        archive.writestr("big.png", encoded(GREY) + bytes(10_000))
    assert read(path).ids == ["../../up.png", "big.png"]
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["z.zip"]
    monkeypatch.setattr("isthmus.files.images._LARGEST", 9_000)
    with pytest.raises(FileError, match="big.png would unpack to .* bytes"):
        read(path)
    for content in (b"", b"PK\x03\x04 no zip"):
        path.write_bytes(content)
        with pytest.raises(FileError, match="z.zip is not a zip"):
            read(path)


def test_no_images_and_one_image(stored, tmp_path):
    with pytest.raises(FileError, match=r"holds no images: none of its files ends in .jpeg, .jpg, .png"):
        stored({"a.md": b"x"})
    (tmp_path / "photo.jpg").write_bytes(encoded(COLOUR, "JPEG"))
    items = read(tmp_path / "photo.jpg")
    assert items.ids == ["photo.jpg"] and items.load().shape == (1, 5, 4, 3)


def test_a_file_that_vanishes_is_named(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(encoded(GREY))
    items = read(tmp_path)
    (tmp_path / "b.png").write_bytes(encoded(GREY[:2]))
    with pytest.raises(FileError, match=r"b.png has the shape \(2, 4\), the others \(5, 4\)"):
        items.load()
    (tmp_path / "b.png").unlink()
    with pytest.raises(FileError, match="b.png: No such file"):
        items.load()


@pytest.mark.skipif(not (DATA / "faces64.zip").exists(), reason=f"no {DATA / 'faces64.zip'}; set ISTHMUS_DATA")
def test_real_photographs():
    items = read(DATA / "faces64.zip")
    assert len(items) == 3900 and items.shape == (64, 64, 3) and items.ids[1] == "images/00001.jpg"
    ids, block = next(items.blocks(300))
    assert ids == items.ids[:300] and 60 < block.mean() < 190 and len({image.tobytes() for image in block}) == 300
