"""From rows and an estimator's settings to its loop: all data in `fit`, a piece of them in `partial_fit`."""

import copy
import json
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .. import storage
from ..errors import InputError
from ..files.rows import RowStream, block_rows
from ..model import Model, Parts
from ..networks import Recurrent
from ..training import Constant, Training
from ..training.batches import Batches, Rows
from ..training.buffers import Others
from ..training.checkpoint import snapshot
from ..training.devices import refuse_beyond_memory
from ..training.loop import Loop, State
from .data import Summary, digest, fingerprint


class Begun(NamedTuple):
    """A model, its parts, training settings, and the code's size, in which nothing is left open; and the settings a variant has alone."""

    model: Model
    parts: Parts
    training: Training
    n_components: int
    own: dict[str, Any]


def begin(estimator: Any, summary: Summary, training: Training) -> Begun:
    """Return an untrained model as the estimator's settings and, where they leave something open, the data want it."""
    likelihood = estimator.likelihood_for(summary)
    corruption, bottleneck, penalties = estimator.row()
    parts = Parts(corruption, bottleneck, penalties, estimator.network or summary.network(corruption is not None), likelihood)
    parts = copy.deepcopy(parts)  # so that set_params changes the next fit and not what this one learnt
    parts.check()
    if summary.sequences and not isinstance(parts.network, Recurrent):
        raise InputError(f"sequences of any length need network=Recurrent(). Got {parts.network!r}; stack sequences of one length into an "
                         "array (n, t, d) for other networks.")  # fmt: skip
    summary.check(parts.likelihood)
    if training.augmentation is not None and training.augmentation.shares and not summary.in_unit_interval:
        raise InputError(f"{type(training.augmentation).__name__} needs bytes, or values in [0, 1]. Got {summary.low:g} to "
                         f"{summary.high:g}; scale the data (MinMaxScaler) or leave it out.")  # fmt: skip
    parts = parts._replace(likelihood=parts.likelihood.resolve(summary.mean))
    units = summary.units(parts.likelihood)
    mean = units(torch.from_numpy(summary.mean).float())
    with torch.device("meta"):  # shapes only, so that a network beyond the memory is refused and not begun
        refuse_beyond_memory(estimator.assemble(parts, estimator.n_components, units, mean))
    model = estimator.assemble(parts, estimator.n_components, units, mean)
    linear = model.encoder.single_layer() is not None and bottleneck.passes  # as PCA is
    training = estimator.completed(training, parts).resolve(summary.rows, not linear)
    return Begun(model, parts, training, estimator.n_components, {name: getattr(estimator, name) for name in estimator.limits})


def loop_over(begun: Begun, X: Rows, summary: Summary, seed: int, condition: np.ndarray | None, groups: Any = None,
              seen: np.ndarray | None = None, held: np.ndarray | None = None) -> Loop:  # fmt: skip
    """Return the training run, with what a checkpoint of it must agree on.

    Rows, or groups of rows, are held out at random, or those at the places ``held``, which are watched if any are to be.
    """
    training = begun.training
    by_seed = held is None and groups is None  # in which a checkpoint agrees already
    held = held_out(X, training.validation, seed, groups) if held is None else held
    beside = {"condition": condition, "held": None if by_seed else held, "seen": seen}
    kept = Others(X.shape[0], held)
    more = {name: digest([array]) for name, array in beside.items() if array is not None}
    agreed = agreement(X, summary, training, seed, n_components=begun.n_components, parts=list(begun.parts), own=begun.own, **more)
    watched = Batches(X, held, block_rows(X.shape[1:]), condition, seen) if len(held) and training.validation else None
    return Loop(begun.model, Batches(X, kept, training.batch_size, condition, seen), watched, training, seed, agreed)


def agreement(X: Rows, summary: Summary, training: Training, seed: int, **more: Any) -> str:
    """Return what a checkpoint and the run that goes on from it must agree on, as JSON."""
    settings = training.get_params(deep=False)
    plain = {name: settings[name] for name in settings if name not in ("checkpoint", "device", "callbacks")}
    return json.dumps(storage.encode({"data": fingerprint(X, summary), "random_state": seed, **more, "training": plain}))


def without_end(training: Training) -> Training:
    """Return settings for data that arrive in pieces: a constant rate and no held-out rows."""
    return copy.copy(training).set_params(schedule=Constant(), validation=0, patience=None, time_budget=None, checkpoint=None)


def loop_over_piece(begun: Begun, X: Rows, history: list[dict[str, float]], memory: dict[str, Tensor], seed: int,
                    condition: np.ndarray | None) -> Loop:  # fmt: skip
    """Return the run of one more epoch, over a piece of the data.

    Arguments:
        begun: The model, as far as it is.
        X: The piece.
        history: The epochs so far.
        memory: The optimisers' memory after them, as `Loop.memory` gave it.
        seed: Decides the order of the rows.
        condition: What is known of each row, or None.
    """
    done = int(history[-1]["epoch"]) if history else 0
    training = begun.training
    loop = Loop(begun.model, Batches(X, None, training.batch_size, condition), None, training, seed, end=done + 1)
    if done:
        loop.best = snapshot(begun.model)  # what is kept should the piece end in NaN
        loop.go_on(State(done, seconds=history[-1]["seconds"], history=list(history), best_epoch=done), memory)
    return loop


def seed_of(random_state: Any) -> int:
    """Return a seed from what scikit-learn accepts, leaving numpy's global generator alone."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool) and 0 <= random_state < 2**32:
        return int(random_state)
    raise InputError("random_state (--seed on the command line) must be a whole number from 0 to 2³² - 1, a RandomState or "
                     f"None. Got {random_state!r}.")  # fmt: skip


def held_out(X: Rows, count: int, seed: int, groups: Any = None) -> np.ndarray:
    """Return the places of ``count`` rows to hold out, or of about as many by whole groups, ascending."""
    rng, n = np.random.default_rng(seed), X.shape[0]
    if groups is not None:
        of = _group_numbers(groups, n)
        if count:
            return _whole_groups(of, count, rng)
    # No permutation of a stream, which may have more rows than the memory has room for their places.
    return np.sort(rng.choice(n, count, replace=False, shuffle=False) if isinstance(X, RowStream) else rng.permutation(n)[:count])


def _group_numbers(groups: Any, n: int) -> np.ndarray:
    """Return the number, from 0, of the group that each of so many rows belongs to, (n,)."""
    given = np.asarray(groups)
    if given.shape != (n,):
        raise InputError(f"groups must hold one value for each of the {n} rows. Got shape {given.shape}.")
    try:
        return np.unique(given, return_inverse=True)[1]
    except TypeError as error:
        raise InputError("groups must hold texts or numbers, none missing, and not both; name a group for each row.") from error


def _whole_groups(of: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the places, ascending, of the rows of some groups that have as nearly ``count`` rows as they can in a random order."""
    sizes = np.bincount(of)
    if len(sizes) < 2:
        raise InputError("groups must be two or more, one to learn from and one to hold out; leave groups out, or give "
                         "Training(validation=0).")  # fmt: skip
    order = rng.permutation(len(sizes))
    taken = np.abs(np.cumsum(sizes[order[:-1]]) - count).argmin() + 1
    return np.flatnonzero(np.isin(of, order[:taken]))
