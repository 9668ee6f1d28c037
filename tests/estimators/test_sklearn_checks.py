"""scikit-learn's own checks, in full: no expected failure on any public estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from isthmus import estimators

ALL = [getattr(estimators, name)() for name in estimators.__all__]


@parametrize_with_checks(ALL)
@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_scikit_learn_check(estimator, check):
    check(estimator)
