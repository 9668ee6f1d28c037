"""Recurrent networks: a sequence read step by step into one code, and written step by step from it."""

import contextlib
from collections.abc import Iterator
from typing import Any, ClassVar, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .. import ranks
from ..checks import Limit, OneOf, Real, Whole
from ..errors import InputError
from ..parts.penalty import SingleLayer
from .activations import activation
from .base import Network, Pair, Shift
from .dense import from_code, linear

Lengths: TypeAlias = Tensor | None  # (batch,)
Forced: TypeAlias = Tensor | None  # (batch, steps, size)


class Recurrent(Network):
    r"""A sequence-to-sequence autoencoder: :math:`s_t = \mathrm{cell}(s_{t-1}, x_t)`, a code of the last state, and back.

    The decoder's cells start from the code and receive it again at every step; a linear layer makes each step's numbers of the last
    layer's state.

    Arguments:
        hidden: Units of every layer's state.
        layers: How many layers lie above each other, in both halves.
        cell: "lstm" or "gru".
        bidirectional: Whether the encoder reads from both ends; its units are then twice as many.
        backwards: Whether the decoder writes the last step first, which is the one that the code remembers best.
        teacher_forcing: Above 0, the decoder reads the step that it wrote before, too: in training the true one instead, in this share of
            steps, and nothing in the others, so that it keeps asking the code; in prediction, step by step, its own.
        code_activation: The code layer's activation; None takes what the bottleneck and the penalties are meant for.

    Raises:
        InputError: In `fit`, for items that are no sequences: of a shape other than (t,), a number a step, or (t, d).

    References:
        Long Short-Term Memory (S. Hochreiter, J. Schmidhuber, 1997); Learning Phrase Representations using RNN Encoder-Decoder for
        Statistical Machine Translation (K. Cho et al., 2014); Unsupervised Learning of Video Representations using LSTMs (N. Srivastava,
        E. Mansimov, R. Salakhutdinov, 2015), for ``backwards``; An Empirical Exploration of Recurrent Network Architectures
        (R. Jozefowicz, W. Zaremba, I. Sutskever, 2015), for forget gates that start open; A Learning Algorithm for Continually Running
        Fully Recurrent Neural Networks (R. J. Williams, D. Zipser, 1989), for teacher forcing; Generating Sentences from a Continuous
        Space (S. R. Bowman et al., 2016), for forcing a share of it

    Example:
        >>> pair = Recurrent(8).assemble((20, 3), width=2, n_components=2, code_activation="linear")
        >>> pair.decoder(pair.encoder(torch.zeros(5, 20, 3))).shape
        torch.Size([5, 20, 3])
    """

    activation: str = "tanh"  # of every cell
    limits: ClassVar[dict[str, Limit]] = {
        "hidden": Whole(1), "layers": Whole(1), "cell": OneOf(("lstm", "gru")), "bidirectional": OneOf((True, False)),
        "backwards": OneOf((True, False)), "teacher_forcing": Real(0, 1),
    }  # fmt: skip

    def __init__(self, hidden: int = 64, layers: int = 1, cell: str = "lstm", bidirectional: bool = False, backwards: bool = True,
                 teacher_forcing: float = 0.0, code_activation: str | None = None) -> None:  # fmt: skip
        self.hidden = hidden
        self.layers = layers
        self.cell = cell
        self.bidirectional = bidirectional
        self.backwards = backwards
        self.teacher_forcing = teacher_forcing
        self.code_activation = code_activation

    def assemble(self, shape: tuple[int, ...], width: int, n_components: int, code_activation: str) -> Pair:
        """Return the pair for sequences of ``shape``."""
        if len(shape) not in (1, 2):
            raise InputError(f"Recurrent reads sequences (t,) or (t, d), step by step; these items are {shape}. Use Conv() or Dense().")
        size = shape[1] if len(shape) == 2 else 1
        encoder = RecurrentEncoder(self._layers(size, 1 + self.bidirectional), size, width, code_activation)
        layers = self._layers(self.hidden + (size if self.teacher_forcing else 0), 1)
        return Pair(encoder, RecurrentDecoder(layers, shape, size, n_components, self.backwards, self.teacher_forcing))

    def _layers(self, size: int, ways: int) -> nn.ModuleList:
        """Return the layers, from the lowest to the topmost, each of one list of cells a direction."""
        sizes = [size, *[ways * self.hidden] * (self.layers - 1)]
        return nn.ModuleList([nn.ModuleList([_CELLS[self.cell](size, self.hidden) for _ in range(ways)]) for size in sizes])


