"""The task's network and loss as plain torch modules, as a tutorial writes them; pythae and skorch train the same."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..networks import BlogConv, Dense, Lstm, Network, Task

_LAYERS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "linear": nn.Identity}


class TopK(nn.Module):
    """Keep the k largest numbers of each row."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, h: Tensor) -> Tensor:
        values, places = h.topk(self.k, dim=1)
        return torch.zeros_like(h).scatter(1, places, values)


class Reader(nn.Module):
    """Long short-term memory over a series (batch, steps), and a linear layer from its last state to the code."""

    def __init__(self, network: Lstm) -> None:
        super().__init__()
        self.cells, self.code = nn.LSTM(1, network.hidden, batch_first=True), nn.Linear(network.hidden, network.code)

    def forward(self, x: Tensor) -> Tensor:
        return self.code(self.cells(x[:, :, None])[1][0][0])


class Writer(nn.Module):
    """Long short-term memory that starts from the code and receives it at every step."""

    def __init__(self, network: Lstm) -> None:
        super().__init__()
        self.steps = network.steps
        self.code, self.out = nn.Linear(network.code, network.hidden), nn.Linear(network.hidden, 1)
        self.cells = nn.LSTM(network.hidden, network.hidden, batch_first=True)

    def forward(self, h: Tensor) -> Tensor:
        first = self.code(h).tanh()
        states, _ = self.cells(first[:, None].expand(-1, self.steps, -1), (first[None], torch.zeros_like(first)[None]))
        return self.out(states)[:, :, 0]


class Autoencoder(nn.Module):
    """The task's network; ``forward`` gives the reconstruction, the code's mean and its log-variance (0 where there is none)."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self.encoder, decoder = halves(task.network)
        self.decoder = nn.Sequential(*decoder, nn.Sigmoid()) if task.binary else decoder

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.encoder(x)
        if not self.task.network.variational:
            return self.decoder(h), h, h.new_zeros(())
        mean, log_variance = h.chunk(2, dim=1)
        drawn = mean + torch.randn_like(mean) * (0.5 * log_variance).exp() if self.training else mean
        return self.decoder(drawn), mean, log_variance

    def reconstruct(self, X):
        """Return mean reconstructions of an array's rows."""
        self.eval()
        with torch.no_grad():
            return self(torch.from_numpy(X))[0].numpy()


def loss(task: Task, x: Tensor, out: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Return the loss of a batch, penalty included; ``x`` needs a gradient where the task is contractive."""
    reconstruction, h, log_variance = out
    if task.network.variational:
        error = F.binary_cross_entropy(reconstruction, x, reduction="sum")
        return (error - 0.5 * (1 + log_variance - h.square() - log_variance.exp()).sum()) / len(x)
    error = F.binary_cross_entropy(reconstruction, x.detach()) if task.binary else F.mse_loss(reconstruction, x.detach())
    if not task.contractive:
        return error
    # Hutchinson's estimate of the Jacobian's squared norm, by a second backward pass.
    (pulled,) = torch.autograd.grad(h, x, torch.randn_like(h), create_graph=True)
    weight = 0.1 if task.binary else 0.2  # isthmus's 0.1 stands beside half the squared error
    return error + weight * pulled.square().sum(1).mean() / x.shape[1]


def halves(network: Network) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the encoder and the decoder, from rows to rows, the latter's output linear."""
    if isinstance(network, Lstm):
        return nn.Sequential(Reader(network)), nn.Sequential(Writer(network))
    return _blog() if isinstance(network, BlogConv) else _dense(network)


def _dense(network: Dense) -> tuple[nn.Sequential, nn.Sequential]:
    inner = _LAYERS[network.activation]
    *hidden, code = network.widths
    encoder = _chain((*hidden, 2 * code if network.variational else code), inner)
    encoder[-1] = TopK(network.active) if network.active else _LAYERS[network.code_activation]()
    decoder = _chain(network.widths[::-1], inner)
    return encoder, decoder[:-1]


def _chain(widths: Sequence[int], inner: type[nn.Module]) -> nn.Sequential:
    return nn.Sequential(*(layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), inner())))


def _blog() -> tuple[nn.Sequential, nn.Sequential]:
    def conv(ins: int, outs: int, padding: int = 1) -> list[nn.Module]:
        return [nn.Conv2d(ins, outs, 3, padding=padding), nn.ReLU()]

    pool, up = nn.MaxPool2d(2, ceil_mode=True), nn.Upsample(scale_factor=2)
    encoder = nn.Sequential(nn.Unflatten(1, (1, 28, 28)), *conv(1, 16), pool, *conv(16, 8), pool, *conv(8, 8), pool, nn.Flatten())
    decoder = nn.Sequential(nn.Unflatten(1, (8, 4, 4)), *conv(8, 8), up, *conv(8, 8), up, *conv(8, 16, padding=0), up,
                            *conv(16, 1)[:1], nn.Flatten())  # fmt: skip
    return encoder, decoder
