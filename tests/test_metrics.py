"""Every metric against a closed form or an independent implementation, and what each refuses."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import linalg, sparse
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus import metrics
from isthmus.errors import InputError

MASKED, POWERS = st.floats(-100, 100) | st.just(np.nan), st.sampled_from([-600, -9, 0, 480])


def test_sparse_bytes_are_bytes():
    X = np.random.default_rng(0).integers(0, 256, (5, 4)).astype(np.uint8)
    assert metrics.squared_error(sparse.csr_array(X), np.zeros((5, 4))) == metrics.squared_error(X, np.zeros((5, 4)))


@settings(deadline=None)
@given(arrays(float, array_shapes(min_dims=2, max_dims=4), elements=MASKED), st.integers(1, 9), st.data())
def test_squared_errors_sum_what_is_observed_whatever_the_block(X, block, data):
    seen = data.draw(arrays(bool, X.shape))
    keep = seen & ~np.isnan(X)
    R = np.where(keep, np.nan_to_num(X) + 2, np.nan)  # what is left out may be anything
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics.reconstruction, "BLOCK", block)
        if not keep.any():
            with pytest.raises(InputError, match="no observed entry"):
                metrics.squared_error(X, R, seen)
            return
        expected = 4.0 * keep.reshape(len(X), -1).sum(axis=1)
        np.testing.assert_allclose(metrics.row_squared_errors(X, R, seen), expected)
        assert metrics.squared_error(X, R, seen) == pytest.approx(expected.mean())


def test_sparse_tables_and_sequences_give_what_their_dense_forms_give(rng):
    X, R = rng.integers(0, 3, (7, 5)).astype(float), rng.normal(size=(7, 5))
    for convert in (sparse.csr_array, sparse.csc_matrix):
        assert metrics.squared_error(convert(X), R) == pytest.approx(np.sum((X - R) ** 2) / 7)
        assert metrics.explained_variance(convert(X), R) == pytest.approx(metrics.explained_variance(X, R))
    X, R = [[rng.integers(0, 256, (t, 2)).astype(kind) for t in (3, 1, 4)] for kind in (np.uint8, float)]
    expected = [np.sum((x.astype(float) - r) ** 2) / 255**2 for x, r in zip(X, R, strict=True)]
    np.testing.assert_allclose(metrics.row_squared_errors(X, R), expected)


def test_uint8_counts_on_the_unit_interval_and_stays_small_in_memory(rng):
    X = rng.integers(0, 256, (20_000, 28, 28), np.uint8)
    R = np.broadcast_to(np.float32(127.5), X.shape)
    tracemalloc.start()
    error, explained = metrics.squared_error(X, R), metrics.explained_variance(X, R)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error == pytest.approx(784 * (256**2 - 1) / 12 / 255**2, rel=1e-3)  # the variance of uniform bytes
    assert abs(explained) < 1e-3 and peak < 80e6 < X.size * 8


def test_explained_variance_agrees_with_scikit_learn_and_with_pca(rng):
    X = rng.normal(size=(50, 6)) * np.arange(1, 7) + 1e3
    R = X + rng.normal(size=X.shape)
    assert metrics.explained_variance(X, R) == pytest.approx(r2_score(X, R, multioutput="variance_weighted"))
    pca = PCA(2).fit(X)
    assert metrics.reconstruction_r2_scorer(pca, X) == pytest.approx(pca.explained_variance_ratio_.sum())
    X[0, 0], X[:, 1] = np.nan, np.nan
    R = np.where(np.isnan(X), 5.0, np.nanmean(X[:, 2:], axis=0).mean())
    expected = 1 - np.nansum((X - R) ** 2) / np.nansum((X - np.nanmean(X[:, [0, 0, 2, 3, 4, 5]], axis=0)) ** 2)
    assert metrics.explained_variance(X, R) == pytest.approx(expected)


def test_sparse_dictionaries_are_scored_as_their_papers_do(rng):
    X, R = rng.normal(3, 1, (50, 4)), rng.normal(3, 1, (50, 4))
    assert metrics.fraction_of_variance_unexplained(X, R) == pytest.approx(((X - R) ** 2).sum() / ((X - X.mean(0)) ** 2).sum())
    assert metrics.fraction_of_variance_unexplained(X, np.tile(X.mean(0), (50, 1))) == pytest.approx(1)
    ratios = [((x - r) ** 2).sum() / (x**2).sum() for x, r in zip(X, R, strict=True)]
    assert metrics.normalized_error(X, R) == pytest.approx(np.mean(ratios))
    assert metrics.normalized_error(X, 0 * X) == 1 == metrics.normalized_error((X * 30).astype(np.uint8), np.zeros_like(X))
    H = np.where(rng.random((50, 9)) < 0.5, rng.normal(size=(50, 9)), 0) * [1, 1e-30, -1, 0, 1, 0, 1, 1, 1]
    assert metrics.dead_units(H) == 2
    with pytest.raises(InputError, match="zeros in row 1"):
        metrics.normalized_error(np.diag([1.0, 0.0]), np.eye(2))


def test_scorer_selects_in_a_grid_search_over_a_pipeline():
    X, _ = load_digits(return_X_y=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), PCA()), {"pca__n_components": [2, 20]}, cv=2,
        scoring=metrics.reconstruction_r2_scorer, error_score="raise",
    )
    assert search.fit(X[:200]).best_params_ == {"pca__n_components": 20}
    assert 0.3 < search.best_score_ < 1


@settings(deadline=None)
@given(st.floats(0.1, 89.9), st.integers(0, 5))
def test_principal_angle_of_a_turned_plane_is_the_turn(degrees, seed):
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(6, 6)))[0]
    turned = np.cos(np.radians(degrees)) * basis[:, 1] + np.sin(np.radians(degrees)) * basis[:, 2]
    angles = metrics.principal_angles(basis[:, :2] @ [[2, 1], [0, 3]], np.column_stack([turned, basis[:, 0] - turned]))
    np.testing.assert_allclose(angles, [degrees, 0], atol=1e-5)


def test_trustworthiness_and_continuity_follow_their_definitions(rng):
    X, H, n, K = rng.normal(size=(40, 2, 3)), rng.normal(size=(40, 2)), 40, 4
    ranks = [cdist(Z, Z).argsort(axis=1).argsort(axis=1) for Z in (X.reshape(n, 6), H)]  # an item's own rank is 0
    norm = 2 / (n * K * (2 * n - 3 * K - 1))
    intruders = (ranks[1] <= K) & (ranks[0] > K)  # neighbours by code only
    missing = (ranks[0] <= K) & (ranks[1] > K)  # neighbours by item only
    assert metrics.trustworthiness(X, H, K) == pytest.approx(1 - norm * (ranks[0] - K)[intruders].sum())
    assert metrics.continuity(X, H, K) == pytest.approx(1 - norm * (ranks[1] - K)[missing].sum())
    long = rng.normal(size=(500, 3))
    assert metrics.continuity(long, 2 * long[:, ::-1], max_items=100) == 1.0  # the same rows of both
    few, again, all_rows = (metrics.trustworthiness(long, long[:, :1], max_items=m) for m in (100, 100, 500))
    assert few == again != all_rows


def test_neighbour_accuracy_is_the_share_of_right_votes(rng):
    H, T, y, truth = rng.normal(size=(60, 3)), rng.normal(size=(25, 3)), rng.integers(0, 2, 60), rng.integers(0, 3, 25)
    votes = y[cdist(T, H).argsort(axis=1)[:, :5]].mean(axis=1) > 0.5
    for names in (np.arange(3), np.array(["a", "b", "c"]), np.array(["a", "b", "c"], object), np.arange(3.0)):
        assert metrics.neighbour_accuracy(H, names[y], T, names[truth]) == np.mean(votes == truth)


def test_few_labels_suffice_for_what_is_separate_at_any_scale_and_not_for_noise(rng):
    y = np.repeat(["a", "b", "c"], 100)
    H = np.column_stack([np.repeat([0, 1, 2], 100) * 1e4, 1e-4 * np.repeat([0, 1, 0], 100), np.full(300, 7)])
    H[:, :2] *= 1 + 0.05 * rng.normal(size=(300, 2))
    assert metrics.few_label_accuracy(H, y, H, y, per_class=3) == 1.0
    noise = rng.normal(size=(300, 50)) * np.logspace(-8, 8, 50)
    assert 0.2 < metrics.few_label_accuracy(noise[:200], y[::-1][:200], noise, y, per_class=5, repeats=8) < 0.5
    first, again, other = (metrics.few_label_accuracy(noise, y, noise, y, random_state=seed) for seed in (0, 0, 1))
    assert first == again != other


@settings(deadline=None)
@given(arrays(float, (6, 4), elements=st.sampled_from([0.0, 1e-5, 0.5, -2.0])), arrays(int, 4, elements=POWERS))
def test_sparsity_counts_units_whatever_their_scale(H, powers):
    rms = np.sqrt(np.mean(H**2, axis=0))
    expected = np.mean([sum(abs(h[j]) > 1e-3 * rms[j] for j in range(4)) for h in H])
    assert metrics.sparsity_l0(np.ldexp(H, powers)) == expected


@settings(deadline=None)
@given(arrays(float, (5, 6), elements=st.integers(-300, 300).map(float)), POWERS)
def test_hoyer_is_one_for_one_unit_zero_for_equals_and_blind_to_scale(H, power):
    rows = [h / np.abs(h).max() for h in H if h.any()]
    expected = [(6**0.5 - np.linalg.norm(h, 1) / np.linalg.norm(h)) / (6**0.5 - 1) for h in rows]
    expected += [1.0] * (5 - len(rows))
    assert metrics.hoyer(np.ldexp(H, power)) == pytest.approx(np.mean(expected), abs=1e-9)
    assert metrics.hoyer(np.eye(6)) == 1.0 and metrics.hoyer(-np.ones((2, 6))) == 0.0 == metrics.hoyer(H[:, :1])


def test_active_units_are_those_whose_posterior_mean_varies():
    means = np.array([[-1.0], [1.0]]) * np.sqrt([0.5, 0.011, 0.009, 0.0]) + [3, 0, 8, 1]  # their variances
    assert metrics.active_units(means) == 2 and metrics.active_units(means, threshold=0.1) == 1


def test_jacobian_norm_matches_the_closed_form_exact_and_estimated(rng):
    W, X = rng.normal(size=(6, 4)), rng.normal(size=(8, 2, 3)) * [1e-3, 1, 1e3]
    units = np.tile([1e3, 1, 1e-3], 2)

    def f(items):
        return np.tanh((items.reshape(-1, 6) * units) @ W)

    slopes = (1 - f(X) ** 2)[:, None, :] * (units[:, None] * W)  # (items, 6, 4): columns of very different size
    assert metrics.jacobian_norm(f, X) == pytest.approx(np.mean(np.linalg.norm(slopes, axis=(1, 2))), rel=1e-4)
    assert metrics.jacobian_norm(lambda items: items, np.full((10, 3), 0.1)) == pytest.approx(3**0.5)  # no spread
    X = rng.integers(0, 256, (70, 20, 20), np.uint8)
    pca = PCA(30).fit(X.reshape(70, 400))
    exact = 255 * np.sqrt(30)  # orthonormal rows, per unit of [0, 1]
    estimate = metrics.jacobian_norm(lambda items: pca.transform(items.reshape(-1, 400)), X)
    assert estimate == pytest.approx(exact, rel=0.05) and estimate != pytest.approx(exact, rel=1e-9)
    calls = []
    metrics.jacobian_norm(lambda items: calls.append(items.shape) or items[:, 0], X, max_items=3)
    assert calls == [(128, 20, 20)] * 3


def test_frechet_distance_matches_closed_forms(rng):
    n, d = 40, 5
    white = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, d))]))[0][:, 1:] * np.sqrt(n - 1)
    (m, s), (u, t) = rng.normal(size=(2, 2, d)) ** 2
    A, B = white * s + m, white[::-1] * t + u  # exactly these means and deviations
    expected = np.sum((m - u) ** 2) + np.sum((s - t) ** 2)
    assert metrics.frechet_distance(A, B) == pytest.approx(expected) == metrics.frechet_distance(B, A)
    A, B = A @ rng.normal(size=(d, d)), B @ rng.normal(size=(d, d))
    S, T = np.cov(A.T), np.cov(B.T)
    trace = np.trace(S + T - 2 * linalg.sqrtm(S @ T).real)
    assert metrics.frechet_distance(A, B) == pytest.approx(np.sum((A.mean(0) - B.mean(0)) ** 2) + trace)
    wide, turn = rng.normal(size=(10, 60)), np.linalg.qr(rng.normal(size=(60, 60)))[0]  # covariances without full rank
    assert metrics.frechet_distance(wide, wide + 1) == pytest.approx(60)
    halves = [(wide - wide.mean(axis=0)) * side @ turn for side in (np.arange(60) < 30, np.arange(60) >= 30)]
    assert metrics.frechet_distance(*halves) == pytest.approx(np.sum(wide.var(axis=0, ddof=1)), rel=1e-11)  # S1 S2 = 0
    pixels = rng.integers(0, 200, (9, 4, 4), np.uint8)
    assert metrics.frechet_distance(pixels, pixels + 51.0) == pytest.approx(16 * 0.2**2)


A, B, Y = np.ones((8, 3)) * np.arange(8)[:, None], np.zeros((7, 2)), [0, 1] * 4
NAN = np.where(A == 3, np.nan, A)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: metrics.squared_error(A, B), r"\(8, 3\) and \(7, 2\)"),
    (lambda: metrics.squared_error([A, A], [A, A[:3]]), "row 1: observed"),
    (lambda: metrics.squared_error([A[:2], A[:3], A], [A[:3], A[:2], A]), "same shape, item by item"),
    (lambda: metrics.squared_error([A[:2], B], [A[:2], B]), r"sequences of \[2, 3\] features"),
    (lambda: metrics.squared_error(A, NAN), "row 3: observed entries of X and R must be finite"),
    (lambda: metrics.squared_error(A + np.inf, A), "row 0"),
    (lambda: metrics.squared_error(A, A, A), r"boolean of X's shape \(8, 3\)"),
    (lambda: metrics.squared_error(A[:0], A[:0]), r"at least one. Got float64 of shape \(0, 3\)"),
    (lambda: metrics.squared_error([["a"]], [["b"]]), "X must hold numbers"),
    (lambda: metrics.squared_error([[1], [1, 2]], [[1], [1, 2]]), "X must be an array of numbers"),
    (lambda: metrics.explained_variance(np.full((10, 3), 0.1), np.zeros((10, 3))), "constant in every feature"),
    (lambda: metrics.reconstruction_r2_scorer(object(), A), "object lacks transform"),
    (lambda: metrics.principal_angles(A, B), r"A and B .* \(8, 3\) and \(7, 2\)"),
    (lambda: metrics.principal_angles(B, B), "only zeros in A"),
    (lambda: metrics.trustworthiness(A, B), r"X and H .* \(8, 3\) and \(7, 2\)"),
    (lambda: metrics.continuity(A, A, n_neighbors=4), "n_neighbors must be in 1..3 for 8 items .* Got 4"),
    (lambda: metrics.continuity(A, NAN), "H must be finite"),
    (lambda: metrics.neighbour_accuracy(A, Y, B, Y[:7]), r"\(8, 3\) and \(7, 2\)"),
    (lambda: metrics.neighbour_accuracy(A, Y[:7], A, Y), r"y_train .* Got \(7,\) for \(8, 3\)"),
    (lambda: metrics.neighbour_accuracy(A, Y, A, NAN[:, 0]), "y_test .* none missing"),
    (lambda: metrics.neighbour_accuracy(A, Y, A, ["a"] * 8), "both be numbers or both texts"),
    (lambda: metrics.few_label_accuracy(A, Y, A, Y, per_class=5), "per_class must be in 1..4 .* Got 5"),
    (lambda: metrics.few_label_accuracy(A, [0] * 8, A, Y), "at least 2 classes"),
    (lambda: metrics.sparsity_l0(NAN), "H must be finite"),
    (lambda: metrics.active_units(A, threshold=-1.0), "threshold must be at least 0. Got -1"),
    (lambda: metrics.jacobian_norm(lambda X: X[:1], A), "a code for each item"),
    (lambda: metrics.jacobian_norm(lambda X: X * np.nan, A), "what transform returned must be finite"),
    (lambda: metrics.jacobian_norm(lambda X: X, [A, A[:2]]), "cut sequences to one length"),
    (lambda: metrics.frechet_distance(A, B), r"\(8, 3\) and \(7, 2\)"),
])  # fmt: skip
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_the_public_face_is_sorted_and_whole():
    functions = {name for name, value in vars(metrics).items() if callable(value) and not name.startswith("_")}
    assert metrics.__all__ == sorted(metrics.__all__) and set(metrics.__all__) == functions


def test_the_kernel_distance_is_that_of_cubic_features(rng):
    a, b = rng.normal(size=(1300, 2)), rng.normal(0.3, 1, size=(40, 2))

    def pairs(x, y, same):
        k = (x @ y.T / 2 + 1) ** 3
        return k[~np.eye(len(x), dtype=bool)].mean() if same else k.mean()

    assert metrics.kernel_distance(a, b) == pytest.approx(pairs(a, a, True) + pairs(b, b, True) - 2 * pairs(a, b, False))
    halves = [metrics.kernel_distance(*np.split(rng.normal(size=(200, 3)), 2)) for _ in range(200)]
    assert abs(np.mean(halves)) < 3 * np.std(halves) / np.sqrt(200)  # unbiased
    grey = rng.integers(0, 256, (2, 30, 3), np.uint8)
    assert metrics.kernel_distance(*grey) == pytest.approx(metrics.kernel_distance(*(grey / 255)))


def test_neighbourhoods_tell_blur_from_missing_kinds(rng):
    real = np.concatenate([rng.normal(centre, 1, (400, 4)) for centre in (-6, 6)])
    same = np.concatenate([rng.normal(centre, 1, (400, 4)) for centre in (-6, 6)])
    found = metrics.neighbourhoods(real, same)
    assert min(found) > 0.8 and found.density == pytest.approx(1, abs=0.15)
    one_kind, scattered = metrics.neighbourhoods(real, same[:400]), metrics.neighbourhoods(real, rng.normal(0, 6, (400, 4)))
    assert one_kind.precision > 0.8 and one_kind.recall < 0.6 and one_kind.coverage < 0.6
    assert scattered.precision < 0.2 and scattered.density < 0.2
    # Against the definitions, ball by ball.
    a, b = rng.normal(size=(30, 2)), rng.normal(0.5, 1, size=(20, 2))
    near, own = cdist(b, a), [np.sort(cdist(x, x))[:, 3] for x in (a, b)]
    expected = ((near <= own[0]).any(1).mean(), (near.T <= own[1]).any(1).mean(), (near <= own[0]).sum(1).mean() / 3,
                (near.min(0) <= own[0]).mean())  # fmt: skip
    np.testing.assert_allclose(metrics.neighbourhoods(a, b, k=3), expected)


def test_neighbourhoods_know_rows_that_are_the_same_and_rows_far_from_zero(rng):
    rows = rng.normal(size=(30, 16))
    copies = rows.repeat(10, axis=0)
    assert metrics.neighbourhoods(copies, copies)._replace(density=1.0) == (1.0, 1.0, 1.0, 1.0)
    np.testing.assert_allclose(metrics.neighbourhoods(rows + 1e8, rows + 1e8), metrics.neighbourhoods(rows, rows))


@pytest.mark.parametrize("columns", [4, 30])
@pytest.mark.parametrize("away", [1e7, 1e8])
def test_neighbourhoods_near_and_infinitely_far_are_the_same_kind_of_neighbourhood(rng, columns, away):
    real, drawn = rng.normal(size=(120, columns)), rng.normal(0.5, 1, size=(100, columns))
    real[:40] += away
    drawn[:30] += away
    near, own = cdist(drawn, real), [np.sort(cdist(x, x))[:, 5] for x in (real, drawn)]
    expected = ((near <= own[0]).any(1).mean(), (near.T <= own[1]).any(1).mean(), (near <= own[0]).sum(1).mean() / 5,
                (near.min(0) <= own[0]).mean())  # fmt: skip
    np.testing.assert_allclose(metrics.neighbourhoods(real, drawn), expected)


def test_the_prior_divergence_is_that_of_two_normal_distributions(rng):
    h = rng.normal(size=(50_000, 3))
    assert metrics.prior_divergence(h) == pytest.approx(0, abs=1e-3)
    assert metrics.prior_divergence(h * [1, 1, 2] + [1, 0, 0]) == pytest.approx(0.5 + 0.5 * (4 - 1 - np.log(4)), abs=0.02)
    assert metrics.prior_divergence(h * [1, 1, 0]) == np.inf


@pytest.mark.parametrize("refused", [
    lambda: metrics.kernel_distance(np.ones((3, 2)), np.ones((3, 3))),
    lambda: metrics.neighbourhoods(np.ones((3, 2)), np.ones((9, 2)), k=3), lambda: metrics.neighbourhoods(np.eye(9), np.eye(9), k=2.5),
    lambda: metrics.prior_divergence(np.ones((2, 2))), lambda: metrics.kernel_distance(np.ones((1, 2)), np.ones((3, 2))),
])  # fmt: skip
def test_samples_that_cannot_be_measured_are_refused(refused):
    with pytest.raises(InputError):
        refused()


def test_rankings_are_scikit_learns_and_chance_is_a_share(rng):
    distances, relevant = rng.random((30, 400)), rng.random((30, 400)) < 0.1
    relevant[3] = False  # a query that nothing answers does not count
    found = metrics.Rankings()
    found.add(distances[:10], relevant[:10])
    found.add(distances[10:], relevant[10:])
    row, some = found.row(), relevant.any(axis=1)
    expected = [average_precision_score(own, -apart) for own, apart in zip(relevant[some], distances[some], strict=True)]
    assert row["mean_average_precision"] == pytest.approx(np.mean(expected)) and row["queries"] == 29
    assert row["precision_at_recall"]["1.0"] == pytest.approx(0.1, abs=0.02)
    perfect, worst, level = metrics.Rankings(), metrics.Rankings(), metrics.Rankings()
    perfect.add(1.0 - relevant, relevant)
    worst.add(1.0 * relevant, relevant)
    level.add(np.zeros((30, 400)), relevant)  # equals in random order, not in that of the labels
    assert perfect.row()["mean_average_precision"] == 1 and set(perfect.row()["precision_at_recall"].values()) == {1.0}
    assert worst.row()["mean_average_precision"] < level.row()["mean_average_precision"] < 0.2
    with pytest.raises(InputError, match="relevant item"):
        metrics.Rankings().row()
