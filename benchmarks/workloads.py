"""The workloads, by name."""

from dataclasses import replace

from .contention import Contention
from .curves import Curves
from .encode import Encoding
from .implementations import KERAS_JAX, KERAS_TORCH, PEERS, PYOD, PYTHAE, PYTORCH, SCIKIT_LEARN, SKORCH
from .likelihood import Likelihood
from .networks import BlogConv, Dense, Lstm, Task
from .scaling import Scaling
from .time_to_error import TimeToError
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
    TrainingWorkload("deep-1000", "784-1000-500-250-30 and back, rectified, squared error, batches of 1000",
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
    TrainingWorkload("beats", "recurrent, 64 units over series of 140 steps, a code of 8, and back, squared error, batches of 64",
                     Task(Lstm(140, 64, 8), batch=64, rows=1_920, epochs=4), (PYTORCH, KERAS_JAX, KERAS_TORCH)),
    TrainingWorkload("contractive-layer", "784-1000-784, sigmoid, cross-entropy and the contractive penalty, batches of 100",
                     Task(Dense((784, 1000), code_activation="sigmoid"), batch=100, rows=10_000, epochs=5, binary=True, contractive=True),
                     (PYTORCH,), {"pytorch": "the penalty by a random projection and a second backward pass"}),
    TrainingWorkload("contractive-deep", "784-1000-500-250-30 and back, sigmoid, squared error, penalty by one projection, batches of 128",
                     Task(Dense(_DEEP.widths, "sigmoid"), batch=128, rows=6_400, epochs=5, contractive=True), (PYTORCH,)),
    TrainingWorkload("top-k", "768-24,576-768, the 32 largest kept, squared error, batches of 4096 of normal noise",
                     Task(Dense((768, 24_576), active=32), batch=4096, rows=20_480, epochs=3, activations=True), (PYTORCH,),
                     {"pytorch": "multiplies by all units, the zeros too"},
                     Task(Dense((64, 512), active=8), batch=128, rows=256, epochs=3, activations=True)),
    TrainingWorkload("rbm", "restricted Boltzmann machine, 784-1000, one step of Gibbs sampling, batches of 100",
                     Task(Dense((784, 1000), code_activation="sigmoid"), batch=100, rows=10_000, epochs=5, binary=True, machine=True),
                     (SCIKIT_LEARN,), {"scikit-learn": "persistent chains"}),
    Likelihood("likelihood", "log-likelihoods of a variational autoencoder, 784-500-20 and back, by importance-weighted draws",
               Task(Dense((784, 500, 20), "tanh", variational=True), batch=100, rows=20_000, epochs=2, binary=True), items=50, draws=5000),
    Encoding("encode", "784-1000-500-250-30 from a .npy file to a .npy file", _DEEP, rows=400_000),
    TimeToError("time-to-error", "seconds to a test squared error, 784-1000-500-250-30 on MNIST, from the start of a training",
                Task(_DEEP, batch=128, rows=59_904, epochs=1), lengths=(1, 2, 4, 8), targets=(10.0, 7.0)),
    Scaling("scaling", "an epoch of 784-1000-500-250-30, batches of 128, bytes",
            Task(_DEEP, batch=128, rows=0, epochs=1), (10_000, 30_000, 100_000, 300_000, 1_000_000)),
    Curves("curves", "784-1000-500-250-30, batches of 128, in float32 and in bfloat16", Task(_DEEP, batch=128, rows=12_800, epochs=10)),
    Contention("contention", "784-1000-500-250-30, batches of 128, beside a busy process", Task(_DEEP, batch=128, rows=3_840, epochs=4)),
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
    if rows is not None and isinstance(found, Encoding):
        found = replace(found, rows=rows)
    return found.quick() if quick else found
