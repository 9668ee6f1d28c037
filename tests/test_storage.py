"""A saved folder that is cut, edited or foreign is refused in one line, and nothing in it is executed."""

import copy
import errno
import json
import os
import shutil
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

import isthmus
from isthmus import KL, Autoencoder, GaussianCode, StackedAutoencoder, Training, storage
from isthmus.errors import FileError, InputError, RunError
from variants import estimator, items, quietly

NAMES = ("config.json", "history.jsonl", "weights.safetensors")


@pytest.fixture(scope="module")
def model():
    return quietly(estimator("free").fit, items())


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    return model.save(tmp_path_factory.mktemp("saved"))


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "run")


def refused(folder):
    with pytest.raises(RunError) as error:
        isthmus.load(folder)
    assert "\n" not in str(error.value) and str(folder) in str(error.value) or storage.CONFIG in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_cut_anywhere_is_refused(folder, name):
    whole = (folder / name).read_bytes()
    cuts = {0, 1, 7, 8, 9, len(whole) - 2, *range(0, len(whole) - 2, 1 if name == "config.json" else len(whole) // 100)}
    for cut in sorted(cuts):
        (folder / name).write_bytes(whole[:cut])
        refused(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_missing_or_changed_is_refused(folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    refused(folder)
    middle = len(whole) // 2
    (folder / name).write_bytes(whole[:middle] + b"\xff\xfe" + whole[middle + 2 :])
    refused(folder)
    (folder / name).write_bytes(b"[" * 200_000)
    refused(folder)
    refused(folder / "nowhere")


def places(value, path=()):
    """Yield the path of every value inside a JSON document."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def put(document, path, value):
    for key in path[:-1]:
        document = document[key]
    if value is put:
        del document[path[-1]]
    else:
        document[path[-1]] = value


@pytest.mark.parametrize("value", [None, "os.system", -1, 1.5, [], {}, ["x"], {"class": "KL", "params": {}},
                                   {"class": "os.system", "params": {"command": "true"}}, put],
                         ids=lambda value: "left out" if value is put else str(value))  # fmt: skip
def test_no_edit_of_the_configuration_gives_anything_but_a_run_error(folder, value, monkeypatch):
    ran = []
    for module, name in ((os, "system"), (subprocess, "Popen")):
        monkeypatch.setattr(module, name, lambda *args, **kwargs: ran.append(args))
    document = json.loads((folder / storage.CONFIG).read_text())
    loaded = 0
    for path in list(places(document))[1:]:
        changed = copy.deepcopy(document)
        put(changed, path, value)
        (folder / storage.CONFIG).write_text(json.dumps(changed))
        try:
            model = isthmus.load(folder)
        except RunError as error:
            assert "\n" not in str(error), path
        else:  # an edit of what does not matter to what was learnt
            assert model.transform(items()).shape == (24, 3), path
            loaded += 1
    assert not ran and loaded < len(list(places(document))) * 0.7


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "PCA", "Model", "BaseAutoencoder", "__import__", 7, None])
def test_a_foreign_class_is_named_and_not_built(folder, name):
    document = json.loads((folder / storage.CONFIG).read_text())
    document["object"] = {"class": name, "params": {}}
    (folder / storage.CONFIG).write_text(json.dumps(document))
    with pytest.raises(RunError, match="is not one of isthmus's own; it was not loaded"):
        isthmus.load(folder)


@pytest.mark.parametrize(("key", "value", "said"), [
    ("schema", 2, "schema 2, this isthmus reads 1 to 1"), ("schema", 0, "schema 0"), ("schema", True, "it needs schema"),
    ("sha256", {}, "checksums differ"), ("state", {}, "does not hold what"), ("versions", 3, "it needs schema"),
])  # fmt: skip
def test_a_wrong_document_says_what_is_wrong(folder, key, value, said):
    document = json.loads((folder / storage.CONFIG).read_text()) | {key: value}
    (folder / storage.CONFIG).write_text(json.dumps(document))
    with pytest.raises(RunError, match=said):
        isthmus.load(folder)


def test_an_unfinished_run_says_how_to_go_on(tmp_path):
    (tmp_path / "checkpoint").mkdir()
    with pytest.raises(RunError, match="--resume"):
        isthmus.load(tmp_path)


def test_a_device_of_another_machine_does_not_matter(folder, model):
    document = json.loads((folder / storage.CONFIG).read_text())
    document["state"]["learnt"]["training_"]["params"]["device"] = "cuda:7"
    (folder / storage.CONFIG).write_text(json.dumps(document))
    assert (isthmus.load(folder).transform(items()) == model.transform(items())).all()


class Stop(Exception):
    pass


@pytest.mark.parametrize("error", [Stop(), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(FileError if isinstance(error, OSError) else type(error)), storage.atomic(path) as part:
        part.write_text("new")
        raise error
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with storage.atomic(path) as part:
        part.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("moment", ["inside", "first rename", "second rename"])
def test_a_folder_that_fails_leaves_the_old_one(tmp_path, moment, monkeypatch):
    path, calls, replace = tmp_path / "folder", [], os.replace
    with storage.atomic_folder(path) as part:
        (part / "file").write_text("old")

    def failing(*args):
        calls.append(args)
        if len(calls) == {"inside": 0, "first rename": 1, "second rename": 2}[moment]:
            raise Stop
        return replace(*args)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(Stop), storage.atomic_folder(path) as part:
        (part / "file").write_text("new")
        if moment == "inside":
            raise Stop
    assert (path / "file").read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with storage.atomic_folder(path) as part:
        (part / "file").write_text("new")
    assert (path / "file").read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_folder_of_someone_else_is_never_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileError, match="was not written"), storage.atomic_folder(tmp_path):
        pass
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("place", ["os.fsync", "isthmus.storage.save_file"])
def test_a_full_disk_is_one_line_and_the_old_run_stays(folder, model, place, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = quietly(estimator("free").set_params(random_state=1).fit, items())

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place, full)
    with pytest.raises(FileError, match="the disk is full; free some space and run it again") as error:
        other.save(folder)
    assert "\n" not in str(error.value)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert (isthmus.load(folder).transform(items()) == model.transform(items())).all()


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner).filter(lambda d: set(d) != {"class", "params"}),
)


@given(PLAIN)
def test_plain_values_come_back(value):
    text = json.dumps(storage.encode({"value": value}))
    assert storage.decode(json.loads(text), {}) == {"value": value}


def test_numbers_of_numpy_and_parts_come_back():
    given = (np.float32(0.5), np.int64(3), np.bool_(True), PCA(2), print, np.random.RandomState(0), isthmus.load)
    back = storage.decode(storage.encode({"all": given, "one": print}), {"PCA": PCA})
    assert back["one"].startswith("builtins.print ") and back["all"][:3] == (0.5, 3, True) and back["all"][3].n_components == 2
    for value in (np.zeros(2), {1, 2}, b"x", 1j, np.datetime64("2020-01-01"), object()):
        with pytest.raises(InputError, match="cannot be saved"):
            storage.encode(value)


@pytest.mark.parametrize("params", [{"k": 1, "j": 2}, [], "k"])
def test_parameters_that_a_class_does_not_take_are_refused(params):
    with pytest.raises(RunError, match="TopK"):
        storage.decode({"class": "TopK", "params": params}, {"TopK": isthmus.TopK})


@pytest.mark.parametrize(("model", "where"), [
    (Autoencoder(2, bottleneck=GaussianCode(), penalties=(KL(lambda progress: progress),)), "penalties__weight"),
    (StackedAutoencoder(layer=(None, Autoencoder(training=Training(schedule=lambda progress: 1.0)))), "layer__training__schedule"),
])
def test_a_function_is_refused_wherever_it_is_and_a_callback_nowhere(model, where, tmp_path):
    with pytest.raises(InputError, match=f"{where} is a plain function"):
        storage.save(tmp_path / "run", model)
    assert not (tmp_path / "run").exists()
    storage.save(tmp_path / "run", quietly(Autoencoder(2, training=Training(epochs=1, callbacks=(print,))).fit, items()))


def test_functions_are_told_apart_by_what_they_do():
    def times(factor):
        return lambda progress: factor * progress

    class Bound:
        def __init__(self, factor):
            self.factor = factor

        def times(self, progress):
            return self.factor * progress

    def itself(progress):
        return itself(progress)

    assert storage.encode(times(1.0)) == storage.encode(times(1.0)) != storage.encode(times(2.0))
    assert storage.encode(lambda progress: progress) != storage.encode(lambda progress: 2 * progress)
    assert storage.encode(lambda x: sum(y * 1 for y in [x])) != storage.encode(lambda x: sum(y * 2 for y in [x]))
    assert storage.encode(partial(pow, 1)) == storage.encode(partial(pow, 1)) != storage.encode(partial(pow, 2))
    assert storage.encode(Bound(1).times) == storage.encode(Bound(1).times) != storage.encode(Bound(2).times)
    assert storage.encode(itself) == storage.encode(itself)


def test_a_function_is_told_alike_in_every_process():
    code = "from isthmus.storage import encode; print(encode(lambda kind: kind in {'a', 'b', 'c', 'd', 'e'} or encode(kind)))"
    environ = [{**os.environ, "PYTHONHASHSEED": seed} for seed in "12"]
    one, two = (subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True).stdout for env in environ)
    assert one == two and one


def test_an_existing_path_is_not_overwritten_unasked(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(FileError, match="--overwrite"):
        storage.refuse_existing(tmp_path, overwrite=False)
    assert storage.refuse_existing(tmp_path, overwrite=True) == tmp_path
