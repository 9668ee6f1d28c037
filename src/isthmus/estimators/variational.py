"""The variational autoencoder."""

from typing import Any, ClassVar

from ..errors import InputError
from ..networks.base import Network
from ..parts import KL, GaussianCode, ImportanceWeighted
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from .base import BaseAutoencoder, Row


class VariationalAutoencoder(BaseAutoencoder):
    r"""A generative model with a Gaussian code, :math:`\min E_q[-\log p(x|h)] + \beta\,\mathrm{KL}(q(h|x) \,\Vert\, N(0, I))`.

    Arguments:
        n_components: The code's size.
        penalty: `KL`, whose weight is β, or `ImportanceWeighted`; None is ``KL()``, the evidence lower bound. A search over
            ``penalty__weight`` needs it given, as ``penalty=KL()``.
        network, likelihood, training, random_state: As in `BaseAutoencoder`. For real-valued data whose noise is unknown,
            ``Gaussian(variance=None)`` learns it.

    Raises:
        InputError: In `fit`, for a penalty that is not what a random code costs.

    References:
        Auto-Encoding Variational Bayes (D. P. Kingma, M. Welling, 2013), https://arxiv.org/abs/1312.6114

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import Gaussian, Training, VariationalAutoencoder
        >>> X = load_iris().data
        >>> model = VariationalAutoencoder(1, likelihood=Gaussian(variance=None), training=Training(epochs=40), random_state=0)
        >>> model.fit(X).sample(3).shape
        (3, 4)
    """

    own_penalties: ClassVar[tuple[type[Penalty], ...]] = (KL, ImportanceWeighted)

    def __init__(self, n_components: int = 2, penalty: Penalty | None = None, network: Network | None = None,
                 likelihood: Likelihood | None = None, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.penalty = penalty
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        return Row(None, GaussianCode(), (cost_of_code(self),))


def cost_of_code(estimator: Any) -> Penalty:
    """Return an estimator's ``penalty``, ``KL()`` where it has none; without such a cost nothing would bring its codes to the prior."""
    penalty: Penalty = estimator.penalty or KL()
    if not isinstance(penalty, estimator.own_penalties):
        known = " or ".join(f"{kind.__name__}()" for kind in estimator.own_penalties)
        raise InputError(f"{type(estimator).__name__}.penalty must be {known}, what a random code costs. Got {penalty!r}; to have it, too, "
                         f"take Autoencoder(bottleneck=GaussianCode(), penalties=(KL(), {penalty!r})).")  # fmt: skip
    return penalty