class RecurrentEncoder(nn.Module):
    """Cells from the first step to the last, then a linear layer from their last state to the code."""

    def __init__(self, layers: Any, size: int, width: int, code_activation: str) -> None:
        super().__init__()
        self.layers = layers
        self.size = size
        self.code = linear(self.entry, width)
        self.code_activation = code_activation
        self.outer = activation(code_activation, "Recurrent.code_activation").build()

    def forward(self, x: Float[Tensor, "batch *item"], shift: Shift = None, lengths: Lengths = None) -> Float[Tensor, "batch width"]:
        """Return what the bottleneck turns into codes; what lies behind the end of a sequence has no part in it."""
        return self.outer(self.code(self.features(x, shift, lengths)))

    def features(self, x: Float[Tensor, "batch *item"], shift: Shift = None, lengths: Lengths = None) -> Float[Tensor, "batch features"]:
        """Return the topmost layer's last states, of every direction."""
        x = x.reshape(len(x), -1, self.size)
        if lengths is not None and len(parts := of_like_length(lengths)) > 1:
            own = [self.features(x[part, : int(lengths[part].max())], None if shift is None else shift[part], lengths[part])
                   for part in parts]  # fmt: skip
            return torch.cat(own)[torch.cat(parts).argsort()]
        first = None if shift is None else shift.chunk(len(self.layers[0]), dim=1)
        with _twice_differentiable(x.requires_grad):
            for number, ways in enumerate(self.layers):
                starts = [None] * len(ways) if first is None or number else first
                forth = ways[0](x, starts[0])
                states = [forth] if len(ways) == 1 else [forth, ways[1](turned(x, lengths), starts[1])]
                if number < len(self.layers) - 1:
                    x = torch.cat([forth, *(turned(back, lengths) for back in states[1:])], dim=2)
        last = [state[:, -1] if lengths is None else state[torch.arange(len(x), device=x.device), lengths - 1] for state in states]
        return torch.cat(last, dim=1)

    @property
    def entry(self) -> int:
        """How many numbers the first layer's states have."""
        ways: Any = self.layers[0]
        return len(ways) * ways[0].hidden_size

    def single_layer(self) -> SingleLayer | None:
        """Return None: steps are many layers."""
        return None


