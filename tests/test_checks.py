"""Every limit of every public class refuses what it does not name, in one line."""

import inspect
import math

import pytest
from sklearn.base import clone

import isthmus
from isthmus import Masking, WarmUp, networks, parts, training
from isthmus.checks import Real, check_name, check_settings
from isthmus.errors import InputError

CLASSES = [getattr(module, name) for module in (networks, parts, training) for name in module.__all__]
LIMITED = [(cls, name) for cls in CLASSES for name in getattr(cls, "limits", {})]
WRONG = [-1, 0, 2, 1.5, math.nan, math.inf, True, None, "x", (0,), (1.5,), [], object()]


@pytest.mark.parametrize(("cls", "setting"), LIMITED, ids=lambda value: getattr(value, "__name__", value))
def test_what_a_limit_does_not_name_is_refused(cls, setting):
    refused = [value for value in WRONG if not cls.limits[setting].allows(value)]
    assert refused
    for value in refused:
        with pytest.raises(InputError) as error:
            check_settings(cls(**{setting: value}), cls.limits)
        said = str(error.value)
        assert said.startswith(f"{cls.__name__}.{setting} must be ") and said.endswith(f" Got {value!r}.") and "\n" not in said


@pytest.mark.parametrize("cls", CLASSES)
def test_a_constructor_stores_and_defaults_are_allowed(cls):
    made = cls()
    check_settings(made, getattr(cls, "limits", {}))
    names = inspect.signature(cls).parameters
    assert getattr(cls, "limits", {}).keys() <= names.keys()
    marks = {name: object() for name in names}
    assert cls(**marks).get_params(deep=False) == marks
    assert repr(clone(made)) == repr(made)


def test_limits_reach_into_settings():
    with pytest.raises(InputError, match=r"WarmUp\.fraction must be a number in \(0, 1\]\. Got 0\."):
        check_settings(isthmus.KL(WarmUp(1.0, 0)), isthmus.KL.limits)
    check_settings(isthmus.KL(lambda progress: progress), isthmus.KL.limits)
    check_settings(Masking(1), Masking.limits)


def test_a_limit_says_itself():
    assert str(Real(0, 1, above=True, optional=True)) == "a number in (0, 1] or None"


def test_a_name_that_is_nearly_right_is_guessed():
    with pytest.raises(InputError, match="Did you mean 'sigmoid'"):
        check_name("activation", "sigmiod", ["sigmoid", "relu"])
    with pytest.raises(InputError, match="Got None"):
        check_name("activation", None, ["relu"])
