"""Adversarial training: three steps that each move their own weights, guards, and the laws that hold for every variant."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import isthmus
from isthmus import (
    KL,
    VAEGAN,
    Autoencoder,
    Contractive,
    Conv,
    Dense,
    Gaussian,
    GaussianCode,
    LearnedSimilarity,
    Training,
    VariationalAutoencoder,
    metrics,
)
from isthmus.cli import main
from isthmus.errors import InputError
from isthmus.training import adversarial
from isthmus.training.batches import Batch
from variants import quietly

SHORT = {"epochs": 2, "batch_size": 8, "validation": 0}
MADE = {
    "dense": (lambda: VAEGAN(3, network=Dense((8,))), (6,)),
    "images": (lambda: VAEGAN(3, network=Conv((4,)), likelihood=LearnedSimilarity(Conv((4,)))), (7, 5)),
    "plain": (lambda: Autoencoder(3, network=Dense((8,)), likelihood=LearnedSimilarity(Dense((8,)))), (6,)),
}
each = pytest.mark.parametrize("kind", MADE)


def data(kind):
    return np.random.default_rng(1).random((24, *MADE[kind][1])).astype(np.float32)


def fit(kind, X=None, **training):
    model = MADE[kind][0]().set_params(training=Training(**{**SHORT, **training}), random_state=0)
    return quietly(model.fit, data(kind) if X is None else X)


def outputs(model, X):
    codes = model.transform(X)
    return codes, model.inverse_transform(codes), model.reconstruct(X), model.score_samples(X)


def same(ours, theirs):
    assert all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(ours, theirs, strict=True))


@each
def test_every_step_reaches_all_of_its_weights(kind):
    model = copy.deepcopy(fit(kind).module_).requires_grad_().train()
    groups = model.groups()
    assert sorted(id(p) for group in groups.values() for p in group) == sorted(id(p) for p in model.parameters())
    model.likelihood.margin = 100.0  # nobody waits
    for name, terms in model.steps(Batch(torch.from_numpy(data(kind))), 0.5):
        assert all(values.shape == (24,) for values in terms.values())
        sum(values.mean() for values in terms.values()).backward(inputs=groups[name], retain_graph=True)
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in groups[name]), name
        groups[name] = []
    assert not any(groups.values())


@each
def test_copies_and_second_fits_give_the_same_bytes(kind, tmp_path):
    model, X = fit(kind), data(kind)
    before = outputs(model, X)
    assert all(np.isfinite(output).all() for output in before) and before[2].min() >= 0 and before[2].max() <= 1
    for copied in (isthmus.load(model.save(tmp_path / "run")), pickle.loads(pickle.dumps(model)), fit(kind)):
        same(before, outputs(copied, X))
    alone = model.score_samples(X[3:4]), model.transform(X[3:4])
    np.testing.assert_allclose(alone[0][0], before[3][3], rtol=1e-4)
    np.testing.assert_allclose(alone[1][0], before[0][3], atol=1e-5)


@pytest.mark.parametrize("call", [1, 3])
def test_a_stopped_run_goes_on(call, tmp_path):
    left = [call]

    def stop(progress):
        left[0] -= 1
        if not left[0]:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fit("dense", epochs=3, checkpoint=str(tmp_path), callbacks=(stop,))
    same(outputs(fit("dense", epochs=3, checkpoint=str(tmp_path)), data("dense")), outputs(fit("dense", epochs=3), data("dense")))


def test_whoever_is_far_ahead_waits():
    model = copy.deepcopy(fit("dense").module_).train()
    told = {(0.1, 0.1): (True, False), (2.0, 0.7): (False, True), (0.7, 0.7): (True, True), (0.1, 2.0): (True, True)}
    for (real, fake), expected in told.items():
        assert model._in_turn(torch.full((4,), real), torch.full((8,), fake)) == expected


def test_both_halves_may_begin_with_the_numbers_themselves():
    model, batch = copy.deepcopy(fit("dense").module_).train(), Batch(torch.from_numpy(data("dense")))
    model.likelihood.head_start = 0.5
    assert [(name, sorted(terms)) for name, terms in model.steps(batch, 0.4)] == [("encoder", ["kl", "plain"]), ("decoder", ["plain"])]
    assert "encoder" not in [name for name, _ in model.steps(batch, 0.6)]  # which rests
    model.likelihood.head_start = 0.0
    assert [name for name, _ in model.steps(batch, 0.6)][0] == "encoder" and "reconstruction" in next(model.steps(batch, 0.6))[1]
    begun = quietly(VAEGAN(likelihood=LearnedSimilarity(head_start=0.4), random_state=0).fit, data("dense"))
    assert begun.training_.schedule(0.3999) < 1e-6  # it has come to rest
    model.eval()
    assert [sorted(terms) for _, terms in model.steps(batch, 0.4)] == [["kl", "reconstruction"]]  # held-out rows are judged as ever


def test_its_items_are_more_like_the_data_than_those_of_a_likelihood_of_pixels():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    judge = isthmus.AutoencoderClassifier(Autoencoder(16, training=Training(epochs=20)), random_state=0).fit(X, y).transform
    training = Training(epochs=25)
    distances = [metrics.frechet_distance(judge(X), judge(quietly(made(8, training=training, random_state=0).fit, X).sample(1000)))
                 for made in (VAEGAN, VariationalAutoencoder)]  # fmt: skip
    assert distances[0] < 0.75 * distances[1]


def test_any_numbers_do_and_a_condition(tmp_path):
    X, c = np.random.default_rng(0).normal(5, 3, (40, 5)), ["a", "b"] * 20
    model = quietly(lambda: VAEGAN(2, training=Training(**SHORT), random_state=0).fit(X, condition=c))
    assert not model.likelihood_.bounded and model.sample(3, condition="a").shape == (3, 5)
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        VAEGAN(2, likelihood=LearnedSimilarity()).fit(X)
    with pytest.raises(InputError, match=r"LearnedSimilarity\.weight"):
        VAEGAN(2, likelihood=LearnedSimilarity(weight=-1.0)).fit(X)
    with pytest.raises(InputError, match="must be LearnedSimilarity"):
        VAEGAN(2, likelihood=Gaussian()).fit(X)


@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_from_the_shell(tmp_path):
    words = ["--hidden", "16", "--latent-dim", "4", "--epochs", "2", "--likelihood", "learned-similarity:none:6:0.1:0.5"]
    assert main(["fit", "digits", "--variant", "vaegan", *words, "--out", str(tmp_path / "run")]) == 0
    assert isthmus.load(tmp_path / "run").estimator.likelihood_.head_start == 0.5
    assert main(["fit", "digits", "--variant", "basic", *words, "--out", str(tmp_path / "basic")]) == 0
    assert main(["sample", str(tmp_path / "run"), "-n", "3", "--out", str(tmp_path / "new.npy")]) == 0
    assert np.load(tmp_path / "new.npy").shape == (3, 8, 8)


def test_a_term_is_a_mean_over_the_steps_that_had_it(monkeypatch):
    X = data("dense")
    turns = iter(range(10**6))
    monkeypatch.setattr(adversarial.Adversarial, "_in_turn", lambda self, real, fake: (True, next(turns) % 4 == 0))
    history = quietly(VAEGAN(2, training=Training(4, batch_size=4, learning_rate=1e-9), random_state=0).fit, X).history_
    assert history[0]["real"] + history[0]["made"] == pytest.approx(2 * np.log(2), rel=0.5)  # which cannot tell, whether it waits or not
    start = LearnedSimilarity(head_start=1.0)
    row = quietly(VAEGAN(2, likelihood=start, training=Training(1), random_state=0).fit, X).history_[0]
    assert row["loss"] == pytest.approx(row["plain"] + row["kl"])


def test_a_learned_similarity_brings_its_settings_to_any_variant():
    likelihood = LearnedSimilarity(head_start=0.5)
    free = Autoencoder(2, bottleneck=GaussianCode(), penalties=(KL(),), likelihood=likelihood, training=Training(**SHORT), random_state=0)
    whole = VAEGAN(2, likelihood=likelihood, training=Training(**SHORT), random_state=0)
    assert repr(quietly(free.fit, data("dense")).training_) == repr(quietly(whole.fit, data("dense")).training_)
    assert np.array_equal(free.transform(data("dense")), whole.transform(data("dense")))


@pytest.mark.parametrize("covariates", [False, True])
def test_a_condition_is_part_of_the_verdict(covariates, tmp_path):
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, 240)
    X = (0.3 * rng.random((240, 8)) + 0.6 * kind[:, None]).astype(np.float32)
    told = kind + 0.1 * rng.random(240) if covariates else kind
    model = quietly(lambda: VAEGAN(2, training=Training(20, validation=0), random_state=0).fit(X, condition=told))
    assert model.history_[-1]["mistaken"] < model.history_[0]["mistaken"]
    numbers = torch.from_numpy(model.condition_.numbers(told, 240))
    with torch.no_grad():
        judge, items = model.module_.likelihood_state, torch.from_numpy(X)
        wrong = -numbers if covariates else numbers.flip(1)
        own, other, none = (judge(items, one).verdict for one in (numbers, wrong, None))
    assert (own > other).float().mean() > 0.9 and none.shape == own.shape
    assert not model.module_._mistaken(judge(items).found, numbers[:1].expand(240, -1)).any()  # no one's condition is another one there
    loaded = isthmus.load(model.save(tmp_path))
    same([model.sample(5, condition=told[:5])], [loaded.sample(5, condition=told[:5])])
    before = {name: array for name, array in model.arrays().items() if ".told." not in name}  # as folders had it once
    old = copy.deepcopy(model)
    old.restore(model.config(), before)
    same([model.sample(5, condition=told[:5])], [old.sample(5, condition=told[:5])])
    assert "mistaken" not in quietly(lambda: old.partial_fit(X, condition=told)).history_[-1]


def test_bytes_score_as_the_shares_that_they_are():
    X = np.random.default_rng(0).integers(0, 256, (40, 6)).astype(np.uint8)
    model = quietly(VAEGAN(2, training=Training(**SHORT), random_state=0).fit, X)
    shares = quietly(VAEGAN(2, training=Training(**SHORT), random_state=0).fit, (X / 255).astype(np.float32))
    assert model.score(X) == pytest.approx(shares.score((X / 255).astype(np.float32)), rel=1e-3)


@pytest.mark.parametrize("made", [VAEGAN, VariationalAutoencoder])
def test_a_penalty_that_is_no_cost_of_codes_is_refused(made):
    with pytest.raises(InputError, match="what a random code costs"):
        made(2, penalty=Contractive()).fit(data("dense"))


def test_a_decoder_of_atoms_keeps_their_norm():
    model = quietly(VAEGAN(3, network=Dense((8,), unit_norm=True), training=Training(**SHORT), random_state=0).fit, data("dense"))
    torch.testing.assert_close(model.module_.decoder.code.weight.norm(dim=0), torch.ones(3))


def test_tied_weights_cannot_have_two_losses():
    with pytest.raises(InputError, match="leave tied to False"):
        VAEGAN(3, network=Dense((8,), tied=True), training=Training(**SHORT), random_state=0).fit(data("dense"))


def test_a_process_without_a_row_of_a_batch_steps_on(monkeypatch):
    monkeypatch.setattr(adversarial.Adversarial, "_in_turn", lambda *_: (True, True))  # as other processes' rows decide
    model = quietly(VAEGAN(3, network=Dense((8,)), training=Training(**SHORT), random_state=0).fit, data("dense"))
    steps = list(model.module_.train().steps(Batch(torch.zeros(0, 6)), 0.5))
    assert all(values.shape == (0,) for _, terms in steps for values in terms.values())


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_few_columns_are_compared_as_they_are(columns):
    X = np.random.default_rng(0).normal(size=(60, columns))
    model = quietly(VAEGAN(1, training=Training(epochs=20), random_state=0).fit, X)
    assert all(row["similarity"] > 0 for row in model.history_)
    assert (model.score_samples(X + 100) < model.score_samples(X) - 100).all()
