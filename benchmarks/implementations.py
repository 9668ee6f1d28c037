"""Who is compared: a name, the file that drives the library, the distribution that must be installed, and its settings."""

from dataclasses import dataclass, field
from importlib import import_module, metadata
from typing import Any

from .machine import computes_bfloat16


@dataclass(frozen=True)
class Implementation:
    """A library as it is driven here; ``options`` go to its ``train``, ``environment`` to its process."""

    name: str
    module: str
    distribution: str
    options: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str | None:
        """The installed version, or None."""
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None

    def load(self) -> Any:
        """Import the file that drives the library, and with it the library."""
        return import_module(f".peers.{self.module}", __package__)


ISTHMUS = Implementation("isthmus", "isthmus", "isthmus")
ISTHMUS_FLOAT32 = Implementation("isthmus-float32", "isthmus", "isthmus", {"precision": "float32"})
ISTHMUS_BFLOAT16 = Implementation("isthmus-bfloat16", "isthmus", "isthmus", {"precision": "bfloat16"})
PYTORCH = Implementation("pytorch", "pytorch", "torch")
PYTHAE = Implementation("pythae", "pythae", "pythae")
KERAS_JAX = Implementation("keras-jax", "keras", "jax", environment={"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"})
KERAS_TORCH = Implementation("keras-torch", "keras", "keras", environment={"KERAS_BACKEND": "torch"})
SCIKIT_LEARN = Implementation("scikit-learn", "sklearn", "scikit-learn")
PYOD = Implementation("pyod", "pyod", "pyod")
SKORCH = Implementation("skorch", "skorch", "skorch")
PRODUCTS = tuple(Implementation(f"products-{dtype}", "products", "torch", {"dtype": dtype})
                 for dtype in ("float32", "bfloat16")[: 1 + computes_bfloat16()])  # fmt: skip

#: In this order the table has them; the first two are the columns' own.
OURS = (ISTHMUS, ISTHMUS_FLOAT32)
PEERS = (PYTORCH, PYTHAE, KERAS_JAX, KERAS_TORCH, SCIKIT_LEARN, PYOD, SKORCH)
