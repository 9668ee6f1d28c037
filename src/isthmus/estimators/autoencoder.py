"""The plain autoencoder, into which any parts go."""

from typing import Any

from ..networks.base import Network
from ..parts import Identity
from ..parts.bottleneck import Bottleneck
from ..parts.corruption import Corruption
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from .base import BaseAutoencoder, Row


class Autoencoder(BaseAutoencoder):
    r"""An undercomplete autoencoder, :math:`\min -\log p(x \mid g(f(x)))`, and any free combination of parts.

    With ``network=Dense(hidden=())`` and `Gaussian` it spans the subspace of PCA.

    Arguments:
        n_components: The code's size.
        corruption: `GaussianNoise`, `Masking`, `SaltAndPepper`, or None.
        bottleneck: `Identity`, `TopK` or `GaussianCode`; None is `Identity`.
        penalties: A tuple of `L1`, `SparseRate`, `Contractive`, `KL`, at most one of each.
        network, likelihood, training, random_state: As in `BaseAutoencoder`.

    References:
        Auto-association by multilayer perceptrons and singular value decomposition (H. Bourlard, Y. Kamp, 1988);
        Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006)

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import Autoencoder, Training
        >>> X = load_iris().data
        >>> model = Autoencoder(2, training=Training(epochs=5), random_state=0).fit(X)
        >>> model.transform(X).shape, model.reconstruct(X).shape
        ((150, 2), (150, 4))
    """

    def __init__(self, n_components: int = 2, corruption: Corruption | None = None, bottleneck: Bottleneck | None = None,
                 penalties: tuple[Penalty, ...] = (), network: Network | None = None, likelihood: Likelihood | None = None,
                 training: Training | None = None, random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.corruption = corruption
        self.bottleneck = bottleneck
        self.penalties = penalties
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        return Row(self.corruption, self.bottleneck or Identity(), tuple(self.penalties))