class RecurrentDecoder(nn.Module):
    """A linear layer from the code to where cells start and what they receive at every step, then one from their states to numbers."""

    def __init__(self, layers: Any, shape: tuple[int, ...], size: int, n_components: int, backwards: bool,
                 teacher_forcing: float) -> None:  # fmt: skip
        super().__init__()
        hidden = layers[0][0].hidden_size
        self.code = from_code(linear(n_components, hidden))
        self.layers = layers
        self.out = linear(hidden, size)
        self.shape = shape
        self.backwards = backwards
        self.teacher_forcing = teacher_forcing

    def forward(self, h: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch *item"]:
        """Return the numbers that the likelihood reads, in the items' shape."""
        return self.expand(self.code(h))

    @property
    def reads_back(self) -> bool:
        """Whether a step depends on the one written before it."""
        return self.teacher_forcing > 0

    def expand(self, x: Float[Tensor, "batch features"], lengths: Lengths = None,
               forced: Forced = None) -> Float[Tensor, "batch *sequence"]:  # fmt: skip
        """Return the numbers that the likelihood reads, from what the first layer emits; as many steps as the longest sequence has.

        Arguments:
            x: What the first layer emits.
            lengths: Of sequences of any length.
            forced: For a decoder that reads back, what it is `told`; None lets it read its own numbers.
        """
        if lengths is None:
            return self._steps(x, None, forced).reshape(-1, *self.shape)
        longest, parts = int(lengths.max()), of_like_length(lengths)
        made = [self._steps(x[part], lengths[part], None if forced is None else forced[part, : int(lengths[part].max())]) for part in parts]
        filled = [own if own.shape[1] == longest else nn.functional.pad(own, (0, 0, 0, longest - own.shape[1])) for own in made]
        return filled[0] if len(parts) == 1 else torch.cat(filled)[torch.cat(parts).argsort()]

    def _steps(self, x: Float[Tensor, "batch features"], lengths: Lengths, forced: Forced) -> Float[Tensor, "batch steps size"]:
        first = x.tanh()
        steps = self.shape[0] if lengths is None else int(lengths.max())
        if self.reads_back and forced is None:
            made = self._written(first, steps)
        else:
            states = first[:, None].expand(-1, steps, -1)
            if forced is not None:
                order = turned(forced, lengths) if self.backwards else forced
                states = torch.cat([states, nn.functional.pad(order[:, :-1], (0, 0, 1, 0))], dim=2)  # the step written before
            for number, (cells,) in enumerate(self.layers):
                states = cells(states, None if number else first)
            made = self.out(states)
        return turned(made, lengths) if self.backwards else made

    def told(self, right: Float[Tensor, "batch *item"]) -> Float[Tensor, "batch steps size"]:
        """Return the steps that are right in the share in which they are told, and 0 in the others."""
        steps = right.reshape(len(right), -1, self.out.out_features)
        return steps * (ranks.uniform(steps[..., :1]) < self.teacher_forcing)

    def _written(self, first: Float[Tensor, "batch hidden"], steps: int) -> Float[Tensor, "batch steps size"]:
        """Return the numbers of one step after the other."""
        states: list[Any] = [None] * len(self.layers)
        before = first.new_zeros(len(first), self.out.out_features)
        made = []
        for _ in range(steps):
            own = torch.cat([first, before], dim=1)[:, None]
            for number, (cells,) in enumerate(self.layers):
                own, states[number] = cells.onward(own, None if number else first, states[number])
            made.append(self.out(own))
            before = made[-1][:, 0]
        return torch.cat(made, dim=1)

    def code_weight(self) -> Float[Tensor, "hidden latent"]:
        """Return the weights that the code meets first."""
        return self.code.weight

    @torch.no_grad()
    def start_at(self, decoded: Float[Tensor, "*item"]) -> None:
        """Let the untrained decoder emit about the mean of ``decoded`` at every step."""
        self.out.bias.copy_(decoded.reshape(-1, self.out.out_features).mean(0))


def turned(x: Float[Tensor, "batch steps size"], lengths: Lengths) -> Float[Tensor, "batch steps size"]:
    """Return sequences from their last steps to their first; what lies behind the end of each stays there.

    >>> turned(torch.tensor([[[1.0], [2.0], [0.0]]]), torch.tensor([2])).ravel().tolist()
    [2.0, 1.0, 0.0]
    """
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    own = lengths[:, None] - 1 - steps
    return x.take_along_dim(torch.where(own < 0, steps, own)[:, :, None], dim=1)


def of_like_length(lengths: Tensor) -> list[Tensor]:
    """Return the places of sequences in parts in which none is padded to more than four times its length: a long one costs only its own.

    >>> [part.tolist() for part in of_like_length(torch.tensor([20, 100_000, 30, 25]))]
    [[0, 2, 3], [1]]
    """
    kinds = (lengths.double() / lengths.min()).log2().div(2).floor()
    return [torch.nonzero(kinds == kind)[:, 0] for kind in kinds.unique()]


class _Cells:
    """What torch's recurrent layers lack: a good start, and states alone as what they return."""

    def reset_parameters(self: Any) -> None:
        """Start recurrent weights at rotations, others at N(0, 1 / fan-in), biases at 0 and those of forget gates at 1."""
        for name, weight in self.named_parameters():
            if weight.is_meta:
                continue
            for number, gate in enumerate(weight.detach().split(self.hidden_size)):
                if name.startswith("weight_hh"):
                    nn.init.orthogonal_(gate)
                elif name.startswith("weight"):
                    nn.init.normal_(gate, 0.0, gate.shape[1] ** -0.5)
                else:
                    nn.init.constant_(gate, float(name.startswith("bias_ih") and self.mode == "LSTM" and number == 1))

    def forward(self: Any, x: Float[Tensor, "batch steps size"], first: Float[Tensor, "batch hidden"] | None) -> Tensor:
        """Return the state after every step (batch, steps, hidden), from one before the first; None is 0."""
        return self.onward(x, first, None)[0]

    def onward(self: Any, x: Float[Tensor, "batch steps size"], first: Float[Tensor, "batch hidden"] | None,
               state: Any) -> tuple[Tensor, Any]:  # fmt: skip
        """Return the state after every step, and what to go on from; ``state`` is that of earlier steps, None before the first."""
        if state is None:
            start = x.new_zeros(len(x), self.hidden_size) if first is None else first
            state = (start[None], torch.zeros_like(start)[None]) if self.mode == "LSTM" else start[None]
        return super().forward(x, state)  # type: ignore[misc]


class LSTM(_Cells, nn.LSTM):  # type: ignore[misc]
    """Long short-term memory, batch first."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden, batch_first=True)


class GRU(_Cells, nn.GRU):  # type: ignore[misc]
    """Gated recurrent units, batch first."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden, batch_first=True)


_CELLS: dict[str, Any] = {"lstm": LSTM, "gru": GRU}


@contextlib.contextmanager
def _twice_differentiable(needed: bool) -> Iterator[None]:
    """Run without the libraries whose recurrent layers know no second derivative, where one is needed."""
    if not (needed and torch.is_grad_enabled()):
        yield
        return
    fast = torch.backends.mkldnn.set_flags(False)[0]
    try:
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        torch.backends.mkldnn.set_flags(fast)
