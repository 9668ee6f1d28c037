"""The type checker of the test run: it holds every tensor argument and result against its jaxtyping shape.

Only shapes are checked, since constructors must take anything (scikit-learn's contract) and `fit` tells what is wrong.
"""

import functools
import inspect
from types import UnionType
from typing import Union, get_args, get_origin

from jaxtyping import AbstractArray


def check(function):
    """Return ``function`` with its annotated arrays checked; sizes of one name must agree within one call."""
    hints = {name: shapes for name, hint in getattr(function, "__annotations__", {}).items() if (shapes := _shapes(hint))}
    if not hints:
        return function
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args, **kwargs):
        bound = signature.bind(*args, **kwargs).arguments
        for name in hints.keys() & bound.keys():
            _hold(name, bound[name], hints[name])
        result = function(*args, **kwargs)
        if "return" in hints:
            _hold("the result", result, hints["return"])
        return result

    return checked


def _shapes(hint):
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    members = tuple(member for member in members if isinstance(member, type))  # an array or, where allowed, something else
    return members if any(issubclass(member, AbstractArray) for member in members) else ()


def _hold(name, value, shapes):
    if value is not None and not any(isinstance(value, shape) for shape in shapes):
        got = f"{tuple(value.shape)} {value.dtype}" if hasattr(value, "shape") else type(value).__name__
        raise TypeError(f"{name} must be {' or '.join(shape.__name__ for shape in shapes)}. Got {got}.")
