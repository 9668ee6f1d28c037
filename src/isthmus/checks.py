"""Limits on settings, stated as a table beside each class and checked in one place.

A class that takes settings lists, per parameter, what is allowed::

    limits = {"fraction": Real(0, 1)}

and `check_settings` holds the object's parameters against that table when they are first used.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from numbers import Real as RealNumber
from typing import Any, Protocol, runtime_checkable

from .errors import InputError


@runtime_checkable
class Limit(Protocol):
    """A rule for one setting: whether a value is allowed, and the rule in words (``str``)."""

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is allowed."""


@dataclass(frozen=True)
class Real:
    """A finite number from ``low`` to ``high``; ``above`` leaves ``low`` itself out, ``optional`` lets None in."""

    low: float = float("-inf")
    high: float = float("inf")
    above: bool = False
    optional: bool = False

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is such a number.

        >>> Real(0, 1).allows(0.5), Real(0, 1).allows(2), Real(0, above=True).allows(0)
        (True, False, False)
        """
        if value is None:
            return self.optional
        if isinstance(value, bool) or not isinstance(value, RealNumber) or not math.isfinite(value):
            return False
        number = float(value)
        return (self.low < number if self.above else self.low <= number) and number <= self.high

    def __str__(self) -> str:
        end = f", {self.high:g}]" if self.high < float("inf") else ", ∞)"
        return f"a number in {'(' if self.above else '['}{self.low:g}{end}" + (" or None" if self.optional else "")


@dataclass(frozen=True)
class Whole:
    """A whole number of at least ``low``; ``optional`` lets None in."""

    low: int = 1
    optional: bool = False

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is such a number."""
        if value is None:
            return self.optional
        return not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= self.low

    def __str__(self) -> str:
        return f"a whole number of at least {self.low}" + (" or None" if self.optional else "")


@dataclass(frozen=True)
class Wholes:
    """A tuple of whole numbers of at least 1, or None."""

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is such a tuple."""
        return value is None or (isinstance(value, tuple | list) and all(Whole().allows(item) for item in value))

    def __str__(self) -> str:
        return "a tuple of whole numbers of at least 1, or None"


@dataclass(frozen=True)
class OneOf:
    """One of a few values."""

    values: tuple[Any, ...]

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is one of them."""
        return any(value is item or (type(value) is type(item) and value == item) for item in self.values)

    def __str__(self) -> str:
        return "one of " + ", ".join(map(repr, self.values))


@dataclass(frozen=True)
class Kind:
    """An object of a class (`collections.abc.Callable` for functions), in ``words``; ``optional`` lets None in."""

    kind: Any  # whatever `isinstance` takes
    words: str
    optional: bool = False

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is such an object; the class itself is not.

        >>> Kind(dict, "a mapping").allows({}), Kind(dict, "a mapping").allows(dict)
        (True, False)
        """
        return self.optional if value is None else isinstance(value, self.kind) and not isinstance(value, type)

    def __str__(self) -> str:
        return self.words + (" or None" if self.optional else "")


@dataclass(frozen=True)
class Several:
    """A tuple (or list) of values that each keep to one limit."""

    each: Limit

    def allows(self, value: Any) -> bool:
        """Return whether ``value`` is such a tuple."""
        return isinstance(value, tuple | list) and all(self.each.allows(item) for item in value)

    def __str__(self) -> str:
        return f"a tuple, each of it {self.each}"


def check(name: str, value: Any, limit: Limit, why: str = "") -> None:
    """Raise `InputError` where ``limit`` does not allow ``value``; ``why`` goes on after the limit.

    >>> check("steps", 1, Whole(2), ", for the two ends")
    Traceback (most recent call last):
    isthmus.errors.InputError: steps must be a whole number of at least 2, for the two ends. Got 1.
    """
    if not limit.allows(value):
        raise InputError(f"{name} must be {limit}{why}. Got {value!r}.")


def check_settings(obj: Any, limits: Mapping[str, Limit]) -> None:
    """Raise `InputError` for the first parameter of ``obj`` that its ``limits`` do not allow, and so on inside it.

    >>> from isthmus.parts import Masking
    >>> check_settings(Masking(1.5), Masking.limits)
    Traceback (most recent call last):
    isthmus.errors.InputError: Masking.fraction must be a number in [0, 1]. Got 1.5.
    """
    for name, limit in limits.items():
        value = getattr(obj, name)
        check(f"{type(obj).__name__}.{name}", value, limit)
        for part in value if isinstance(value, tuple | list) else (value,):
            check_settings(part, getattr(part, "limits", {}))


def check_name(what: str, name: str, allowed: Iterable[str]) -> str:
    """Return ``name`` if it is allowed, else raise with the nearest name as a guess.

    >>> check_name("activation", "relo", ["relu", "tanh"])
    Traceback (most recent call last):
    isthmus.errors.InputError: activation must be one of relu, tanh. Got 'relo'. Did you mean 'relu'?
    """
    allowed = sorted(allowed)
    if name in allowed:
        return name
    near = difflib.get_close_matches(str(name), allowed, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise InputError(f"{what} must be one of {', '.join(allowed)}. Got {name!r}.{guess}")
