"""Many short texts as two arrays, so that millions of them can lie on disk and be looked up without being read."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np


class Strings(Sequence[str]):
    """Texts behind each other in UTF-8, (bytes,), and where each ends, (n,).

    >>> names = Strings.of(["Rome", "", "Zürich"])
    >>> names[2], names.at([0, 2]).tolist(), len(names)
    ('Zürich', ['Rome', 'Zürich'], 3)
    """

    def __init__(self, raw: np.ndarray, ends: np.ndarray) -> None:
        self.raw, self.ends = raw, ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return texts as one object."""
        coded = [text.encode("utf-8", "replace") for text in texts]
        return cls(np.frombuffer(b"".join(coded), np.uint8), np.cumsum(np.fromiter(map(len, coded), np.int64, len(coded)), dtype=np.int64))

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.ends)

    def __getitem__(self, index: Any) -> Any:
        """Return one text, or for a slice a list of them."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        return self.raw[self.ends[place - 1] if place else 0 : self.ends[place]].tobytes().decode("utf-8")

    def at(self, places: Any) -> np.ndarray:
        """Return the texts at places of any shape, as an array of objects of that shape."""
        where = np.asarray(places)
        found = np.empty(where.size, dtype=object)
        found[:] = [self[int(place)] for place in where.ravel()]
        return found.reshape(where.shape)

    def places(self, text: str) -> np.ndarray:
        """Return where a text stands, (times,).

        >>> Strings.of(["b", "a", "b"]).places("b").tolist()
        [0, 2]
        """
        wanted = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
        starts = np.concatenate([[0], self.ends[:-1]]) if len(self) else self.ends
        alike = np.flatnonzero(self.ends - starts == len(wanted))
        return alike[(self.raw[starts[alike][:, None] + np.arange(len(wanted))] == wanted).all(axis=1)]

    def followed_by(self, more: Iterable[str]) -> "Strings":
        """Return these texts and more behind them."""
        other = Strings.of(more)
        start = self.ends[-1] if len(self) else 0
        return Strings(np.concatenate([self.raw, other.raw]), np.concatenate([self.ends, other.ends + start]))
