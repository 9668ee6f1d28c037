"""Activations by the field's names, with what initialisation and the contractive penalty need to know of each."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..checks import check_name


class Activation(NamedTuple):
    """A nonlinearity, the gain that keeps the variance through a layer, and its slope as a function of its output."""

    build: Callable[[], nn.Module]
    gain: float
    slope: Callable[[Tensor], Tensor] | None  # None where the output does not determine the slope


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(nn.Identity, 1.0, torch.ones_like),
    "relu": Activation(nn.ReLU, math.sqrt(2), lambda h: (h > 0).to(h.dtype)),
    "leaky_relu": Activation(nn.LeakyReLU, math.sqrt(2), lambda h: torch.where(h > 0, 1.0, 0.01).to(h.dtype)),
    "elu": Activation(nn.ELU, 1.3, lambda h: torch.where(h > 0, 1.0, h + 1)),
    "selu": Activation(nn.SELU, 1.0, None),
    "gelu": Activation(nn.GELU, math.sqrt(2), None),
    "silu": Activation(nn.SiLU, 1.7, None),
    "sigmoid": Activation(nn.Sigmoid, 4.0, lambda h: h * (1 - h)),
    "softplus": Activation(nn.Softplus, 1.7, lambda h: 1 - torch.exp(-h)),
    "tanh": Activation(nn.Tanh, 5 / 3, lambda h: 1 - h.square()),
}


def activation(name: str, setting: str) -> Activation:
    """Return the activation of that name; ``setting`` is who asks, for the error.

    >>> activation("relu", "Dense.activation").gain
    1.414...
    """
    return ACTIVATIONS[check_name(setting, name, ACTIVATIONS)]
