"""The denoising autoencoder."""

from typing import Any

from ..networks.base import Network
from ..parts import Identity, Masking
from ..parts.corruption import Corruption
from ..parts.likelihood import Likelihood
from ..training import Training
from .base import BaseAutoencoder, Row


class DenoisingAutoencoder(BaseAutoencoder):
    r"""An autoencoder that learns to undo noise, :math:`\min -\log p(x \mid g(f(c(x))))` with a random corruption c.

    Arguments:
        n_components: The code's size.
        corruption: `GaussianNoise`, `Masking` or `SaltAndPepper`; None is ``Masking(0.1)``: clean items are
            larger than the masked ones of training, and come back the worse the more was masked.
        network, likelihood, training, random_state: As in `BaseAutoencoder`.

    References:
        Extracting and Composing Robust Features with Denoising Autoencoders (P. Vincent, H. Larochelle, Y. Bengio,
        P.-A. Manzagol, 2008), https://doi.org/10.1145/1390156.1390294

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import DenoisingAutoencoder, GaussianNoise, Training
        >>> X = load_iris().data
        >>> model = DenoisingAutoencoder(2, GaussianNoise(0.2), training=Training(epochs=5), random_state=0).fit(X)
        >>> model.reconstruct(X + 0.1).shape
        (150, 4)
    """

    def __init__(self, n_components: int = 2, corruption: Corruption | None = None, network: Network | None = None,
                 likelihood: Likelihood | None = None, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.corruption = corruption
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        return Row(self.corruption or Masking(0.1), Identity(), ())
