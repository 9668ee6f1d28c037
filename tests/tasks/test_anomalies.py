"""Odd items are found, named and explained, by any model that scores them or gives them back."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import Autoencoder, DenoisingAutoencoder, Gaussian, GaussianNoise, Training, VariationalAutoencoder
from isthmus.errors import InputError
from isthmus.tasks import AnomalyDetector, Principal
from isthmus.training import settings

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
SHORT = Training(epochs=3)


@parametrize_with_checks([AnomalyDetector(DenoisingAutoencoder(training=SHORT, random_state=0)), AnomalyDetector(PCA(1))])
def test_scikit_learn_check(estimator, check):
    check(estimator)


def planes(n=400, seed=0):
    """Rows of six numbers near a plane, of columns of very different sizes."""
    rng = np.random.default_rng(seed)
    plane = rng.normal(size=(n, 2)) @ np.random.default_rng(9).normal(size=(2, 6))
    return (plane + 0.05 * rng.normal(size=(n, 6))) * 10.0 ** np.arange(-2, 4)


MODELS = [
    PCA(2), Principal(2), make_pipeline(StandardScaler(), PCA(2)),
    make_pipeline(StandardScaler(), Autoencoder(2, training=Training(epochs=60), random_state=0)),
    make_pipeline(StandardScaler(), VariationalAutoencoder(2, likelihood=Gaussian(0.1), training=Training(epochs=60), random_state=0)),
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS[2:], ids=lambda model: type(model[-1]).__name__)
def test_what_leaves_the_plane_is_odd_and_the_column_is_named(model):
    detector = AnomalyDetector(model, contamination=0.02).fit(planes())
    rows, column = planes(60, seed=1), np.arange(60) % 6
    broken = rows.copy()
    broken[np.arange(60), column] += 3 * planes().std(0)[column]
    scores = detector.score_samples(np.concatenate([rows, broken]))
    assert roc_auc_score(np.repeat([0, 1], 60), -scores) > 0.95
    assert (detector.predict(broken) == -1).mean() > 0.8 and (detector.predict(rows) == 1).mean() > 0.9
    assert (detector.attribution(broken).argmax(1) == column).mean() > 0.8
    usual = detector.attribution(planes()).mean(0)
    assert (usual < 1 + 1e-9).all() and usual.max() > 0.01


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_decision_is_the_score_less_the_threshold(model):
    X = planes()
    detector = AnomalyDetector(model, contamination=0.1).fit(X)
    assert np.array_equal(detector.decision_function(X), detector.score_samples(X) - detector.offset_)
    assert np.array_equal(detector.predict(X), np.where(detector.decision_function(X) < 0, -1, 1))
    assert abs((detector.predict(X) == -1).mean() - 0.1) < 0.01


@pytest.mark.slow
@parametrize_with_checks([AnomalyDetector()])
def test_scikit_learn_check_as_it_is_made(estimator, check):
    check(estimator)


@pytest.mark.parametrize("items", [planes(), load_digits().images[:200] / 16, [row[:, None] for row in planes(60)]],
                         ids=["table", "pictures", "series"])  # fmt: skip
def test_any_items_have_a_default(items, monkeypatch):
    monkeypatch.setattr(settings, "_STEPS", 20)
    detector = AnomalyDetector(contamination=0.1).fit(items)
    assert abs((detector.predict(items) == -1).mean() - 0.1) < 0.02 and len(detector.attribution(items)) == len(items)


def test_a_frozen_model_is_taken_as_it_is():
    X = load_iris().data
    fitted = PCA(2).fit(X[:50])
    detector = AnomalyDetector(FrozenEstimator(fitted)).fit(X)
    assert np.array_equal(detector.score_samples(X), fitted.score_samples(X))


def test_trimming_keeps_odd_items_from_teaching():
    X, far = planes(), np.random.default_rng(5).normal(size=(60, 6)) * planes().std(0)
    mixed, odd = np.concatenate([X, far]), np.repeat([0, 1], [400, 60])
    model = make_pipeline(StandardScaler(), PCA(2))
    plain, trimmed = (AnomalyDetector(model, trim=share).fit(mixed).score_samples(mixed) for share in (0.0, 0.15))
    assert roc_auc_score(odd, -trimmed) > roc_auc_score(odd, -plain)


def test_labels_settle_the_threshold():
    X, far = planes(), np.random.default_rng(5).normal(size=(60, 6)) * planes().std(0)
    mixed, odd = np.concatenate([X, far]), np.repeat([False, True], [400, 60])
    detector = AnomalyDetector(make_pipeline(StandardScaler(), PCA(2)), contamination=0.5).fit(X).settle(mixed, odd)
    found = detector.predict(mixed) == -1
    assert (found[odd].mean() + 1 - found[~odd].mean()) / 2 > 0.9
    for other in (np.zeros(460, bool), np.ones(460, bool), odd[:5]):
        with pytest.raises(InputError):
            detector.settle(mixed, other)


def test_pictures_with_gaps_are_explained_in_their_own_shape():
    X = load_digits().images[:300] / 16
    X[::7, 3, 3] = np.nan
    model = DenoisingAutoencoder(8, GaussianNoise(0.1), likelihood=Gaussian(missing="mask"), training=SHORT, random_state=0)
    found = AnomalyDetector(model).fit(X).attribution(X)
    assert found.shape == X.shape and np.isfinite(found).all() and (found[::7, 3, 3] == 0).all()


@pytest.mark.parametrize(("settings", "said"), [({"contamination": 0.7}, "contamination"), ({"trim": -1}, "trim"),
                                                ({"estimator": KMeans(2)}, "KMeans")])  # fmt: skip
def test_settings_are_checked(settings, said):
    with pytest.raises(InputError, match=said):
        AnomalyDetector(**settings).fit(planes())


def test_no_threshold_separates_what_is_found_more_likely():
    X, inner = planes(), planes() / 100
    detector = AnomalyDetector(make_pipeline(StandardScaler(), PCA(2))).fit(X)
    before, likely = detector.offset_, np.concatenate([X, inner])[np.argsort(detector.score_samples(np.concatenate([X, inner])))]
    with pytest.raises(InputError, match="at least as likely"):
        detector.settle(likely, np.arange(len(likely)) >= len(X))
    assert detector.offset_ == before
