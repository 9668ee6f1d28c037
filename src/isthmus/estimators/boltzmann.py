"""The restricted Boltzmann machine."""

import copy
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from ..checks import Kind, Limit, OneOf, Whole, check, check_name
from ..errors import InputError
from ..model import Parts, Units
from ..networks import Dense
from ..networks.base import Network
from ..parts import BinaryUnits, Gaussian, GaussianUnits
from ..parts.likelihood import Likelihood
from ..parts.units import StochasticUnits
from ..training import SGD, Training
from ..training.annealing import LogPartition, anneal
from ..training.devices import seeded
from ..training.rbm import Boltzmann
from .base import BaseAutoencoder, Row
from .data import Summary
from .fitting import seed_of
from .prediction import free_energy, pseudo_likelihood, unnormalised_likelihood

_RATES = (0.1, 0.01, 0.001)  # learning rates for no, one and two Gaussian layers, whose states know no bound;
_WIDE = 3.0  # and, for these, the most a hidden layer takes in all


class RestrictedBoltzmannMachine(BaseAutoencoder):
    r"""A generative model with two layers of stochastic units, :math:`p(v) \propto \sum_h \exp(b^\top v + c^\top h + h^\top W (v - m))`.

    An autoencoder of one tied layer by its shape, trained by contrastive divergence: `transform` is the hidden units' means given
    the visible ones, and `inverse_transform` the visible units' means given the hidden ones.

    Arguments:
        n_components: The number of hidden units.
        hidden: Their kind, `BinaryUnits` or `GaussianUnits`; None is ``BinaryUnits()``.
        likelihood: The visible units' kind: `Bernoulli` for binary ones, and for grey values, which count as probabilities, or
            `Gaussian`, with a variance of 1 in the model's units; None takes what fits the data's range.
        gibbs_steps: After how many steps of Gibbs sampling the machine's own items are held against the data: the k of CD-k.
        persistent: Whether sampling goes on from update to update, by 100 chains, and not from the rows: closer to maximum likelihood,
            where the learning rate is low enough for the chains to follow.
        training: As in `BaseAutoencoder`, but for what it leaves open: `SGD` with momentum 0.9 and weight decay 0.0002, a learning
            rate of 0.1, with one Gaussian layer 0.01 and with two 0.001 (at most 3 / ``n_components``), no held-out rows, and so the last
            epoch's weights.
        random_state: As in `BaseAutoencoder`.

    References:
        Training Products of Experts by Minimizing Contrastive Divergence (G. E. Hinton, 2002); A Practical Guide to Training
        Restricted Boltzmann Machines (G. E. Hinton, 2010), for momentum, weight decay and learning rates

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from isthmus import RestrictedBoltzmannMachine, Training
        >>> X = load_digits().data / 16
        >>> model = RestrictedBoltzmannMachine(16, training=Training(epochs=5), random_state=0).fit(X)
        >>> model.transform(X).shape, model.sample(3).shape
        ((1797, 16), (3, 64))
    """

    module_: Boltzmann
    network: Network = Dense((), tied=True)  # one matrix between two layers: it is no setting
    generates: ClassVar[bool] = True
    conditional: ClassVar[bool] = False
    paired: ClassVar[bool] = False
    sequential: ClassVar[bool] = False
    scored: ClassVar[str] = "pseudo_log_likelihood"
    limits: ClassVar[dict[str, Limit]] = {
        "hidden": Kind(StochasticUnits, "a kind of unit such as BinaryUnits()", optional=True), "gibbs_steps": Whole(1),
        "persistent": OneOf((True, False)),
    }  # fmt: skip

    def __init__(self, n_components: int = 2, hidden: StochasticUnits | None = None, likelihood: Likelihood | None = None,
                 gibbs_steps: int = 1, persistent: bool = False, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.hidden = hidden
        self.likelihood = likelihood
        self.gibbs_steps = gibbs_steps
        self.persistent = persistent
        self.training, self.random_state = training, random_state

    def row(self) -> Row:
        return Row(None, self.hidden or BinaryUnits(), ())

    def likelihood_for(self, summary: Summary) -> Likelihood:
        if summary.missing:
            raise InputError(f"Input X contains NaN ({summary.missing} numbers, the first in row {summary.first_missing}), which a "
                             "Boltzmann machine cannot leave out: fill them first.")  # fmt: skip
        return super().likelihood_for(summary)

    def as_layer(self, width: int, activation: str, tied: bool) -> Self:
        """Return an unfitted copy as one layer of a stack, whose hidden units' means have that activation."""
        kinds = {"sigmoid": BinaryUnits(), "linear": GaussianUnits()}
        kind = kinds[check_name("the activation of a layer that is a Boltzmann machine", activation, kinds)]
        return clone(self).set_params(n_components=width, hidden=kind)

    def assemble(self, parts: Parts, n_components: int, units: Units, mean: torch.Tensor) -> Boltzmann:
        """Return the untrained machine."""
        return Boltzmann(parts, n_components, units, mean, self.gibbs_steps, self.persistent)

    def completed(self, training: Training, parts: Parts) -> Training:
        """Return the settings with those of the literature on these machines where they are open."""
        chosen = copy.copy(training)
        chosen.optimizer = training.optimizer or SGD(momentum=0.9, weight_decay=2e-4)
        if training.learning_rate is None and isinstance(chosen.optimizer, SGD):
            gaussian = sum(isinstance(part, Gaussian | GaussianUnits) for part in (parts.likelihood, parts.bottleneck))
            chosen.learning_rate = min(_RATES[gaussian], _WIDE / self.n_components if gaussian else 1.0)
        if training.validation is None and training.patience is None:
            chosen.validation = 0
        return chosen

    def score_samples(self, X: Any, n_importance: None = None) -> np.ndarray:  # type: ignore[override]  # nothing is drawn
        r"""Return the pseudo-log-likelihood of every row, :math:`\sum_i \log p(v_i | v_{-i})`, shape (n,), float64.

        It is exact, in the data's units, and needs no partition function; for grey values it is the cross-entropy. A row takes as long as
        features × n_components numbers. For the log-likelihood itself, see `log_likelihood`.

        Raises:
            InputError: For rows that cannot be used, or ``n_importance``: a machine has no posterior to draw from.
        """
        if n_importance is not None:
            raise InputError("n_importance draws codes from a posterior, which a Boltzmann machine has none of: leave it out, or call "
                             "log_likelihood.")  # fmt: skip
        return self._predict(self._read(X), pseudo_likelihood).astype(np.float64)

    def free_energy(self, X: Any) -> np.ndarray:
        r"""Return the free energy of every row, shape (n,), float64.

        :math:`F(v) = -\log \sum_h e^{-E(v, h)}`, in the model's units, so that log p(v) = -F(v) - log Z.
        """
        return self._predict(self._read(X), free_energy).astype(np.float64)

    def log_partition(self, chains: int = 100, steps: int = 1000) -> LogPartition:
        """Return an estimate of log Z and its standard error, by annealed importance sampling under ``random_state``.

        Arguments:
            chains: How many chains, at least two; the error falls with their root.
            steps: How many steps; too few leave the estimate too low, with an error that does not tell. Double them until
                it stays.

        Raises:
            InputError: For other numbers, and for Gaussian units on both sides whose weights have a norm of 1 or more: there is no Z.
        """
        check_is_fitted(self)
        check("chains", chains, Whole(2))
        check("steps", steps, Whole(1))
        self.module_.check_proper()
        with seeded(seed_of(self.random_state), torch.device("cpu")):
            return anneal(self.module_, chains, steps)

    def log_likelihood(self, X: Any, log_partition: LogPartition | None = None) -> np.ndarray:
        r"""Return the estimated log-likelihood of every row in the data's units, shape (n,), float64.

        :math:`\log p(v) = -F(v) - \log Z`, less the logarithms of the units' scales for Gaussian visible units, in nats.

        Arguments:
            X: Rows as `fit` takes them.
            log_partition: What `log_partition` returned; None asks it.

        Raises:
            InputError: As in `log_partition`, and for another ``log_partition`` than it returns.
        """
        if not isinstance(log_partition, LogPartition | None):
            raise InputError(f"log_partition must be what the method log_partition returned, or None. Got {log_partition!r}.")
        found = self.log_partition() if log_partition is None else log_partition
        return self._predict(self._read(X), unnormalised_likelihood).astype(np.float64) - found.estimate

    def sample(self, n: int = 1, steps: int = 1000, random_state: Any = None) -> np.ndarray:  # type: ignore[override]  # by chains, not from a prior
        """Return ``n`` new items: the visible units' means at the end of chains of Gibbs sampling, under ``random_state``.

        Means are what one looks at. Gaussian visible units vary about them by the model's unit, ``module_.units.scale``: add normal noise
        of that size for items that vary as the data do.

        Arguments:
            n: How many items, each by a chain of its own.
            steps: How many steps each chain takes, from hidden units that are 0.
            random_state: A seed; None is the estimator's own.

        Raises:
            InputError: For other numbers, and for Gaussian units on both sides whose weights have a norm of 1 or more.
        """
        check_is_fitted(self)
        check("n", n, Whole(1))
        check("steps", steps, Whole(1))
        self.module_.check_proper()
        with seeded(seed_of(self.random_state if random_state is None else random_state), torch.device("cpu")), torch.inference_mode():
            h = self.module_.gibbs(torch.zeros(n, self.n_components_), steps)
        return self.inverse_transform(h.numpy())
