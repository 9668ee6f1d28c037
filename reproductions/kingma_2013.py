"""Variational autoencoders on MNIST of two colours: the negative bound for five code sizes, beside an independent reproduction's.

    python -m reproductions.kingma_2013 [--quick] [--data FOLDER] [--seeds 1] [--only z20] [--out DIR]

The paper prints curves only; the published figures here are those of a reproduction of it (784-500-z, tanh, Adagrad, batches of 100, 300
passes over 60,000 digits, statically binarised). Ours has the same network and data, and AdamW with one cycle for 100 passes. The bound is
that of the 10,000 test digits in nats, by 8 draws a digit. Every line and seed leaves one JSON file in DIR and is not run again.

References:
    Auto-Encoding Variational Bayes (D. P. Kingma, M. Welling, 2013), https://arxiv.org/abs/1312.6114
"""

from functools import partial

from isthmus import Dense, VariationalAutoencoder
from isthmus.tasks.reduction import training_seconds

from .figures import bounds
from .likelihoods import binarised
from .runner import Line, Measures, Setting, reproduce

PUBLISHED = {3: "141.30", 5: "124.41", 10: "107.57", 20: "100.61", 200: "99.23"}


def bound(to: Setting, size: int, activation: str = "tanh") -> Measures:
    """The negative bound of test digits for a code of that size."""
    digits = to.mnist()
    train, test = binarised(digits.train, 0), binarised(digits.test, 1)
    training = to.training(100, 100, validation=2000, checkpoint=to.kept("training"))
    model = VariationalAutoencoder(size, network=Dense((500,), activation), training=training, random_state=to.seed).fit(train)
    if to.seed == 0:
        bounds(to.out / f"z{size}.png", model.history_, len(train))
    found = {"negative_bound": -model.score(test), "seconds": training_seconds(model), "kl": model.history_[-1]["kl"]}
    return found | {"log_likelihood_1000_draws": float(model.score_samples(test[:1000], n_importance=1000).mean())}


LINES = {f"z{size}": Line(partial(bound, size=size), "negative_bound", published, "AdamW, one cycle, 100 passes; the best of them on 2,000 "
                          "held-out digits") for size, published in PUBLISHED.items()}  # fmt: skip


if __name__ == "__main__":
    reproduce("Kingma 2013", LINES, __doc__ or "")
