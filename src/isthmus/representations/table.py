"""A messy table of numbers, categories, dates and gaps as plain numbers, and back to its own columns."""

import difflib
import warnings
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..errors import DiagnosticWarning, InputError
from ..files.items import Columns
from .columns import Column, drop_flags, filled, read
from .inference import Unusable, infer, measured
from .plans import KINDS, Category, Date, Number


class Table(TransformerMixin, BaseEstimator):
    """Columns of any kind as float32 rows ``(n, width)``: numbers and dates scaled robustly, categories one-hot.

    Takes a mapping of columns, a data frame (pandas, polars) or a 2-D array, whose columns are called x0, x1, ...; what
    is told from text is written back as text, in the same format, and types come back as they were. Missing cells are
    NaN, for a loss that masks them; `fill` puts values into them. "None" and "-" are missing where the rest of a column
    is numbers or dates. A column with one value takes no numbers and is restored whole. Columns that look like
    identifiers (counting the rows, or nearly all different) or that mix kinds are named in a `DiagnosticWarning` and left
    out both ways: `inverse_transform` does not give them, only `fill` keeps them. Free text is refused by name, and so is
    a cell that keeps a column from being numbers or dates where nearly all cells are. Columns that `fit` did not see are
    ignored. Rows in messages are those of the file where it is known, else they count from 0.

    Parameters: ``drop``, names of columns to leave out; ``rare``, the share of rows (two rows at least) below which a
    level of a category goes, with those unseen, into one bucket that comes back as "(other)".

    Attributes learnt: ``plans_`` (how each column is read, by name), ``left_out_`` (names of columns that take no part),
    ``feature_names_in_``, ``n_features_in_`` (all columns of X).

    >>> X = {"age": ["31", "", "57", "44"], "city": ["Rome", "Oslo", "Rome", "Oslo"]}
    >>> table = Table().fit(X)
    >>> table.transform(X).round(2)[:2]
    array([[-1.35,  0.  ,  1.  ],
           [  nan,  1.  ,  0.  ]], dtype=float32)
    >>> table.fill(X, np.zeros((4, 3)))["age"].tolist()
    ['31', '44', '57', '44']
    """

    def __init__(self, drop: tuple[str, ...] = (), rare: float = 0.01) -> None:
        self.drop = drop
        self.rare = rare

    def fit(self, X: Any, y: Any = None) -> "Table":
        """Learn how each column of ``X`` becomes numbers; raises `InputError` for free text and unreadable columns."""
        if not 0 <= self.rare < 1:
            raise InputError(f"rare must be a share in [0, 1). Got {self.rare}")
        columns = read(X)
        drop = (self.drop,) if isinstance(self.drop, str) else tuple(self.drop)
        _require(drop, columns, "drop names columns that are not there")
        found = {name: infer(column, self.rare) for name, column in columns.items() if name not in drop}
        unusable = {name: plan for name, plan in found.items() if isinstance(plan, Unusable)}
        _refuse_free_text({name: plan.why for name, plan in unusable.items() if plan.free_text})
        self.plans_ = {name: plan for name, plan in found.items() if not isinstance(plan, Unusable)}
        self.left_out_ = tuple(unusable)
        self.feature_names_in_ = np.array(list(columns), dtype=object)
        self.n_features_in_ = len(columns)
        if self.left_out_:
            listed = ", ".join(f"{name} ({plan.why})" for name, plan in unusable.items())
            warnings.warn(f"left out: {listed}; give {drop_flags(unusable)} to confirm, and this note goes away",
                          DiagnosticWarning, stacklevel=2)  # fmt: skip
        if not any(plan.width for plan in self.plans_.values()):
            raise InputError(f"no column is left to learn from in {_rows(columns)} rows of {', '.join(columns)}: all "
                             "are constant, left out or dropped; give more rows or other columns")
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return float32 numbers ``(n, width)``, NaN where missing; `InputError` names column, row and value."""
        check_is_fitted(self)
        columns = read(X)
        _require((name for name, plan in self.plans_.items() if plan.width), columns, "X lacks columns that fit saw")
        Z = np.empty((_rows(columns), self._width()), dtype=np.float32)
        for name, place in self.places().items():
            if self.plans_[name].width:
                Z[:, place] = self.plans_[name].encode(columns[name])
        return Z

    def inverse_transform(self, Z: Any) -> Columns:
        """Return the columns by name, in their own types, units and formats, from numbers ``Z (n, width)``.

        A category is the level with the largest number; integers and dates are rounded; where any number of a cell is
        NaN the cell is missing. Columns left out are absent.
        """
        Z = self._checked(Z)
        return {name: self.plans_[name].decode(Z[:, place]) for name, place in self.places().items()}

    def _checked(self, Z: Any) -> np.ndarray:
        """Return numbers ``(n, width)`` as float64, or raise `InputError`."""
        check_is_fitted(self)
        try:
            Z = np.asarray(Z, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"Z must hold numbers ({error})") from error
        if Z.ndim != 2 or Z.shape[1] != self._width():
            raise InputError(f"Z must have the shape (n, {self._width()}). Got {Z.shape}")
        if np.isinf(Z).any():
            raise InputError(f"Z holds an infinite number in row {np.isinf(Z).any(axis=1).argmax()}")
        return Z

    def within(self, Z: np.ndarray) -> np.ndarray:
        """Return numbers ``(n, width)``, such as drawn ones, with none beyond what its column held when it was learnt."""
        check_is_fitted(self)
        kept = Z.astype(np.float64)  # in which dates and large amounts do not round beyond
        for name, place in self.places().items():
            reach = getattr(self.plans_[name], "reach", None)
            if reach is not None:
                kept[:, place] = kept[:, place].clip(*reach)
        return kept

    def fill(self, X: Any, Z: Any) -> Columns:
        """Return all columns of ``X``, only their missing cells replaced by those of ``inverse_transform(Z)``.

        Columns left out keep their gaps, and so do columns with no value at all and cells that are NaN in ``Z``. A category gets the level
        with the largest number among those that it knows.
        """
        columns, Z = read(X), self._checked(Z)
        if len(Z) != _rows(columns):
            raise InputError(f"X and Z must have the same number of rows. Got {_rows(columns)} and {len(Z)}")
        decoded = {}
        for name, place in self.places().items():
            plan = self.plans_[name]
            decoded[name] = (plan.likeliest if isinstance(plan, Category) else plan.decode)(Z[:, place])
        return {name: filled(self._gapped(column), self._like(column, decoded.get(name))) for name, column in columns.items()}

    def typed(self, columns: Columns) -> Columns:
        """Return columns that `inverse_transform` or `fill` gave, with texts that write numbers, dates or booleans as such.

        For files that keep types: whole numbers become integers, signs of currency and percent go.
        """
        check_is_fitted(self)
        return {name: self._typed(column) for name, column in read(columns).items()}

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the numbers: ``age``, ``city=Rome``, ..."""
        check_is_fitted(self)
        return np.array([out for name, plan in self.plans_.items() for out in plan.names(name)], dtype=object)

    def config(self) -> dict[str, Any]:
        """Return what was learnt, as plain values."""
        check_is_fitted(self)
        plans = [{"name": name, "kind": type(plan).__name__} | asdict(plan) for name, plan in self.plans_.items()]
        return {"plans": plans, "left_out": list(self.left_out_), "names": list(self.feature_names_in_)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return no arrays: the plans are all that is learnt."""
        return {}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        plans = [dict(plan) for plan in config["plans"]]
        self.plans_ = {plan.pop("name"): KINDS[plan.pop("kind")](**plan) for plan in plans}
        self.left_out_ = tuple(config["left_out"])
        self.feature_names_in_ = np.array(config["names"], dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)

    def _gapped(self, column: Column) -> Column:
        """Return a column with "None" and "-" as missing, where its plan says that it holds numbers or dates."""
        return column.without_doubtful() if isinstance(self.plans_.get(column.name), Number | Date) else column

    def _like(self, column: Column, decoded: np.ndarray | None) -> np.ndarray | None:
        """Return decoded cells as the column given needs them: typed, where ``fit`` saw text and it is typed."""
        return decoded if decoded is None or column.kind == "text" else self._typed(read({column.name: decoded})[column.name])

    def _typed(self, column: Column) -> np.ndarray:
        if column.kind != "text":
            return column.raw
        plan = self.plans_.get(column.name)
        plan = plan if isinstance(plan, Number | Date | Category) else measured(column)
        return column.raw if plan is None else plan.typed(column)

    def _width(self) -> int:
        return sum(plan.width for plan in self.plans_.values())

    def places(self) -> dict[str, slice]:
        """Return which numbers belong to which column: one of a number or a date, one a level of a category, none of a constant."""
        ends = np.cumsum([plan.width for plan in self.plans_.values()]).tolist()
        return {name: slice(end - plan.width, end) for (name, plan), end in zip(self.plans_.items(), ends, strict=True)}


def _rows(columns: dict[str, Column]) -> int:
    return len(next(iter(columns.values())).values)


def _require(names: Iterable[str], columns: dict[str, Column], what: str) -> None:
    absent = [name for name in names if name not in columns]
    if absent:
        near = [match for name in absent for match in difflib.get_close_matches(name, columns, n=1)]
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise InputError(f"{what}: {', '.join(absent)}. The columns are {', '.join(columns)}{hint}")


def _refuse_free_text(texts: dict[str, str]) -> None:
    if texts:
        listed = ", ".join(f"{name} ({why})" for name, why in texts.items())
        raise InputError(f"free text cannot become numbers here: {listed}; leave it out with {drop_flags(texts)}, or learn from it "
                         "alone by naming the column behind the file, as in posts.csv:text")
