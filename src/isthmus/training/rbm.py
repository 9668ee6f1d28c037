"""Restricted Boltzmann machines: contrastive divergence as the difference of two free energies."""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from .. import ranks
from ..errors import InputError
from ..model import Model, Parts, Terms, Units
from ..parts import Bernoulli, BinaryUnits, Gaussian, GaussianUnits
from ..parts.likelihood import Likelihood
from ..parts.units import StochasticUnits
from .batches import Batch

_CHAINS = 100  # persistent chains, as many as the literature has rows in a batch
_AT_ONCE = 2**20  # numbers that the pseudo-likelihood looks at together: they should stay near the processor


class Boltzmann(Model):
    r"""A restricted Boltzmann machine: the tied one-layer autoencoder as a distribution over items.

    .. math::
        E(v, h) = e(v) - b^\top v + e(h) - c^\top h - h^\top W (v - m), \qquad p(v, h) = e^{-E(v, h)} / Z

    with e = 0 for binary and half the squared norm for Gaussian units. Its encoder is the mean of :math:`p(h|v)` and its decoder
    :math:`p(v|h)`. W sees items about their mean m, which only shifts c and is better conditioned. Without h,

    .. math::
        F(v) = -\log \sum_h e^{-E(v, h)} = e(v) - b^\top v - \sum_j A(c_j + W_j (v - m)), \qquad \log p(v) = -F(v) - \log Z.

    Training lowers :math:`F(v_0) - F(v_k)`, whose gradient is that of contrastive divergence: :math:`v_k` is what k steps of Gibbs
    sampling make of the rows, or of persistent chains, and counts as given.

    Arguments:
        parts: A tied network without hidden layers, stochastic units as the bottleneck, `Bernoulli` or ``Gaussian(1.0)``.
        n_components, units, mean: As in `Model`.
        gibbs_steps: k.
        persistent: Whether chains go on from update to update, and not from the rows.

    References:
        Training Products of Experts by Minimizing Contrastive Divergence (G. E. Hinton, 2002); Training Restricted Boltzmann
        Machines using Approximations to the Likelihood Gradient (T. Tieleman, 2008), for persistent chains; Deep Boltzmann
        Machines and the Centering Trick (G. Montavon, K.-R. Müller, 2012), for the mean
    """

    chains: Tensor
    bottleneck: StochasticUnits

    def __init__(self, parts: Parts, n_components: int, units: Units, mean: Float[Tensor, "*item"], gibbs_steps: int,
                 persistent: bool) -> None:  # fmt: skip
        super().__init__(parts, n_components, units, mean)
        self.visible = visible_units(parts.likelihood)
        self.gibbs_steps, self.persistent = gibbs_steps, persistent
        # Hidden states of the persistent chains, at 0 before the first step. They are there without being used, too, so that a
        # folder holds the same arrays whatever is set between a fit and `save`.
        self.register_buffer("chains", torch.zeros(_CHAINS, n_components))

    def hidden_sums(self, v: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch latent"]:
        """Return what the hidden units receive, c + W (v - m)."""
        seen = (v - self.mean).to(self.working)
        return self.encoder.code(self.encoder.features(seen)).to(self.mean.dtype)

    def visible_sums(self, h: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch *item"]:
        """Return what the visible units receive, b + Wᵀ h."""
        return self.decoder(h.to(self.working)).to(self.mean.dtype)

    def free_energy(self, v: Float[Tensor, "batch *item"], sums: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """Return F(v) of items in the model's units, whose `hidden_sums` are known."""
        flat = v.flatten(1)
        return self.visible.energy(flat) - flat @ self._bias - self.bottleneck.log_partition(sums).sum(1)

    def gibbs(self, h: Float[Tensor, "batch latent"], steps: int) -> Float[Tensor, "batch latent"]:
        """Return the hidden states that ``steps`` steps of Gibbs sampling lead to."""
        for _ in range(steps):
            h = self.bottleneck.draw(self.hidden_sums(self.visible.draw(self.visible_sums(h))))
        return h

    def check_proper(self) -> None:
        """Raise `InputError` for a machine that is no distribution: two Gaussian layers whose weights have a norm of 1 or more.

        Its energy, half the squared norm of (v, h) less the product through W, then falls without end along W's first direction.
        """
        if not (isinstance(self.visible, GaussianUnits) and isinstance(self.bottleneck, GaussianUnits)):
            return
        norm = float(torch.linalg.matrix_norm(self._weight, 2))
        if not norm < 1:
            raise InputError(f"between two layers of Gaussian units weights must have a norm below 1, or the machine is no distribution: "
                             f"nothing can be drawn from it, and it has no log Z. Got {norm:.3g}; train it at a lower learning rate, with "
                             "more weight decay, or take binary hidden units.")  # fmt: skip

    def steps(self, batch: Batch, progress: float) -> Iterator[tuple[str, Terms]]:
        """Yield the one training step; in evaluation the negative pseudo-likelihood, which is what chooses the best epoch.

        The error of the reconstruction would not do: a machine whose chains hardly move has a small one. The pseudo-likelihood
        needs no partition function either, and is highest for the right distribution, for binary and for Gaussian units alike.
        One visible unit of each row estimates it, the same ones every epoch.
        """
        v, _ = self.read(batch.x)
        with torch.no_grad():
            sums = self.hidden_sums(v)
        if self.training:
            yield "autoencoder", {"free_energy": self._difference(v, sums)}
            return
        flat, near = v.flatten(1), self._near(sums)
        place = ranks.drawn(lambda shape: torch.randint(flat.shape[1], shape, device=v.device), flat.shape[:1]).unsqueeze(1)
        found = self._log_conditional(sums, flat.gather(1, place), near.gather(1, place), self._weight.T[place], self._bias[place])
        yield "autoencoder", {"pseudo_likelihood": -flat.shape[1] * found.squeeze(1)}

    def _difference(self, v: Float[Tensor, "batch *item"], sums: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """Return F of every row less F at the end of its chain, or of the mean of the persistent chains."""
        after, last = self._chained(sums)
        both, received = torch.cat([v, after]), torch.cat([sums, last])
        to_hidden = self.encoder.code
        received = _Known.apply(to_hidden.weight, to_hidden.bias, (both - self.mean).flatten(1), received)
        energy, own = self.free_energy(both, received).split([len(v), len(after)])
        return energy - (own.mean() if self.persistent else own)

    @torch.no_grad()
    def _chained(self, sums: Float[Tensor, "batch latent"]) -> tuple[Float[Tensor, "chains *item"], Float[Tensor, "chains latent"]]:
        """Return where chains end that begin at rows with those `hidden_sums`, or the persistent ones go on, and the sums there."""
        # Persistent chains are no rows: every process runs all of them, with the same draws.
        with ranks.batch_of(0) if self.persistent else contextlib.nullcontext():
            h = self.gibbs(self.chains if self.persistent else self.bottleneck.draw(sums), self.gibbs_steps - 1)
            # Drawn and not the mean, which makes for smaller errors of reconstruction and a far worse distribution.
            v = self.visible.draw(self.visible_sums(h))
            sums = self.hidden_sums(v)
            if self.persistent:
                self.chains.copy_(self.bottleneck.draw(sums))
        return v, sums

    def pseudo_likelihood(self, v: Float[Tensor, "batch *item"]) -> Float[Tensor, " batch"]:
        """Return the sum over all visible units of log p(v_i | all others), in the model's units.

        Only one column of W counts for each, so that a row takes as long as features × n_components numbers.
        """
        flat, sums = v.flatten(1), self.hidden_sums(v)
        near = self._near(sums)
        total = flat.new_zeros(len(flat))
        size = max(1, _AT_ONCE // sums.numel())
        for some in torch.arange(flat.shape[1], device=v.device).split(size):
            found = self._log_conditional(sums, flat[:, some], near[:, some], self._weight.T[some], self._bias[some])
            total += found.sum(1)
        return total

    def _log_conditional(self, sums: Float[Tensor, "batch latent"], states: Float[Tensor, "batch some"],
                         near: Float[Tensor, "batch some"], columns: Float[Tensor, "*rows some latent"],
                         bias: Float[Tensor, "*rows some"]) -> Float[Tensor, "batch some"]:  # fmt: skip
        """Return log p(v_i | all others) of some visible units, with their columns of W and their biases."""

        def log_weight(at: Tensor) -> Tensor:
            moved = sums.unsqueeze(1) + (at - states).unsqueeze(2) * columns  # (batch, some, latent)
            return bias * at + self.bottleneck.log_partition(moved).sum(2)

        return self.visible.log_conditional(states, near, log_weight, self.bottleneck.curvature(columns))

    def _near(self, sums: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch features"]:
        """Return the reconstruction, about which a unit lies given all others."""
        return self.visible.mean(self.visible_sums(self.bottleneck.mean(sums))).flatten(1)

    @property
    def _weight(self) -> Float[Tensor, "latent features"]:
        return self.encoder.code.weight.to(self.mean.dtype)

    @property
    def _bias(self) -> Float[Tensor, " features"]:
        return self.decoder.code.bias.to(self.mean.dtype)


class _Known(torch.autograd.Function):
    """A linear layer whose outputs are known: rows and chains, which come one after the other, go back in one product."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, bias: Tensor, x: Tensor, outputs: Tensor) -> Tensor:
        ctx.save_for_backward(x.to(weight.dtype))
        return outputs.view_as(outputs)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (x,) = ctx.saved_tensors
        return grad.to(x.dtype).T @ x, grad.sum(0).to(x.dtype), None, None


def visible_units(likelihood: Likelihood) -> StochasticUnits:
    """Return the visible units whose distribution given h is that likelihood.

    >>> visible_units(Gaussian())
    GaussianUnits()
    """
    if likelihood.missing == "refuse" and type(likelihood) is Bernoulli:
        return BinaryUnits()
    if likelihood.missing == "refuse" and type(likelihood) is Gaussian and likelihood.variance == 1.0:
        return GaussianUnits()
    raise InputError("the likelihood of a restricted Boltzmann machine must be Bernoulli() or Gaussian(), of variance 1 and without "
                     f"missing numbers. Got {likelihood!r}; scale the data, fill them, or take an autoencoder.")  # fmt: skip
