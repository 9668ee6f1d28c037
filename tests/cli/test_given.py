"""What `fit --condition` tells a run, and how the verbs that apply it find it again."""

import json

import numpy as np
import pytest
from PIL import Image

from isthmus.cli import main
from isthmus.cli.data import label_file
from isthmus.files import read

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")

ROWS = 240


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A table whose price follows its city, and runs that are told the city, or the price."""
    folder = tmp_path_factory.mktemp("shop")
    rng = np.random.default_rng(0)
    city, size = rng.choice(["Rome", "Oslo"], ROWS), rng.normal(size=ROWS)
    price = np.where(city == "Rome", 40.0, 90.0) + 5 * size + 0.1 * rng.normal(size=ROWS)
    lines = [f"{c},{s:.3f},{p:.2f},{w:.3f}" for c, s, p, w in zip(city, size, price, rng.normal(size=ROWS), strict=True)]
    (folder / "shop.csv").write_text("\n".join(["city,size,price,weight", *lines]))
    (folder / "cities.csv").write_text("\n".join(["which", *city]))
    for name in ("city", "price"):
        words = ["--condition", name, "--variant", "variational", "--penalty", "kl:0.01", "--epochs", "80"]
        assert main(["fit", str(folder / "shop.csv"), *words, "--latent-dim", "1", "--out", str(folder / name)]) == 0
    return folder


def column(path, name="price"):
    return read(str(path)).load()[name].astype(float)


def test_items_are_drawn_and_decoded_as_the_condition_says(shop, tmp_path):
    means = {}
    for city in ("Rome", "Oslo"):
        assert main(["sample", str(shop / "city"), "-n", "100", "--condition", city, "--out", str(tmp_path / f"{city}.csv")]) == 0
        means[city] = column(tmp_path / f"{city}.csv").mean()
    assert means["Oslo"] - means["Rome"] > 35  # of 50
    np.save(tmp_path / "codes.npy", np.zeros((2, 1)))
    (tmp_path / "which.csv").write_text("which\nRome\nOslo\n")
    words = ["--condition", str(tmp_path / "which.csv"), "--out", str(tmp_path / "both.csv")]
    assert main(["decode", str(shop / "city"), str(tmp_path / "codes.npy"), *words]) == 0
    low, high = column(tmp_path / "both.csv")
    assert high - low > 35


def test_the_column_is_found_again_and_is_worth_something(shop, tmp_path, capsys):
    run, data = str(shop / "city"), str(shop / "shop.csv")
    errors = {}
    for told in ([], ["--condition", str(shop / "cities.csv")], ["--condition", "Rome"]):
        capsys.readouterr()
        assert main(["evaluate", run, data, *told, "--json"]) == 0
        errors[len(errors)] = json.loads(capsys.readouterr().out)["squared_error"]
    assert errors[0] == errors[1] < 0.8 * errors[2]
    assert main(["encode", run, data, "--out", str(tmp_path / "a.npy")]) == 0
    assert main(["encode", run, data, "--condition", "city", "--out", str(tmp_path / "b.npy")]) == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))
    assert main(["reconstruct", run, data, "--out", str(tmp_path / "r.csv")]) == 0
    assert np.corrcoef(column(tmp_path / "r.csv"), column(data))[0, 1] > 0.9
    assert "city" not in read(str(tmp_path / "r.csv")).names


def test_numbers_are_covariates(shop, tmp_path):
    assert main(["sample", str(shop / "price"), "-n", "50", "--condition", "45.5", "--out", str(tmp_path / "s.csv")]) == 0
    assert sum(city == "Rome" for city in read(str(tmp_path / "s.csv")).load()["city"]) > 40


def test_several_numbers_are_told_by_columns_or_by_a_file_alike(shop, tmp_path):
    data, told = str(shop / "shop.csv"), np.column_stack([column(shop / "shop.csv", name) for name in ("price", "size")])
    np.save(tmp_path / "told.npy", told)
    lines = (shop / "shop.csv").read_text().splitlines()
    (tmp_path / "rest.csv").write_text("\n".join(",".join(line.split(",")[::3]) for line in lines))  # city and weight
    common = ["--variant", "variational", "--latent-dim", "1", "--epochs", "4"]
    assert main(["fit", data, "--condition", "price, size", *common, "--out", str(tmp_path / "columns")]) == 0
    words = ["--condition", str(tmp_path / "told.npy"), *common, "--out", str(tmp_path / "file")]
    assert main(["fit", str(tmp_path / "rest.csv"), *words]) == 0
    assert main(["encode", str(tmp_path / "columns"), data, "--out", str(tmp_path / "a.npy")]) == 0
    words = ["--condition", str(tmp_path / "told.npy"), "--out", str(tmp_path / "b.npy")]
    assert main(["encode", str(tmp_path / "file"), str(tmp_path / "rest.csv"), *words]) == 0
    assert np.array_equal(np.load(tmp_path / "a.npy"), np.load(tmp_path / "b.npy"))
    assert main(["sample", str(tmp_path / "file"), "-n", "5", "--condition", "45.5,1", "--out", str(tmp_path / "s.csv")]) == 0


def test_variants_are_compared_as_they_are_told(shop, tmp_path, capsys):
    words = ["--condition", "city", "--variants", "pca,linear,basic", "--latent-dim", "1", "--epochs", "40", "--out", str(tmp_path / "c")]
    assert main(["compare", str(shop / "shop.csv"), *words]) == 0
    assert "Told the condition of each item, which their codes then need not hold: basic." in " ".join(capsys.readouterr().out.split())
    found = json.loads((tmp_path / "c" / "compare.json").read_text())
    errors = {row["variant"]: row["squared_error"] for row in found["rows"]}
    assert errors["basic"] < 0.8 * errors["pca"]  # a city and a size are behind the price, and one of them is told


def test_ways_have_the_condition_of_their_first_item(shop, tmp_path):
    run, out = str(shop / "city"), str(tmp_path / "way.csv")
    cities = read(str(shop / "shop.csv")).load()["city"].tolist()
    rome, oslo = str(cities.index("Rome")), str(cities.index("Oslo"))
    for words in ([rome, oslo], [rome, "--unit", "0"], [oslo, "--unit", "0", "--condition", "Rome"]):
        assert main(["interpolate", run, *words, "--steps", "3", "--out", out, "--overwrite"]) == 0
        assert (column(out) < 65).all()


def test_the_labels_of_pictures_are_a_condition_too(tmp_path):
    words = ["--variant", "variational", "--condition", "labels", "--epochs", "1", "--out", str(tmp_path / "run")]
    assert main(["fit", "digits", *words]) == 0
    assert main(["encode", str(tmp_path / "run"), "digits", "--out", str(tmp_path / "h.npy")]) == 0
    assert main(["sample", str(tmp_path / "run"), "--condition", "7", "--out", str(tmp_path / "s.npy")]) == 0
    assert "the condition of their first item" in (tmp_path / "run" / "report.html").read_text()


def test_categories_of_a_table_get_a_likelihood_of_their_own(shop, tmp_path, capsys):
    words = ["--likelihood", "mixed", "--latent-dim", "2", "--epochs", "5", "--out", str(tmp_path / "run")]
    assert main(["fit", str(shop / "shop.csv"), *words]) == 0
    assert main(["reconstruct", str(tmp_path / "run"), str(shop / "shop.csv"), "--out", str(tmp_path / "r.csv")]) == 0
    assert set(read(str(tmp_path / "r.csv")).load()["city"]) <= {"Rome", "Oslo"}
    assert main(["sample", str(tmp_path / "run"), "-n", "500", "--out", str(tmp_path / "s.csv")]) == 0
    drawn, learnt = column(tmp_path / "s.csv", "size"), column(shop / "shop.csv", "size")
    assert drawn.std() > 0 and drawn.min() >= learnt.min() - 1e-6 and drawn.max() <= learnt.max() + 1e-6


def test_whole_labels_may_come_back_as_floats_and_drawn_numbers_have_names_and_seeds(tmp_path, capsys):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.normal(size=(60, 3)))
    for name, ending in (("tier", ""), ("again", ".0")):
        (tmp_path / f"{name}.csv").write_text("\n".join([name, *(f"{number % 3}{ending}" for number in range(60))]))
    words = [str(tmp_path / "x.npy"), "--epochs", "1", "--seed", "7"]
    assert main(["fit", *words, "--condition", str(tmp_path / "tier.csv"), "--out", str(tmp_path / "told")]) == 0
    for name in ("tier", "again"):
        given = ["--condition", str(tmp_path / f"{name}.csv"), "--out", str(tmp_path / f"{name}.npy")]
        assert main(["encode", str(tmp_path / "told"), words[0], *given]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "tier.npy"), np.load(tmp_path / "again.npy"))
    assert main(["sample", str(tmp_path / "told"), "-n", "2", "--condition", "1.0", "--out", str(tmp_path / "one.npy")]) == 0
    np.save(tmp_path / "two.npy", np.ones((60, 2), int))
    two = ["--condition", str(tmp_path / "two.npy"), "--out", str(tmp_path / "t.npy")]
    assert main(["encode", str(tmp_path / "told"), words[0], *two]) == 1
    assert "fault in isthmus" not in capsys.readouterr().err
    assert main(["fit", *words, "--out", str(tmp_path / "run")]) == 0
    for out, seed in (("a.csv", []), ("b.csv", ["--seed", "7"]), ("c.csv", ["--seed", "0"])):
        assert main(["sample", str(tmp_path / "run"), "-n", "4", *seed, "--out", str(tmp_path / out)]) == 0
    a, b, c = ((tmp_path / out).read_text() for out in ("a.csv", "b.csv", "c.csv"))
    assert a == b != c and a.startswith("id,x0,x1,x2\n")


def test_labels_of_a_table_find_their_pictures_by_name(tmp_path):
    for number in range(12):
        folder = tmp_path / "pictures" / ("dark" if number < 6 else "light")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 20 * number, np.uint8)).save(folder / f"{number}.png")
    kept = read(str(tmp_path / "pictures"))
    assert kept.labels.tolist() == ["dark"] * 6 + ["light"] * 6
    names = [*reversed(kept.ids), "another.png"]
    (tmp_path / "labels.csv").write_text("\n".join(["age,file", *(f"{99 - place},{name}" for place, name in enumerate(names))]))
    assert label_file(f"{tmp_path / 'labels.csv'}:age", kept).tolist() == [str(88 + place) for place in range(12)]


@pytest.mark.parametrize(("words", "said"), [
    (["sample", "city", "--out", "x.csv"], "one of Oslo, Rome"),
    (["sample", "city", "--condition", "Paris", "--out", "x.csv"], "Got 'Paris'"),
    (["sample", "price", "--condition", "dear", "--out", "x.csv"], "Got 'dear'"),
    (["encode", "city", "cities.csv", "--out", "x.npy"], "give --condition"),
    (["fit", "shop.csv", "--condition", "town", "--out", "x"], "--condition town is neither a file nor a column"),
    (["fit", "shop.csv", "--condition", "labels", "--out", "x"], "comes without labels"),
    (["fit", "shop.csv", "--condition", "city,price", "--out", "x"], "must hold numbers"),
    (["fit", "shop.csv", "--condition", "cities.csv", "--variant", "stacked", "--out", "x"], "takes no condition"),
])  # fmt: skip
def test_a_condition_that_cannot_be_is_one_line(shop, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(shop)
    assert main([str(tmp_path / "x") if word.startswith("x") else word for word in words]) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error and not any(tmp_path.iterdir())
