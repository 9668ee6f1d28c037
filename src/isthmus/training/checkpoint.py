"""Checkpoints: the whole state of training in one file of plain arrays, replaced atomically."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .. import ranks
from ..errors import InputError, RunError
from ..storage import atomic, below, disk_errors

_FILE = "state.safetensors"
_SHARE = 0.03  # of the training time may go into writing checkpoints


class Checkpoint:
    """Writes a training state to a folder now and then, and reads it back.

    Arguments:
        folder: Where the state lies; None writes and reads nothing.
        fingerprint: What must agree between the run that wrote a state and the one that goes on from it.
    """

    def __init__(self, folder: str | None, fingerprint: str) -> None:
        self.path = Path(folder) / _FILE if folder is not None else None
        self.fingerprint = fingerprint
        self.written = time.perf_counter()
        self.cost = 0.0

    def due(self) -> bool:
        """Return whether enough time has gone by since the last write to pay for another."""
        return self.path is not None and not ranks.number() and self.cost < _SHARE * (time.perf_counter() - self.written)

    def write(self, plain: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Write plain values and tensors as the newest state, with torch's generators."""
        if self.path is None or ranks.number():
            return
        started = time.perf_counter()
        with disk_errors(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        generators = {"generator/cpu": torch.get_rng_state()}
        generators |= {f"generator/cuda{i}": state for i, state in enumerate(torch.cuda.get_rng_state_all())}
        if torch.backends.mps.is_available():
            generators["generator/mps"] = torch.mps.get_rng_state()
        # Clones, since two names of one memory (tied weights) cannot stand in one file.
        arrays = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in {**tensors, **generators}.items()}
        with atomic(self.path) as part:
            save_file(arrays, part, {"plain": json.dumps(dict(plain)), "fingerprint": self.fingerprint})
        self.written = time.perf_counter()
        self.cost = self.written - started

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what goes wrong while a state is read or taken on into one plain `RunError`."""
        try:
            yield
        except InputError:
            raise
        except (SafetensorError, OSError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            said = " ".join(str(error).split())
            raise RunError(f"{self.path} is damaged ({said}); remove it to train from the start") from error

    def read(self) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
        """Return the newest state and set torch's generators as they were, or None where there is no state."""
        if self.path is None or not self.path.exists():
            return None
        with safe_open(self.path, "pt") as file:
            header = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        plain, fingerprint = json.loads(header["plain"]), header["fingerprint"]
        if fingerprint != self.fingerprint:
            raise InputError(f"{self.path} belongs to other data or settings: {_difference(fingerprint, self.fingerprint)}. "
                             "Give the same ones to go on, or remove it to train from the start.")  # fmt: skip
        torch.set_rng_state(tensors.pop("generator/cpu"))
        if "generator/mps" in tensors and torch.backends.mps.is_available():
            torch.mps.set_rng_state(tensors.pop("generator/mps"))
        for i in range(torch.cuda.device_count()):
            if f"generator/cuda{i}" in tensors:
                torch.cuda.set_rng_state(tensors.pop(f"generator/cuda{i}"), i)
        return plain, tensors


def optimizer_tensors(name: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return an optimiser's memory as named tensors; its ``state_dict`` would import torch's compiler."""
    return {f"optimizer/{name}/{index}/{key}": value for index, weight in enumerate(_weights(optimizer))
            for key, value in optimizer.state.get(weight, {}).items() if isinstance(value, Tensor)}  # fmt: skip


def restore_optimizer(name: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimiser the memory that `optimizer_tensors` returned."""
    weights = _weights(optimizer)
    states: dict[int, dict[str, Tensor]] = {}
    for path, tensor in below(f"optimizer/{name}/", tensors).items():
        index, key = path.split("/")
        weight = weights[int(index)]
        if tensor.shape == weight.shape:  # fused optimisers go through memory side by side: it must be laid out alike
            tensor = torch.empty_like(weight, dtype=tensor.dtype).copy_(tensor)
        states.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})


def _weights(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    """Return an optimiser's parameters, in the order in which it numbers them."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def snapshot(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a model's weights and buffers."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _difference(before: str, now: str) -> str:
    old, new = (_flat(json.loads(text)) for text in (before, now))
    return ", ".join(f"{key} was {old.get(key)}, is {new.get(key)}" for key in {**new, **old} if old.get(key) != new.get(key))


def _flat(tree: dict[str, Any]) -> dict[str, Any]:
    """Return settings within settings by their own names."""
    inner = {key: value for name in tree for key, value in (_flat(tree[name]) if isinstance(tree[name], dict) else {}).items()}
    return {key: value for key, value in tree.items() if not isinstance(value, dict)} | inner
