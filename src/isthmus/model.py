"""The model: corrupt → encode → bottleneck → decode → likelihood, and its loss as named terms.

    r = g(bottleneck(f(c(x))))          L = -log p(x | r) + Σ weight · Ω

This is the whole of an autoencoder's mathematics; variants are choices of its parts.
"""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution

from .errors import InputError
from .networks.base import Network, started
from .networks.dictionary import Dictionary
from .parts.active import Active, chosen, pays
from .parts.bottleneck import Bottleneck, Code, Selection
from .parts.corruption import Corruption
from .parts.likelihood import Likelihood
from .parts.penalty import Pass, Penalty

Terms = dict[str, Tensor]


class Parts(NamedTuple):
    """The parts of one model: a row of the table of variants."""

    corruption: Corruption | None
    bottleneck: Bottleneck
    penalties: tuple[Penalty, ...]
    network: Network
    likelihood: Likelihood

    def check(self) -> None:
        """Raise `InputError` for a part whose settings are out of bounds, or two penalties of one kind."""
        for part in (self.corruption, self.bottleneck, *self.penalties, self.network, self.likelihood):
            if part is not None:
                part.check()
        terms = [penalty.term for penalty in self.penalties]
        if len(set(terms)) < len(terms):
            raise InputError(f"penalties may hold one of each kind, with one weight. Got {', '.join(terms)}.")

    def code_activation(self) -> str:
        """Return the code layer's activation: the network's setting, else what the bottleneck or a penalty is meant for."""
        wanted = (part.code_activation for part in (self.network, self.bottleneck, *self.penalties))
        return next((name for name in wanted if name is not None), "linear")


