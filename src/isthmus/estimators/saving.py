"""How a fitted estimator is written down and read back: settings, what was learnt, and the weights."""

import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .. import storage
from ..model import Model, Parts, Units
from ..training import Training
from ..training.devices import seeded

_LEARNT = {"n_features_in_": int, "n_components_": int, "item_shape_": tuple, "input_dtype_": str, "best_epoch_": int,
           "stopped_": str, "precision_": str, "precision_reason_": str, "training_": Training}  # fmt: skip


class Storable(BaseEstimator):
    """An estimator whose ``module_`` is a `Model`, and which `storage` can write and read."""

    module_: Model
    n_components_: int
    item_shape_: tuple[int, ...]
    n_features_in_: int
    training_: Training

    def assemble(self, parts: Parts, n_components: int, units: Units, mean: torch.Tensor) -> Model:
        """Return the untrained module; a variant with a training procedure of its own has a module of its own."""
        return Model(parts, n_components, units, mean)

    def completed(self, training: Training, parts: Parts) -> Training:
        """Return the settings with what the variant's own procedure wants where they are open; the rest the data decide."""
        return training

    def save(self, folder: str | Path) -> Path:
        """Write everything that was learnt into ``folder``; `isthmus.load` reads it back."""
        check_is_fitted(self)
        return storage.save(folder, self, versions())

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        names = getattr(self, "feature_names_in_", None)
        learnt = {name: getattr(self, name) for name in _LEARNT}
        return {"parts": list(self.parts()), "learnt": learnt, "feature_names": None if names is None else list(names)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights and buffers by name."""
        return {name: tensor.numpy() for name, tensor in self.module_.state_dict().items()}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of a fitted estimator returned."""
        parts = Parts(*config["parts"])
        parts.check()
        self.history_: list[dict[str, float]] = []  # `storage.load` puts in what was written beside
        for name, kind in _LEARNT.items():
            if type(config["learnt"][name]) is not kind:
                raise TypeError(f"{name} is no {kind.__name__}")
            setattr(self, name, config["learnt"][name])
        self.training_.device = None  # the device of another session, perhaps of another machine
        if self.n_features_in_ != math.prod(self.item_shape_):
            raise ValueError(f"items of shape {self.item_shape_} do not have {self.n_features_in_} numbers")
        names = config["feature_names"]
        if names is not None:
            if type(names) is not tuple or len(names) != self.n_features_in_ or any(type(name) is not str for name in names):
                raise TypeError("the feature names do not fit")
            self.feature_names_in_ = np.array(names, dtype=object)
        offset, scale = torch.tensor(arrays["units.offset"]), float(arrays["units.scale"])
        if tuple(offset.shape) != self.item_shape_:
            raise ValueError(f"the units are for items of shape {tuple(offset.shape)}, not {self.item_shape_}")
        with seeded(0, torch.device("cpu")):
            model = self.assemble(parts, self.n_components_, Units(offset, scale), torch.zeros(self.item_shape_))
        model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
        self.take_on(parts, model)

    def parts(self) -> Parts:
        """Return the parts as `fit` settled them."""
        return Parts(self.corruption_, self.bottleneck_, self.penalties_, self.network_, self.likelihood_)

    def take_on(self, parts: Parts, model: Model) -> None:
        """Become what a training run, or a folder, gave."""
        self.corruption_, self.bottleneck_, self.penalties_, self.network_, self.likelihood_ = parts
        self.module_ = model.cpu().eval().requires_grad_(False)


def versions() -> dict[str, str]:
    """Return the versions that a saved object was made with."""
    return {name: version(name) for name in ("isthmus", "torch", "numpy", "scikit-learn")}
