"""Search: which of many items are like one, by their codes; exactly, or through a graph where they are many."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import scipy.sparse as sp

from .. import metrics
from ..checks import Whole, check_name
from ..errors import FileError, InputError
from ..files.strings import Strings
from ..storage import atomic_folder, disk_errors, encode
from ..training.batches import dense
from . import graphs
from .nearest import compared, distances, nearest, packed

SCHEMA, FILE = 1, "index.json"
METRICS = ("cosine", "euclidean")
_MANY = 2**24  # bytes of codes from which a graph pays: comparing each takes some ten milliseconds
_ASKED = 64  # queries at once that rank all items


class Found(NamedTuple):
    """What a search found: places in the index and distances, both (m, k), the nearest first."""

    places: np.ndarray
    distances: np.ndarray


class Index:
    r"""Codes with the ids of their items, to be searched by distance.

    Real codes are compared by :math:`1 - \cos(h - \bar h, h' - \bar h)` about the mean code or by :math:`\lVert h - h' \rVert`; codes of 0
    and 1 are packed to bits and compared by how many differ. `build` makes one, `load` reads one.

    Attributes:
        codes: As they are compared: float32 (n, d), or words of bits.
        ids: One text an item, each another.
        payload: More texts about each item, by name: a label, a title, its beginning.
        vectors: Other numbers of each item (n, features), perhaps sparse, by which `rerank` may rank a shortlist; or None.
        metric: "cosine", "euclidean" or "hamming".
        removed: Which items were removed, (n,) booleans.
        graph: The graph through which the codes are searched, or None where they are all compared.

    References:
        Semantic Hashing (R. Salakhutdinov, G. E. Hinton, 2009), https://doi.org/10.1016/j.ijar.2008.11.006

    Example:
        >>> codes = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 0.1]])
        >>> index = Index.build(codes, ["north", "east", "far east"], metric="euclidean")
        >>> found = index.search([[1.1, 0.0]], k=2)
        >>> index.ids.at(found.places).tolist(), found.distances.round(2).tolist()
        ([['east', 'far east']], [[0.10000000149011612, 0.9100000262260437]])
    """

    def __init__(self, codes: np.ndarray, ids: Strings, payload: Mapping[str, Strings], metric: str, centre: np.ndarray,
                 removed: np.ndarray, graph: graphs.Graph | None = None, vectors: Any = None) -> None:  # fmt: skip
        self.codes, self.ids, self.payload, self.metric, self.centre = codes, ids, dict(payload), metric, centre
        self.removed, self.graph, self.vectors = removed, graph, vectors

    @classmethod
    def build(cls, H: Any, ids: Iterable[str] | None = None, payload: Mapping[str, Iterable[str]] | None = None, *,
              metric: str = "cosine", graph: bool | None = None, vectors: Any = None,
              progress: Callable[[int, int], None] | None = None) -> Self:  # fmt: skip
        """Return an index of codes ``H`` (n, d).

        Arguments:
            H: Codes; where all are 0 or 1 they become bits.
            ids: One text an item; None numbers them.
            payload: More texts about each item, by name.
            metric: "cosine" or "euclidean", for real codes.
            graph: Whether to search through a graph, which needs the extra ``ann``; None does from 16 MiB of codes on where that is
                there: 131,072 codes of 32 numbers, two million of 64 bits.
            vectors: Other numbers of each item, for `rerank`.
            progress: Hears how many codes of how many are in the graph.

        Raises:
            InputError: For codes that are no finite numbers (n, d), ids that are not one an item or not all different, another metric.
        """
        check_name("metric", metric, METRICS)
        codes = _checked(H)
        bits = codes.dtype == bool
        width = codes.shape[1]
        centre = codes.mean(axis=0, dtype=np.float64).astype(np.float32) if metric == "cosine" and not bits else np.zeros(width, np.float32)
        made = cls(np.zeros(0), Strings.of([]), {name: Strings.of([]) for name in payload or {}}, "hamming" if bits else metric, centre,
                   np.zeros(0, bool))  # fmt: skip
        made._follow(codes, ids, payload, vectors)
        chosen = made.codes.nbytes >= _MANY and graphs.available() if graph is None else graph
        made.graph = graphs.Graph.over(made.codes, progress) if chosen else None
        return made

    def __len__(self) -> int:
        """Return how many items can be found."""
        return len(self.codes) - int(self.removed.sum())

    @property
    def dimensions(self) -> int:
        """How many numbers or bits a code has."""
        return len(self.centre)

    @property
    def bytes_per_item(self) -> float:
        """How many bytes a code takes, ids and what else is kept not counted."""
        return self.codes.nbytes / len(self.codes)

    @property
    def choice(self) -> str:
        """How the index is searched, and why."""
        kind = f"{self.dimensions} bits" if self.metric == "hamming" else f"{self.dimensions} numbers"
        what = f"{len(self):,} codes of {kind}, by {self.metric} distance"
        if self.graph is not None:
            return f"{what}, through a graph that finds {self.graph.recall:.1%} of ten true neighbours"
        slow = self.codes.nbytes >= _MANY and not graphs.available()
        return f"{what}, each compared" + ("; the extra ann would search so many faster: pip install 'isthmus[ann]'" if slow else "")

    def search(self, H: Any, k: int = 10) -> Found:
        """Return the k items nearest to each of the codes ``H`` (m, d).

        Raises:
            InputError: For codes of another size, or k larger than the index.
        """
        if not Whole(1).allows(k) or k > len(self):
            raise InputError(f"k must be in 1..{len(self)} for an index of {len(self)} items. Got {k}.")
        return self._found(self._prepared(_checked(H, self.dimensions, self.metric)), k)

    def _found(self, queries: np.ndarray, k: int) -> Found:
        """Return the k items nearest to each of codes as they are compared."""
        removed = self.removed if self.removed.any() else None
        if self.graph is None:
            places = nearest(queries, self.codes, k, removed)
        else:
            places = self._walked(self.graph, queries, k)
        apart = distances(queries, self.codes, places)
        order = np.argsort(apart, axis=1, kind="stable")
        apart, places = np.take_along_axis(apart, order, axis=1), np.take_along_axis(places, order, axis=1)
        return Found(places, np.square(apart) / 2 if self.metric == "cosine" else apart)

    def exactly(self) -> "Index":
        """Return a view that compares every code."""
        return Index(self.codes, self.ids, self.payload, self.metric, self.centre, self.removed, None, self.vectors)

    def add(self, H: Any, ids: Iterable[str] | None = None, payload: Mapping[str, Iterable[str]] | None = None, vectors: Any = None,
            progress: Callable[[int, int], None] | None = None) -> None:  # fmt: skip
        """Take in more items, without building anew; arguments are as in `build`, and payload and vectors as they were there."""
        before = len(self.codes)
        self._follow(_checked(H, self.dimensions, self.metric), ids, payload, vectors)
        if self.graph is not None:
            self.graph.add(self.codes[before:], progress)

    def remove(self, ids: Iterable[str]) -> None:
        """Take items out; their codes stay on disk until the index is built anew."""
        asked = set(ids)
        places = {one: place for place, one in enumerate(self.ids) if one in asked and not self.removed[place]}
        for one in asked - places.keys():
            raise InputError(f"there is no item {one!r} in the index to remove")
        self.removed = self.removed.copy()
        self.removed[list(places.values())] = True

    def place_of(self, name: str) -> int | None:
        """Return where the item of an id stands, None where there is none."""
        places = self.ids.places(name)
        return next(iter(places[~self.removed[places]].tolist()), None)

    def like(self, place: int, k: int = 10) -> Found:
        """Return the k items nearest to the one at a place, which is not among them; (1, k) each.

        Raises:
            InputError: For k larger than the number of the others.
        """
        if not Whole(1).allows(k) or k >= len(self):
            raise InputError(f"k must be in 1..{len(self) - 1} for an index of {len(self) - 1} other items. Got {k}.")
        found = self._found(np.asarray(self.codes[place : place + 1]), k + 1)
        others = found.places != place
        others[:, -1] &= ~others.all()  # where so many are the same that it was not found itself
        return Found(found.places[others][None], found.distances[others][None])

    def rankings(self, H: Any, relevant: Callable[[slice], np.ndarray]) -> metrics.Rankings:
        """Return how well the items are ranked, all of them, for queries ``H`` (m, d).

        ``relevant`` says for some of the queries which items of the index are meant, (some, n) booleans.
        """
        queries, kept, found = self._prepared(_checked(H, self.dimensions, self.metric)), ~self.removed, metrics.Rankings()
        for start in range(0, len(queries), _ASKED):
            some = slice(start, min(start + _ASKED, len(queries)))
            found.add(compared(queries[some], self.codes)[:, kept], relevant(some)[:, kept])
        return found

    def save(self, folder: str | Path, about: Mapping[str, Any] | None = None, more: Callable[[Path], None] | None = None) -> Path:
        """Write the index into ``folder``, whole or not at all; ``about`` is kept in its ``index.json``, ``more`` writes beside it."""
        folder = Path(folder)
        graph = self.graph
        document = {
            "schema": SCHEMA, "metric": self.metric, "count": len(self.codes), "payload": list(self.payload), "about": dict(about or {}),
            "graph": None if graph is None else {"effort": graph.effort, "recall": graph.recall}, "vectors": self.vectors is not None,
        }  # fmt: skip
        with atomic_folder(folder) as part:
            for name, array in self._arrays().items():
                np.save(part / f"{name}.npy", array)
            if graph is not None:
                graph.save(part / "graph.faiss")
            if more is not None:
                more(part)
            sizes = {path.name: path.stat().st_size for path in part.iterdir() if path.is_file()}
            (part / FILE).write_text(json.dumps(encode(document | {"sizes": sizes}), indent=1) + "\n", encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path, mapped: bool = True) -> Self:
        """Return what `save` wrote; where it is ``mapped``, codes and texts stay on disk and are read as they are looked at.

        Raises:
            FileError: For a folder that holds no index, or a damaged one.
        """
        folder = Path(folder)
        document = read_document(folder)
        for name, size in document["sizes"].items():
            if not (folder / name).is_file() or (folder / name).stat().st_size != size:
                raise FileError(f"{folder} is damaged: {name} is not the file that was written; build the index again")
        try:
            arrays = {path.stem: np.load(path, "r" if mapped else None, allow_pickle=False) for path in sorted(folder.glob("*.npy"))}
            texts = {name: Strings(arrays[f"{name}.raw"], arrays[f"{name}.ends"]) for name in ("ids", *document["payload"])}
            vectors, walk, codes = None, document["graph"], arrays["codes"]
            if document["vectors"]:
                vectors = sp.csr_array(tuple(arrays[f"vectors.{name}"] for name in ("data", "indices", "indptr")),
                                       shape=tuple(arrays["vectors.shape"].tolist()))  # fmt: skip
            graph = None if walk is None else graphs.Graph.load(folder / "graph.faiss", codes.dtype.kind == "u", walk["effort"],
                                                                walk["recall"], mapped)  # fmt: skip
            return cls(codes, texts.pop("ids"), texts, document["metric"], arrays["centre"], arrays["removed"], graph, vectors)
        except (KeyError, TypeError, ValueError, OSError) as error:
            if isinstance(error, InputError):
                raise
            raise FileError(f"{folder} is damaged ({' '.join(str(error).split())}); build the index again") from error

    def _follow(self, codes: np.ndarray, ids: Iterable[str] | None, payload: Mapping[str, Iterable[str]] | None, vectors: Any) -> None:
        """Put checked codes, and all that is known of their items, behind those that are there."""
        before, n = len(self.codes), len(codes)
        names = [str(place) for place in range(before, before + n)] if ids is None else list(ids)
        _refuse_repeated([one for place, one in enumerate(self.ids) if not self.removed[place]], names, n)
        more = {name: list(texts) for name, texts in (payload or {}).items()}
        if set(more) != set(self.payload) or any(len(texts) != n for texts in more.values()):
            raise InputError(f"payload must hold {', '.join(self.payload) or 'nothing'}, {n} texts each. Got "
                             f"{', '.join(f'{len(texts)} of {name}' for name, texts in more.items()) or 'nothing'}.")  # fmt: skip
        prepared = self._prepared(codes)
        self.codes = np.concatenate([self.codes, prepared]) if before else prepared
        self.ids = self.ids.followed_by(names)
        self.payload = {name: self.payload[name].followed_by(texts) for name, texts in more.items()}
        self.removed = np.concatenate([self.removed, np.zeros(n, bool)])
        if vectors is not None or self.vectors is not None:
            if vectors is None or vectors.shape[0] != n:
                raise InputError(f"vectors must have a row for each of the {n} items. Got {'none' if vectors is None else vectors.shape}.")
            self.vectors = sp.vstack([self.vectors, vectors], format="csr") if before else sp.csr_array(vectors)

    def _prepared(self, codes: np.ndarray) -> np.ndarray:
        """Return checked codes as they are compared."""
        if self.metric == "hamming":
            return packed(codes)
        if self.metric == "euclidean":
            return codes
        apart = codes - self.centre
        lengths = np.linalg.norm(apart, axis=1, keepdims=True)
        return apart / np.where(lengths > 0, lengths, 1)

    def _walked(self, graph: graphs.Graph, queries: np.ndarray, k: int) -> np.ndarray:
        """Return the places of the k nearest that a walk finds; where it finds too few, those of all codes."""
        found = graph.places(queries, min(graphs.SHORTLIST * k, len(self.codes)))
        alive = (found >= 0) & ~self.removed[found]
        apart = np.where(alive, distances(queries, self.codes, np.maximum(found, 0)), np.inf)
        places = np.take_along_axis(found, np.argsort(apart, axis=1, kind="stable")[:, :k], axis=1)
        few = alive.sum(axis=1) < k
        if few.any():
            places[few] = nearest(queries[few], self.codes, k, self.removed)
        return places

    def _arrays(self) -> dict[str, np.ndarray]:
        """Return all that is kept, by the names of the files."""
        texts = {"ids": self.ids, **self.payload}
        arrays = {"codes": self.codes, "centre": self.centre, "removed": self.removed}
        arrays |= {f"{name}.{kind}": getattr(strings, kind) for name, strings in texts.items() for kind in ("raw", "ends")}
        if self.vectors is not None:
            arrays |= {f"vectors.{name}": getattr(self.vectors, name) for name in ("data", "indices", "indptr")}
            arrays["vectors.shape"] = np.array(self.vectors.shape)
        return arrays


def rerank(found: Found, queries: Any, vectors: Any, k: int = 10) -> Found:
    """Return the k items of each shortlist whose vectors have the least cosine distance to the query's.

    Arguments:
        found: Shortlists, as `Index.search` gives them.
        queries: The queries' vectors (m, features), dense or sparse: TF-IDF, or real codes where the shortlist is by bits.
        vectors: The items', in the order of the index.
        k: How many.

    References:
        Semantic Hashing (R. Salakhutdinov, G. E. Hinton, 2009), for TF-IDF on a hashed shortlist

    Example:
        >>> shortlist = Found(np.array([[0, 1, 2]]), np.zeros((1, 3)))
        >>> rerank(shortlist, np.array([[0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), k=2).places
        array([[2, 1]])
    """
    if not Whole(1).allows(k) or k > found.places.shape[1]:
        raise InputError(f"k must be in 1..{found.places.shape[1]}, the length of the shortlists. Got {k}.")
    apart = np.empty(found.places.shape, np.float32)
    for row, places in enumerate(found.places):
        query, some = np.asarray(dense(queries[row : row + 1])), vectors[places]
        lengths = np.sqrt(_squared(some) * _squared(query))
        apart[row] = 1 - np.asarray(some @ query.T).ravel() / np.where(lengths > 0, lengths, 1)
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return Found(np.take_along_axis(found.places, order, axis=1), np.take_along_axis(apart, order, axis=1))


def read_document(folder: Path) -> dict[str, Any]:
    """Return the ``index.json`` of an index, checked for its schema."""
    path = folder / FILE
    if not path.is_file():
        raise FileError(f"{folder} holds no index; an index is the folder that `isthmus index --out` writes")
    try:
        with disk_errors(path):
            document = json.loads(path.read_text(encoding="utf-8"))
        known = {name: document[name] for name in ("schema", "metric", "count", "payload", "about", "graph", "vectors", "sizes")}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} is damaged ({error}); build the index again") from error
    if known["schema"] != SCHEMA:
        raise FileError(f"{path} has schema {known['schema']}, this isthmus reads {SCHEMA}; upgrade isthmus, or build the index again")
    return known


def _checked(H: Any, width: int | None = None, metric: str | None = None) -> np.ndarray:
    """Return codes as float32 (n, d), or as booleans where all are 0 or 1, as those of an index by ``metric`` must be."""
    codes = np.asarray(H)
    if codes.ndim != 2 or codes.dtype.kind not in "biuf" or not codes.size or (width is not None and codes.shape[1] != width):
        raise InputError(f"codes must be numbers (n, {width or 'd'}). Got {codes.dtype} of shape {codes.shape}.")
    bits = codes.dtype == bool or bool(((codes == 0) | (codes == 1)).all())
    if metric == "hamming" and not bits:
        raise InputError("codes of an index of bits must be 0 or 1. Got others; are they of another run?")
    if bits and metric in (None, "hamming"):
        return codes.astype(bool)
    if not np.isfinite(codes).all():
        raise InputError(f"code {int((~np.isfinite(codes)).any(axis=1).argmax())} is not finite; leave that item out")
    return codes.astype(np.float32)


def _refuse_repeated(known: Iterable[str], names: Sequence[str], n: int) -> None:
    if len(names) != n:
        raise InputError(f"there must be one id for each of the {n} codes. Got {len(names)}.")
    taken = set(known)
    for one in names:
        if one in taken:
            raise InputError(f"each item needs an id of its own, and {one!r} is there twice; rename one of the two")
        taken.add(one)


def _squared(rows: Any) -> np.ndarray:
    """Return the sum of squares of each row, (n,)."""
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel() if sp.issparse(rows) else np.square(rows).sum(axis=1)
