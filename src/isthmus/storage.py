"""Saved objects: a folder of JSON and plain arrays, written atomically, never unpickled.

    config.json           schema, versions, the object (class and parameters), its state, checksums of the other files
    weights.safetensors   every array
    history.jsonl         one line an epoch, where the object has a ``history_``

This module knows no class of isthmus. An object can be saved when it has ``get_params``, ``config()`` (what it
learnt, as plain values and parts) and ``arrays()`` (what it learnt, as arrays); whoever loads hands in the classes
that may be built, so that a file can name nothing else.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from . import functions
from .errors import FileError, InputError, RunError

SCHEMA = 1
_UMASK = os.umask(0o077)  # it can only be read by being set: once, before there are threads
os.umask(_UMASK)
CONFIG, WEIGHTS, HISTORY = "config.json", "weights.safetensors", "history.jsonl"
CHECKPOINT = "checkpoint"  # the folder of a training that goes on
MARK = ".isthmus"  # the empty file by which a folder of results is known as one, so that no other is ever replaced
T = TypeVar("T")


@runtime_checkable
class Saveable(Protocol):
    """What an object needs so that it can be saved."""

    def get_params(self, deep: bool = ...) -> dict[str, Any]:
        """Return the constructor's parameters."""

    def config(self) -> dict[str, Any]:
        """Return what was learnt, as plain values and parts."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what was learnt, as arrays by name."""


def below(prefix: str, arrays: Mapping[str, T]) -> dict[str, T]:
    """Return those of named arrays whose name begins with ``prefix``, without it.

    >>> below("a/", {"a/x": 1, "b/x": 2})
    {'x': 1}
    """
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def encode(value: Any) -> Any:
    """Return ``value`` as JSON types; an object with ``get_params`` becomes its class name and parameters.

    Functions in lists (training callbacks) are left out and random generators are null: they belong to a session. Other functions are
    told by their names and a digest of what they do, which compares them and brings none back.

    >>> from sklearn.decomposition import PCA
    >>> encode({"step": PCA(2)})["step"]["params"]["n_components"]
    2
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.bool_ | np.integer | np.floating) and not isinstance(value, np.longdouble):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value if not callable(item) or hasattr(item, "get_params")]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return {"class": type(value).__name__, "params": encode(value.get_params(deep=False))}
    if isinstance(value, np.random.RandomState):
        return None
    if callable(value):
        return functions.told(value)
    raise InputError(f"a {type(value).__name__} cannot be saved; parameters may be numbers, texts, tuples and parts")


def _plain_functions(value: Any, name: str) -> Iterator[str]:
    """Yield what settings are called that are plain functions, or hold such, but for callbacks."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _plain_functions(item, name)
    elif hasattr(value, "get_params") and not isinstance(value, type):
        for own, item in value.get_params(deep=False).items():
            if own != "callbacks":
                yield from _plain_functions(item, f"{name}__{own}" if name else own)
    elif callable(value):
        yield name


def decode(value: Any, classes: Mapping[str, type]) -> Any:
    """Return what `encode` was given, building only from ``classes``; lists come back as tuples.

    >>> decode([1, {"a": None}], {})
    (1, {'a': None})
    """
    if isinstance(value, list):
        return tuple(decode(item, classes) for item in value)
    if not isinstance(value, dict):
        return value
    if set(value) != {"class", "params"}:
        return {key: decode(item, classes) for key, item in value.items()}
    name, params = value["class"], value["params"]
    if not isinstance(name, str) or name not in classes:
        raise RunError(f"{CONFIG} names the class {name!r}, which is not one of isthmus's own; it was not loaded")
    if not isinstance(params, dict):
        raise RunError(f"{CONFIG}: the parameters of {name} are no object; the file is damaged")
    try:
        return classes[name](**{key: decode(item, classes) for key, item in params.items()})
    except TypeError as error:
        raise RunError(f"{CONFIG}: {name} does not take these parameters ({error})") from error


def save(folder: str | os.PathLike[str], obj: Saveable, versions: Mapping[str, str] | None = None) -> Path:
    """Write ``obj`` into ``folder``; ``config.json`` holds the others' checksums, so that a half-replaced folder is known."""
    folder = Path(folder)
    if plain := next(_plain_functions(obj, ""), None):
        raise InputError(f"{plain} is a plain function, which a folder cannot hold; give an object such as WarmUp or OneCycle")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    document = {"schema": SCHEMA, "versions": dict(versions or {}), "object": encode(obj), "state": encode(obj.config())}
    arrays = {name: np.asarray(array, order="C") for name, array in obj.arrays().items()}
    history = getattr(obj, "history_", None) or []
    # All is written before anything is renamed, so that a full disk leaves what stood there before.
    with atomic(folder / CONFIG) as config, atomic(folder / HISTORY) as lines, atomic(folder / WEIGHTS) as weights:
        save_file(arrays, weights)
        lines.write_text("".join(json.dumps(encode(row)) + "\n" for row in history), encoding="utf-8")
        document["sha256"] = {WEIGHTS: _digest(weights), HISTORY: _digest(lines)}
        config.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return folder


