"""Several processes that train one model: which rows of a batch are this process's, and sums over all of them.

Alone, nothing here costs anything. Beside others (``torchrun``), every process steps through the same batches and works on
its own rows of each. Random numbers are drawn for the whole batch, so that every generator stays where the others' are, and
the rows of this process are kept: the result does not depend on how many processes there are.
"""

import contextlib
import os
from collections.abc import Callable, Iterator

import torch
import torch.distributed as dist
import torch.distributed.nn.functional as differentiable
from torch import Tensor

from .errors import InputError

_batch = 0  # rows of the whole batch that is being worked on; 0 where every row is this process's


def count() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def number() -> int:
    """Return which of them this is, from 0; the first one writes and talks."""
    return dist.get_rank() if count() > 1 else 0


def part(rows: int) -> slice:
    """Return this process's rows of a batch of ``rows``: nearly equal parts, in the processes' order.

    >>> part(10)
    slice(0, 10, None)
    """
    here, all_of_them = number(), count()
    return slice(rows * here // all_of_them, rows * (here + 1) // all_of_them)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Join the processes that ``torchrun`` started, if it did and nobody has joined them yet, and part again at the end."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or not dist.is_available() or dist.is_initialized():
        yield
        return
    try:
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    except (ValueError, RuntimeError) as error:
        raise InputError(f"the processes of WORLD_SIZE={os.environ['WORLD_SIZE']} cannot be joined ({error}); start them "
                         "with torchrun, or unset WORLD_SIZE") from error  # fmt: skip
    try:
        yield
    finally:
        dist.destroy_process_group()


@contextlib.contextmanager
def batch_of(rows: int) -> Iterator[None]:
    """Within it, tensors hold this process's part of a batch of ``rows``."""
    global _batch
    before, _batch = _batch, rows if count() > 1 else 0
    try:
        yield
    finally:
        _batch = before


def drawn(draw: Callable[[torch.Size], Tensor], shape: torch.Size, dim: int = 0) -> Tensor:
    """Return ``draw`` of a shape whose axis ``dim`` is the batch's: drawn for the whole batch, this process's rows kept."""
    if not _batch:
        return draw(shape)
    own = part(_batch)
    whole = draw(torch.Size((*shape[:dim], _batch, *shape[dim + 1 :])))
    return whole.narrow(dim, own.start, own.stop - own.start)


def normal(like: Tensor) -> Tensor:
    """Return standard normal numbers in the shape of ``like``, (batch, ...)."""
    return drawn(lambda shape: torch.randn(shape, dtype=like.dtype, device=like.device), like.shape)


def uniform(like: Tensor) -> Tensor:
    """Return numbers from [0, 1) in the shape of ``like``, (batch, ...)."""
    return drawn(lambda shape: torch.rand(shape, dtype=like.dtype, device=like.device), like.shape)


def whole(rows: int) -> int:
    """Return how many rows the whole batch has, of which ``rows`` are this process's."""
    return _batch or rows


def gathered(x: Tensor) -> Tensor:
    """Return the numbers ``x``, (n,), of every process for the whole batch, one process's after the other's."""
    if not _batch:
        return x
    sizes = torch.zeros(count(), dtype=torch.int64, device=x.device)
    sizes[number()] = len(x)
    dist.all_reduce(sizes)
    padded = torch.zeros(int(sizes.max()), dtype=x.dtype, device=x.device)
    padded[: len(x)] = x
    parts = [torch.empty_like(padded) for _ in range(count())]
    dist.all_gather(parts, padded)
    return torch.cat([part[:size] for part, size in zip(parts, sizes.tolist(), strict=True)])


def before(x: Tensor) -> Tensor:
    """Return, for each of this process's rows of ``x``, (batch, k), the one before it in the whole batch; the first has the last.

    >>> before(torch.tensor([[1], [2], [3]])).flatten().tolist()
    [3, 1, 2]
    """
    return gathered(x.flatten()).view(-1, x.shape[1]).roll(1, 0)[part(whole(len(x)))]


def mean(x: Tensor) -> Tensor:
    """Return the mean over the whole batch of ``x``, (batch, ...), through which gradients flow to every process."""
    return total(x.sum(0)) / whole(len(x))


def total(x: Tensor) -> Tensor:
    """Return the sum of what every process has for ``x``, through which gradients flow to each."""
    return differentiable.all_reduce(x) if _batch else x


def extremes(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least and the greatest number of the whole batch."""
    low, high = torch.aminmax(x.detach()) if x.numel() else (x.new_tensor(torch.inf), x.new_tensor(-torch.inf))
    if _batch:
        ends = torch.stack([-low, high])
        dist.all_reduce(ends, dist.ReduceOp.MAX)
        low, high = -ends[0], ends[1]
    return low, high


def add_up(tensors: list[Tensor]) -> None:
    """Replace tensors by their sums over all processes, by one flat message."""
    if count() < 2:
        return
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    dist.all_reduce(flat)
    for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
        tensor.copy_(total.view_as(tensor))


def totals(values: list[float]) -> list[float]:
    """Return the sums of values over all processes."""
    if count() < 2:
        return values
    message = _message(values)
    dist.all_reduce(message)
    return message.tolist()


def agree(value: float) -> float:
    """Return the first process's value: what depends on a clock or on chance is settled there."""
    if count() < 2:
        return value
    message = _message([value])
    dist.broadcast(message, 0)
    return message.item()


def _message(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, device="cuda" if dist.get_backend() == "nccl" else "cpu")
