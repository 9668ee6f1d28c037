"""`isthmus detect` finds what does not fit, says why, and writes all of it or nothing."""

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.files import read

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


def shop(n, seed, broken=()):
    """Rows of a table in which price follows size, as all else does, but for those that are broken."""
    rng = np.random.default_rng(seed)
    size = rng.normal(10, 2, n)
    price = 5 * size + 0.2 * rng.normal(size=n)
    price[list(broken)] += 40
    city = rng.choice(["Rome", "Oslo"], n)
    lines = [f"{s:.2f},{2 * s:.2f},{3 * s:.2f},{s / 2:.2f},{7 * s:.2f},{p:.2f},{c},{'bad' if row in broken else 'good'}"
             for row, (s, p, c) in enumerate(zip(size, price, city, strict=True))]  # fmt: skip
    return "\n".join(["size,weight,height,width,area,price,city,kind", *lines]) + "\n"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("detect")
    (folder / "good.csv").write_text(shop(300, 0))
    (folder / "new.csv").write_text(shop(200, 1, broken=(7, 70, 170)))
    words = ["--drop", "kind", "--latent-dim", "2", "--variant", "denoising", "--epochs", "60", "--out", str(folder / "run")]
    assert main(["fit", str(folder / "good.csv"), *words]) == 0
    rng = np.random.default_rng(0)
    waves = np.sin(np.arange(30) / 3 + rng.random((120, 1)) * 6) + 0.05 * rng.normal(size=(120, 30))
    np.save(folder / "waves.npy", waves[:, :, None])
    waves[5, 12] += 4
    np.save(folder / "odd.npy", waves[:, :, None])
    assert main(["fit", str(folder / "waves.npy"), "--latent-dim", "3", "--epochs", "60", "--out", str(folder / "series")]) == 0
    return folder


def test_what_is_broken_is_found_and_named(work, tmp_path, capsys):
    run, new = str(work / "run"), str(work / "new.csv")
    assert main(["detect", run, new, "--contamination", "0.015", "--out", str(tmp_path / "found.csv")]) == 0
    said = capsys.readouterr().out
    table = read(str(tmp_path / "found.csv")).load()
    odd = np.flatnonzero(np.array(table["odd"], dtype=float) == 1)
    assert odd.tolist() == [7, 70, 170] and "3 of 200 items" in said
    named = [table["most"][row] for row in odd]  # an odd number leads the code astray, and others with it
    assert "price" in named and "city=Rome" not in named
    assert all((float(score) < 0) == (row in odd) for row, score in enumerate(table["score"]))
    page = (tmp_path / "found.html").read_text()
    assert "<script" not in page and "170 (" in page and "price" in page


def test_labels_settle_the_threshold_and_tell_how_good_it_is(work, tmp_path, capsys):
    words = ["--labels", "kind", "--odd", "bad", "--out", str(tmp_path / "found.parquet")]
    assert main(["detect", str(work / "run"), str(work / "new.csv"), *words]) == 0
    assert "the area under the curve is 1.0000" in " ".join(capsys.readouterr().out.split())
    assert read(str(tmp_path / "found.parquet")).load()["odd"].sum() == 3


def test_a_series_says_when(work, tmp_path):
    words = ["--contamination", "0.008", "--out", str(tmp_path / "found.csv")]
    assert main(["detect", str(work / "series"), str(work / "odd.npy"), *words]) == 0
    table = read(str(tmp_path / "found.csv")).load()
    assert table["odd"][5] == "1" and table["most"][5] == "step 12"


def test_pictures_are_shown(tmp_path):
    assert main(["fit", "digits", "--latent-dim", "4", "--epochs", "2", "--out", str(tmp_path / "run")]) == 0
    assert main(["detect", str(tmp_path / "run"), "digits", "--out", str(tmp_path / "found.csv")]) == 0
    assert "items side by side" in (tmp_path / "found.html").read_text()


@pytest.mark.parametrize(("words", "said"), [
    (["--contamination", "0.7"], "--contamination must be"), (["--labels", "kind"], "--odd"), (["--odd", "bad"], "--odd"),
    (["--labels", "kind", "--odd", "ugly"], "bad, good. Got 'ugly'"), (["--labels", "sort", "--odd", "bad"], "sort is neither"),
    (["--condition", "city"], "leave it out"),
])  # fmt: skip
def test_wrong_words_are_one_line_and_leave_nothing(work, tmp_path, capsys, words, said):
    assert main(["detect", str(work / "run"), str(work / "new.csv"), *words, "--out", str(tmp_path / "found.csv")]) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error and not any(tmp_path.iterdir())


def test_what_stands_there_is_not_replaced_unasked(work, tmp_path, capsys):
    words = ["detect", str(work / "run"), str(work / "new.csv"), "--out", str(tmp_path / "found.csv")]
    (tmp_path / "found.html").write_text("mine")
    assert main(words) == 1 and (tmp_path / "found.html").read_text() == "mine" and not (tmp_path / "found.csv").exists()
    assert main([*words, "--overwrite"]) == 0 and "oddest" in (tmp_path / "found.html").read_text()
