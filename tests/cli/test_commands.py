"""The commands as people run them: through `main`, on files, with exit codes and one-line errors."""

import json
import shlex

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.files import read
from isthmus.run import open_run

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with two runs, one on images in [0, 1], one on a messy table with gaps."""
    folder = tmp_path_factory.mktemp("work")
    rng = np.random.default_rng(0)
    lines = ["id,age,city,joined"]
    for number in range(120):
        age = "" if number % 11 == 0 else str(rng.integers(18, 90))
        lines.append(f"{1000 + number},{age},{('Rome', 'Oslo')[number % 2]},2020-0{1 + number % 9}-11")
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    np.save(folder / "bytes.npy", rng.integers(0, 256, (60, 6, 6), dtype=np.uint8))
    for name, data, more in (("images", "digits", ["--variant", "variational"]), ("table", "people.csv", []),
                             ("bytes", "bytes.npy", ["--variant", "denoising", "--corruption", "masking:0.2"])):
        source = data if data == "digits" else str(folder / data)
        assert main(["fit", source, "--latent-dim", "2", "--epochs", "1", "--out", str(folder / name), *more]) == 0
    return folder


def run(folder, *words):
    """Run a command in which a word with @ in front is a path in the folder."""
    return main([str(folder / word[1:]) if word.startswith("@") else word for word in words])


def test_encode_then_decode_gives_the_shapes_and_ids_back(work):
    assert run(work, "encode", "@images", "digits", "--out", "@codes.parquet") == 0
    assert run(work, "decode", "@images", "@codes.parquet", "--out", "@back.npy") == 0
    assert np.load(work / "back.npy").shape == (1797, 8, 8)
    columns = read(work / "codes.parquet").load()
    assert list(columns) == ["id", "code_0", "code_1"] and columns["id"][5] == "5"


def test_bytes_come_back_as_pictures_of_the_same_brightness(work):
    assert run(work, "reconstruct", "@bytes", "@bytes.npy", "--out", "@pictures") == 0
    pictures = read(work / "pictures").load()
    assert pictures.shape == (60, 6, 6) and 60 < pictures.mean() < 200


def test_only_missing_cells_are_filled(work, capsys):
    assert run(work, "reconstruct", "@table", "@people.csv", "--fill-missing", "--out", "@whole.csv") == 0
    said = capsys.readouterr()
    before, after = (read(work / name).load() for name in ("people.csv", "whole.csv"))
    gaps = np.array([cell is None for cell in before["age"]])
    assert gaps.any() and all(cell is not None for cell in after["age"])
    assert f"{gaps.sum()} of {gaps.sum()} missing cells filled" in said.out + said.err
    assert list(after["age"][~gaps]) == list(before["age"][~gaps]) and list(after["city"]) == list(before["city"])


def test_sample_and_interpolate_write_what_they_say(work):
    assert run(work, "sample", "@images", "-n", "3", "--out", "@new.npy") == 0
    assert run(work, "sample", "@table", "-n", "4", "--out", "@new.csv") == 0
    assert run(work, "interpolate", "@images", "3", "7", "--steps", "5", "--out", "@way.npy") == 0
    assert run(work, "interpolate", "@images", "3", "--unit", "1", "--steps", "4", "--out", "@unit.npy") == 0
    assert run(work, "interpolate", "@images", "3", "--towards", "7", "--out", "@seven.npy") == 0
    assert run(work, "interpolate", "@table", "3", "--towards", "Oslo", "--labels", "city", "--out", "@oslo.csv") == 0
    unit, seven, way = (np.load(work / f"{name}.npy") for name in ("unit", "seven", "way"))
    assert unit.shape == (4, 8, 8) and seven.shape == (9, 8, 8) and len(read(work / "oslo.csv")) == 9
    np.testing.assert_allclose(seven[0], way[0], atol=1e-5)  # both begin at the item's reconstruction
    assert np.load(work / "new.npy").shape == (3, 8, 8) and np.load(work / "way.npy").shape == (5, 8, 8)
    assert len(read(work / "new.csv")) == 4
    assert run(work, "sample", "@images", "-n", "3", "--seed", "7", "--out", "@other.npy") == 0
    assert not np.allclose(np.load(work / "new.npy"), np.load(work / "other.npy"))


def test_an_item_without_a_label_points_nowhere(work):
    labels, moved = np.array([str(number % 2) for number in range(1797)]), []
    words = ["interpolate", "@images", "3", "--labels", "@labels.csv:kind", "--overwrite", "--out", "@moved.npy"]
    for told in (labels, np.where(np.arange(1797) % 3, labels, "2"), np.where(np.arange(1797) % 3, labels, "")):
        (work / "labels.csv").write_text("item,kind\n" + "".join(f"{number},{label}\n" for number, label in enumerate(told)))
        assert run(work, *words, "--towards", "1") == 0
        moved.append(np.load(work / "moved.npy"))
    assert np.abs(moved[2] - moved[0]).max() < np.abs(moved[1] - moved[0]).max()
    assert run(work, *words, "--towards", "") == 1


def test_mixed_likelihoods_are_compared_on_tables(work, tmp_path, capsys):
    words = ["--likelihood", "mixed", "--variants", "pca,basic,variational", "--epochs", "1", "--precision", "float32", "--json"]
    assert run(work, "compare", "@people.csv", *words) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 3


def test_evaluate_prints_one_json_object_and_nothing_else(work, capsys):
    assert run(work, "evaluate", "@images", "digits", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {"n", "n_features", "latent_dim", "squared_error", "pca_squared_error", "explained_variance"} <= found.keys()
    assert found["n"] == 1797 and found["n_features"] == 64 and found["squared_error"] > found["pca_squared_error"] / 10


def test_compare_has_every_row_and_a_page(tmp_path, capsys):
    assert main(["compare", "digits", "--latent-dim", "2", "--epochs", "1", "--json", "--out", str(tmp_path / "c")]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["variant"]: row for row in found["rows"]}
    named = {"binary", "pca", "linear", "logistic-pca", "basic", "denoising", "sparse", "contractive", "stacked", "variational"}
    assert set(rows) == named
    assert "Error against cost" not in (tmp_path / "c" / "report.html").read_text(encoding="utf-8")  # it is for ways to start one network
    assert len(rows["linear"]["principal_angles_degrees"]) == 2
    assert all({"train_squared_error", "squared_error", "seconds"} <= row.keys() for row in rows.values())
    assert (tmp_path / "c" / "report.html").stat().st_size > 10_000


def test_a_config_is_fitted_as_it_is_but_for_flags(work, tmp_path, capsys):
    config = str(work / "bytes" / "config.json")
    assert main(["fit", "digits", "--config", config, "--batch-size", "300", "--out", str(tmp_path / "again")]) == 0
    model = open_run(tmp_path / "again").estimator
    assert (type(model).__name__, model.n_components, model.corruption_.fraction) == ("DenoisingAutoencoder", 2, 0.2)
    assert (model.training_.epochs, model.training_.batch_size) == (1, 300)
    capsys.readouterr()
    assert main(["compare", "digits", "--config", config, "--variants", "pca", "--latent-dim", "3,2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["variant"], row["latent_dim"]) for row in rows] == [("pca", 3), ("config", 3), ("pca", 2), ("config", 2)]


def test_a_sweep_with_seeds_says_which_size_is_enough(capsys):
    words = ["--latent-dim", "2,16", "--seeds", "2", "--epochs", "8", "--variants", "pca,basic", "--target-error", "1.6", "--json"]
    assert main(["compare", "digits", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["latent_dim"], row["variant"], row["seed"]) for row in found["rows"]] == [
        (size, name, seed) for size in (2, 16) for name in ("pca", "basic") for seed in (0, 1)]  # fmt: skip
    errors = {row["latent_dim"]: row["squared_error"] for row in found["rows"] if row["variant"] == "pca"}
    assert errors[16] < 1.6 < errors[2] and any("1.6" in sentence and "16" in sentence for sentence in found["verdict"])


def test_ways_to_start_are_compared_at_equal_cost(tmp_path, capsys):
    words = ["--pretraining", "none,autoencoder,denoising", "--hidden", "16,8", "--latent-dim", "2", "--epochs", "4", "--json"]
    assert main(["compare", "digits", *words, "--out", str(tmp_path / "c")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["variant"] for row in found["rows"]] == ["pca", "none", "autoencoder", "denoising", "today"]
    assert any(sentence.startswith("At equal cost, pretraining by") for sentence in found["verdict"])
    assert "Error against cost" in (tmp_path / "c" / "report.html").read_text(encoding="utf-8")
    for more in (["--variants", "basic"], ["--network", "conv"], ["--decoder", "none"], ["--time-budget", "5"]):
        assert main(["compare", "digits", *words, *more]) == 1
        assert "leave out" in (said := capsys.readouterr().err) or "--epochs" in said


def test_what_is_asked_for_twice_is_measured_once_and_no_pass_stays_none(capsys):
    assert main(["compare", "digits", "--variants", "pca,pca,stacked", "--latent-dim", "2,2", "--epochs", "0", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(row["variant"], row.get("epochs", 0)) for row in found["rows"]] == [("pca", 0), ("stacked", 0)]


def test_the_layers_of_a_stack_are_trained_as_asked(tmp_path, capsys):
    words = ["--variant", "stacked", "--hidden", "16", "--epochs", "1", "--latent-dim", "3"]
    assert main(["fit", "digits", *words, "--pretraining", "rbm,contractive", "--out", str(tmp_path / "run")]) == 0
    layers = open_run(tmp_path / "run").estimator.layer
    assert [type(layer).__name__ for layer in layers] == ["RestrictedBoltzmannMachine", "ContractiveAutoencoder"]
    capsys.readouterr()
    for more, said in ((["--pretraining", "rbms"], "autoencoder, binary, contractive"), (["--pretraining", "rbm,rbm,rbm"], "must hold 2"),
                       (["--variant", "basic"], "--variant stacked")):  # fmt: skip
        flags = {"--pretraining": "rbm"} | dict([words[:2], ("--hidden", "16"), more])
        assert main(["fit", "digits", *(word for pair in flags.items() for word in pair), "--out", str(tmp_path / "other")]) == 1
        assert said in " ".join(capsys.readouterr().err.split()) and not (tmp_path / "other").exists()


@pytest.mark.parametrize(("words", "said"), [
    (["--variants", "variational", "--penalty", "nonsense"], "--penalty must be one of"),
    (["--variants", "basic", "--penalty", "contractive:1"], "belongs to none of the rows basic"),
    (["--pretraining", "none,rbm", "--likelihood", "laplace"], "must be Bernoulli() or Gaussian()"),
    (["--pretraining", "none", "--condition", "labels"], "--condition is for a comparison of variants"),
    (["--pretraining", "none", "--config", "config.json"], "--config is for a comparison of variants"),
])
def test_what_no_row_of_a_comparison_takes_is_told_before_anything_is_trained(words, said, tmp_path, capsys):
    assert main(["compare", "digits", *words, "--epochs", "1", "--out", str(tmp_path / "found")]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert said in told and "[1/" not in told and not (tmp_path / "found").exists()


def test_a_penalty_of_another_kind_stands_beside_the_row_s_own(tmp_path):
    words = ["--variant", "variational", "--latent-dim", "2", "--epochs", "1"]
    for more, terms in ((["--penalty", "contractive:0.1"], {"kl", "contractive"}),
                        (["--penalty", "importance-weighted:1:2"], {"importance"}),
                        (["--penalty", "kl:0.5", "--corruption", "masking:0.1"], {"kl"})):  # fmt: skip
        assert main(["fit", "digits", *words, *more, "--out", str(tmp_path / "run"), "--overwrite"]) == 0
        found = open_run(tmp_path / "run").history_[0]
        assert {term for term in found if not term.startswith("validation")} - {"epoch", "seconds", "loss", "reconstruction"} == terms


@pytest.mark.parametrize(("variant", "flags"), [
    ("stacked", ["--penalty", "l1:0.1"]), ("stacked", ["--corruption", "masking:0.1", "--hidden", "8"]), ("stacked", ["--network", "conv"]),
    ("restricted-boltzmann-machine", ["--hidden", "8"]), ("restricted-boltzmann-machine", ["--bottleneck", "top-k:1"]),
])  # fmt: skip
def test_flags_that_a_procedure_has_no_place_for_are_refused(variant, flags, tmp_path, capsys):
    assert main(["fit", "digits", "--variant", variant, *flags, "--out", str(tmp_path / "run")]) == 1
    said = capsys.readouterr().err
    assert "eave out" in said or "--likelihood only" in said
    assert not (tmp_path / "run").exists()


def test_a_messy_table_is_compared(work, tmp_path, capsys):
    words = ["--labels", "city", "--latent-dim", "2", "--epochs", "1", "--out", str(tmp_path / "people")]
    assert run(work, "compare", "@people.csv", *words) == 0
    out, err = capsys.readouterr()
    assert "variational" in out and "[9/9]" in err
    rows = json.loads((tmp_path / "people" / "compare.json").read_text())["rows"]
    assert all(0 <= row["neighbour_accuracy"] <= 1 for row in rows) and "logistic-pca" not in {row["variant"] for row in rows}


@pytest.mark.parametrize(("words", "code", "said"), [
    (["encode"], 2, "RUN"),
    (["encod", "x"], 2, "encode"),
    (["fit", "digits", "--out", "@new", "--latent-dim", "two"], 2, "two"),
    (["fit", "digits", "--out", "@images"], 1, "--overwrite"),
    (["fit", "digits", "--out", "@images", "--resume"], 1, "this run is finished"),
    (["fit", "digits", "--out", "@new", "--variant", "variationel"], 1, "variational"),
    (["fit", "digits", "--out", "@new", "--corruption", "masking:2"], 1, "[0, 1]"),
    (["fit", "digits", "--out", "@new", "--latent-dim", "0"], 1, "at least 1"),
    (["fit", "@nowhere.npy", "--out", "@new"], 1, "no such file"),
    (["encode", "@images", "@people.csv", "--out", "@x.npy"], 1, "table"),
    (["encode", "@people.csv", "digits", "--out", "@x.npy"], 1, "not a folder"),
    (["decode", "@images", "@new.npy", "--out", "@x.npy"], 1, ""),
    (["sample", "@images", "-n", "0", "--out", "@x.npy"], 1, "at least 1"),
    (["interpolate", "@images", "3", "9999", "--out", "@x.npy"], 1, "1797"),
    (["interpolate", "@images", "3", "--out", "@x.npy"], 1, "give one of the three"),
    (["interpolate", "@images", "3", "7", "--unit", "0", "--out", "@x.npy"], 1, "give one of the three"),
    (["interpolate", "@images", "3", "--unit", "2", "--out", "@x.npy"], 1, "in 0..1"),
    (["interpolate", "@images", "3", "--unit", "1", "--steps", "0", "--out", "@x.npy"], 1, "--steps must be"),
    (["interpolate", "@images", "3", "--towards", "7", "--round", "--out", "@x.npy"], 1, "leave it out"),
    (["interpolate", "@images", "3", "--towards", "ten", "--out", "@x.npy"], 1, "one of the labels 0, 1, 2"),
])  # fmt: skip
def test_errors_are_one_line_and_leave_nothing_behind(work, capsys, words, code, said):
    before = sorted(path.name for path in work.iterdir())
    assert run(work, *words) == code
    out, err = capsys.readouterr()
    assert out == "" and said in err.replace("\n", " ") and "Traceback" not in err
    assert sorted(path.name for path in work.iterdir()) == before


@pytest.mark.parametrize("top", [3, 255, 4095])
def test_pictures_of_other_numbers_are_not_all_white(top, tmp_path, capsys):
    levels = np.random.default_rng(0).integers(0, top + 1, (60, 6, 6))
    np.save(tmp_path / "levels.npy", levels.astype(np.int32))
    assert main(["fit", str(tmp_path / "levels.npy"), "--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    assert main(["reconstruct", str(tmp_path / "run"), str(tmp_path / "levels.npy"), "--out", str(tmp_path / "pictures")]) == 0
    pictures = read(tmp_path / "pictures").load()
    assert pictures.min() == 0 and pictures.max() == 255 and 60 < pictures.mean() < 200
    assert "pixels are black at" in capsys.readouterr().err


def test_what_comes_next_can_be_pasted(tmp_path, capsys):
    rows = "\n".join(f"{number},{number % 7},{'ab'[number % 2]}" for number in range(60))
    (tmp_path / "my data.csv").write_text("x,y y,kind\n" + rows + "\n")
    words = ["compare", str(tmp_path / "my data.csv"), "--labels", "kind", "--drop", "y y", "--variants", "pca,basic", "--latent-dim", "1"]
    assert main([*words, "--epochs", "1", "--out", str(tmp_path / "compared")]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Next: "))
    again = shlex.split(line.removeprefix("Next: "))
    assert again[1:3] == ["fit", str(tmp_path / "my data.csv")] and again[3:7] == ["--labels", "kind", "--drop", "y y"]


def test_a_machine_says_that_it_takes_no_gaps(work, tmp_path, capsys):
    np.save(tmp_path / "gaps.npy", np.where(np.arange(60)[:, None] == 7, np.nan, np.random.default_rng(0).random((60, 4))))
    for data, more in ((tmp_path / "gaps.npy", ["--missing", "mask", "--variant", "restricted-boltzmann-machine"]),
                       (work / "people.csv", ["--variant", "stacked", "--pretraining", "rbm"])):  # fmt: skip
        assert main(["fit", str(data), *more, "--epochs", "1", "--out", str(tmp_path / "run")]) == 1
        said = capsys.readouterr().err
        assert "NaN" in said and "fill them first" in said and "mask" not in said
