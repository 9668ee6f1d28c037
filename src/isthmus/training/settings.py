"""How training goes: one object with every setting, resolved against the data in `fit`."""

import copy
import math
import os
from collections.abc import Callable
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from ..checks import Kind, Limit, OneOf, Real, Several, Whole, check_settings
from ..errors import InputError
from ..parts.augmentation import Augmentation
from .optimizers import SGD, Adam
from .schedules import OneCycle

_STEPS = 6000  # updates that a default fit aims at


class Training(BaseEstimator):
    """Training settings; None is chosen from the data in `fit` and shown in the estimator's ``training_``.

    Arguments:
        epochs: Passes over the rows; None aims at 6,000 updates, within 3 to 200 passes. 0 leaves the network at its random
            start, to compare with.
        batch_size: Rows of an update; None takes n/100, from 32 to 128.
        learning_rate: The highest step size of the schedule; None takes the optimiser's own default.
        schedule: A map from progress in [0, 1] to a factor of the learning rate, `OneCycle()` or `Constant()`.
        optimizer: `Adam()` or `SGD()`.
        precision: "float32"; "bfloat16" runs matrix products in 16 bits; "auto" does so where the processor gains.
        device: A torch device such as "cuda:1"; None takes a GPU where there is one.
        augmentation: `Shifts`, `Flips`, `Binarised` or None: how the items of a batch may be changed, so that there are more to learn from.
        validation: The share (below 1) or number of rows held out to watch; None takes a tenth, at most 2,000, of 200 rows
            or more, and 0 takes none. The weights of the best epoch on them are kept.
        patience: Stop after so many epochs without a better validation loss; None never stops early.
        time_budget: Seconds after which training ends, schedule included; None sets no limit.
        checkpoint: A folder to write the state to and to go on from; None writes none.
        callbacks: Functions called with a `Progress` about ten times a second and at the end of every epoch.

    Raises:
        InputError: In `fit`, for a setting outside its limits.

    Example:
        >>> Training(epochs=3).resolve(rows=1000, deep=True).batch_size
        32
    """

    limits: ClassVar[dict[str, Limit]] = {
        "epochs": Whole(0, optional=True), "batch_size": Whole(1, optional=True),
        "learning_rate": Real(0, above=True, optional=True),
        "schedule": Kind(Callable, "a schedule such as OneCycle()", optional=True),
        "optimizer": Kind(Adam | SGD, "Adam() or SGD()", optional=True),
        "precision": OneOf(("auto", "bfloat16", "float32")), "device": Kind(str, "a text such as 'cpu'", optional=True),
        "augmentation": Kind(Augmentation, "an augmentation such as Shifts(1)", optional=True),
        "validation": Real(0, optional=True), "patience": Whole(1, optional=True),
        "time_budget": Real(0, above=True, optional=True),
        "checkpoint": Kind(str | os.PathLike, "the name of a folder", optional=True),
        "callbacks": Several(Kind(Callable, "a function")),
    }  # fmt: skip

    # None until `resolve` has chosen.
    epochs: Any
    batch_size: Any
    learning_rate: Any
    schedule: Any
    optimizer: Any
    validation: Any

    def __init__(self, epochs: int | None = None, batch_size: int | None = None, learning_rate: float | None = None,
                 schedule: Callable[[float], float] | None = None, optimizer: Any = None, precision: str = "auto",
                 device: str | None = None, augmentation: Augmentation | None = None, validation: float | None = None,
                 patience: int | None = None, time_budget: float | None = None, checkpoint: str | None = None,
                 callbacks: tuple[Callable[[Any], None], ...] = ()) -> None:  # fmt: skip
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.optimizer = optimizer
        self.precision = precision
        self.device = device
        self.augmentation = augmentation
        self.validation = validation
        self.patience = patience
        self.time_budget = time_budget
        self.checkpoint = checkpoint
        self.callbacks = callbacks

    def resolve(self, rows: int, deep: bool) -> "Training":
        """Return a copy in which nothing is left open, for ``rows`` rows and a network with or without hidden layers."""
        check_settings(self, self.limits)
        if self.augmentation is not None:
            self.augmentation.check()
        chosen = copy.copy(self)  # no clone, which would copy the callbacks and what they gather
        chosen.validation = self._held_out(rows)
        if self.patience is not None and not chosen.validation:
            raise InputError("Training.patience watches held-out rows, and none are held out; give Training(validation=0.1).")
        kept = rows - chosen.validation
        chosen.batch_size = min(self.batch_size or min(max(kept // 100, 32), 128), kept)
        steps = math.ceil(kept / chosen.batch_size)
        chosen.epochs = min(max(round(_STEPS / steps), 3), 200) if self.epochs is None else self.epochs
        chosen.schedule = self.schedule or OneCycle()
        optimizer = self.optimizer or Adam()
        chosen.learning_rate = self.learning_rate or optimizer.learning_rate(deep)
        chosen.optimizer = optimizer.resolve(deep, chosen.learning_rate * steps * chosen.epochs)
        return chosen

    def _held_out(self, rows: int) -> int:
        if self.validation is None:
            return min(rows // 10, 2000) if rows >= 200 else 0
        if self.validation >= 1 and self.validation != int(self.validation):
            raise InputError(f"Training.validation must be a share below 1 or a whole number of rows. Got {self.validation}.")
        count = round(self.validation * rows) if self.validation < 1 else int(self.validation)
        if count > rows - 2 and count:
            raise InputError(f"Training.validation must leave 2 rows or more to learn from. Got {self.validation} of {rows} rows.")
        return count
