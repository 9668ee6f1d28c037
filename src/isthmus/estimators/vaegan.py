"""The variational autoencoder with a learned similarity, trained against a discriminator."""

from typing import Any, ClassVar

from ..errors import InputError
from ..networks.base import Network
from ..parts import KL, GaussianCode
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..training import Training
from ..training.adversarial import LearnedSimilarity
from .base import BaseAutoencoder, Row
from .data import Summary
from .variational import cost_of_code


class VAEGAN(BaseAutoencoder):
    r"""A variational autoencoder that measures likeness in a discriminator's features and learns to deceive it.

    Encoder, decoder and discriminator have a loss each: :math:`-\log p(x|h) + \mathrm{KL}` for the encoder,
    :math:`-\gamma \log p(x|h) - \log D(r) - \log D(g(h_p))` for the decoder, :math:`-\log D(x) - \log(1 - D(r)) - \log(1 - D(g(h_p)))`
    for the discriminator, with :math:`h_p` drawn from the prior. Its items are sharper than those of a likelihood of pixels, and its
    squared errors larger.

    Arguments:
        n_components: The code's size.
        penalty: `KL`; None is ``KL()``.
        network: As in `BaseAutoencoder`.
        likelihood: A `LearnedSimilarity`, whose ``weight`` is γ; None is one that fits the data's range.
        training: As in `BaseAutoencoder`; what it leaves open is as `LearnedSimilarity.completed` has it.
        random_state: As in `BaseAutoencoder`.

    Raises:
        InputError: In `fit`, for another likelihood or penalty.

    References:
        Autoencoding beyond pixels using a learned similarity metric (A. B. L. Larsen, S. K. Sønderby, H. Larochelle, O. Winther, 2016),
        https://arxiv.org/abs/1512.09300

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from isthmus import VAEGAN, Training
        >>> model = VAEGAN(8, training=Training(epochs=8), random_state=0).fit(load_digits().data / 16)
        >>> model.sample(3).shape, sorted(model.history_[0])[:3]
        ((3, 64), ['deceit', 'epoch', 'kl'])
    """

    own_penalties: ClassVar[tuple[type[Penalty], ...]] = (KL,)
    paired: ClassVar[bool] = False
    sequential: ClassVar[bool] = False  # a discriminator reads items of one shape

    def __init__(self, n_components: int = 2, penalty: Penalty | None = None, network: Network | None = None,
                 likelihood: Likelihood | None = None, training: Training | None = None,
                 random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.penalty = penalty
        self.network, self.likelihood, self.training, self.random_state = network, likelihood, training, random_state

    def row(self) -> Row:
        return Row(None, GaussianCode(), (cost_of_code(self),))

    def likelihood_for(self, summary: Summary) -> Likelihood:
        if self.likelihood is not None and not isinstance(self.likelihood, LearnedSimilarity):
            raise InputError(f"VAEGAN.likelihood must be LearnedSimilarity(), or None. Got {self.likelihood!r}; with another, "
                             "VariationalAutoencoder is what is left of it.")  # fmt: skip
        return self.likelihood or LearnedSimilarity(bounded=summary.in_unit_interval)
