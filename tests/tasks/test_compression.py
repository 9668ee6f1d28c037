"""Vectors in few bytes: what is found is compared with what is true, whoever finds more is named, and bad vectors are refused."""

import json

import numpy as np
import pytest

from isthmus import Training
from isthmus.cli import main
from isthmus.errors import InputError
from isthmus.tasks import Compressed, compress
from isthmus.tasks.compression import Decoded, verdict
from isthmus.tasks.nearest import nearest

pytest.importorskip("faiss")


pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


def vectors(n=400, d=16):
    rng = np.random.default_rng(0)
    made = np.tanh(rng.normal(size=(n, 3)) @ rng.normal(size=(3, d)))
    return (made + 0.05 * rng.normal(size=made.shape)).astype(np.float32)


def test_more_bytes_find_more_and_all_kinds_stand_side_by_side():
    heard, X = [], vectors()
    found = compress(X[:350], X[350:], (2, 8), Training(epochs=8), heard=lambda label, count: heard.append(count))
    assert [(one.kind, one.bytes) for one in found] == [(kind, size) for size, kinds in (
        (2, ("autoencoder", "PCA", "PQ", "OPQ", "ITQ")), (8, ("autoencoder", "PCA", "PQ", "OPQ"))) for kind in kinds]  # fmt: skip
    assert heard == [len(found)] * len(found) and all(one.build_seconds > 0 and one.queries_per_second > 0 for one in found)
    recall = {(one.kind, one.bytes): one.recall for one in found}
    assert all(recall[kind, 2] < recall[kind, 8] for kind in ("autoencoder", "PCA", "PQ", "OPQ"))
    assert all(0.05 < value <= 1 for value in recall.values()) and recall["PCA", 8] > 0.9


def test_decoded_bits_are_compared_with_the_query_as_it_is():
    class Halves:
        def inverse_transform(self, bits):
            return bits / 2

    bits = np.random.default_rng(0).integers(0, 2, (50, 16))
    queries = np.random.default_rng(1).random((7, 16), np.float32)
    np.testing.assert_array_equal(nearest(queries, Decoded(Halves(), bits), 3), nearest(queries, (bits / 2).astype(np.float32), 3))


def test_the_verdict_names_whoever_finds_more():
    rows = [Compressed("autoencoder", 8, 0.6, 60, 100), Compressed("PQ", 8, 0.55, 3, 900), Compressed("autoencoder", 16, 0.6, 60, 100),
            Compressed("PQ", 16, 0.8, 3, 900)]  # fmt: skip
    ours, theirs = verdict(rows)
    assert "take the autoencoder" in ours and "PQ 55.0 %" in ours and "take PQ" in theirs and "the autoencoder 60.0 %" in theirs


@pytest.mark.parametrize(("X", "sizes", "said"), [
    (vectors(100), (4,), "at least 256"), (vectors(), (17,), r"1\.\.16"), (vectors(), (0,), r"1\.\.16"), (vectors()[:, 0], (4,), "table"),
    (np.where(np.arange(400)[:, None] == 3, np.nan, vectors()), (4,), "row 3"),
])  # fmt: skip
def test_vectors_that_cannot_be_used(X, sizes, said):
    with pytest.raises(InputError, match=said):
        compress(X, vectors(20), sizes)


def test_from_the_shell(tmp_path, capfd):
    np.save(tmp_path / "vectors.npy", vectors())
    words = ["compare", str(tmp_path / "vectors.npy"), "--bytes", "4", "--epochs", "2"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    said, page = capfd.readouterr(), (tmp_path / "out" / "report.html").read_text()
    assert "take" in said.out and "[1/4] autoencoder, 4 bytes" in said.err and "WARNING" not in said.err
    assert "<svg" in page and "queries a second" in page and "ITQ" not in page
    assert main([*words, "--json"]) == 0
    row = json.loads(capfd.readouterr().out)["rows"][0]
    assert row["kind"] == "autoencoder" and row["bytes"] == 4 and 0 <= row["recall"] <= 1
    assert main([*words, "--variants", "basic"]) == 1 and "leave out" in capfd.readouterr().err
    assert main([*words[:3], "none"]) == 1 and "--bytes" in capfd.readouterr().err
