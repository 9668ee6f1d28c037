"""The workloads, by name."""

from dataclasses import replace

from .implementations import ISTHMUS, ISTHMUS_FLOAT32, KERAS_JAX, KERAS_TORCH, PEERS, PYOD, PYTHAE, PYTORCH, SKORCH
from .networks import BlogConv, Dense, Task
from .training import TrainingWorkload
from .workload import Workload

_DEEP = Dense((784, 1000, 500, 250, 30))
_SIMPLE = Dense((784, 32), code_activation="relu")
_RELU_CODE = "a rectified code, as all of its layers"
_SQUARED = "squared error in training"

_WORKLOADS: tuple[Workload, ...] = (
    TrainingWorkload("deep-128", "784-1000-500-250-30 and back, rectified, squared error, batches of 128",
                     Task(_DEEP, batch=128, rows=12_800, epochs=5), PEERS,
                     {"scikit-learn": _RELU_CODE, "pyod": _RELU_CODE}),
    TrainingWorkload("deep-1000", "the same, batches of 1000",
                     Task(_DEEP, batch=1000, rows=15_000, epochs=5), PEERS,
                     {"scikit-learn": _RELU_CODE, "pyod": _RELU_CODE}),
    TrainingWorkload("simple", "784-32-784, a rectified code, cross-entropy, batches of 256",
                     Task(_SIMPLE, batch=256, rows=59_904, epochs=5, binary=True), PEERS,
                     {"pythae": _SQUARED, "scikit-learn": f"{_SQUARED}, linear output", "pyod": f"{_SQUARED}, linear output"}),
    TrainingWorkload("vae", "variational, 784-500-20 and back, tanh, cross-entropy, batches of 100",
                     Task(Dense((784, 500, 20), "tanh", variational=True), batch=100, rows=20_000, epochs=5, binary=True),
                     (PYTORCH, PYTHAE, KERAS_JAX, KERAS_TORCH, PYOD, SKORCH), {"pyod": _SQUARED}),
    TrainingWorkload("conv", "the Keras blog's convolutional network, cross-entropy, batches of 128",
                     Task(BlogConv(), batch=128, rows=5_120, epochs=5, binary=True),
                     (PYTORCH, PYTHAE, KERAS_JAX, KERAS_TORCH, SKORCH), {"pythae": _SQUARED}),
)  # fmt: skip


def named(name: str) -> list[str]:
    """Return the workloads that a name stands for: itself, or all that begin with it and a hyphen."""
    return [one.name for one in _WORKLOADS if one.name == name or one.name.startswith(f"{name}-")]


def names() -> list[str]:
    """Return all names."""
    return [one.name for one in _WORKLOADS]


def find(name: str, quick: bool, rows: int | None) -> Workload:
    """Return a workload, in its quick form or with as many rows as asked for."""
    found = next(one for one in _WORKLOADS if one.name == name)
    return found.quick() if quick else found
