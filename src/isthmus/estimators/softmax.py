"""A softmax layer on an encoder: the torch module of `AutoencoderClassifier`."""

import copy
import warnings
from collections.abc import Iterator
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional as F

from ..model import Model, Terms
from ..networks.dense import linear
from ..training.batches import Batch, Batches
from .prediction import codes


class Softmax(nn.Module):
    r"""Class probabilities :math:`p(y \mid x) = \mathrm{softmax}(W f(x) + b)` from the code f(x), and their cross-entropy.

    A corruption that the autoencoder learnt with goes on in training, :math:`f(c(x))`: as dropout of inputs does, it keeps the
    network from learning few labels by heart.

    Arguments:
        model: The autoencoder, whose encoder is copied; random codes are taken at their means.
        n_components: The code's size.
        n_classes: How many classes there are.

    Example:
        >>> from isthmus.model import Parts, Units
        >>> from isthmus import Dense, Gaussian, Identity
        >>> model = Model(Parts(None, Identity(), (), Dense((8,)), Gaussian()), 2, Units(torch.zeros(5), 1.0), torch.zeros(5))
        >>> Softmax(model, 2, n_classes=3)(torch.zeros(4, 5)).shape
        torch.Size([4, 3])
    """

    model: Model

    def __init__(self, model: Model, n_components: int, n_classes: int) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(True)
        # What only the decoder's half needs is neither trained nor stored.
        self.model.decoder, self.model.likelihood_state, self.model.penalty_states = nn.Identity(), None, nn.ModuleDict()
        self.layer = linear(n_components, n_classes)

    @torch.no_grad()
    def start(self, rows: Batches) -> None:
        """Start the layer as the logistic regression on the codes of rows whose condition is their class, of each class some.

        From a random start, the layer's first steps would spoil what the encoder knows; few rows do not bring it back.
        """
        parts = [(codes(self.told(batch).model, batch.x), batch.condition) for batch in rows.in_order()]
        h, numbers = (torch.cat(part).numpy() for part in zip(*parts, strict=True))
        scaler = StandardScaler()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is a start only
            found = LogisticRegression().fit(scaler.fit_transform(h), numbers)
        weight, bias = found.coef_ / scaler.scale_, found.intercept_ - found.coef_ @ (scaler.mean_ / scaler.scale_)
        if len(weight) == 1:  # two classes: the difference of their logits
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        self.layer.weight.copy_(torch.from_numpy(weight))
        self.layer.bias.copy_(torch.from_numpy(bias))

    def forward(self, raw: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch classes"]:
        """Return the logits of rows in the data's units; the autoencoder's corruption acts in training mode only."""
        return self.layer(self.model.encode(self.model.corrupt(self.model.read(raw)[0])).h)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters that are trained, in one group: encoder and layer learn together."""
        return {"classifier": list(self.parameters())}

    def steps(self, batch: Batch, progress: float) -> Iterator[tuple[str, Terms]]:
        """Yield the one step of a batch whose condition is each row's class."""
        chosen = self.told(batch)(batch.x).log_softmax(1).gather(1, batch.condition[:, None])  # type: ignore[index]  # (batch, 1)
        yield "classifier", {"cross_entropy": -chosen[:, 0]}

    def told(self, batch: Batch) -> Self:
        """Return a twin that knows how long the sequences of a batch are, if they are any."""
        return self if batch.lengths is None else self.over(batch.lengths)

    def over(self, lengths: Int[Tensor, " batch"]) -> Self:
        """Return a twin for a batch of sequences of these lengths, padded behind their ends; all else the two share."""
        return self._around(self.model.over(lengths))

    def settle(self, group: str) -> None:
        """Leave the weights as they are: only decoders have any that must stay somewhere."""

    def half(self) -> Self:
        """Return a twin whose encoder holds copies of the weights in bfloat16; all else the two share."""
        return self._around(self.model.half())

    def _around(self, model: Model) -> Self:
        twin = copy.copy(self)
        twin._modules = self._modules | {"model": model}
        return twin

    @property
    def working(self) -> torch.dtype:
        """The dtype in which the encoder runs."""
        return self.model.working


def log_probabilities(module: Softmax, raw: Tensor) -> Tensor:
    """Return log p(y|x), (batch, classes), of rows in the data's units."""
    return F.log_softmax(module(raw), dim=1)
