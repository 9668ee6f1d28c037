"""What estimators share that hold a torch module which the loop trained: what the run left, precision, prediction, saving."""

import copy
import math
from abc import abstractmethod
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .. import storage
from ..checks import check_name
from ..training import Training
from ..training.batches import Rows
from ..training.devices import PRECISIONS, device_of, settle_precision
from ..training.loop import Loop
from .prediction import Function, predicted


class Trained(BaseEstimator):
    """An estimator whose ``module_`` the loop trained, and which `storage` can write and read.

    Attributes:
        module_: The trained torch module, on the CPU.
        history_: One mapping an epoch: the loss's terms on the training rows and, as ``validation_*``, on held-out rows.
        training_: The settings as resolved in `fit`.
        best_epoch_, stopped_: The epoch whose weights are kept; why training ended early, or "".
        precision_, precision_reason_: In how many bits products were formed, and why.
    """

    #: What was learnt, but for arrays and parts: attributes, and what each must be in a folder.
    learnt: ClassVar[dict[str, type]] = {
        "n_features_in_": int, "item_shape_": tuple, "best_epoch_": int, "stopped_": str, "precision_": str,
        "precision_reason_": str, "training_": Training,
    }  # fmt: skip

    module_: Any  # a torch module with `half`
    history_: list[dict[str, float]]
    item_shape_: tuple[int, ...]
    n_features_in_: int
    training_: Training
    _half: Any = None  # what a view that `with_precision` gave predicts by, until it is trained on

    def with_precision(self, precision: str) -> Self:
        """Return the fitted estimator as one that predicts in another precision; this one stays as it is.

        "float32" is how every estimator predicts, in double precision where rows are double. "bfloat16" takes 16-bit products,
        about twice as fast on processors that have them, with codes right to two or three digits and still float32; "auto"
        takes them where the processor has them. An estimator that is trained on predicts in float32 again.
        """
        check_is_fitted(self)
        view, device = copy.copy(self), device_of(self.training_.device)
        settled = settle_precision(check_name("precision", precision, PRECISIONS), self.module_, device, math.inf)  # blocks are work enough
        view._half = self.module_.half() if settled.name == "bfloat16" else None
        return view

    def save(self, folder: str | Path) -> Path:
        """Write everything that was learnt into ``folder``; `isthmus.load` reads it back."""
        check_is_fitted(self)
        return storage.save(folder, self, versions())

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        names = getattr(self, "feature_names_in_", None)
        return {"learnt": {name: getattr(self, name) for name in self.learnt}, "feature_names": None if names is None else list(names)}

    @abstractmethod
    def arrays(self) -> dict[str, np.ndarray]:
        """Return the weights and buffers by name."""

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of a fitted estimator returned."""
        self.history_ = []  # `storage.load` puts in what was written beside
        for name, kind in self.learnt.items():
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

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether a fit has come to its end; one that failed on the way has left its shape only."""
        return hasattr(self, "module_")

    def _predict(self, rows: Rows, function: Function, item: tuple[int, ...] | None = None, condition: np.ndarray | None = None,
                 lengths: np.ndarray | None = None) -> Any:  # fmt: skip
        """Return what ``function`` makes of the module and of rows or codes, which take up an ``item`` each in memory."""
        return predicted(self._half or self.module_, rows, function, device_of(self.training_.device), item, condition, lengths)

    def _keep_run(self, loop: Loop, training: Training) -> None:
        """Take on what a run tells beside the weights; whoever interrupted it is told at last."""
        self.__dict__.pop("_half", None)  # of the weights before
        state = loop.state
        self.training_ = copy.copy(training).set_params(callbacks=(), checkpoint=None)  # what belongs to this call only
        (self.precision_, self.precision_reason_), self.history_ = loop.precision, state.history
        self.best_epoch_, self.stopped_ = state.best_epoch, state.stopped
        if state.stopped == "interrupted":
            raise KeyboardInterrupt


def versions() -> dict[str, str]:
    """Return the versions that a saved object was made with."""
    return {name: version(name) for name in ("isthmus", "torch", "numpy", "scikit-learn")}
