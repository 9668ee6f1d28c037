"""Search: exact is exact, graphs find nearly all, and an index stays what it is through adding, removing, saving and loading."""

import json
import shutil

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances

from isthmus.errors import FileError, InputError
from isthmus.metrics import neighbour_recall
from isthmus.tasks import Index, nearest, rerank, retrieval

KINDS = {"bits": (lambda rng, n: rng.integers(0, 2, (n, 70)), "hamming"),
         "cosine": (lambda rng, n: rng.normal(3, 1, (n, 8)), "cosine"),
         "euclidean": (lambda rng, n: rng.normal(3, 1, (n, 8)), "euclidean")}  # fmt: skip
each = pytest.mark.parametrize("kind", KINDS)


def made(kind, rng, n, **more):
    codes, metric = KINDS[kind][0](rng, n), KINDS[kind][1]
    return codes, Index.build(codes, metric="cosine" if metric == "hamming" else metric, **more)


def brute(kind, codes, queries):
    if kind == "bits":
        return (queries[:, None] != codes).sum(axis=2)
    centre = codes.mean(axis=0) if kind == "cosine" else 0
    return pairwise_distances(queries - centre, codes - centre, metric=kind)


@each
def test_exact_search_is_exact_across_blocks(kind, rng):
    codes, index = made(kind, rng, 9000)
    queries = KINDS[kind][0](rng, 150)
    all_of_them = brute(kind, codes, queries)
    found = index.search(queries, k=20)
    order = np.argsort(all_of_them, axis=1, kind="stable")[:, :20]
    np.testing.assert_allclose(found.distances, np.take_along_axis(all_of_them, order, axis=1), atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(all_of_them, found.places, axis=1), found.distances, atol=1e-5)
    if kind == "bits":  # where many are equally far, those that come first
        np.testing.assert_array_equal(found.places, order)


@each
def test_an_item_alone_finds_what_it_finds_among_others(kind, rng):
    codes, index = made(kind, rng, 5000)
    together = index.search(codes[:40], k=7)
    for row in (0, 17, 39):
        alone = index.search(codes[row : row + 1], k=7)
        np.testing.assert_array_equal(alone.places[0], together.places[row])
    like = index.like(17, k=6)
    assert 17 not in like.places and together.places[17][0] == 17
    np.testing.assert_array_equal(like.distances[0], together.distances[17][1:])


@each
@pytest.mark.parametrize("graph", [False, True])
def test_adding_removing_saving_and_loading(kind, graph, rng, tmp_path):
    if graph:
        pytest.importorskip("faiss")
    codes, index = made(kind, rng, 3000, graph=graph, payload={"label": [f"kind {n % 3}" for n in range(3000)]})
    extra = KINDS[kind][0](rng, 50)
    index.add(extra, [f"new {n}" for n in range(50)], {"label": ["new"] * 50})
    assert len(index) == 3050
    found = index.search(extra, k=1)
    assert index.ids.at(found.places)[:, 0].tolist() == [f"new {n}" for n in range(50)]
    assert set(index.payload["label"].at(found.places).ravel()) == {"new"}
    index.remove(["new 3", "5"])
    answers = index.search(np.concatenate([extra, codes[:20]]), k=30)
    assert len(index) == 3048 and not np.isin(answers.places, [3003, 5]).any()
    index.save(tmp_path / "index", {"about": "it"})
    for mapped in (True, False):
        loaded = Index.load(tmp_path / "index", mapped)
        again = loaded.search(np.concatenate([extra, codes[:20]]), k=30)
        np.testing.assert_array_equal(answers.places, again.places)
        np.testing.assert_array_equal(answers.distances, again.distances)
        assert loaded.choice == index.choice and loaded.place_of("new 3") is None and loaded.place_of("new 4") == 3004
    assert retrieval.read_document(tmp_path / "index")["about"] == {"about": "it"}
    loaded.add(extra[3:4], ["new 3"], {"label": ["back"]})  # what was removed may come back
    assert loaded.ids.at(loaded.search(extra[3:4], k=1).places).tolist() == [["new 3"]]


@each
def test_a_graph_finds_nearly_all_true_neighbours(kind, rng):
    pytest.importorskip("faiss")
    codes, index = made(kind, rng, 6000, graph=True)
    found, true = index.search(codes[:200], k=10), index.exactly().search(codes[:200], k=10)
    assert (found.distances <= true.distances[:, -1:] + 1e-5).mean() > 0.9
    assert index.graph.recall > 0.9 and "graph" in index.choice


def test_bits_take_a_bit_each(rng):
    assert [Index.build(rng.integers(0, 2, (9, bits))).bytes_per_item for bits in (8, 16, 32, 64, 128, 70)] == [1, 2, 4, 8, 16, 16]


def test_pca_is_searched_like_any_other(rng):
    X = rng.normal(size=(300, 12))
    model = PCA(4).fit(X)
    index = Index.build(model.transform(X), metric="euclidean")
    assert (index.search(model.transform(X), k=1).places[:, 0] == np.arange(300)).all()


