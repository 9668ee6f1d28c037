"""Importance-weighted autoencoders on MNIST: negative log-likelihoods of test digits beside the paper's.

    python -m reproductions.burda_2015 [--quick] [--data FOLDER] [--seeds 1] [--only vae] [--out DIR]

One stochastic layer of 50, 784-200-200-50 with tanh; training digits are binarised anew for every batch, test digits once; log-likelihoods
are by 5,000 importance-weighted draws. The paper trains for 3,280 passes with batches of 20; ours for 800 by one draw with batches of 100,
and for 560 (`--only iwae-full`: 1,200) while draws grow from one to 50, with batches of 200. Every line and seed leaves one JSON file in
DIR and is not run again; a run that was stopped goes on from its checkpoint.

The line `static` has the protocol of pythae's reproduction (https://github.com/clementchadebec/benchmark_VAE): a code of 40, one hidden
layer of 400 and digits that are binarised once, for training too; log-likelihoods are by 200 draws.

References:
    Importance Weighted Autoencoders (Y. Burda, R. Grosse, R. Salakhutdinov, 2015), https://arxiv.org/abs/1509.00519
"""

from functools import partial
from typing import Any

import numpy as np

from isthmus import Adam, Binarised, Dense, Growth, ImportanceWeighted, VariationalAutoencoder
from isthmus.tasks.reduction import training_seconds

from .likelihoods import binarised
from .runner import Line, Measures, Setting, reproduce

DRAWS = 5000


def likelihood(to: Setting, draws: Any, passes: int, batch: int, rate: float) -> Measures:
    """Return the negative log-likelihood of test digits after training on the bound by so many draws."""
    digits = to.mnist()
    test = binarised(digits.test, 1)[: 500 if to.quick else None]
    training = to.training(passes, batch, rate, optimizer=Adam(0.0), augmentation=Binarised(), checkpoint=to.kept("training"))
    network, bound = Dense((200, 200), "tanh"), ImportanceWeighted(draws=draws)
    model = VariationalAutoencoder(50, bound, network, training=training, random_state=to.seed).fit(digits.train)
    return measured(model, test, 100 if to.quick else DRAWS)


def static(to: Setting) -> Measures:
    """Return the negative log-likelihood by 200 draws where training digits, too, are binarised once, as pythae's authors have it."""
    digits = to.mnist()
    train, test = binarised(digits.train, 0), binarised(digits.test, 1)
    training = to.training(80, 100, optimizer=Adam(0.02), validation=1 / 6)
    network, bound = Dense((400,), "relu"), ImportanceWeighted(draws=1)
    model = VariationalAutoencoder(40, bound, network, training=training, random_state=to.seed).fit(train)
    return measured(model, test, 200)


def measured(model: VariationalAutoencoder, test: np.ndarray, draws: int) -> Measures:
    """Return the negative log-likelihood of test digits by so many draws, their bound, and the seconds of training."""
    return {"negative_log_likelihood": -float(model.score_samples(test, n_importance=draws).mean()), "negative_bound": -model.score(test),
            "seconds": training_seconds(model)}  # fmt: skip


SINGLE = partial(likelihood, draws=1, passes=800, batch=100, rate=3e-3)
GROWING = partial(likelihood, draws=Growth(50), batch=200, rate=4e-3)  # batches of 100 take half as long again, to no better end
LINES = {
    "vae": Line(SINGLE, "negative_log_likelihood", "86.76", "Adam, one cycle, 800 passes"),
    "iwae": Line(partial(GROWING, passes=560), "negative_log_likelihood", "84.78", "the same, 560 passes of 200, draws grow"),
    "iwae-full": Line(partial(GROWING, passes=1200), "negative_log_likelihood", "84.78", "the same, 1,200 passes"),
    "static": Line(static, "negative_log_likelihood", "89.78", "784-400-40, rectified; the best pass by 10,000 digits held out"),
}


if __name__ == "__main__":
    reproduce("Burda 2015", LINES, __doc__ or "")
