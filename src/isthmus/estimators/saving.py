"""How a fitted autoencoder is written down and read back: its parts, its weights, and what all trained estimators hold."""

from typing import Any, ClassVar

import numpy as np
import torch

from ..model import Model, Parts, Units
from ..training import LearnedSimilarity, Training
from ..training.adversarial import Adversarial
from ..training.devices import seeded
from .conditions import Conditions
from .trained import Trained


class Storable(Trained):
    """An estimator whose ``module_`` is a `Model`."""

    learnt: ClassVar[dict[str, type]] = Trained.learnt | {"n_components_": int, "input_dtype_": str}

    module_: Model
    n_components_: int
    condition_: Conditions | None = None
    of_sequences_: bool = False  # whether items are sequences of any length

    def assemble(self, parts: Parts, n_components: int, units: Units, mean: torch.Tensor) -> Model:
        """Return the untrained module; a variant with a training procedure of its own has a module of its own."""
        kind = Adversarial if isinstance(parts.likelihood, LearnedSimilarity) else Model
        return kind(parts, n_components, units, mean, 0 if self.condition_ is None else self.condition_.size, self.of_sequences_)

    def completed(self, training: Training, parts: Parts) -> Training:
        """Return the settings with what the variant's own procedure wants where they are open; the rest the data decide."""
        return parts.likelihood.completed(training)

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        condition = {} if self.condition_ is None else {"condition": self.condition_.config()}
        return {"parts": list(self.parts())} | condition | super().config()

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights and buffers by name."""
        return {name: tensor.numpy() for name, tensor in self.module_.state_dict().items()}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of a fitted estimator returned."""
        super().restore(config, arrays)
        parts = Parts(*config["parts"])
        parts.check()
        self.condition_ = Conditions.restored(config["condition"]) if "condition" in config else None
        self.of_sequences_ = "pace" in arrays
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
