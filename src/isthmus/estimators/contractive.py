"""The contractive autoencoder."""

from typing import Any, ClassVar

from ..networks.base import Network
from ..parts import Contractive, Identity
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from .base import BaseAutoencoder, Row


class ContractiveAutoencoder(BaseAutoencoder):
    r"""An autoencoder whose code hardly moves with the input, :math:`\min -\log p(x|h) + \lambda\lVert \partial h/\partial x \rVert_F^2`.

    Arguments:
        n_components: The code's size.
        penalty: `Contractive`; None is ``Contractive()``. A search over ``penalty__weight`` needs it given.
        network, likelihood, training, random_state: As in `BaseAutoencoder`.

    References:
        Contractive Auto-Encoders: Explicit Invariance During Feature Extraction (S. Rifai, P. Vincent, X. Muller,
        X. Glorot, Y. Bengio, 2011)

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import Contractive, ContractiveAutoencoder, Training
        >>> X = load_iris().data
        >>> ContractiveAutoencoder(2, Contractive(1.0), training=Training(epochs=5), random_state=0).fit_transform(X).shape
        (150, 2)
    """

    own_penalties: ClassVar[tuple[type[Penalty], ...]] = (Contractive,)

    def __init__(self, n_components: int = 2, penalty: Penalty | None = None, network: Network | None = None,
                 likelihood: Likelihood | None = None, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.penalty = penalty
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        return Row(None, Identity(), (self.penalty or Contractive(),))
