"""Training: settings, the one loop, batches, devices and checkpoints."""

from .adversarial import LearnedSimilarity
from .optimizers import SGD, Adam
from .schedules import Constant, OneCycle
from .settings import Training

__all__ = ["SGD", "Adam", "Constant", "LearnedSimilarity", "OneCycle", "Training"]
