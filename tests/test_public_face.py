"""The public names: sorted, importable, and free until they are used."""

import inspect
import subprocess
import sys

import pytest

import isthmus
from isthmus import estimators, networks, parts, representations, training

OURS = [getattr(module, name) for module in (estimators, networks, parts, representations, training) for name in module.__all__]


def test_all_is_sorted_and_importable():
    assert isthmus.__all__ == sorted(set(isthmus.__all__)) == dir(isthmus)
    assert all(hasattr(isthmus, name) for name in isthmus.__all__)
    starred: dict = {}
    exec("from isthmus import *", starred)  # noqa: S102
    assert starred.keys() - {"__builtins__"} == set(isthmus.__all__)
    assert {cls.__name__ for cls in OURS} <= set(isthmus.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Autoencodr'"):
        isthmus.Autoencodr  # noqa: B018


def test_importing_isthmus_costs_nothing():
    heavy = "{'torch', 'sklearn', 'numpy', 'scipy', 'pandas', 'matplotlib', 'cyclopts'}"
    code = f"import sys, isthmus, isthmus.errors; found = {heavy} & set(sys.modules); sys.exit(str(found) if found else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_learning_imports_no_compiler(tmp_path):
    code = ("import sys, numpy as np; from isthmus import Autoencoder, Training; "
            f"Autoencoder(1, training=Training(2, checkpoint={str(tmp_path)!r})).fit(np.eye(20)); "
            "sys.exit('torch._dynamo' in sys.modules)")  # which takes as long as all of torch  # fmt: skip
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


@pytest.mark.parametrize("cls", OURS)
def test_every_public_class_is_documented(cls):
    text = inspect.getdoc(cls)
    assert ">>> " in text and all(name in text for name in inspect.signature(cls).parameters)
    assert "Example:" in text or cls.__module__.startswith("isthmus.representations")
    # Where no paper stands behind a class, nothing is cited.
    nothing_cited = {"Identity", "Flips", "Constant", "Growth", "Training", "Table", "Pixels", "Channels", "Frames"}
    assert "References:" in text or cls.__name__ in nothing_cited


@pytest.mark.parametrize("name", sorted(set(estimators.VARIANTS) - {"StackedAutoencoder"}))  # which is a procedure besides
def test_a_variant_is_a_choice_of_parts(name):
    cls = getattr(estimators, name)
    parameters = list(inspect.signature(cls).parameters)
    assert len(parameters) <= 9 and parameters[0] == "n_components" and parameters[-2:] == ["training", "random_state"]
    if "assemble" in vars(cls):  # a model and a procedure of its own
        return
    source = inspect.getsource(cls).replace(cls.__doc__, "")
    assert sum(bool(line.strip()) for line in source.splitlines()) <= 30
    assert parameters[-4:] == ["network", "likelihood", "training", "random_state"]
