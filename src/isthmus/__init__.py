"""isthmus: autoencoders as a tool. Bring tables, images or arrays, and get a short code for each item.

    r = g(bottleneck(f(c(x))))          L = -log p(x | r) + Σ weight · Ω

Variants are rows of one table of parts; every variant works with every network, every kind of data and every use.
"""

import os
from importlib import import_module
from typing import Any

# Threads that wait for the next product spin for some ten microseconds and then sleep: waking sleepers costs small networks
# five sixths of their speed, and spinning on takes the processor from other processes. OpenMP reads this once, with torch.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

_WHERE = {
    "estimators": ("Autoencoder", "AutoencoderClassifier", "BinaryAutoencoder", "ContractiveAutoencoder", "DenoisingAutoencoder",
                   "RestrictedBoltzmannMachine", "SparseAutoencoder", "StackedAutoencoder", "VAEGAN", "VariationalAutoencoder"),
    "networks": ("Conv", "Dense", "Recurrent"),
    "parts": ("AuxK", "BatchTopK", "Bernoulli", "Binarised", "BinaryCode", "BinaryUnits", "BitBalance", "Categorical", "Contractive",
              "Decorrelation", "Flips", "Gaussian", "GaussianCode", "GaussianNoise", "GaussianUnits", "Growth", "Identity",
              "ImportanceWeighted", "KL", "L1", "Laplace", "Masking", "Mixed", "Multinomial", "SaltAndPepper", "Shifts", "SparseRate",
              "TopK", "WarmUp"),
    "representations": ("BagOfWords", "Channels", "Frames", "Pixels", "Spectrogram", "Table", "Vocoder", "Windows"),
    "run": ("Run", "load"),
    "training": ("Adam", "Constant", "LearnedSimilarity", "OneCycle", "SGD", "Training"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}
_MODULES = ("metrics", "tasks")

__all__ = sorted([*_MODULE_OF, *_MODULES])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing isthmus costs nothing."""
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