def test_reranking_all_is_comparing_all(rng):
    words = sp.random_array((400, 50), density=0.2, rng=rng, format="csr")
    index = Index.build(rng.integers(0, 2, (400, 16)), vectors=words)
    shortlist = index.search(rng.integers(0, 2, (5, 16)), k=400)
    found = rerank(shortlist, words[:5], index.vectors, k=10)
    cosine = pairwise_distances(words[:5], words, metric="cosine")
    np.testing.assert_allclose(found.distances, np.sort(cosine, axis=1)[:, :10], atol=1e-6)
    dense = rerank(shortlist, words[:5].toarray(), words.toarray(), k=10)
    np.testing.assert_allclose(dense.distances, found.distances, atol=1e-6)


def test_rankings_of_an_index_are_those_of_its_distances(rng):
    codes, index = made("cosine", rng, 500)
    labels = rng.integers(0, 4, 500)
    index.remove(["7"])
    row = index.rankings(codes[:130], lambda some: labels[:130][some][:, None] == labels[None]).row()
    kept = np.arange(500) != 7
    order = np.argsort(brute("cosine", codes, codes[:130])[:, kept], axis=1)
    hits = labels[kept][order] == labels[:130, None]
    assert row["precision_at_10"] == pytest.approx(hits[:, :10].mean(), abs=1e-6) and row["queries"] == 130


def test_the_first_bound_may_be_loose(rng):
    codes = np.concatenate([rng.normal(50, 1, (5000, 3)), rng.normal(0, 1, (5000, 3))])  # all that is near comes last
    places = nearest.nearest(codes[9990:], codes, 3)
    assert (places[:, 0] == np.arange(9990, 10000)).all() and (places >= 5000).all()
    assert neighbour_recall(places, places) == 1


CODES = np.eye(4, 3)


@pytest.mark.parametrize(("act", "message"), [
    (lambda index: index.search(CODES, k=5), r"k must be in 1\.\.4 for an index of 4 items\. Got 5"),
    (lambda index: index.search(CODES[:, :2], k=1), r"codes must be numbers \(n, 3\)\. Got"),
    (lambda index: index.search(CODES * 0.5, k=1), "must be 0 or 1"),
    (lambda index: index.add(CODES, ["a", "e", "f", "g"]), "'a' is there twice"),
    (lambda index: index.add(CODES, ["e", "f", "f", "g"]), "'f' is there twice"),
    (lambda index: index.add(CODES, ["e"]), "one id for each of the 4 codes"),
    (lambda index: index.add(CODES, list("efgh"), {"colour": ["red"] * 4}), "payload must hold nothing"),
    (lambda index: index.remove(["z"]), "no item 'z' in the index"),
    (lambda index: Index.build(CODES * np.nan), "code 0 is not finite"),
    (lambda index: Index.build(CODES, metric="cosin"), "Did you mean 'cosine'"),
    (lambda index: Index.build([["a"]]), "codes must be numbers"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(act, message):
    index = Index.build(CODES, list("abcd"))
    with pytest.raises(InputError, match=message) as error:
        act(index)
    assert "\n" not in str(error.value) and len(index) == 4


@pytest.fixture
def stored(rng, tmp_path):
    return Index.build(rng.normal(size=(40, 3)), payload={"label": ["x"] * 40}).save(tmp_path / "index")


def test_damage_is_told(stored, tmp_path):
    def damaged(name, change):
        folder = tmp_path / f"damaged {name}"
        shutil.copytree(stored, folder)
        change(folder / name)
        with pytest.raises(FileError, match="damaged|holds no index|schema") as error:
            Index.load(folder)
        assert "\n" not in str(error.value)

    damaged("codes.npy", lambda path: path.write_bytes(path.read_bytes()[:-8]))
    damaged("ids.raw.npy", lambda path: path.unlink())
    damaged("label.ends.npy", lambda path: path.write_bytes(b"\x80\x04K\x01." + b" " * (path.stat().st_size - 5)))  # a pickle
    damaged("index.json", lambda path: path.write_text("{"))
    document = json.loads((stored / "index.json").read_text())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.json").write_text(json.dumps(document | {"schema": 99}))
    for folder in (tmp_path / "other", tmp_path / "nowhere"):
        with pytest.raises(FileError, match="schema 99|holds no index"):
            Index.load(folder)


def test_a_save_that_fails_leaves_the_old_index_whole(stored, rng, monkeypatch):
    before = {path.name: path.read_bytes() for path in stored.iterdir()}
    index = Index.load(stored, mapped=False)
    index.add(rng.normal(size=(2, 3)), ["a", "b"], {"label": ["y", "y"]})

    def stop(folder):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.save(stored, more=stop)
    assert {path.name: path.read_bytes() for path in stored.iterdir()} == before
    assert [path.name for path in stored.parent.iterdir()] == ["index"]
