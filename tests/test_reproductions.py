"""The published numbers, on the real data: minutes each, so that `make test-slow` runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.cli import main

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")]


def test_mnist_beside_pca(shared_data, capsys):
    parts = [f"{shared_data / 'mnist.npz'}:{part}" for part in ("x_train", "x_test")]
    words = ["--latent-dim", "32", "--variants", "pca,linear,logistic-pca,basic", "--json"]
    assert main(["compare", parts[0], "--test", parts[1], *words]) == 0
    errors = {row["variant"]: row["squared_error"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert errors["pca"] == pytest.approx(13.193, abs=0.001)  # measured by NumPy's own decomposition
    assert errors["linear"] == pytest.approx(errors["pca"], rel=0.001)
    assert errors["basic"] < 4.0 and errors["logistic-pca"] < 8.01  # published for 30 components


def in_short(name, folder, shared_data, only=None):
    """Run a reproduction's short form and return its measures by line."""
    command = [sys.executable, "-m", f"reproductions.{name}", "--quick", "--data", str(shared_data), "--out", str(folder)]
    some = ["--only", only] if only else []
    subprocess.run([*command, *some], check=True, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    return {path.stem[:-2]: json.loads(path.read_text()) for path in (folder / "quick").glob("*.json")}


def test_the_keras_blog_in_short(shared_data, tmp_path):
    found = in_short("keras_blog", tmp_path, shared_data)
    assert set(found) == {"simple", "l1", "topk", "deep", "conv", "denoise", "vae"}
    assert found["simple"]["cross_entropy"] < 0.115 and found["deep"]["cross_entropy"] < 0.11
    assert found["topk"]["l0"] <= 27 and found["l1"]["l0"] < 31 and found["denoise"]["ratio"] < 0.9
    assert (tmp_path / "quick" / "variational_plane.png").stat().st_size > 10_000


def test_deep_autoencoders_beat_pca_and_pretraining_a_random_start_of_its_time(shared_data, tmp_path):
    found = in_short("hinton_2006", tmp_path, shared_data, "pca,logistic,rbm,random,today,curves,plane,bytes")
    error = {name: measures["squared_error"] for name, measures in found.items() if "squared_error" in measures}
    assert error["pca"] == pytest.approx(13.88, abs=0.01) and error["logistic"] < 8.3
    assert max(error["rbm"], error["today"]) < 0.6 * error["random"] and error["today"] < 0.6 * error["pca"]
    assert error["curves"] < 0.6 * found["curves"]["pca_6"]
    assert found["plane"]["neighbours"] > found["plane"]["pca_neighbours"] + 0.2
    assert found["bytes"]["bytes"] == 30 and found["bytes"]["jpeg_bytes"] > 45


def test_greedy_pretraining_beats_a_random_start_of_its_time(shared_data, tmp_path):
    found = in_short("bengio_2007", tmp_path, shared_data)
    least = 0.6 * found["random"]["error"]
    for way in ("rbm", "autoencoder"):
        assert found[way]["error"] + found[way]["interval"] < least
    assert found["rbm"]["error"] < found["autoencoder"]["error"]


def test_a_contractive_encoder_is_the_flattest(shared_data, tmp_path):
    found = in_short("rifai_2011", tmp_path, shared_data)
    assert found["cae"]["norm"] < found["dae"]["norm"] < found["ae"]["norm"] and 3 * found["cae"]["norm"] < found["ae"]["norm"]
    assert all(one["error"] < 4 for one in found.values())  # which of them errs least is not to be told, in full either


def test_sparse_features_are_nearly_linear_to_classify(shared_data, tmp_path):
    found = in_short("makhzani_2013", tmp_path, shared_data, "raw,k25")
    assert found["k25"]["error"] < 0.5 * found["raw"]["error"]


def test_denoising_stacks_beat_a_support_vector_machine_on_turned_digits(shared_data, tmp_path):
    found = in_short("vincent_2010", tmp_path, shared_data, "rot-sdae,rot-svm")
    assert found["rot-sdae"]["error"] < found["rot-svm"]["error"] + 1


def test_bounds_tighten_with_the_code_and_with_the_draws(shared_data, tmp_path):
    found = in_short("kingma_2013", tmp_path, shared_data, "z3,z10")
    assert found["z10"]["negative_bound"] < found["z3"]["negative_bound"] - 20
    assert all(-one["log_likelihood_1000_draws"] < one["negative_bound"] for one in found.values())


def test_many_draws_tell_of_a_higher_likelihood_than_the_bound(shared_data, tmp_path):
    found = in_short("burda_2015", tmp_path, shared_data, "vae,iwae")
    assert all(one["negative_log_likelihood"] < one["negative_bound"] for one in found.values())


def test_a_mixture_on_the_codes_draws_better_digits_than_the_prior(shared_data, tmp_path):
    found = in_short("samples", tmp_path, shared_data, "pca,basic,variational")
    assert found["variational"]["frechet"] < found["variational"]["prior_frechet"]
    assert found["basic"]["frechet"] < found["pca"]["frechet"]


def test_faces_have_the_sex_asked_for_and_vary_more_by_a_learned_similarity(shared_data, tmp_path):
    found = in_short("larsen_2016", tmp_path, shared_data, "vae,vaegan")
    assert found["vaegan"]["sharpness"] > found["vae"]["sharpness"]  # after a minute as much by a lattice as by what faces have
    assert all(one["sex_as_told"] > 0.6 for one in found.values())


def test_gaps_are_filled_in_half_the_error_of_means_and_better_than_by_regressions(shared_data, tmp_path):
    for found in in_short("imputation", tmp_path, shared_data, "digits,cardio").values():
        assert found["squared_error"] < min(0.5 * found["mean"], found["iterative"])


def test_texts_are_found_better_by_codes_than_by_lsa(shared_data, tmp_path):
    found = in_short("semantic_hashing_2009", tmp_path, shared_data, "texts,bits-32")
    assert found["texts"]["ratio"] > 1.1 and found["texts"]["map"] > found["texts"]["tfidf_map"]
    assert found["bits-32"]["map"] > max(2 * found["bits-32"]["lsh_map"], found["texts"]["tfidf_map"])


def test_vectors_in_few_bytes_stand_beside_those_of_faiss(shared_data, tmp_path):
    pytest.importorskip("faiss")
    found = in_short("compressed_vectors", tmp_path, shared_data, "newsgroups")["newsgroups"]
    assert found["PCA_8"] < found["autoencoder_8"] < found["autoencoder_16"] and found["PQ_8"] < found["PQ_16"]


def test_morphs_keep_the_pitch(shared_data, tmp_path):
    found = in_short("morphs", tmp_path, shared_data)
    assert all(one["within_20_cents"] == 1.0 for one in found.values())


def test_networks_tell_notes_better_than_pca(shared_data, tmp_path):
    found = in_short("roche_2018", tmp_path, shared_data, "pca,deep,variational")
    for size in (4, 8):  # in three passes; at more numbers it takes more of them
        key = f"decibels_{size}"
        assert max(found["deep"][key], found["variational"][key]) < found["pca"][key]
    assert found["deep"]["decibels_8"] < 0.9 * found["pca"]["decibels_8"] and found["deep"]["decibels_16"] < found["pca"]["decibels_16"]


def test_voices_come_nearer_than_by_means_and_variances(shared_data, tmp_path):
    found = in_short("voice", tmp_path, shared_data, "unconverted,mean-variance,isthmus")
    assert found["isthmus"]["distortion"] < 0.95 * min(found["unconverted"]["distortion"], found["mean-variance"]["distortion"])
    assert found["isthmus"]["taken_for_target"] > 0.9
