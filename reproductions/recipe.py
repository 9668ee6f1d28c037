"""The search for the default recipe: which start, activation, optimiser, schedule and batch bring Hinton's network down soonest.

    python -m reproductions.recipe [--quick] [--data FOLDER] [--seeds 1] [--only default,relu] [--out DIR]

784-1000-500-250-30 on 55,000 digits of MNIST, six passes each; the squared error is that of the 5,000 training digits held out, so
that the test digits choose nothing. Every line changes one thing of the default. Every line and seed leaves one JSON file in DIR and
is not run again.

References:
    Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006), for the network
"""

from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.distributions import Distribution

from isthmus import Adam, Autoencoder, Bernoulli, Constant, Dense, Gaussian, OneCycle
from isthmus.metrics import squared_error
from isthmus.tasks.reduction import reconstruct, training_seconds

from .runner import Line, Measures, Setting, reproduce

HIDDEN, CODE, PASSES, HELD_OUT = (1000, 500, 250), 30, 6, 5000


class Squared(Gaussian):
    """The squared error behind a sigmoid, in place of the cross-entropy."""

    def __call__(self, decoded: Tensor, state: nn.Module | None) -> Distribution:
        """Return the normal distribution about the sigmoid of ``decoded``."""
        return super().__call__(decoded.sigmoid(), state)

    def link(self, mean: Tensor) -> Tensor:
        """Return the logit of the mean."""
        return Bernoulli().link(mean)


def tried(to: Setting, activation: str = "silu", likelihood: Any = None, **training: Any) -> Measures:
    """Return the held-out error, and the seconds, of the default with something changed."""
    digits = to.mnist()
    train, held = digits.train[:-HELD_OUT], digits.train[-HELD_OUT:]
    model = Autoencoder(CODE, network=Dense(HIDDEN, activation), likelihood=likelihood, training=to.training(PASSES, **training),
                        random_state=to.seed).fit(train)  # fmt: skip
    return {"squared_error": squared_error(held / 255, reconstruct(model, held) / 255), "seconds": training_seconds(model)}


def line(differs: str, **changed: Any) -> Line:
    """Return a line of the table."""
    return Line(partial(tried, **changed), "squared_error", "none", differs)


LINES = {
    "default": line("SiLU, N(0, gain²/fan-in), cross-entropy, AdamW 0.003, β₂ 0.99, decay by length, one cycle, batches of 128"),
    "relu": line("ReLU", activation="relu"),
    "gelu": line("GELU", activation="gelu"),
    "elu": line("ELU", activation="elu"),
    "tanh": line("tanh", activation="tanh"),
    "sigmoid": line("sigmoid", activation="sigmoid"),
    "squared": line("squared error behind a sigmoid", likelihood=Squared()),
    "linear-output": line("squared error behind a linear output", likelihood=Gaussian()),
    "rate-1e-3": line("rate 0.001", learning_rate=1e-3),
    "rate-2e-3": line("rate 0.002", learning_rate=2e-3),
    "rate-5e-3": line("rate 0.005", learning_rate=5e-3),
    "batch-64": line("batches of 64", batch_size=64),
    "batch-256": line("batches of 256", batch_size=256),
    "constant": line("a constant rate", schedule=Constant()),
    "warm-up-30": line("30 % of warm-up", schedule=OneCycle(0.3)),
    "decay-0": line("no weight decay", optimizer=Adam(weight_decay=0.0)),
    "beta2-999": line("β₂ 0.999", optimizer=Adam(beta2=0.999)),
    "beta2-95": line("β₂ 0.95", optimizer=Adam(beta2=0.95)),
}


if __name__ == "__main__":
    reproduce("Recipe", LINES, __doc__ or "")
