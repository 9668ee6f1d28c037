"""Neighbours found by walking a graph, for codes too many to be compared with each: FAISS's HNSW, the extra ``ann``."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..errors import FileError, MissingExtraError
from .nearest import distances, nearest

_LINKS, _CARE = 16, 80  # neighbours that a code is linked to on each level, and how many are looked at to choose them
_EFFORTS = (16, 32, 64, 128, 256, 512, 1024)  # how many codes a walk keeps in sight
_RECALL, _ASKED, _WANTED = 0.97, 200, 10  # the share of true neighbours that a walk should find, measured so
_ADDED = 10_000  # codes at once
SHORTLIST = 4  # times as many as asked for are ranked by the codes themselves, after a walk


def available() -> bool:
    """Return whether FAISS is installed."""
    return find_spec("faiss") is not None


class Graph:
    r"""A hierarchical graph of near neighbours on which a search walks, about :math:`\log n` steps for n codes.

    Real codes are kept in it with eight bits a number, bits as they are; who searches ranks what it finds by the codes themselves.

    References:
        Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs (Y. A. Malkov,
        D. A. Yashunin, 2018), https://arxiv.org/abs/1603.09320; The Faiss library (M. Douze et al., 2024), https://arxiv.org/abs/2401.08281
    """

    def __init__(self, index: Any, effort: int = _EFFORTS[0], recall: float = 0.0) -> None:
        self.index, self.effort, self.recall = index, effort, recall

    @classmethod
    def over(cls, codes: np.ndarray, progress: Any = None) -> Self:
        """Return a graph over codes as `nearest` takes them; ``progress(done, total)`` hears of it.

        The effort of a walk is the least that finds 97 % of the ten true neighbours of 200 of the codes.
        """
        faiss = library()
        width = codes.shape[1]
        if codes.dtype.kind == "u":
            index = faiss.IndexBinaryHNSW(8 * codes[:1].nbytes, _LINKS)
        else:
            index = faiss.IndexHNSWSQ(width, faiss.ScalarQuantizer.QT_8bit, _LINKS)
            index.train(np.ascontiguousarray(codes[:: max(1, len(codes) // 100_000)]))
        index.hnsw.efConstruction = _CARE
        made = cls(index)
        made.add(codes, progress)
        made._settle(codes)
        return made

    def add(self, codes: np.ndarray, progress: Any = None) -> None:
        """Link more codes into the graph."""
        for start in range(0, len(codes), _ADDED):
            self.index.add(_rows(codes[start : start + _ADDED]))
            if progress is not None:
                progress(min(start + _ADDED, len(codes)), len(codes))

    def places(self, queries: np.ndarray, k: int) -> np.ndarray:
        """Return the places (m, k) of codes near each query, -1 where the walk found none."""
        self.index.hnsw.efSearch = max(self.effort, k)
        return self.index.search(_rows(queries), k)[1]

    def save(self, path: Path) -> None:
        """Write the graph."""
        faiss = library()
        (faiss.write_index_binary if self._binary else faiss.write_index)(self.index, str(path))

    @classmethod
    def load(cls, path: Path, binary: bool, effort: int, recall: float, mapped: bool) -> Self:
        """Return what `save` wrote; where it is ``mapped`` it stays on disk, and takes no more codes."""
        faiss = library()
        flags = faiss.IO_FLAG_MMAP_IFC if mapped and not binary else 0
        try:
            return cls((faiss.read_index_binary if binary else faiss.read_index)(str(path), flags), effort, recall)
        except RuntimeError as error:
            raise FileError(f"{path} is damaged ({' '.join(str(error).split())[-80:]}); build the index again") from error

    @property
    def _binary(self) -> bool:
        return hasattr(self.index, "code_size") and not hasattr(self.index, "metric_arg")

    def _settle(self, codes: np.ndarray) -> None:
        """Choose the effort."""
        asked = np.ascontiguousarray(codes[np.arange(_ASKED) * len(codes) // _ASKED])
        count = min(_WANTED + 1, len(codes))  # each finds itself, too
        bound = distances(asked, codes, nearest(asked, codes, count)[:, -1:])
        for effort in _EFFORTS:
            self.effort = effort
            found = self.places(asked, min(SHORTLIST * count, len(codes)))  # as who searches asks, and ranks by the codes themselves
            near = (distances(asked, codes, np.maximum(found, 0)) <= bound + 1e-6) & (found >= 0)
            self.recall = float((np.minimum(near.sum(axis=1), count) - 1).sum() / (len(asked) * (count - 1)))
            if self.recall >= _RECALL:
                return


def _rows(codes: np.ndarray) -> np.ndarray:
    """Return codes as FAISS takes them: float32, or bytes."""
    rows = np.ascontiguousarray(codes)
    return rows.view(np.uint8) if rows.dtype.kind == "u" else rows.astype(np.float32, copy=False)


def library() -> Any:
    """Return FAISS."""
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError.of("ann", "a graph of neighbours, or a code of FAISS's,") from error
    return faiss