def load(folder: str | os.PathLike[str], classes: Mapping[str, type]) -> Any:
    """Return the object that `save` wrote into ``folder``; only ``classes`` are ever built."""
    folder = Path(folder)
    document = read_config(folder)
    for name in (WEIGHTS, HISTORY):
        if not (folder / name).is_file():
            raise RunError(f"{folder} has no {name}; restore it or fit again")
        with disk_errors(folder / name):
            found = _digest(folder / name)
        if found != document["sha256"].get(name):
            raise RunError(f"{folder / name} is not the file that was saved (checksums differ); restore it or fit again")
    try:
        arrays = load_file(folder / WEIGHTS)
        history = [json.loads(line) for line in (folder / HISTORY).read_text(encoding="utf-8").splitlines()]
    except (SafetensorError, OSError, ValueError) as error:
        raise RunError(f"{folder} is damaged ({error}); restore it or fit again") from error
    obj = decode(document["object"], classes)
    try:
        obj.restore(decode(document["state"], classes), arrays)
    except RunError:
        raise
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise RunError(f"{folder} does not hold what its {CONFIG} promises ({said}); fit again") from error
    if history:
        obj.history_ = history
    return obj


def read_config(folder: Path) -> dict[str, Any]:
    """Return ``config.json`` of a saved object, checked for its schema but not yet decoded."""
    path = folder / CONFIG
    if not folder.is_dir():
        raise RunError(f"{folder} is not a folder; a run is the folder that `isthmus fit --out` writes")
    if not path.exists():
        unfinished = (folder / CHECKPOINT).exists()
        remedy = "its training was interrupted: go on with the same `fit` command and --resume" if unfinished else (
            "this is no run; a run is the folder that `isthmus fit --out` writes")
        raise RunError(f"{folder} has no {CONFIG}: {remedy}")
    try:
        with disk_errors(path):
            document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is not readable as JSON ({error}); restore it or fit again") from error
    keys = {"schema": int, "versions": dict, "object": dict, "state": dict, "sha256": dict}
    if not isinstance(document, dict) or any(type(document.get(key)) is not kind for key, kind in keys.items()):
        raise RunError(f"{path} is not a run's configuration (it needs {', '.join(keys)})")
    if not 1 <= document["schema"] <= SCHEMA:
        raise RunError(f"{path} has schema {document['schema']}, this isthmus reads 1 to {SCHEMA}; upgrade isthmus")
    return document


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes ``path`` at the end, or is removed if anything fails on the way."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    part = Path(name)
    try:
        with disk_errors(path):
            yield part
            part.chmod(0o666 & ~_UMASK)
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces ``path`` at the end, or is removed if anything fails on the way.

    Raises:
        FileError: If ``path`` is a folder that was not written so, and holds anything.
    """
    refuse_foreign(path)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    old = part.with_suffix(".old")
    try:
        with disk_errors(path):
            yield part
            (part / MARK).touch()
            part.chmod(0o777 & ~_UMASK)
            if path.exists():
                os.replace(path, old)
            os.replace(part, path)
    finally:
        if old.exists() and not path.exists():
            os.replace(old, path)
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into one plain `FileError`."""
    try:
        yield
    except OSError as error:
        if isinstance(error, InputError):
            raise
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        said = "the disk is full; free some space and run it again" if full else (error.strerror or str(error))
        raise FileError(f"{path}: {said}") from error
    except SafetensorError as error:
        raise FileError(f"{path}: {error}") from error


def refuse_existing(path: Path, overwrite: bool, folder: bool = False) -> Path:
    """Return ``path``, or raise where something stands there already that nobody asked to replace, or no folder can."""
    if folder and path.is_file():
        raise FileError(f"{path} is a file, where a folder is to be written; give another name")
    if not overwrite and not (path / CONFIG).exists() and (path / CHECKPOINT).exists():
        raise FileError(f"{path} holds a training that was interrupted; go on with --resume, or --overwrite to begin again")
    if not overwrite and (path.is_file() or (path.is_dir() and any(path.iterdir()))):
        raise FileError(f"{path} exists already; give another name, or --overwrite to replace it")
    return path


def refuse_foreign(path: Path) -> None:
    """Raise where ``path`` is a folder of someone else's, which would be lost if results replaced it."""
    with disk_errors(path):
        if path.is_dir() and any(path.iterdir()) and not (path / MARK).exists():
            raise FileError(f"{path} was not written by this command, so that it is not replaced; give another name, or remove it yourself")


def other_file(folder: Path, endings: tuple[str, ...]) -> Path | None:
    """Return a file in a folder of results that has none of the endings that results have: somebody put it there."""
    found = (file for file in folder.rglob("*") if not file.is_dir() and file.name != MARK)
    return next((file for file in found if file.suffix.lower() not in endings), None)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
