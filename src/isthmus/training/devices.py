"""Where and in what precision training runs."""

import contextlib
import ctypes
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..errors import DiagnosticWarning, InputError

PRECISIONS = ("auto", "float32", "bfloat16")
_BYTES_A_WEIGHT = 20  # the weight, its gradient, Adam's two moments, and the best so far
_THREADS_FROM = 2e6  # multiplications of a step forward: below, a second thread costs more than it gives
_HALF_FROM = 2e7  # below, the conversions of bfloat16 cost more than its products give
_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # of malloc.h
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def device_of(setting: str | None) -> torch.device:
    """Return the device of that name; None is a GPU where there is one (each process its own), else the CPU."""
    if setting is None:
        if torch.cuda.is_available():
            return torch.device("cuda", int(os.environ.get("LOCAL_RANK", torch.cuda.current_device())))
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(setting)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"Training.device must be a device that is here, such as 'cpu', 'cuda', 'cuda:1' or 'mps'; None "
                         f"chooses. Got {setting!r}.") from error  # fmt: skip
    return device


def refuse_beyond_memory(model: nn.Module) -> None:
    """Raise `InputError` where training ``model`` needs more than this machine's memory."""
    weights = sum(parameter.numel() for parameter in model.parameters())
    try:
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # a system that does not tell
        return
    needed = weights * _BYTES_A_WEIGHT
    if needed > there:
        raise InputError(f"a network of {weights:,} weights needs {needed / 2**30:,.0f} GiB to train, and this machine has "
                         f"{there / 2**30:,.0f}; take fewer components (--latent-dim) or narrower layers (--hidden)")  # fmt: skip


class Precision(NamedTuple):
    """In how many bits products are formed, and why."""

    name: str  # "float32" or "bfloat16"
    reason: str


def settle_precision(setting: str, model: nn.Module, device: torch.device, work: float) -> Precision:
    """Return the precision for ``work`` multiplications a step: "auto" takes 16 bits where this device gains by them."""
    if setting != "auto":
        if setting == "bfloat16" and device.type == "cpu" and torch.backends.mkldnn.is_available() and (
                not torch.ops.mkldnn._is_mkldnn_bf16_supported()):
            warnings.warn("this processor has no instructions for bfloat16 and takes ten to a hundred times as long over its products "
                          "as over float32's; leave the precision to 'auto'.", DiagnosticWarning, stacklevel=2)  # fmt: skip
        return Precision(setting, "as asked for")
    if _cells(model):
        return Precision("float32", "the states of recurrent cells add up over many steps")
    if device.type == "cpu" and any(isinstance(layer, nn.GroupNorm) for layer in model.modules()):
        return Precision("float32", "normalised layers lose more time by bfloat16 than products gain")  # a quarter, with faces
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else (
        device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    if not fast:
        return Precision("float32", "no instructions for bfloat16 here")
    if work < _HALF_FROM:
        return Precision("float32", f"{work:.2g} multiplications a step are too few to gain by bfloat16")
    return Precision("bfloat16", f"{work:.2g} multiplications a step, and instructions for bfloat16")


@torch.no_grad()
def multiplications(model: nn.Module, row: Tensor) -> float:
    """Return how many multiplications one row takes forward: a layer's weights times the places where it is applied.

    Recurrent cells apply all of theirs at every step. A layer whose weights are read without its being called counts as applied once.
    """
    total = 0.0
    called: set[nn.Module] = set()

    def add(layer: Any, given: tuple[Tensor], out: Tensor) -> None:
        nonlocal total  # a transposed convolution is applied where its input is, any other where its output is
        if isinstance(layer, nn.RNNBase):
            total += sum(weight.numel() for weight in layer.parameters()) * given[0].shape[1]
            return
        places = min(x.numel() / x.shape[1] for x in (given[0], out)) if isinstance(layer, _CONVOLUTIONS) else 1
        total += layer.weight.numel() * places
        called.add(layer)

    layers: list[Any] = [layer for layer in model.modules() if isinstance(getattr(layer, "weight", None), Tensor)]
    hooks = [layer.register_forward_hook(add) for layer in [*layers, *_cells(model)]]
    try:
        model.eval()(row)
    finally:
        for hook in hooks:
            hook.remove()
    return total + sum(layer.weight.numel() for layer in layers if layer not in called)


def _cells(model: nn.Module) -> list[nn.Module]:
    """Return the recurrent layers of a model."""
    return [layer for layer in model.modules() if isinstance(layer, nn.RNNBase)]


@contextlib.contextmanager
def threads_for(work: float) -> Iterator[None]:
    """Run on one thread where steps of ``work`` multiplications gain nothing by more, and leave the caller's as they were."""
    before = torch.get_num_threads()
    if work < _THREADS_FROM:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def memory_kept(model: nn.Module) -> Iterator[None]:
    """Keep freed memory for the next step, rather than give it back to the system, where ``model`` has recurrent cells.

    Their steps need large pieces of it, which the C library otherwise fetches anew every time, and new memory is slow until it has been
    touched: recurrent networks train more than half as fast again. Only glibc can be told so; elsewhere nothing happens.
    """
    library: Any = ctypes.CDLL(None) if _cells(model) and sys.platform == "linux" else None
    if not (hasattr(library, "mallopt") and hasattr(library, "malloc_trim")):
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, 2**30)
    library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:  # to where glibc itself moves them once large pieces were freed
        library.mallopt(_MMAP_THRESHOLD, 2**25)
        library.mallopt(_TRIM_THRESHOLD, 2**26)
        library.malloc_trim(0)


