"""``isthmus index``: the codes of data, to be searched."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from ..checks import check_name
from ..errors import InputError
from ..files import Items, TextItems
from ..files.reading import absolute
from ..representations import BagOfWords
from ..run import Run
from ..storage import CONFIG, HISTORY, WEIGHTS, read_config, refuse_existing, refuse_foreign
from ..tasks import Index
from ..tasks.retrieval import METRICS, read_document
from . import streams
from .conditions import Told
from .data import labelled
from .opening import opened
from .progress import Bar, console, say_next

RUN = "run"  # the folder of an index that holds what makes codes of queries
LABELS, TEXT = "label", "text"  # what an index may keep of an item
_KINDS = {"auto": None, "exact": False, "graph": True}
_BEGINNING = 160  # characters of a text that are kept


def index(run: Path, data: str, /, *, out: Path, labels: str | None = None, metric: str = "cosine", kind: str = "auto",
          rerank: bool = False, add: bool = False, remove: bool = False, condition: str | None = None,
          image_size: tuple[int, int] | None = None, overwrite: bool = False) -> None:  # fmt: skip
    """Write the codes of DATA to the folder OUT, ready to be searched, with the items' ids and all that answers queries.

    Args:
        run: The folder that `fit` wrote; a copy of it is kept in OUT.
        data: The items that shall be found.
        out: The folder of the index.
        labels: A column of the table, or a file with one label an item: kept beside each item, and what `evaluate OUT` goes by.
        metric: cosine (about the mean code) or euclidean; codes of bits are always compared by how many differ.
        kind: exact compares every code; graph walks from neighbour to neighbour, and needs the extra ann; auto takes a graph from 16
            MiB of codes on.
        rerank: Keep the weights of the words of texts, too, for search --rerank.
        add: Take DATA into the index that stands in OUT.
        remove: Take the items of DATA, by their ids, out of the index that stands in OUT.
        condition: What the run is told of the items, where it was fitted with a condition: a column, a file with one an item, or one for
            all; a column or labels that `fit` found are found again if left out.
        image_size: Height and width to which images are resized; those of RUN if left out.
        overwrite: Replace OUT if it is there.
    """
    graph = _KINDS[check_name("--kind", kind, _KINDS)]
    check_name("--metric", metric, METRICS)
    if add and remove:
        raise InputError("--add and --remove are two changes; make one after the other")
    changed = add or remove
    old = Index.load(out, mapped=False) if changed else None
    if old is None:
        refuse_existing(out, overwrite, folder=True)
        refuse_foreign(out)
    elif read_document(out)["about"].get("run") != digest(run):
        raise InputError(f"{out} is an index of another run than {run}; give the run that made it, or another --out")
    fitted, items, told = opened(run, data, condition, image_size)
    about = {"run": digest(run), "sources": [absolute(data)]}
    if old is None:
        made, words, payload = _encoded(fitted, items, told, labels, rerank)
        with Bar("linking") as bar:
            old = Index.build(made, items.ids, payload, metric=metric, graph=graph, vectors=words, progress=bar.rows)
    elif remove:
        old.remove(items.ids)
        about = read_document(out)["about"]
    else:
        made, words, payload = _encoded(fitted, items, told, labels, old.vectors is not None)
        if missing := old.payload.keys() - payload.keys():
            raise InputError(f"{out} keeps a {', '.join(missing)} of each item: give --labels for the new ones, too")
        with Bar("linking") as bar:
            old.add(made, items.ids, {name: payload[name] for name in old.payload}, words, bar.rows)
        before = read_document(out)["about"]
        about["sources"] = [*before["sources"], *about["sources"]]
    old.save(out, about, _copying(run))
    say = console()
    say.print(f"{old.choice}; {old.bytes_per_item:g} bytes a code.", markup=False)
    say.print(f"Index: {out}", markup=False)
    say_next("search", str(out), "some words" if TEXT in old.payload else "QUERY")


def digest(run: Path) -> str:
    """Return what tells a run from others: its weights' checksum."""
    return str(read_config(run)["sha256"][WEIGHTS])


def _encoded(run: Run, items: Items, told: Told, labels: str | None,
             rerank: bool) -> tuple[np.ndarray, Any, dict[str, list[str]]]:  # fmt: skip
    """Return codes, words and what else is kept of each item."""
    if rerank and not isinstance(run.representation, BagOfWords):
        raise InputError("--rerank is for texts, whose words are a second way to compare them; leave it out")
    codes, words = [], []
    payload: dict[str, list[str]] = {TEXT: []} if isinstance(items, TextItems) else {}
    known = labelled(items, labels)[1]
    if known is not None:
        payload[LABELS] = [str(label) for label in known]

    def coded(block: Any) -> tuple[np.ndarray, Any, Any]:
        rows = run.encoded(block)
        return run.given(told(block)).estimator.transform(rows), rows if rerank else None, block

    with streams.blocks(items, coded, "encoding") as blocks:
        for _, (made, rows, block) in blocks:
            codes.append(made.astype(bool) if ((made == 0) | (made == 1)).all() else made)  # bits take a quarter of the room
            words.append(rows)
            if TEXT in payload:
                payload[TEXT] += [beginning(text) for text in block]
    return np.concatenate(codes), sp.vstack(words, format="csr") if rerank else None, payload


def beginning(text: str) -> str:
    """Return the beginning of a text in one line.

    >>> beginning("Dear all, \\n  I wonder")
    'Dear all, I wonder'
    """
    flat = " ".join(text[: 4 * _BEGINNING].split())
    return flat if len(flat) <= _BEGINNING else flat[:_BEGINNING].rsplit(" ", 1)[0] + " ..."


def _copying(run: Path) -> Callable[[Path], None]:
    """Return what writes a copy of a run beside an index."""

    def copy(folder: Path) -> None:
        (folder / RUN).mkdir()
        for name in (CONFIG, HISTORY, WEIGHTS):
            shutil.copyfile(run / name, folder / RUN / name)

    return copy
