"""How ``isthmus compare --bytes`` measures vectors in few bytes."""

from ..errors import InputError
from ..tasks import Compressed, Split, compress
from ..tasks.compression import verdict
from ..training.batches import dense
from .options import TrainingOptions
from .progress import Bar

_QUERIES = 1000  # at most


def compared(train: Split, held: Split, sizes: tuple[int, ...], training: TrainingOptions, seed: int) -> tuple[list[Compressed], list[str]]:
    """Compress one part of the data, ask for the neighbours of the other, and return what is found, and in words."""
    if not sizes:
        raise InputError("--bytes takes at least one size.")
    X, queries = (dense(part.items).reshape(len(part.items), -1) for part in (train, held))
    with Bar("compressing") as bar:
        found = compress(X, queries[:_QUERIES], sizes, training.training((bar,)), seed, bar.next)
    return found, verdict(found)
