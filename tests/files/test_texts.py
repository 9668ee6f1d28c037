"""Texts come from folders, from JSON lines and from columns, the same whatever holds them."""

import gzip
import json

import numpy as np
import pytest

from isthmus.errors import FileError
from isthmus.files import ImageItems, TableItems, TextItems, read, write, write_tables

POSTS = [{"id": f"p{n}", "text": f"Post {n}: Zürich,\n\"quoted\"", "label": "ab"[n % 2], "size": n} for n in range(7)]


@pytest.fixture
def held(tmp_path):
    lines = "\n".join(json.dumps(post) for post in POSTS) + "\n\n"
    (tmp_path / "posts.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "posts.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for post in POSTS:
        path = tmp_path / "posts" / post["label"] / f"{post['id']}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(post["text"], encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["posts.jsonl:text", "posts.jsonl.gz:text", "posts"])
def test_every_source_gives_the_same_texts(held, name):
    items = read(held / name)
    assert isinstance(items, TextItems) and len(items) == 7 and items.nbytes > 0
    assert dict(zip(items.ids, items.load(), strict=True)) == {
        post["id"] if ":" in name else f"{post['label']}/{post['id']}.txt": post["text"] for post in POSTS}  # fmt: skip
    blocks = list(items.blocks(3))
    assert [len(block) for _, block in blocks] == [3, 3, 1]
    labels = items.labels if items.beside is None else items.beside.column("label")
    assert sorted(labels) == ["a"] * 4 + ["b"] * 3 or sorted(labels) == sorted(post["label"] for post in POSTS)


def test_lines_are_a_table_and_tables_have_texts(held):
    table = read(held / "posts.jsonl")
    assert isinstance(table, TableItems) and table.names == ["id", "text", "label", "size"]
    assert table.column("size").tolist() == ["0", "1", "2", "3", "4", "5", "6"] and "line 3" in table.where(2)
    path = held / "posts.csv"
    write_tables(path, [table.load()])
    assert read(f"{path}:text").load().tolist() == [post["text"] for post in POSTS]
    assert list(read(f"{path}:text").ids) == [post["id"] for post in POSTS]


def test_one_file_old_encodings_and_gaps(tmp_path):
    (tmp_path / "one.txt").write_bytes("Zürich".encode("latin-1"))
    assert read(tmp_path / "one.txt").load().tolist() == ["Zürich"] and list(read(tmp_path / "one.txt").ids) == ["one.txt"]
    (tmp_path / "gaps.jsonl").write_text('{"text": "a"}\n{"text": null}\n{"other": 1}\n')
    assert read(tmp_path / "gaps.jsonl:text").load().tolist() == ["a", "", ""]


def test_arrays_of_texts_are_texts_or_say_where_they_are_damaged(tmp_path):
    texts = [post["text"] for post in POSTS[:3]]
    np.save(tmp_path / "x.npy", np.array(texts, ">U40"))
    np.savez(tmp_path / "x.npz", texts=texts, ids=np.array(list("abc")))
    for name, ids in (("x.npy", ["0", "1", "2"]), ("x.npz", ["a", "b", "c"])):
        items = read(tmp_path / name)
        assert items.load().tolist() == texts and list(items.ids) == ids
    whole = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(whole[:-4] + b"\x7f\xff\xff\xff")
    with pytest.raises(FileError, match="x.npy is damaged"):
        read(tmp_path / "x.npy").load()


def test_a_folder_with_images_is_of_images(tmp_path, rng):
    write(tmp_path / "mixed", [(["one"], rng.integers(0, 256, (1, 4, 4), "uint8"))])
    (tmp_path / "mixed" / "notes.txt").write_text("about them")
    assert isinstance(read(tmp_path / "mixed"), ImageItems)


@pytest.mark.parametrize(("content", "message"), [
    (b'{"text": "a"}\n{"text": \n', r"x\.jsonl, line 2: no JSON"), (b'{"text": "a"}\n[1, 2]\n', r"line 2: a line must be a JSON object"),
    (b"", "holds no items"), (b'{"text": "\xff"}\n', "line 1: no JSON in UTF-8"), (b'{"other": "a"}\n', "no column 'text'.* it has other"),
])  # fmt: skip
def test_bad_lines_are_named(tmp_path, content, message):
    (tmp_path / "x.jsonl").write_bytes(content)
    with pytest.raises(FileError, match=message) as error:
        read(f"{tmp_path}/x.jsonl:text")
    assert "\n" not in str(error.value)


def test_damaged_files_are_named(tmp_path):
    (tmp_path / "x.jsonl.gz").write_bytes(gzip.compress(b'{"text": "abc"}\n' * 9999)[:-20])
    (tmp_path / "zero.txt").write_bytes(b"a\0b")
    for name, message in (("x.jsonl.gz:text", "damaged"), ("zero.txt", "null bytes")):
        with pytest.raises(FileError, match=message):
            read(tmp_path / name).load()
