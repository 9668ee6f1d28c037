"""What the reproductions that classify share: a protocol for fine-tuning, and errors on the test digits.

All labelled digits are learnt from and the last pass's weights are kept: rate and number of passes were chosen before, on 10,000 digits
held out, so that nothing is left to choose by. (The pass with the least held-out cross-entropy comes long before that with the fewest
errors.)
"""

from typing import Any

from isthmus import AutoencoderClassifier, StackedAutoencoder, Training
from isthmus.tasks.reduction import training_seconds

from .runner import Digits, Measures, Setting

RATE, PASSES = 1e-3, 20
GREEDY = Training(epochs=0)  # of a whole whose layers are trained, and which goes to the classifier without more


def deep(layer: Any, width: int = 1000, **settings: Any) -> StackedAutoencoder:
    """Return three sigmoid layers of one width, pretrained by ``layer``."""
    return StackedAutoencoder(width, (width, width), layer, code_activation="sigmoid", training=GREEDY, **settings)


def fine_tuned(autoencoder: Any, to: Setting, epochs: int = PASSES, digits: Digits | None = None, **training: Any) -> Measures:
    """Return the test error in percent after fine-tuning on MNIST, or on other ``digits``, and the seconds that it took."""
    digits = digits or to.mnist()
    model = AutoencoderClassifier(autoencoder, to.training(epochs, **{"learning_rate": RATE, **training}), random_state=to.seed)
    model.fit(digits.train, digits.train_labels)
    return {"error": 100 - 100 * model.score(digits.test, digits.test_labels), "seconds": training_seconds(model)}
