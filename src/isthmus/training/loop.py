"""The training loop, the only one; it knows no model.

A model has ``groups()`` (name → parameters) and yields ``steps(batch, progress)`` lazily as (name, named terms of
shape (batch,)). The loop sums the terms, runs backward for that group's parameters, updates it, and asks for the next.
"""

import math
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from .. import ranks
from ..errors import DiagnosticWarning, DivergedError
from ..storage import below
from .batches import Batch, Batches
from .checkpoint import Checkpoint, optimizer_tensors, restore_optimizer, snapshot
from .devices import Weights, device_of, memory_kept, multiplications, on, seeded, settle_precision, threads_for
from .settings import Training

_LOOK = 50  # steps between looks at the loss where a look would stall the device
_FEW = 256  # rows that are looked at after every epoch where none are held out
_MODEST = 1e-3  # a learning rate that hardly ever diverges
_CALL = 0.1  # seconds between calls of the callbacks within an epoch


@runtime_checkable
class Trainable(Protocol):
    """What the loop asks of a model (which is a torch module besides)."""

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters by the name of the step that trains them."""

    def steps(self, batch: Batch, progress: float) -> Iterator[tuple[str, dict[str, Tensor]]]:
        """Yield the steps of a batch, each as a group's name and its terms."""

    def settle(self, group: str) -> None:
        """Bring the weights back to where they must stay, after an update of that group."""


@dataclass
class State:
    """How far training is; all of it goes into a checkpoint."""

    epoch: int = 0
    step: int = 0  # of the epoch
    met: dict[str, int] = field(default_factory=dict)  # how many steps of the epoch had each term
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best_loss: float = math.inf
    best_epoch: int = 0
    stopped: str = ""  # why training ended before its last epoch, if it did


@dataclass(frozen=True)
class Progress:
    """What callbacks are told: the epoch that runs (from 0), how many there are, the share done, and the history.

    Where a training has several stages, the share is that of the whole, and ``stage`` names the one that runs.
    """

    epoch: int
    epochs: int
    fraction: float
    history: list[dict[str, float]]
    stage: str = ""


