"""scikit-learn's own checks, in full: no expected failure on any public estimator, trained for some epochs or as it is made."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import Autoencoder, AutoencoderClassifier, StackedAutoencoder, Training, estimators

SHORT = Training(epochs=3)  # the checks fit every estimator a hundred times
LONGER = Training(epochs=30)  # which classifiers need, to be good enough for a check
NAMES = [name for name in estimators.__all__ if name not in ("AutoencoderClassifier", "StackedAutoencoder")]
PROCEDURES = [StackedAutoencoder(hidden=(8,), training=SHORT), AutoencoderClassifier(Autoencoder(4, training=LONGER), LONGER)]

pytestmark = pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")


@parametrize_with_checks([*(getattr(estimators, name)(training=SHORT) for name in NAMES), *PROCEDURES])
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([getattr(estimators, name)() for name in NAMES])
def test_scikit_learn_check_as_it_is_made(estimator, check):
    check(estimator)
