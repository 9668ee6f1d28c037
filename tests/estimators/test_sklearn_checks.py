"""scikit-learn's own checks, in full: no expected failure on any public estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import VAEGAN, Autoencoder, AutoencoderClassifier, StackedAutoencoder, Training, estimators

SHORT = Training(epochs=30)  # for those that train several times; the checks fit them a hundred times
ALL = [getattr(estimators, name)() for name in estimators.__all__ if name not in ("AutoencoderClassifier", "StackedAutoencoder", "VAEGAN")]
ALL += [StackedAutoencoder(hidden=(8,), training=SHORT), VAEGAN(training=SHORT),
        AutoencoderClassifier(Autoencoder(4, training=SHORT), SHORT)]


@parametrize_with_checks(ALL)
@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_scikit_learn_check(estimator, check):
    check(estimator)
