"""The layers: imports go down only; one backward pass; nothing unpickled. Read off the source."""

import ast
import functools
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator
from torch import nn

import isthmus
from isthmus import run

PACKAGE = Path(isthmus.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ORDER = ("__main__", "__init__", "cli", "report", "run", "tasks", "estimators", "training", "model", "networks", "parts",
         "representations", "files", "metrics", "storage", "functions", "checks", "ranks", "errors")  # fmt: skip
EXTRAS = {"faiss", "pyarrow", "pyworld", "soundfile", "soxr"}

per_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))


@functools.cache
def nodes(path):
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path):
    """Yield every import of a file: its node, and the absolute module that it names."""
    package = ["isthmus", *path.relative_to(PACKAGE).parent.parts]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((node, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = [*base, *(node.module or "").split(".")] if node.module else base
            # `from . import storage` names a module by its alias, `from .storage import load` by its stem.
            yield from ((node, ".".join([*stem, name.name] if len(stem) == 1 else stem)) for name in node.names)


def layer(module):
    """Return the height of an isthmus module's layer, 0 at the top."""
    parts = module.split(".")
    return ORDER.index(parts[1] if len(parts) > 1 and parts[1] in ORDER else "__init__")


@per_file
def test_imports_go_down_only(path):
    where = path.relative_to(PACKAGE).with_suffix("").parts[0]
    assert where in ORDER, "a new layer needs its place in the order"
    up = {module for _, module in imports(path) if module.split(".")[0] == "isthmus"
          and layer(module) < ORDER.index(where)}  # fmt: skip
    assert not up


@per_file
def test_imports_stand_at_the_top(path):
    functions = [node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    assert {module.split(".")[0] for node, module in imports(path) if id(node) in inside} <= EXTRAS


def calls(*names):
    """Return where a method or function of one of these names is called."""
    return [path.relative_to(PACKAGE) for path in FILES for node in nodes(path) if isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", None)) in names]  # fmt: skip


def test_there_is_one_backward_pass():
    assert calls("backward") == [Path("training/loop.py")]


def test_nothing_is_unpickled_or_executed():
    assert not calls("exec", "system", "Popen", "__import__")
    for path in FILES:
        modules = {module.split(".")[0] for _, module in imports(path)}
        assert not modules & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}, path
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
                assert [keyword.value.value for keyword in node.keywords if keyword.arg == "allow_pickle"] == [False], path
            assert not (isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load"), path


@pytest.mark.parametrize("cls", run.PUBLIC.values())
def test_settings_are_estimators_and_hold_no_weights(cls):
    assert issubclass(cls, BaseEstimator) and not issubclass(cls, nn.Module)
