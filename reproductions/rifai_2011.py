"""Contractive autoencoders on MNIST: how flat the encoder becomes, and the test error after fine-tuning, beside the paper's.

    python -m reproductions.rifai_2011 [--quick] [--data FOLDER] [--seeds 3] [--only cae,ae] [--out DIR]

One layer of 1000 sigmoid units, tied weights, cross-entropy. As in the paper, each kind of layer has its own rate, the penalty its weight,
by the error after fine-tuning, here on 10,000 digits held out (of weights that err alike the flattest layer's); but the denoising layer's
rate was not searched for. Norms are Frobenius norms of the encoder's Jacobian, means over test digits; the paper does not say how it scales
its own, so that ratios are to be compared. A unit counts as saturated below 0.05 and above 0.95. Every line and seed leaves one JSON file
in DIR and is not run again.

References:
    Contractive Auto-Encoders (S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio, 2011)
"""

from typing import Any

from sklearn.frozen import FrozenEstimator

from isthmus import Autoencoder, Contractive, ContractiveAutoencoder, DenoisingAutoencoder, Dense, GaussianNoise
from isthmus.metrics import jacobian_norm

from .classifying import DESCENT, TODAY, fine_tuned
from .runner import Line, Measures, Setting, reproduce

UNITS, PASSES = 1000, 20
RATE = 3e-3  # of fine-tuning; on 10,000 digits held out 0.001 and 0.01 leave 1.52 and 1.50 % wrong, and this 1.45 %


def plain(to: Setting) -> Measures:
    """No penalty."""
    return measured(Autoencoder(UNITS, **common(to, 1.0, 20)), to)


def denoising(to: Setting) -> Measures:
    """Gaussian noise on the input."""
    return measured(DenoisingAutoencoder(UNITS, GaussianNoise(0.3), **common(to, 0.25, 50)), to)  # which at 1 saturates


def contractive(to: Setting) -> Measures:
    """The squared norm of the Jacobian as a penalty."""
    return measured(ContractiveAutoencoder(UNITS, Contractive(3.0), **common(to, 0.08, 20)), to)  # which at 0.25 diverges


def common(to: Setting, rate: float, batch: int) -> dict[str, Any]:
    """Return what the three have in common, but for the rate at which they learn, and from how many rows a step."""
    training = to.training(PASSES, batch, rate, checkpoint=to.kept("pretraining"), **DESCENT)
    return {"network": Dense((), code_activation="sigmoid", tied=True), "training": training, "random_state": to.seed}


def measured(model: Any, to: Setting) -> Measures:
    """Return the mean norm and the share of saturated units before, and the error after, fine-tuning."""
    digits = to.mnist()
    model.fit(digits.train)
    codes = model.transform(digits.test)
    found = {"norm": jacobian_norm(model.transform, digits.test, max_items=500),
             "saturated": 100 * float(((codes < 0.05) | (codes > 0.95)).mean())}  # fmt: skip
    return found | fine_tuned(FrozenEstimator(model), to, 20, **{**TODAY, "learning_rate": RATE})


LINES = {
    "cae": Line(contractive, "error", "1.14", "gradient descent, 20 passes, then Adam; norm 0.73e-4, 86 % saturated in the paper"),
    "dae": Line(denoising, "error", "1.18", "the same; norm 0.86e-4, 18 %"),
    "ae": Line(plain, "error", "1.78", "the same; norm 17.5e-4, 50 %"),
}


if __name__ == "__main__":
    reproduce("Rifai 2011", LINES, __doc__ or "")