class Loop:
    """One training run of one model.

    Arguments:
        model: A torch module that is `Trainable`.
        data: The training rows.
        held_out: Rows to choose the best epoch by, or None to keep the last epoch.
        settings: Resolved training settings.
        seed: Decides the order of the rows; draws come from torch's generators.
        fingerprint: What a checkpoint must have been written with for this run to go on from it.
        end: The epoch after which this run ends, where the training goes on in others; None is the settings' last.
    """

    def __init__(self, model: Any, data: Batches, held_out: Batches | None, settings: Training, seed: int,
                 fingerprint: str = "{}", end: int | None = None) -> None:  # fmt: skip
        self.device = device_of(settings.device)
        self.model = model.to(self.device)
        self.data, self.held_out, self.settings, self.seed = data, held_out, settings, seed
        self.watched = held_out or data.first(_FEW)  # what tells good from lost
        first = next(self.watched.in_order())
        row = on(self.device, first.x[:1])
        seen = self.model if first.lengths is None else self.model.over(first.lengths[:1])
        self.work = multiplications(seen, row) * settings.batch_size
        self.precision = settle_precision(settings.precision, self.model, self.device, self.work)
        self.weights = Weights(self.model, self.precision.name)
        self.optimizers = {name: settings.optimizer.build(parameters, settings.learning_rate)
                           for name, parameters in self.weights.groups.items()}  # fmt: skip
        self.checkpoint = Checkpoint(settings.checkpoint, fingerprint)
        self.state = State()
        self.end = settings.epochs if end is None else end
        self.sums: dict[str, Tensor] = {}  # of the epoch so far, by term; "loss" is that of all steps
        self.best: dict[str, Tensor] = {}

    def run(self) -> State:
        """Train to the end, keep the best weights, and return what happened."""
        self._restore()
        self.clock = time.perf_counter() - self.state.seconds
        self.called = 0.0
        try:
            with threads_for(self.work), memory_kept(self.model):
                while self.state.epoch < self.end and not self.state.stopped:
                    self._epoch()
        except KeyboardInterrupt:
            self.state.stopped = "interrupted"
        if not self.best:
            self.best = snapshot(self.model)
        self.model.load_state_dict(self.best)
        return self.state

    def memory(self) -> dict[str, Tensor]:
        """Return the optimisers' memory as named tensors."""
        return {key: tensor for name, optimizer in self.optimizers.items()
                for key, tensor in optimizer_tensors(name, optimizer).items()}  # fmt: skip

    def go_on(self, state: State, memory: Mapping[str, Tensor]) -> None:
        """Take on how far training is, and the optimisers' memory among named tensors."""
        self.state = state
        for name, optimizer in self.optimizers.items():
            restore_optimizer(name, optimizer, memory)
            self.weights.spread(name)

    def _epoch(self) -> None:
        """Train over what is left of the current epoch, then look back at it."""
        self.weights.module.train()
        for batch in self.data.shuffled(self.seed + self.state.epoch, self.state.step):
            with ranks.batch_of(len(batch)):
                self._step(batch)
            if self.state.stopped:
                return
            self.state.step += 1
            if self.checkpoint.due():
                self._write()
            self._call(_CALL)
            if self._spent():
                break
        self._look_back()
        if self.state.stopped == "diverged":
            return
        self.state.epoch, self.state.step, self.sums, self.state.met = self.state.epoch + 1, 0, {}, {}
        if self.checkpoint.due() or self.state.epoch == self.end or self.state.stopped:
            self._write()
        self._call(0.0)

    def _step(self, batch: Batch) -> None:
        """Update every group of the model once on one batch, of which this process works on its own part."""
        progress = self._progress(self._elapsed(), 0.5)  # the middle of the step, so that none has a rate of 0
        rate = self.settings.learning_rate * self.settings.schedule(progress)
        for name, terms in self.weights.module.steps(self._augmented(batch.own(self.device)), progress):
            means = {term: values.sum() / len(batch) for term, values in terms.items()}
            means["loss"] = sum(means.values())
            # Steps of one batch may share a graph, of which each runs only through what no earlier one has updated.
            means["loss"].backward(inputs=self.weights.working[name], retain_graph=len(self.optimizers) > 1)
            seen = {term: value.detach() for term, value in means.items()}
            ranks.add_up([*self.weights.gather(name), *seen.values()])
            for term, value in seen.items():
                self.sums[term] = self.sums.get(term, 0.0) + value
                self.state.met[term] = self.state.met.get(term, 0) + 1
            if self._lost():
                self._diverge()
                return
            optimizer = self.optimizers[name]
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            self.model.settle(name)
            self.weights.spread(name)

    def _augmented(self, batch: Batch) -> Batch:
        """Return the batch as the settings' augmentation changes it."""
        augmentation = self.settings.augmentation
        return batch if augmentation is None else replace(batch, x=augmentation(batch.x))

    def _look_back(self) -> None:
        """Record the epoch, keep its weights if they are the best, and stop where settings say so."""
        state, settings = self.state, self.settings
        watched = self._evaluate(self.watched)
        if not math.isfinite(watched["loss"]):  # the last update of an epoch can be the one that goes too far
            self._diverge()
            return
        state.seconds = self._elapsed()
        row = {"epoch": state.epoch + 1, "seconds": state.seconds}
        # Steps may be left out, and a term may be that of two: each is a mean over those that had it, and the loss is the sum of the terms.
        terms = {term: float(total) / state.met.get(term, state.step) for term, total in self.sums.items() if term != "loss"}
        row |= {**terms, "loss": sum(terms.values())}
        if self.held_out is not None:
            row |= {f"validation_{term}": value for term, value in watched.items()}
        state.history.append(row)
        loss = watched["loss"]
        if loss < state.best_loss or self.held_out is None:
            state.best_loss, state.best_epoch, self.best = loss, state.epoch + 1, snapshot(self.model)
        if settings.patience is not None and state.epoch + 1 - state.best_epoch >= settings.patience:
            state.stopped = "patience"
        if self._spent():
            state.stopped = "time budget"

    def _spent(self) -> bool:
        """Return whether the time budget, if there is one, is used up."""
        budget = self.settings.time_budget
        return budget is not None and self._elapsed() >= budget

    def _elapsed(self) -> float:
        """Return the seconds of training so far: by the first process's clock, where anything depends on them."""
        seconds = time.perf_counter() - self.clock
        return seconds if self.settings.time_budget is None else ranks.agree(seconds)

    @torch.no_grad()
    def _evaluate(self, batches: Batches) -> dict[str, float]:
        """Return the mean terms over some rows, with the final weights of schedules and the same draws each time."""
        self.model.eval()
        sums: dict[str, float] = {}
        with seeded(self.seed, self.device):
            for batch in batches.in_order():
                with ranks.batch_of(len(batch)):
                    for _, terms in self.model.steps(batch.own(self.device), 1.0):
                        for term, values in {**terms, "loss": sum(terms.values())}.items():
                            sums[term] = sums.get(term, 0.0) + float(values.detach().cpu().double().sum())
        totals = zip(sums, ranks.totals(list(sums.values())), strict=True)
        return {term: total / len(batches.rows) for term, total in totals}

    def _progress(self, seconds: float, ahead: float = 0.0) -> float:
        """Return the share of training that is done ``ahead`` steps on, by steps or by time, whichever is further."""
        steps = self.state.epoch * len(self.data) + self.state.step + ahead
        done = steps / (max(self.settings.epochs, 1) * len(self.data))  # pieces may come where no pass was asked for
        if self.settings.time_budget is None:
            return min(1.0, done)
        return min(1.0, max(done, seconds / self.settings.time_budget))

    def _lost(self) -> bool:
        """Return whether the epoch's loss is no longer finite; sums keep a NaN, so that a rare look finds it too."""
        if self.device.type != "cpu" and self.state.step % _LOOK:
            return False
        return not math.isfinite(float(self.sums["loss"]))

    def _diverge(self) -> None:
        """Stop at NaN or infinity: keep the last good epoch if there is one, and name the likely cause."""
        step = min(self.state.step + 1, len(self.data))
        where = f"the loss became NaN or infinite in epoch {self.state.epoch + 1}, step {step}"
        rate = self.settings.learning_rate
        cause = (f"a learning rate of {rate:g}: try {min(rate / 10, _MODEST):g} (Training.learning_rate, --learning-rate), or "
                 "look for rows far from all others")  # fmt: skip
        if not self.best:
            raise DivergedError(f"{where}, before anything was learnt; the likely cause is {cause}.")
        warnings.warn(f"{where}; the weights of epoch {self.state.best_epoch} are kept; the likely cause is {cause}.",
                      DiagnosticWarning, stacklevel=2)  # fmt: skip
        self.state.stopped = "diverged"

    def _call(self, pause: float) -> None:
        """Tell the callbacks how far training is, at most every ``pause`` seconds."""
        now = time.perf_counter()
        if self.settings.callbacks and now - self.called >= pause:
            self.called = now
            fraction = 1.0 if self.state.stopped else self._progress(now - self.clock)
            for callback in self.settings.callbacks:
                callback(Progress(self.state.epoch, self.settings.epochs, fraction, self.state.history))

    def _write(self) -> None:
        self.state.seconds = time.perf_counter() - self.clock
        tensors = {f"model/{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best/{name}": value for name, value in self.best.items()}
        tensors |= {f"sum/{term}": value for term, value in self.sums.items()}
        self.checkpoint.write(asdict(self.state), tensors | self.memory())

    def _restore(self) -> None:
        with self.checkpoint.reading():
            found = self.checkpoint.read()
            if found is None:
                return
            plain, tensors = found
            self.model.load_state_dict(below("model/", tensors))
            self.go_on(State(**plain), tensors)
            self.best = {name: tensor.to(self.device) for name, tensor in below("best/", tensors).items()}
            self.sums = {name: tensor.to(self.device) for name, tensor in below("sum/", tensors).items()}
