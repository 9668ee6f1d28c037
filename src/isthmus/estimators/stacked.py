"""The stacked autoencoder: deep networks, a layer at a time."""

import copy
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import clone

from ..checks import Limit, OneOf, Wholes
from ..errors import DiagnosticWarning, InputError
from ..model import Parts
from ..networks import Dense
from ..parts import BinaryCode, Identity, Masking
from ..parts.likelihood import Likelihood
from ..training import Training
from ..training.batches import Rows
from ..training.greedy import fitted, gently, staged, unroll
from .base import BaseAutoencoder, Row
from .data import Summary
from .denoising import DenoisingAutoencoder
from .fitting import Begun, held_out


class StackedAutoencoder(BaseAutoencoder):
    r"""A deep autoencoder whose layers are trained one after the other, unrolled, and then trained as a whole.

    Layer l learns :math:`h_l = s(W_l h_{l-1} + b_l)` as an autoencoder of its own (or a Boltzmann machine) on the codes of
    the layer below, :math:`h_0 = x`; encoder and decoder of the whole start at these weights.

    Arguments:
        n_components: The code's size.
        hidden: Widths of the encoder's hidden layers; None takes them from the data, as `Dense` does.
        layer: How a layer is trained: an estimator such as ``DenoisingAutoencoder(corruption=Masking(0.25))`` or
            ``RestrictedBoltzmannMachine()``, cloned for every layer, or a tuple with one for each hidden layer and one for the
            code. None is ``DenoisingAutoencoder(corruption=Masking(0.25))``. Sizes, activations, seeds, callbacks, checkpoints, held-out
            rows and the lowest layer's likelihood are the whole's. Where that of the code is a `BinaryAutoencoder`, the whole's
            codes are bits, too. A layer without a ``training`` takes the whole's, of whose ``time_budget`` every stage then has an equal
            share.
        activation: The hidden layers' activation. Sigmoid layers unroll exactly; with others the deep decoder begins near the layers'.
            Units that a layer selects (`TopK`) it selects while it learns; the whole keeps all.
        code_activation: The code layer's; "linear" codes know no bounds, as a map for the eye should, and others feed a classifier.
        tied: Whether the decoder's weights are the encoder's, transposed, in the layers and in the whole.
        likelihood, training, random_state: As in `BaseAutoencoder`; ``training`` is that of the whole.

    Attributes:
        layer_histories_: The ``history_`` of every layer, the lowest first; ``history_`` is that of the whole.

    Layers never learn from rows that the whole holds out. `partial_fit` trains the layers from the first piece, for as many passes over
    it as they take; the pieces after it train the whole.

    Raises:
        InputError: In `fit`, for layers that are more than one linear layer each way, or not as many as there are to train.

    References:
        Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006); Greedy Layer-Wise
        Training of Deep Networks (Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle, 2007); Stacked Denoising Autoencoders
        (P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, 2010)

    Example:
        >>> from sklearn.datasets import load_digits
        >>> from isthmus import ContractiveAutoencoder, StackedAutoencoder, Training
        >>> few = Training(epochs=2)
        >>> X = load_digits().data[:200]
        >>> model = StackedAutoencoder(2, (32, 8), ContractiveAutoencoder(training=few), training=few, random_state=0).fit(X)
        >>> [len(history) for history in model.layer_histories_], model.transform(X).shape
        ([2, 2, 2], (200, 2))
    """

    limits: ClassVar[dict[str, Limit]] = {"hidden": Wholes(), "tied": OneOf((True, False))}
    conditional: ClassVar[bool] = False
    paired: ClassVar[bool] = False
    sequential: ClassVar[bool] = False
    layer_histories_: list[list[dict[str, float]]]

    def __init__(self, n_components: int = 2, hidden: tuple[int, ...] | None = None,
                 layer: BaseAutoencoder | tuple[BaseAutoencoder, ...] | None = None, activation: str = "sigmoid",
                 code_activation: str = "linear", tied: bool = False, likelihood: Likelihood | None = None,
                 training: Training | None = None, random_state: Any = None) -> None:  # fmt: skip
        self.n_components = n_components
        self.hidden = hidden
        self.layer = layer
        self.activation = activation
        self.code_activation = code_activation
        self.tied = tied
        self.likelihood, self.training, self.random_state = likelihood, training, random_state

    @property
    def network(self) -> Dense:  # type: ignore[override]  # it is no setting of its own here
        """The whole network."""
        return Dense(self.hidden, self.activation, self.code_activation, self.tied)

    def row(self) -> Row:
        top = self._prototypes(1)[-1:]  # that of the code
        row = top[0].row() if top else Row(None, Identity(), ())
        return row._replace(corruption=None) if isinstance(row.bottleneck, BinaryCode) else Row(None, Identity(), ())

    def as_layer(self, width: int, activation: str, tied: bool) -> Self:
        """Raise `InputError`: a layer is one."""
        raise InputError("StackedAutoencoder.layer must be an estimator of one layer each way. Got another stack; give its layers instead.")

    def completed(self, training: Training, parts: Parts) -> Training:
        """Return the settings with a weaker weight decay where the optimiser is open."""
        return gently(training)

    def config(self) -> dict[str, Any]:
        return super().config() | {"layer_histories": self.layer_histories_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        super().restore(config, arrays)
        self.layer_histories_ = [[dict(row) for row in history] for history in config["layer_histories"]]

    def _check(self) -> None:
        super()._check()
        for layer in self.layer if isinstance(self.layer, tuple | list) else (self.layer,):
            if layer is not None and not isinstance(layer, BaseAutoencoder):
                raise InputError("StackedAutoencoder.layer must be an estimator such as DenoisingAutoencoder(), or a tuple of them. "
                                 f"Got {layer!r}.")  # fmt: skip

    def _begin(self, X: Rows, summary: Summary, training: Training, seed: int, groups: Any = None) -> Begun:
        """Train the layers, and return the whole as they begin it."""
        begun = super()._begin(X, summary, training, seed, groups)
        widths = [layer.out_features for layer in begun.model.encoder.layers]
        layers = list(self._layers(widths, training, seed))
        whole = begun.parts.likelihood
        layers[0].set_params(likelihood=clone(whole) if summary.missing else whole.unmasked())  # which a Boltzmann machine can take
        count = begun.training.validation if begun.training.epochs else 0  # a whole that learns nothing watches nothing
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DiagnosticWarning)  # which speaks of a layer as if it were all
            # The same rows that `loop_over` will hold out of the whole's training.
            trained = list(fitted(layers, X, held_out(X, count, seed, groups) if count else None, self.tied))
        unroll(begun.model, [layer.module_ for layer in trained])
        self.layer_histories_ = [layer.history_ for layer in trained]
        last = copy.copy(begun.training).set_params(time_budget=self._share(training, len(widths)))
        return begun._replace(training=staged(last, len(widths), len(widths) + 1, "the whole"))

    def _layers(self, widths: list[int], training: Training, seed: int) -> Iterator[BaseAutoencoder]:
        """Yield the layers' estimators, the lowest first, not fitted yet."""
        given = self._prototypes(len(widths))
        if len(given) != len(widths):
            raise InputError(f"StackedAutoencoder.layer must hold {len(widths)} estimators, one for each hidden layer and one for the "
                             f"code ({', '.join(map(str, widths))}). Got {len(given)}.")  # fmt: skip
        inherited = copy.copy(training).set_params(time_budget=self._share(training, len(widths)))
        for number, (prototype, width) in enumerate(zip(given, widths, strict=True)):
            last = number + 1 == len(widths)
            layer = prototype.as_layer(width, self.code_activation if last else self.activation, self.tied)
            own = copy.copy(layer.training or inherited).set_params(callbacks=training.callbacks, checkpoint=training.checkpoint)
            if number:
                own.augmentation = None  # of the items, which the layers above the first do not see
            name = f"layer {number + 1} of {len(widths)}"
            yield layer.set_params(random_state=(seed + number + 1) % 2**32,
                                   training=staged(own, number, len(widths) + 1, name, f"layer-{number + 1}"))  # fmt: skip

    def _prototypes(self, count: int) -> tuple[BaseAutoencoder, ...]:
        """Return what each of ``count`` layers is made from."""
        default = DenoisingAutoencoder(corruption=Masking(0.25))
        given = tuple(self.layer) if isinstance(self.layer, tuple | list) else (self.layer,) * count
        return tuple(layer or default for layer in given)

    def _share(self, training: Training, count: int) -> float | None:
        """Return the time budget of a stage: the whole trains, and of ``count`` layers those without settings of their own."""
        stages = 1 + sum(prototype.training is None for prototype in self._prototypes(count))
        return None if training.time_budget is None else training.time_budget / stages