class Units(nn.Module):
    """The map between the data's units and the model's: (x - offset) / scale, with one scale for all numbers.

    One scale, not one per feature: the model then minimises the error that the user measures, as PCA does.
    """

    offset: Tensor
    scale: Tensor

    def __init__(self, offset: Float[Tensor, "*item"], scale: float) -> None:
        super().__init__()
        self.register_buffer("offset", offset)
        self.register_buffer("scale", torch.tensor(float(scale)))
        self.shifts, self.scales = bool(offset.any()), scale != 1.0  # a pass over the batch that changes nothing is left out

    def forward(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return ``x`` in the model's units."""
        x = x - self.offset if self.shifts else x
        return x / self.scale if self.scales else x

    def inverse(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return ``x`` in the data's units."""
        return x * self.scale + self.offset


class Model(nn.Module):
    """An autoencoder as a torch module, built from parts for items of one shape.

    Arguments:
        parts: The parts; the model reads them and never changes them.
        n_components: The code's size.
        units: The map from the data's units to the model's, which also tells the items' shape.
        mean: The mean item in the model's units, about which the encoder sees items and the untrained decoder varies.
        condition: How many numbers are known of each row beside it; both halves' first layers learn to take them in.
        sequences: Whether items are sequences of any length, of which ``units`` and ``mean`` tell a step, (1, d).

    Example:
        >>> from isthmus import Dense, Gaussian, Identity
        >>> parts = Parts(None, Identity(), (), Dense((8,)), Gaussian())
        >>> model = Model(parts, 2, Units(torch.zeros(5), 1.0), torch.zeros(5))
        >>> {name: tuple(term.shape) for name, term in model.terms(torch.zeros(3, 5)).items()}
        {'reconstruction': (3,)}
    """

    mean: Tensor
    pace: Tensor | None
    encoder: Any  # torch modules with more to them: see `Pair`
    decoder: Any

    def __init__(self, parts: Parts, n_components: int, units: Units, mean: Float[Tensor, "*item"], condition: int = 0,
                 sequences: bool = False) -> None:  # fmt: skip
        super().__init__()
        activation = parts.code_activation()
        if activation != "linear" and parts.bottleneck.width(n_components) != n_components:
            raise InputError(
                f"{type(parts.bottleneck).__name__} emits a distribution and needs code_activation='linear'. "
                f"Got {activation!r}; leave out the penalty or the setting that asks for it."
            )
        self.corruption, self.bottleneck, self.penalties, _, self.likelihood = parts
        self.units = units
        self.register_buffer("mean", mean.clone())
        shape = tuple(units.offset.shape)
        width = self.bottleneck.width(n_components)
        self.encoder, self.decoder = parts.network.assemble(shape, width, n_components, activation)
        self.decoder.start_at(self.likelihood.link(mean))
        sizes = {"encoder": self.encoder.entry, "decoder": len(self.decoder.code_weight())} if condition else {}
        self.shifts = nn.ModuleDict({half: started(nn.Linear(condition, size, bias=False), condition, 1.0)
                                     for half, size in sizes.items()})  # fmt: skip
        self.condition: Tensor | None = None  # of the rows of a batch, in what `given` returns
        self.lengths: Tensor | None = None  # of the sequences of a batch, in what `over` returns
        self.seen: Tensor | None = None  # in place of a batch, in the model's units, in what `seeing` returns
        self.forced: Tensor | None = None  # the numbers that are right, for a decoder that reads back, in what `forcing` returns
        # From a code to the logarithm of its sequence's length: weights, a constant, and the least and the greatest there may be.
        self.register_buffer("pace", torch.zeros(n_components + 3) if sequences else None)
        self.likelihood_state = self.likelihood.build(shape)
        self.bottleneck_state = self.bottleneck.build((n_components,))
        states = {penalty.term: penalty.build((n_components,)) for penalty in self.penalties}
        self.penalty_states = nn.ModuleDict({term: state for term, state in states.items() if state is not None})
        self._differentiates = any(penalty.differentiates for penalty in self.penalties)
        self._sparse = (isinstance(self.bottleneck, Selection) and pays(self.bottleneck.k, n_components)
                        and not self._differentiates and not condition)  # fmt: skip
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # in which convolutions are half as fast again, on the CPU too

    def encode(self, x: Float[Tensor, "batch *item"], draw: bool = False) -> Code:
        """Return the codes of ``x``, given in the model's units and without missing numbers."""
        bottleneck, state, dtype = self.bottleneck, self.bottleneck_state, self.mean.dtype  # networks may run in 16 bits; codes do not
        if not (isinstance(bottleneck, Selection) and self._touches_few(x)):
            return bottleneck(self.emitted(x).to(dtype), draw, state)
        layer = self.encoder.code
        values, places = chosen(self.features(x), layer.weight, layer.bias, self.encoder.outer,
                                lambda sums: bottleneck.select(sums, state), bottleneck.together(state))  # fmt: skip
        return Code(Active(values.to(dtype), places))

    def features(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch features"]:
        """Return what the encoder's code layer receives, with all that is known of the rows."""
        return self.encoder.features(self._centred(x), **self._told("encoder"))

    def emitted(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch width"]:
        """Return what the encoder hands to the bottleneck, with all that is known of the rows."""
        return self.encoder(self._centred(x), **self._told("encoder"))

    def decode(self, code: Code | Float[Tensor, "*draws batch latent"]) -> Distribution:
        """Return p(x|h), in the model's units, of codes as `encode` returns them or as plain numbers, perhaps several for each row."""
        active = code.active if isinstance(code, Code) else None
        if active is not None and self._touches_few(active.values):
            decoded = self.expanded(active.through(self.decoder.code.weight, self.decoder.code.bias))
        else:
            decoded = self._decoded((code.h if isinstance(code, Code) else code).to(self.working))
        return self.likelihood(decoded.to(self.mean.dtype), self.likelihood_state)

    def _decoded(self, h: Float[Tensor, "*draws batch latent"]) -> Tensor:
        """Return the decoder's numbers for codes, perhaps several for each row."""
        flat = h.flatten(0, -2)
        if self.knows_rows:
            return self.expanded(self.decoder.code(flat).unflatten(0, h.shape[:-1]))
        return self.decoder(flat).unflatten(0, h.shape[:-1])

    def expanded(self, first: Float[Tensor, "*draws batch entry"]) -> Tensor:
        """Return the decoder's numbers, from what its first layer emits, with all that is known of the rows."""
        rows, told = first.shape[:-1], self._told("decoder")
        first = first + told.pop("shift") if "shift" in told else first
        if self.forced is not None:
            told["forced"] = self.forced
        # What is known of each row, for each of its draws.
        told = {name: known.expand(*rows, *known.shape[1:]).flatten(0, len(rows) - 1) for name, known in told.items()}
        return self.decoder.expand(first.flatten(0, -2), **told).unflatten(0, rows)

    def _centred(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return what the encoder reads: items about the mean one, since a common offset slows learning."""
        return (x - self.mean).to(self.working)  # a negative must be learnt as well as its positive

    def _told(self, half: str) -> dict[str, Tensor]:
        """Return what a half is told of the rows, by the names of its arguments; networks of others need know of none where none is."""
        told = {"shift": self._shift(half), "lengths": self.lengths}
        return {name: value for name, value in told.items() if value is not None}

    @property
    def knows_rows(self) -> bool:
        """Whether anything is known of the rows of a batch: a condition, the lengths of sequences, or what is right."""
        return not (self.condition is None and self.lengths is None and self.forced is None)

    def _shift(self, half: str) -> Tensor | None:
        """Return what the condition adds to what the first layer of a half emits, (batch, entry)."""
        return None if self.condition is None else self.shifts[half](self.condition.to(self.mean.dtype)).to(self.working)

    def _touches_few(self, like: Tensor) -> bool:
        """Return whether the layers to and from the code touch the active units alone, as pays on a processor."""
        return self._sparse and like.device.type == "cpu"

    def read(self, raw: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return a batch in the model's units with 0 where numbers are missing, and which are observed (None: all)."""
        x = self.units(raw.to(self.units.scale.dtype))
        if self.likelihood.missing == "refuse" and self.lengths is None:
            return x, None
        observed = ~torch.isnan(x)
        return torch.where(observed, x, 0.0), observed

    def corrupt(self, x: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch *item"]:
        """Return what the encoder sees of ``x`` in training; in prediction that is all of it."""
        x = x if self.seen is None else self.seen
        return self.corruption(x) if self.corruption is not None and self.training else x

    def forward(self, raw: Tensor) -> Pass:
        """Return one pass of a batch, given in the data's units; corruption and draws act in training mode only."""
        return self.passed(raw, draw=self.training)

    def passed(self, raw: Tensor, draw: bool, progress: float = 1.0) -> Pass:
        """Return one pass of a batch; random codes are drawn if ``draw``."""
        x, observed = self.read(raw)
        seen = self.corrupt(x)
        if self._differentiates:
            seen = seen.detach().requires_grad_()
        code = self.encode(seen, draw)
        model = self.forcing(x)
        return Pass(x, observed, seen, code, model.decode(code), progress, model)

    def terms(self, raw: Tensor, progress: float = 1.0) -> Terms:
        """Return the loss's terms, weights included, each of shape (batch,); random codes are drawn, held-out rows' too."""
        with torch.set_grad_enabled(torch.is_grad_enabled() or self._differentiates):
            out = self.passed(raw, draw=True, progress=progress)
            return {"reconstruction": -out.log_likelihood} | self.penalised(out)

    def penalised(self, out: Pass) -> Terms:
        """Return the penalties of a pass, weights included, each of shape (batch,)."""
        return {penalty.term: penalty.weight_at(out.progress) * penalty(out, out.model or self, self._state_of(penalty))
                for penalty in self.penalties}  # fmt: skip

    def _state_of(self, penalty: Penalty) -> nn.Module | None:
        return self.penalty_states[penalty.term] if penalty.term in self.penalty_states else None

    def settle(self, group: str) -> None:
        """Bring the weights back to where they must stay, after an update of that group."""
        layer = getattr(self.decoder, "code", None)  # networks of others may have no linear layer from the code
        if isinstance(layer, Dictionary):
            layer.settle()

    def half(self) -> Self:
        """Return a twin whose networks hold copies of the weights in bfloat16; all else the two share."""
        twin = copy.copy(self)
        twin._modules = dict(self._modules)
        twin.encoder, twin.decoder = copy.deepcopy((self.encoder, self.decoder))  # at once, so that tied weights stay tied
        twin.encoder.bfloat16()
        twin.decoder.bfloat16()
        return twin

    def given(self, condition: Float[Tensor, "batch known"] | None) -> Self:
        """Return a twin that takes a condition for each row of a batch into account; all else the two share."""
        twin = copy.copy(self)
        twin.condition = condition
        return twin

    def over(self, lengths: Int[Tensor, " batch"]) -> Self:
        """Return a twin for a batch of sequences of these lengths, padded behind their ends; all else the two share."""
        twin = copy.copy(self)
        twin.lengths = lengths
        return twin

    def seeing(self, seen: Tensor) -> Self:
        """Return a twin whose encoder sees these rows, in the data's units, in place of a batch; all else the two share."""
        twin = copy.copy(self)
        twin.seen = self.read(seen)[0]
        return twin

    def forcing(self, x: Float[Tensor, "batch *item"]) -> Self:
        """Return a twin whose decoder is told what is right for these items, if it reads back and learns; all else the two share."""
        if not (self.training and getattr(self.decoder, "reads_back", False)):  # held-out rows are written as they will be
            return self
        twin = copy.copy(self)
        twin.forced = self.decoder.told(self.likelihood.link(x).to(self.working))
        return twin

    @property
    def working(self) -> torch.dtype:
        """The dtype in which the networks run."""
        return next(self.encoder.parameters()).dtype

    def groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters that are trained, by the name of the step that trains them."""
        return {"autoencoder": [parameter for parameter in self.parameters() if parameter.requires_grad]}

    def steps(self, batch: Any, progress: float) -> Iterator[tuple[str, Terms]]:
        """Yield the training steps of a `Batch`: the group's name and its terms."""
        yield "autoencoder", self.for_batch(batch).terms(batch.x, progress)

    def for_batch(self, batch: Any) -> Self:
        """Return a twin that knows all that a `Batch` holds beside its items."""
        model = self if batch.condition is None else self.given(batch.condition)
        model = model if batch.lengths is None else model.over(batch.lengths)
        return model if batch.seen is None else model.seeing(batch.seen)
