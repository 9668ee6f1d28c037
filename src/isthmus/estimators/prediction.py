"""What a fitted model says of rows, block by block: their codes, their reconstructions, their likelihoods."""

import copy
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.distributions import kl_divergence

from ..model import Model
from ..parts.divergence import handfuls, log_weights
from ..parts.likelihood import log_likelihood
from ..training.batches import Rows, blocks, tensor_of
from ..training.sequences import Sequences, parted

_DRAWS = 8  # codes drawn for each row's bound

Function: TypeAlias = Callable[[Any, Tensor], Tensor]  # of a module and rows, or codes


def predicted(module: Any, rows: Rows, function: Function, device: torch.device,
              item: tuple[int, ...] | None = None, condition: np.ndarray | None = None,
              lengths: np.ndarray | None = None) -> Any:  # fmt: skip
    """Return what ``function`` makes of the module and of every block of ``rows``, float64 only for rows in float64.

    Arguments:
        module: The fitted module, on the CPU, or its `half`, for which rows in float64 give float32; it stays as it is.
        rows: Rows (n, ...) in the data's units, or codes (n, k).
        function: One of those below.
        device: Where to compute.
        item: The shape that each row takes up in memory; None for that of the rows.
        condition: What the module is told of each row, (n, known), or None.
        lengths: Of the sequences that codes stand for, (n,); `Sequences` know theirs.

    Returns:
        An array (n, ...), or for sequences a list of arrays (t_i, d).
    """
    lengths = rows.lengths if isinstance(rows, Sequences) else lengths
    double = rows.dtype == np.float64 and module.working == torch.float32
    if double and device.type == "mps":  # which has no double precision
        device = torch.device("cpu")
    model = module
    if double or device.type != "cpu":
        model = copy.deepcopy(module).to(device, torch.float64 if double else None)
    parts, start = [], 0
    items: list[np.ndarray] = []
    with torch.inference_mode():
        for block in blocks(rows, item):
            start, past = start + block.shape[0], start
            told = model if condition is None else model.given(torch.from_numpy(condition[past:start]).to(device))
            told = told if lengths is None else told.over(torch.from_numpy(lengths[past:start]).to(device))
            made = function(told, tensor_of(block).to(device)).cpu().numpy()
            if lengths is None or made.ndim < 3:
                parts.append(made)
            else:
                items += parted(made, lengths[past:start])
    if items:
        return items
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def codes(model: Model, raw: Tensor) -> Tensor:
    """Return the codes (batch, n_components) of rows."""
    return model.encode(model.read(raw)[0]).h


def drawn_codes(model: Model, raw: Tensor) -> Tensor:
    """Return a code drawn from the posterior of each row, (batch, n_components); where there is none, its code."""
    return model.encode(model.read(raw)[0], draw=model.bottleneck.random).h


def decoded(model: Model, h: Tensor) -> Tensor:
    """Return the items that codes stand for, in the data's units."""
    return model.units.inverse(model.decode(h.to(model.mean.dtype)).mean)


def realised(model: Model, h: Tensor) -> Tensor:
    """Return items drawn from what codes stand for, in the data's units."""
    return model.units.inverse(model.decode(h.to(model.mean.dtype)).sample())


def rebuilt(model: Model, raw: Tensor) -> Tensor:
    """Return the reconstructions of rows, in the data's units."""
    return model.units.inverse(model.decode(model.encode(model.read(raw)[0])).mean)


def bound(model: Model, raw: Tensor) -> Tensor:
    """Return each row's log-likelihood in the data's units, or its bound over the same draws where codes are random."""
    x, observed = model.read(raw)
    code = model.encode(x)
    posterior = code.posterior
    prior = None if posterior is None else model.bottleneck.prior(code.h)
    if posterior is None or prior is None:
        total = log_likelihood(model.decode(code), x, observed)
    else:
        draws = _draws(code.h.shape[1]).to(code.h)
        total = -kl_divergence(posterior, prior).sum(1)
        for draw in draws:
            drawn = posterior.mean + posterior.stddev * draw
            total = total + log_likelihood(model.decode(drawn), x, observed) / len(draws)
    return _in_data_units(model, total, _counted(x, observed))


def importance_weighted(n: int) -> Function:
    """Return what gives each row's log-likelihood in the data's units by ``n`` importance-weighted draws, the same for every row."""

    def estimate(model: Model, raw: Tensor) -> Tensor:
        out = model(raw)
        posterior: Any = out.posterior
        noise = torch.randn(n, out.mean.shape[1], generator=torch.Generator().manual_seed(0)).to(out.mean)
        total = torch.full(out.mean.shape[:1], -torch.inf).to(out.mean)
        for some in handfuls(noise, out.x):
            weights = log_weights(posterior.mean + posterior.stddev * some.unsqueeze(1), out, model)
            total = torch.logaddexp(total, weights.logsumexp(0))
        return _in_data_units(model, total - math.log(n), _counted(out.x, out.observed))

    return estimate


def free_energy(model: Any, raw: Tensor) -> Tensor:
    """Return each row's free energy under a Boltzmann machine, in its units."""
    v, _ = model.read(raw)
    return model.free_energy(v, model.hidden_sums(v))


def unnormalised_likelihood(model: Any, raw: Tensor) -> Tensor:
    """Return each row's log-likelihood under a Boltzmann machine but for its log Z, in the data's units."""
    return _in_data_units(model, -free_energy(model, raw), raw[0].numel())


def pseudo_likelihood(model: Any, raw: Tensor) -> Tensor:
    """Return each row's pseudo-log-likelihood under a Boltzmann machine, in the data's units."""
    v, _ = model.read(raw)
    return _in_data_units(model, model.pseudo_likelihood(v), v[0].numel())


def _in_data_units(model: Model, total: Tensor, counted: Tensor | int) -> Tensor:
    """Return log-likelihoods of so many numbers, given in the model's units, in the data's: densities change with the volume."""
    least, most = model.likelihood.bounds(tuple(model.mean.shape))
    return total if np.isfinite([least, most]).all() else total - counted * model.units.scale.log()


def _counted(x: Tensor, observed: Tensor | None) -> Tensor | int:
    """Return how many numbers of each row are known."""
    return x[0].numel() if observed is None else observed.flatten(1).sum(1)


def _draws(size: int) -> Tensor:
    """Return codes (draws, size), always the same ones: with their mirror images, of mean 0 and variance 1 as the posterior."""
    half = torch.randn(_DRAWS // 2, size, generator=torch.Generator().manual_seed(0))
    half = half / half.square().mean(0).sqrt()
    return torch.cat([half, -half])
