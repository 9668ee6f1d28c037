"""New digits: how like real ones they are, drawn from the prior and from a mixture fitted to the codes, for every variant.

    python -m reproductions.samples [--quick] [--data FOLDER] [--seeds 1] [--only variational] [--out DIR]

Codes of 16, 20 passes over MNIST, 10,000 drawn digits beside the 10,000 test digits. The Fréchet distance, precision, recall, density and
coverage are by the features of one classifier for all lines, trained on the labels of the training digits. Every line and seed leaves one
JSON file in DIR and is not run again.

References:
    GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium (M. Heusel et al., 2017), for the distance; From
    Variational to Deterministic Autoencoders (P. Ghosh et al., 2019), for mixtures on codes
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from isthmus import (
    VAEGAN,
    Autoencoder,
    AutoencoderClassifier,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    SparseAutoencoder,
    Training,
    VariationalAutoencoder,
)
from isthmus.metrics import frechet_distance, kernel_distance, neighbourhoods
from isthmus.tasks import Principal, fit_density
from isthmus.tasks.reduction import training_seconds

from .figures import sheet
from .runner import Line, Measures, Setting, reproduce

CODE, PASSES, DRAWN, NEAR = 16, 20, 10_000, 5


def drawn(to: Setting, make: Callable[..., Any]) -> Measures:
    """Return how like test digits those drawn from the mixture are and, where the variant has a prior, those drawn from that."""
    digits = to.mnist()
    count = 2000 if to.quick else DRAWN
    look = features(to)
    real = look(digits.test[:count])
    training = {} if make is Principal else {"training": to.training(PASSES), "random_state": to.seed}
    model = make(CODE, **training).fit(digits.train)
    mixture = fit_density(model, digits.train, components=20).sample(count)
    seen = look(mixture)
    found = {"frechet": frechet_distance(real, seen), "kernel": kernel_distance(real, seen), **neighbourhoods(real, seen, NEAR)._asdict(),
             "seconds": training_seconds(model)}  # fmt: skip
    if hasattr(model, "bottleneck_") and model.bottleneck_.random:
        prior = model.sample(count)
        found["prior_frechet"] = frechet_distance(real, look(prior))
        sheet(to.out / f"{make.__name__.lower()}_prior.png", prior[:100])
    sheet(to.out / f"{make.__name__.lower()}_mixture.png", mixture[:100])
    return found


def features(to: Setting) -> Callable[[np.ndarray], np.ndarray]:
    """Return the features of a classifier of digits, the same for all lines of one run."""
    return _classifier(to.data, to.quick).transform


@lru_cache(1)
def _classifier(data: Any, quick: bool) -> AutoencoderClassifier:
    to = Setting(data, 0, data, quick)
    digits = to.mnist()
    start = Autoencoder(64, training=Training(epochs=0))
    return AutoencoderClassifier(start, to.training(10), random_state=0).fit(digits.train, digits.train_labels)


LINES = {
    "pca": Line(partial(drawn, make=Principal), "frechet", "none", "a mixture on 16 components"),
    "basic": Line(partial(drawn, make=Autoencoder), "frechet", "none", "defaults, 20 passes"),
    "denoising": Line(partial(drawn, make=DenoisingAutoencoder), "frechet", "none", "the same"),
    "sparse": Line(partial(drawn, make=SparseAutoencoder), "frechet", "none", "the same"),
    "contractive": Line(partial(drawn, make=ContractiveAutoencoder), "frechet", "none", "the same"),
    "variational": Line(partial(drawn, make=VariationalAutoencoder), "frechet", "none", "the same"),
    "vaegan": Line(partial(drawn, make=VAEGAN), "frechet", "none", "the same"),
}


if __name__ == "__main__":
    reproduce("Samples", LINES, __doc__ or "")