class Weights:
    """The weights that an optimiser updates, and the module that runs forward and backward on them.

    In float32 that is the model itself; in bfloat16 a twin of it, to which every update is copied, so that small updates
    are not lost to rounding.
    """

    def __init__(self, model: Any, precision: str) -> None:
        self.module = model.half() if precision == "bfloat16" else model
        self.groups: dict[str, list[nn.Parameter]] = model.groups()
        self.working: dict[str, list[nn.Parameter]] = self.module.groups()

    @torch.no_grad()
    def gather(self, name: str) -> list[Tensor]:
        """Bring the gradients of the group ``name`` to the weights that are updated, and return them."""
        pairs = self._twins(name)
        for own, used in pairs:
            if used.grad is None:
                own.grad = None
            elif own.grad is None:
                own.grad = torch.empty_like(own)  # once: new memory is slow until it has been touched
        known = [(own.grad, used.grad) for own, used in pairs if own.grad is not None and used.grad is not None]
        if known:
            torch._foreach_copy_([own for own, _ in known], [used for _, used in known])
        return [own.grad for own in self.groups[name] if own.grad is not None]

    @torch.no_grad()
    def spread(self, name: str) -> None:
        """Bring the updated weights of the group ``name`` to the module, and forget its gradients."""
        pairs = self._twins(name)
        if pairs:
            torch._foreach_copy_([used for _, used in pairs], [own for own, _ in pairs])
        for used in self.working[name]:
            used.grad = None

    def _twins(self, name: str) -> list[tuple[nn.Parameter, nn.Parameter]]:
        pairs = zip(self.groups[name], self.working[name], strict=True)
        return [(own, used) for own, used in pairs if own is not used]


def on(device: torch.device, raw: Tensor) -> Tensor:
    """Return a batch on ``device``; weights are single precision, and not every device knows more."""
    return (raw.float() if raw.dtype == torch.float64 else raw).to(device)


@contextlib.contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run with torch's generators of the CPU and of ``device`` seeded, and leave the caller's as they were."""
    others = [] if device.type == "cpu" else [device]
    with torch.random.fork_rng(devices=others, device_type=device.type if others else "cuda"):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed takes as long as a small training step
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        yield
