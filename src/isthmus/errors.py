"""What can go wrong, in one tree: IsthmusError and its few children.

    IsthmusError
      InputError        data or an argument that cannot be used (also a ValueError)
        FileError       something on disk that cannot be read or written
          RunError      a run folder that is damaged, foreign or unfinished
      DivergedError     training met NaN or infinity before anything was learnt (also an ArithmeticError)
      MissingExtraError an optional dependency that is not installed (also an ImportError)

Every message says what was wrong and where, what is allowed, what was got and what to do, in one line.
"""


class IsthmusError(Exception):
    """The base of every error that isthmus raises on purpose."""


class InputError(IsthmusError, ValueError):
    """Data or an argument that cannot be used; mend the input as the message says."""


class FileError(InputError):
    """A file or folder that cannot be read or written; nothing half-written is left behind."""


class RunError(FileError):
    """A run folder that is damaged, foreign or unfinished; nothing in it was executed."""


class DivergedError(IsthmusError, ArithmeticError):
    """Training met NaN or infinity before the first good epoch; the message names the likely cause."""


class MissingExtraError(IsthmusError, ImportError):
    """An optional dependency is missing; the message holds the command that installs it."""

    @classmethod
    def of(cls, extra: str, purpose: str) -> "MissingExtraError":
        """Return the error for an extra by name, with its install line."""
        return cls(f"{purpose} needs the extra {extra!r}. Install it with: pip install 'isthmus[{extra}]'")


class DiagnosticWarning(UserWarning):
    """Something in the data or the fit that a user would want to know, with a remedy."""
