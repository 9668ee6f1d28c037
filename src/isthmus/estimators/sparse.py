"""The sparse autoencoder."""

from typing import Any, ClassVar

from ..networks.base import Network
from ..parts import L1, AuxK, Identity, SparseRate
from ..parts.bottleneck import Bottleneck, Selection
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from .base import BaseAutoencoder, Row

_WIDE = 256  # units: narrower codes hardly lose any, of 1000 625 died in 100 passes over handwritten digits


class SparseAutoencoder(BaseAutoencoder):
    r"""An autoencoder whose code units are mostly 0, by a penalty on the code or by keeping the k largest.

    Arguments:
        n_components: The code's size; sparse codes may be wider than the data.
        bottleneck: `TopK`, `BatchTopK`, or None for `Identity`.
        penalty: `L1`, `SparseRate` or `AuxK`; None is ``L1()`` with `Identity` codes, and with `TopK` and `BatchTopK`
            ``AuxK()`` from 256 components on and nothing below. A search over ``penalty__weight`` needs it given,
            as ``penalty=L1()``.
        network, likelihood, training, random_state: As in `BaseAutoencoder`.

    References:
        Emergence of simple-cell receptive field properties by learning a sparse code (B. A. Olshausen, D. J. Field,
        1996); k-Sparse Autoencoders (A. Makhzani, B. Frey, 2013), https://arxiv.org/abs/1312.5663; Scaling and
        evaluating sparse autoencoders (L. Gao et al., 2024), https://arxiv.org/abs/2406.04093, for wide codes

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from isthmus import SparseAutoencoder, TopK, Training
        >>> X = load_iris().data
        >>> model = SparseAutoencoder(4, bottleneck=TopK(2), training=Training(epochs=40), random_state=0).fit(X)
        >>> int((model.transform(X) != 0).sum(axis=1).max())
        2
    """

    own_penalties: ClassVar[tuple[type[Penalty], ...]] = (L1, SparseRate)

    def __init__(self, n_components: int = 2, bottleneck: Bottleneck | None = None, penalty: Penalty | None = None,
                 network: Network | None = None, likelihood: Likelihood | None = None, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.bottleneck = bottleneck
        self.penalty = penalty
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        bottleneck = self.bottleneck or Identity()
        if self.penalty is not None:
            return Row(None, bottleneck, (self.penalty,))
        if isinstance(bottleneck, Selection):
            return Row(None, bottleneck, (AuxK(),) if self.n_components >= _WIDE else ())
        return Row(None, bottleneck, (L1(),) if type(bottleneck) is Identity else ())
