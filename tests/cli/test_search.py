"""`isthmus index`, `search` and `evaluate`: from files to ranked answers, and one clear line for what cannot be answered."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from isthmus.cli import main
from isthmus.files import read
from isthmus.tasks import Index

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")

TOPICS = {"sea": "ship sail harbour wave tide anchor storm captain", "kitchen": "bread oven flour butter salt knife soup pepper",
          "space": "rocket orbit moon launch satellite planet comet probe"}  # fmt: skip


def posts(folder, n, seed):
    rng = np.random.default_rng(seed)
    for number in range(n):
        topic = list(TOPICS)[number % 3]
        path = folder / topic / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(" ".join(rng.choice(TOPICS[topic].split(), 12)) + " [bold] note")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    posts(folder / "posts", 90, 0)
    posts(folder / "more", 30, 1)
    words = ["--hidden", "none", "--epochs", "30"]
    assert main(["fit", str(folder / "posts"), *words, "--latent-dim", "4", "--out", str(folder / "run")]) == 0
    assert main(["fit", str(folder / "posts"), *words, "--latent-dim", "16", "--variant", "binary", "--out", str(folder / "bits")]) == 0
    assert main(["index", str(folder / "run"), str(folder / "posts"), "--rerank", "--out", str(folder / "index")]) == 0
    return folder


def answers(capsys, *words):
    capsys.readouterr()
    assert main(["search", *map(str, words), "--json"]) == 0
    return [query["results"] for query in json.loads(capsys.readouterr().out)["queries"]]


@pytest.mark.parametrize("more", [(), ("--rerank", "40")])
def test_a_text_finds_texts_of_its_kind(work, more, capsys):
    (found,) = answers(capsys, work / "index", "a rocket to the moon, in orbit", "-k", "5", *more)
    assert [result["label"] for result in found] == ["space"] * 5 and [result["rank"] for result in found] == [1, 2, 3, 4, 5]
    assert all(result["id"].startswith("space/") and result["text"].endswith("[bold] note") for result in found)
    assert sorted(result["distance"] for result in found) == [result["distance"] for result in found]
    assert main(["search", str(work / "index"), "rocket orbit", "-k", "2"]) == 0
    assert "[bold] note" in capsys.readouterr().out  # no markup


def test_an_item_finds_others_and_a_folder_asks_for_each(work, tmp_path, capsys):
    (found,) = answers(capsys, work / "index", "sea/0.txt", "-k", "3")
    assert [result["label"] for result in found] == ["sea"] * 3 and "sea/0.txt" not in [result["id"] for result in found]
    assert len(answers(capsys, work / "index", work / "more", "-k", "2")) == 30
    assert main(["search", str(work / "index"), str(work / "more"), "-k", "2", "--out", str(tmp_path / "all.csv")]) == 0
    table = read(str(tmp_path / "all.csv")).load()
    assert len(table["query"]) == 60 and list(table) == ["query", "rank", "id", "distance", "label", "text"]
    assert np.mean([query.split("/")[0] == label for query, label in zip(table["query"], table["label"], strict=True)]) > 0.8


def test_the_index_is_measured_by_labels(work, capsys):
    assert main(["evaluate", str(work / "index"), str(work / "more"), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["mean_average_precision"] > 0.8 and row["queries"] == 30 and row["bytes_per_item"] == 16
    assert "Mean average precision" in (work / "index" / "report.html").read_text()


def test_bits_and_what_comes_and_goes(work, tmp_path, capsys):
    out = tmp_path / "index"
    assert main(["index", str(work / "bits"), str(work / "posts"), "--out", str(out)]) == 0
    assert "90 codes of 16 bits" in capsys.readouterr().out and Index.load(out).bytes_per_item == 2
    assert main(["index", str(work / "bits"), str(work / "posts"), "--out", str(out), "--remove"]) == 0
    assert main(["index", str(work / "bits"), str(work / "more"), "--out", str(out), "--add"]) == 0
    (found,) = answers(capsys, out, "flour and butter", "-k", "3")
    assert len(Index.load(out)) == 30 and [result["label"] for result in found] == ["kitchen"] * 3


def test_images_are_answered_by_a_sheet(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for number in range(30):
        pixels = np.full((8, 8), 40 + 150 * (number % 2)) + rng.integers(0, 40, (8, 8))
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "images" / f"{number}.png")
    run, index = str(tmp_path / "run"), str(tmp_path / "index")
    assert main(["fit", str(tmp_path / "images"), "--latent-dim", "2", "--hidden", "none", "--epochs", "20", "--out", run]) == 0
    assert main(["index", run, str(tmp_path / "images"), "--out", index, "--metric", "euclidean"]) == 0
    for query in ("3.png", str(tmp_path / "images" / "3.png")):
        out = tmp_path / f"sheet {len(query)}.png"
        assert main(["search", index, query, "-k", "4", "--out", str(out)]) == 0
        sheet = np.asarray(Image.open(out))
        assert sheet.shape == (10, 50) and sheet[:8, :48].reshape(8, -1)[:, :8].mean() > 150  # its own and four more, with gaps


@pytest.mark.parametrize(("words", "message"), [
    (("search", "{index}", " "), "the query is empty"), (("search", "{index}", "xyzzy"), "none of the .* words that this run knows"),
    (("search", "{index}", "moon", "-k", "91"), r"k must be in 1\.\.90 for an index of 90 items"),
    (("search", "{run}", "moon"), "holds no index"),
    (("search", "{index}", "moon", "--rerank", "3"), "--rerank must be .* at least -k, 10"),
    (("index", "{bits}", "{more}", "--out", "{index}", "--add"), "is an index of another run"),
    (("index", "{run}", "{posts}", "--out", "{index}", "--add"), "'kitchen/1.txt' is there twice"),
    (("index", "{run}", "{more}", "--out", "{index}"), "exists already"),
    (("index", "{run}", "{posts}", "--out", "{index}", "--add", "--remove"), "two changes"),
    (("index", "{run}", "{posts}", "--kind", "tree", "--out", "x"), "--kind must be one of"),
    (("evaluate", "{index}", "{posts}"), "each item would find itself"),
])  # fmt: skip
def test_what_cannot_be_answered_is_one_line(work, words, message, capsys):
    before = {path.name: path.read_bytes() for path in (work / "index").iterdir() if path.is_file()}
    named = {name: str(work / name) for name in ("index", "run", "bits", "posts", "more")}
    assert main([word.format(**named) for word in words]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(message, said) and "Traceback" not in said
    assert {path.name: path.read_bytes() for path in (work / "index").iterdir() if path.is_file()} == before


def test_an_interrupted_index_leaves_the_old_one_whole(work, monkeypatch):
    before = {path.name: path.read_bytes() for path in (work / "index").iterdir() if path.is_file()}

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("isthmus.cli.index.shutil.copyfile", stopped)
    assert main(["index", str(work / "run"), str(work / "more"), "--out", str(work / "index"), "--overwrite"]) == 130
    assert {path.name: path.read_bytes() for path in (work / "index").iterdir() if path.is_file()} == before
