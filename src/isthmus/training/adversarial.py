"""Learned similarity: reconstructions judged by what a discriminator sees, trained in three steps a batch."""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.nn import functional as F

from .. import ranks
from ..checks import Kind, Limit, OneOf, Real
from ..errors import InputError
from ..model import Model, Parts, Terms, Units
from ..networks import Conv, Dense
from ..networks.base import Network
from ..networks.dense import linear
from ..parts.likelihood import Bernoulli, Gaussian, Likelihood, log_likelihood
from .batches import Batch
from .optimizers import Adam
from .schedules import OneCycle
from .settings import Training

_VERDICT = 256  # numbers from which the discriminator judges
_TOLD = 64  # units between a condition and these
_STANDARDISED_FROM = 8  # numbers of an item: fewer say too little once their mean and their spread are gone
_CONVOLVED_FROM = 8  # pixels a side from which its default is convolutional
_RATE = 1e-3
_MISTAKEN = 0.5  # the weight of real items under others' conditions, beside made ones


class LearnedSimilarity(Likelihood):
    r"""Alike is what a discriminator sees alike, :math:`\log p(x|h) = -\frac{d}{2m} \lVert D_l(x) - D_l(r) \rVert^2`.

    :math:`D_l` are the m features of a discriminator before its verdict, standardised within each item, and d the numbers of an item.
    A discriminator without hidden layers, as the default is for few columns, has the numbers themselves for features; fewer than 8 are
    not standardised. The discriminator learns to tell real items from reconstructions and, where codes have a prior, from drawn items,
    and the decoder to deceive it. Whoever is far ahead waits: the discriminator while its loss on real or on made items is below
    ``equilibrium - margin``, the decoder while one of them is above ``equilibrium + margin``.

    A decoder that can do nothing yet learns little from being found out. Both halves therefore heed a likelihood of the numbers
    themselves, too, and may begin with that alone. The encoder heeds the two in the shares that they have for the decoder: similarity
    by itself counts for so many nats that codes would leave their prior, and what is drawn from it would be like nothing that was learnt.
    After a beginning by the likelihood alone the encoder stays as it is: it would follow the decoder to where the prior's codes are not.

    Where items have a condition the verdict is on both: is this a real item, and is that its condition? Real items under the conditions
    of others are among those that the discriminator learns to find out, so that the decoder has to heed what it is told.

    Arguments:
        network: Whose encoder the discriminator is; None is ``Conv()`` for images of 8 pixels a side or more, else ``Dense()``.
        weight: How much the decoder heeds similarity beside the discriminator's verdict: γ times an item's numbers.
        anchor: How much of the numbers' own negative log-likelihood is added to that, in nats; 0 is the paper's way.
        head_start: The share of the training in which that likelihood is all that there is, and after which the encoder rests; 0 is the
            paper's way, in which it learns throughout.
        equilibrium, margin: Losses in nats, as above; log 2 = 0.69 is a discriminator that cannot tell.
        bounded: Whether items are in [0, 1] (or bytes), and reconstructions then too.
        missing: "refuse": there is no mask for what a discriminator sees.

    References:
        Autoencoding beyond pixels using a learned similarity metric (A. B. L. Larsen, S. K. Sønderby, H. Larochelle, O. Winther, 2016),
        https://arxiv.org/abs/1512.09300, and the authors' code for the equilibrium; cGANs with Projection Discriminator (T. Miyato,
        M. Koyama, 2018), https://arxiv.org/abs/1802.05637, and Generative Adversarial Text to Image Synthesis (S. Reed and others, 2016),
        https://arxiv.org/abs/1605.05396, for conditions

    Example:
        >>> LearnedSimilarity(weight=0.1).bounds((2,))
        (0.0, 1.0)
    """

    unbounded: ClassVar[str] = "LearnedSimilarity(bounded=False)"
    local: ClassVar[bool] = False
    limits: ClassVar[dict[str, Limit]] = {
        "network": Kind(Network, "a network such as Conv()", optional=True), "weight": Real(0), "anchor": Real(0), "head_start": Real(0, 1),
        "equilibrium": Real(0), "margin": Real(0), "bounded": OneOf((True, False)), "missing": OneOf(("refuse",)),
    }  # fmt: skip

    def __init__(self, network: Network | None = None, weight: float = 6.0, anchor: float = 0.1, head_start: float = 0.0,
                 equilibrium: float = 0.68, margin: float = 0.35, bounded: bool = True, missing: str = "refuse") -> None:  # fmt: skip
        self.network = network
        self.weight = weight
        self.anchor = anchor
        self.head_start = head_start
        self.equilibrium = equilibrium
        self.margin = margin
        self.bounded = bounded
        self.missing = missing

    def completed(self, training: Training) -> Training:
        """Return the settings with those of adversarial training where they are open.

        A learning rate of 0.001, `Adam` without decay, a cycle of its own for a head start, so that what the discriminator meets has come
        to rest, and no held-out rows, since no loss of three opponents tells the best epoch.
        """
        chosen = copy.copy(training)
        chosen.optimizer = training.optimizer or Adam(weight_decay=0.0)
        chosen.learning_rate = training.learning_rate or _RATE
        chosen.schedule = training.schedule or OneCycle(restart=self.head_start)
        if training.validation is None and training.patience is None:
            chosen.validation = 0
        return chosen

    def build(self, shape: tuple[int, ...]) -> "Discriminator":
        """Return the discriminator, untrained."""
        image = len(shape) > 1 and min(shape[:2]) >= _CONVOLVED_FROM
        return Discriminator(self.network or (Conv() if image else Dense()), shape)

    def bounds(self, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """Return 0 and 1, or infinity both ways."""
        return (0.0, 1.0) if self.bounded else self.support

    def __call__(self, decoded: Float[Tensor, "*batch item"], state: nn.Module | None) -> Distribution:
        """Return the distribution about the decoder's output, as the discriminator sees it."""
        return Similar(self.plain()(decoded, None), state)

    def link(self, mean: Tensor) -> Tensor:
        """Return the decoder's numbers for a mean."""
        return self.plain().link(mean)

    def plain(self) -> Likelihood:
        """Return the likelihood of the numbers themselves."""
        return Bernoulli() if self.bounded else Gaussian(1.0)


class Look(NamedTuple):
    """What a discriminator sees of items, standardised within each, what it finds in that, and the logit that each is real."""

    features: Float[Tensor, "batch features"]
    found: Float[Tensor, "batch found"]
    verdict: Float[Tensor, " batch"]


class Discriminator(nn.Module):
    """An encoder to a verdict, a logit: is an item real and, where it is `told` a condition, the item's own?"""

    def __init__(self, network: Network, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape
        encoder: Any = network.assemble(shape, _VERDICT, _VERDICT, network.activation).encoder
        self.encoder = encoder
        learns = len(list(encoder.parameters())) > len(list(encoder.code.parameters()))  # more than the layer to the verdict
        self.standardises = learns or math.prod(shape) >= _STANDARDISED_FROM
        self.verdict = linear(_VERDICT, 1)
        self.told: nn.Module | None = None

    def hear(self, condition: int) -> None:
        """Take so many numbers that are known of each item into account from now on."""
        self.told = nn.Sequential(linear(condition, _TOLD), nn.SiLU(), linear(_TOLD, _VERDICT, 1 / math.sqrt(_VERDICT)))

    def forward(self, x: Float[Tensor, "batch *item"], condition: Float[Tensor, "batch known"] | None = None) -> Look:
        """Return what items look like, and what is thought of them, under their condition if there is one."""
        seen = self.encoder.features(x)
        found = self.encoder.outer(self.encoder.code(seen))
        return Look(self._standardised(seen), found, self.judged(found, condition))

    def judged(self, found: Float[Tensor, "batch found"], condition: Float[Tensor, "batch known"] | None) -> Float[Tensor, " batch"]:
        """Return what is thought of items, of which so much was found, under a condition."""
        verdict: Tensor = self.verdict(found).squeeze(1)
        return verdict if condition is None or self.told is None else verdict + (self.told(condition) * found).sum(1)

    def features(self, x: Tensor) -> Float[Tensor, "*batch features"]:
        """Return what items (..., *item) look like."""
        own = len(self.shape)
        return self._standardised(self.encoder.features(x.flatten(0, -1 - own))).unflatten(0, x.shape[:-own])

    def unlikeness(self, seen: Tensor, other: Tensor) -> Float[Tensor, "*batch features"]:
        """Return by how much items look unlike others, counted as so many numbers as an item has, feature by feature."""
        return 0.5 * math.prod(self.shape) / seen.shape[-1] * (seen - other).square()

    def _standardised(self, seen: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
        """Return features standardised within each item: a discriminator that learns them can then not make them large."""
        return F.layer_norm(seen, seen.shape[1:]) if self.standardises else seen


class Similar(Distribution):
    """Unit-variance normal noise about the features of a mean item, counted as so many numbers as an item has."""

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, plain: Distribution, discriminator: Any) -> None:
        super().__init__(plain.batch_shape, validate_args=False)
        self.plain, self.discriminator = plain, discriminator

    @property
    def mean(self) -> Tensor:
        """The mean item."""
        return self.plain.mean

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of every feature, constants left out."""
        return -self.discriminator.unlikeness(self.discriminator.features(value), self.discriminator.features(self.mean))


class Adversarial(Model):
    """A model whose likelihood is a `LearnedSimilarity`: encoder, decoder and discriminator each have a loss of their own."""

    likelihood: LearnedSimilarity
    likelihood_state: Discriminator

    def __init__(self, parts: Parts, n_components: int, units: Units, mean: Float[Tensor, "*item"], condition: int = 0,
                 sequences: bool = False) -> None:  # fmt: skip
        if getattr(parts.network, "tied", False):
            raise InputError("LearnedSimilarity trains encoder and decoder apart, which tied weights cannot be: leave tied to False. "
                             f"Got {parts.network!r}.")  # fmt: skip
        super().__init__(parts, n_components, units, mean, condition, sequences)
        if condition:
            self.likelihood_state.hear(condition)

    def load_state_dict(self, state_dict: Mapping[str, Any], *args: Any, **more: Any) -> Any:
        """Load weights; those from before discriminators were told conditions know of none."""
        if not any(name.startswith("likelihood_state.told.") for name in state_dict):
            self.likelihood_state.told = None
        return super().load_state_dict(state_dict, *args, **more)

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters of the three steps; what belongs to neither half learns with the encoder."""
        judge = list(self.likelihood_state.parameters())
        back = [*self.decoder.parameters(), *(self.shifts["decoder"].parameters() if self.shifts else ())]
        taken = {id(parameter) for parameter in (*judge, *back)}
        others = [parameter for parameter in self.parameters() if id(parameter) not in taken]
        return {"encoder": others, "decoder": back, "discriminator": judge}

    def settle(self, group: str) -> None:
        """Bring the decoder's weights back after its own update: before it, they are part of what it is still to go back through."""
        if group == "decoder":
            super().settle(group)

    def steps(self, batch: Batch, progress: float) -> Iterator[tuple[str, Terms]]:
        """Yield the encoder's step unless it rests, then those of decoder and discriminator unless one is too far ahead.

        In evaluation there is the first alone.

        All are of one pass through the three, in the order in which its gradients meet nothing that has been updated already.
        """
        model = self.for_batch(batch)
        if not self.training:
            yield "encoder", model.terms(batch.x, progress)
            return
        out: Any = model.passed(batch.x, draw=True, progress=progress)
        plain = -log_likelihood(out.p.plain, out.x, None)
        if progress < self.likelihood.head_start:
            yield "encoder", {"plain": plain, **model.penalised(out)}
            yield "decoder", {"plain": plain}
            return
        prior = self.bottleneck.prior(out.code.h)
        made = [out.p.mean]
        if prior is not None:
            made.append(model.decode(ranks.normal(out.code.h) * prior.stddev + prior.mean).mean)
        settings, numbers = self.likelihood, math.prod(out.x.shape[1:])
        # Apart, since each step goes back through its own alone.
        true, *others = (self.likelihood_state(items, batch.condition) for items in (out.x, *made))
        unlike = self.likelihood_state.unlikeness(true.features, others[0].features).sum(1)
        weight = settings.weight / numbers
        if not settings.head_start:
            share = weight / (weight + settings.anchor) if settings.anchor else 1.0
            yield "encoder", {"reconstruction": share * unlike + (1 - share) * plain, **model.penalised(out)}
        verdicts = torch.stack([look.verdict for look in others])
        real, fake = F.softplus(-true.verdict), F.softplus(verdicts)
        decodes, discriminates = self._in_turn(real, fake)
        if decodes:
            yield "decoder", {"similarity": weight * unlike, "plain": settings.anchor * plain, "deceit": F.softplus(-verdicts).mean(0)}
        if discriminates:
            told = None if self.likelihood_state.told is None else batch.condition
            mistaken = {} if told is None else {"mistaken": self._mistaken(true.found, told)}
            yield "discriminator", {"real": real, "made": fake.mean(0), **mistaken}

    def _mistaken(self, found: Float[Tensor, "batch found"], condition: Float[Tensor, "batch known"]) -> Float[Tensor, " batch"]:
        """Return how far the discriminator takes real items for those of other conditions: of their neighbours', where these differ."""
        other = ranks.before(condition)
        differs = (other != condition).any(1)
        return _MISTAKEN * differs * F.softplus(self.likelihood_state.judged(found, other))

    @torch.no_grad()
    def _in_turn(self, real: Tensor, fake: Tensor) -> tuple[bool, bool]:
        """Return whether the decoder and the discriminator learn from this batch; all processes agree, and one always does."""
        sums = ranks.totals([float(real.sum()), float(fake.sum()), float(len(real)), float(fake.numel())])
        losses = sums[0] / sums[2], sums[1] / sums[3]
        settings = self.likelihood
        discriminates = min(losses) > settings.equilibrium - settings.margin
        decodes = max(losses) < settings.equilibrium + settings.margin
        return (decodes, discriminates) if decodes or discriminates else (True, True)
