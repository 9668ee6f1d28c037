"""What the reproductions that classify share: a protocol for fine-tuning, and errors on the test digits."""

from typing import Any

from isthmus import AutoencoderClassifier, StackedAutoencoder, Training

from .runner import Digits, Measures, Setting, seconds

HELD_OUT = 10_000  # of 60,000 digits, as the papers hold out: the epoch with the best loss on them is kept
GREEDY = Training(epochs=0)  # of a whole whose layers are trained, and which goes to the classifier without more


def deep(layer: Any, width: int = 1000, **settings: Any) -> StackedAutoencoder:
    """Return three sigmoid layers of one width, pretrained by ``layer``."""
    return StackedAutoencoder(width, (width, width), layer, code_activation="sigmoid", training=GREEDY, **settings)


def fine_tuned(autoencoder: Any, to: Setting, epochs: int = 30, digits: Digits | None = None, **training: Any) -> Measures:
    """Return the test error in percent after fine-tuning on MNIST, or on other ``digits``, and the seconds that it took."""
    digits = digits or to.mnist()
    settings = {"validation": 2000 if to.quick else HELD_OUT, **training}
    model = AutoencoderClassifier(autoencoder, to.training(epochs, **settings), random_state=to.seed)
    model.fit(digits.train, digits.train_labels)
    return {"error": 100 - 100 * model.score(digits.test, digits.test_labels), "seconds": seconds(model)}
