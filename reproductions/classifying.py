"""What the reproductions that classify share: a protocol for fine-tuning, and errors on the test digits.

All labelled digits are learnt from and the last pass's weights are kept: rate and number of passes were chosen before, on 10,000 digits
held out, so that nothing is left to choose by. (The pass with the least held-out cross-entropy comes long before that with the fewest
errors.) Layers and whole learn by plain gradient descent: layers at a constant rate, as then, the whole by one cycle, since a rate that
stays high ends where the last pass happens to. That it is high matters: on the digits held out 1.53 % are wrong after ten passes of 20 at
1, and 1.75 % after thirty at 0.1.
"""

from math import sqrt
from typing import Any

from isthmus import SGD, Adam, AutoencoderClassifier, Constant, OneCycle, StackedAutoencoder, Training
from isthmus.tasks.reduction import training_seconds

from .runner import Digits, Measures, Setting

LAYER, LAYER_RATE = 15, 0.25  # passes and rate for each layer of a stack
RATE, PASSES, BATCH = 2.5, 10, 50
UNITS, FEW_UNITS = 1000, 400  # of each of three hidden layers, and in a short run
LEAST = 10  # passes of fine-tuning in a short run, too: at a high rate fewer lead nowhere
DESCENT = {"optimizer": SGD(momentum=0.0), "schedule": Constant()}
TODAY = {"optimizer": Adam(), "schedule": OneCycle(), "learning_rate": 1e-3, "batch_size": 100}


def layerwise(to: Setting) -> Training:
    """Return how each layer of a stack of autoencoders learns."""
    return to.training(LAYER, BATCH, LAYER_RATE, **DESCENT)


def units(to: Setting) -> int:
    """Return how many units each hidden layer has."""
    return FEW_UNITS if to.quick else UNITS


def deep(layer: Any, to: Setting, **settings: Any) -> StackedAutoencoder:
    """Return three sigmoid layers of one width, pretrained by ``layer``, for a classifier that needs no training of the whole."""
    greedy, width = Training(epochs=0, validation=0, checkpoint=to.kept("pretraining")), units(to)
    return StackedAutoencoder(width, (width, width), layer, code_activation="sigmoid", training=greedy, **settings)


def fine_tuned(autoencoder: Any, to: Setting, epochs: int = PASSES, digits: Digits | None = None, **training: Any) -> Measures:
    """Return the test error in percent after fine-tuning on MNIST or on other ``digits``, half its 95 % interval, and the seconds."""
    digits = digits or to.mnist()
    kept = to.kept("fine-tuning")
    settings = {"learning_rate": RATE, "batch_size": BATCH, "checkpoint": kept, **DESCENT, "schedule": OneCycle(), **training}
    tuning = to.training(epochs, **settings).set_params(epochs=max(to.passes(epochs), LEAST))
    model = AutoencoderClassifier(autoencoder, tuning, random_state=to.seed)
    model.fit(digits.train, digits.train_labels)
    error = 100 - 100 * model.score(digits.test, digits.test_labels)
    return {"error": error, "interval": interval(error, len(digits.test)),
            "seconds": training_seconds(model.autoencoder_) + training_seconds(model)}  # fmt: skip


def interval(error: float, items: int) -> float:
    """Return half the width of the 95 % interval of an error in percent that was measured on so many items."""
    return 1.96 * sqrt(error * (100 - error) / items)
