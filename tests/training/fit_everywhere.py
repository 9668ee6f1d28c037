"""Fit every variant in however many processes there are; the first one writes what was learnt: ``fit_everywhere.py OUT``."""

import sys

import numpy as np

from isthmus import VAEGAN, Training, ranks
from variants import COVER, estimator, items, quietly


def learnt(checkpoints):
    """Return weights and losses by variant and network; the first variant also stops early, and is gone on with."""
    found = {}
    for variant, network in COVER:
        model = quietly(estimator(variant, network, epochs=2, batch_size=9, validation=6).fit, items(network, n=40))
        found |= {f"{variant}/{network}/{name}": array for name, array in model.arrays().items()}
        found[f"{variant}/{network}/history"] = np.array([[row["loss"], row["validation_loss"]] for row in model.history_])
    told = [("told", estimator("variational, bernoulli", batch_size=9)), ("vaegan", VAEGAN(3, training=Training(2, 9), random_state=0))]
    for name, made in told:
        model = quietly(lambda made=made: made.fit(items(n=40), condition=["a", "b"] * 20))
        found |= {f"{name}/{key}": array for key, array in model.arrays().items()}
    patient = estimator("free", epochs=60, batch_size=9, validation=6, patience=2, checkpoint=checkpoints)
    for _ in range(2):  # the second goes on from the last state of the first
        model = quietly(patient.fit, items(n=40))
        found[f"patience/{len(found)}"] = np.array([len(model.history_), model.best_epoch_, model.history_[-1]["validation_loss"]])
    budget = quietly(estimator("plain", epochs=10**6, batch_size=9, time_budget=0.3).fit, items(n=40))
    found["budget"] = np.array([budget.stopped_ == "time budget"])
    return found


if __name__ == "__main__":
    with ranks.together():
        result = learnt(f"{sys.argv[1]}.checkpoint")
        if not ranks.number():
            np.savez(sys.argv[1], **result)
