"""What the four kinds of part share: settings only, checked against a table, cloned and searched like estimators."""

from typing import ClassVar

from sklearn.base import BaseEstimator
from torch import nn

from ..checks import Limit, check_settings


class Part(BaseEstimator):
    """A small stateless object that fills one slot of the model; it stores settings and nothing else.

    What a part learns or counts lives in the module that `build` returns, which the model owns, saves and passes
    back on every call; most parts need none.
    """

    limits: ClassVar[dict[str, Limit]] = {}

    def check(self) -> None:
        """Raise `InputError` for a setting outside its limits."""
        check_settings(self, self.limits)

    def build(self, shape: tuple[int, ...]) -> nn.Module | None:
        """Return the module that holds what this part learns for items or codes of ``shape``; none by default."""
        return None
