"""Annealed importance sampling: how large the partition function of a restricted Boltzmann machine is."""

import copy
import math
from itertools import pairwise
from typing import NamedTuple

import torch

from .rbm import Boltzmann


class LogPartition(NamedTuple):
    """An estimate of log Z, and its standard error."""

    estimate: float
    error: float


@torch.no_grad()
def anneal(machine: Boltzmann, chains: int, steps: int) -> LogPartition:
    r"""Return log Z, by chains that are led in ``steps`` steps from a machine without weights to this one.

    The machine at :math:`\beta` has the weights :math:`\beta W` and visible biases on the straight line from those of the mean
    item to b. At 0 its layers are independent and its Z is known; a chain's weight is the product of the ratios
    :math:`p^*_{\beta'}(v) / p^*_\beta(v)` on its way, and their mean is the ratio of the two partition functions.

    Arguments:
        machine: The machine.
        chains: How many chains; the error falls with their root.
        steps: How many steps; too few leave the estimate too low, with an error that does not tell.

    References:
        Annealed Importance Sampling (R. M. Neal, 2001); On the Quantitative Analysis of Deep Belief Networks
        (R. Salakhutdinov, I. Murray, 2008)
    """
    machine = copy.deepcopy(machine).double()
    visible, hidden = machine.visible, machine.bottleneck
    own, bias = machine.encoder.code.bias, machine.decoder.code.bias
    base = machine.likelihood.link(machine.mean).flatten()
    v = visible.draw(base.expand(chains, -1))
    log_weights = base.new_zeros(chains)
    for before, after in pairwise(torch.linspace(0, 1, steps + 1, dtype=torch.float64)):
        received = machine.hidden_sums(v.unflatten(1, machine.mean.shape)) - own
        log_weights += (after - before) * (v @ (bias - base))
        log_weights += (hidden.log_partition(own + after * received) - hidden.log_partition(own + before * received)).sum(1)
        h = hidden.draw(own + after * received)
        v = visible.draw(base + after * (machine.visible_sums(h).flatten(1) - base))
    start = float(visible.log_partition(base).sum() + hidden.log_partition(own).sum())
    top = float(log_weights.max())
    weights = (log_weights - top).exp()  # relative to the largest, which exp can hold
    error = float(weights.std() / weights.mean()) / math.sqrt(chains)
    return LogPartition(start + top + math.log(float(weights.mean())), error)
