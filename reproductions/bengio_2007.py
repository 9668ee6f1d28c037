"""Greedy layer-wise training of three hidden layers on MNIST: test errors of Bengio and others beside ours.

    python -m reproductions.bengio_2007 [--quick] [--data FOLDER] [--seeds 3] [--only rbm,none] [--out DIR]

60,000 digits to learn from (50,000 in the paper, 10,000 to choose by), 10,000 to test on; errors in percent, means over seeds. One
standard error at 10,000 test digits is 0.11 points. Every line and seed leaves one JSON file in DIR and is not run again.

References:
    Greedy Layer-Wise Training of Deep Networks (Y. Bengio, P. Lamblin, D. Popovici, H. Larochelle, 2007)
"""

from isthmus import Autoencoder, Constant, Dense, RestrictedBoltzmannMachine, Training

from .classifying import LAYER, TODAY, UNITS, deep, fine_tuned, layerwise, units
from .runner import Line, Measures, Setting, reproduce


def autoencoders(to: Setting) -> Measures:
    """Every layer an autoencoder with tied weights."""
    return fine_tuned(deep(Autoencoder(training=layerwise(to)), to, tied=True), to)


def machines(to: Setting) -> Measures:
    """Every layer a restricted Boltzmann machine."""
    return fine_tuned(deep(RestrictedBoltzmannMachine(training=to.training(LAYER, 100)), to), to)


def period(to: Setting) -> Measures:
    """The same network from a random start of the period: sigmoid units, plain gradient descent at a constant rate."""
    start = Autoencoder(units(to), network=Dense((units(to),) * 2, "sigmoid", "sigmoid"), training=Training(epochs=0))
    return fine_tuned(start, to, 60, learning_rate=0.1, batch_size=20, schedule=Constant())


def today(to: Setting) -> Measures:
    """As many units, started and trained as one would now."""
    start = Autoencoder(units(to), network=Dense((units(to),) * 2, "silu", "silu"), training=Training(epochs=0))
    return fine_tuned(start, to, 20, **TODAY)


LINES = {
    "autoencoder": Line(autoencoders, "error", "1.4", f"{UNITS} units a layer, {LAYER} passes each"),
    "rbm": Line(machines, "error", "1.2", "the same, CD-1"),
    "random": Line(period, "error", "2.4", "scaled normal start; gradient descent, batches of 20"),
    "today": Line(today, "error", "none", "SiLU; Adam with one cycle, 20 passes of 100"),
}


if __name__ == "__main__":
    reproduce("Bengio 2007", LINES, __doc__ or "")

