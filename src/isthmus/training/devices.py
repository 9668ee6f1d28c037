"""Where and in what precision training runs."""

import contextlib
import os
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ..errors import InputError

PRECISIONS = ("auto", "float32", "bfloat16")
_BYTES_A_WEIGHT = 20  # the weight, its gradient, Adam's two moments, and the best so far


def device_of(setting: str | None) -> torch.device:
    """Return the device of that name; None is a GPU where there is one, else the CPU."""
    if setting is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
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


def settle_precision(setting: str, device: torch.device) -> str:
    """Return "bfloat16" or "float32": "auto" takes 16-bit products where the processor has instructions for them."""
    if setting != "auto":
        return setting
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else (
        device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return "bfloat16" if fast else "float32"


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which forward passes run in ``precision``."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


@contextlib.contextmanager
def predicting(precision: str, device: torch.device) -> Iterator[None]:
    """Run forward passes in ``precision``, without what gradients would need."""
    with torch.inference_mode(), autocast(precision, device):
        yield


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
