"""The page: one HTML file that needs no server and no network."""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from .. import storage
from ..errors import InputError
from ..tasks import Comparison, Split
from .cells import Decode
from .figures import PALETTE
from .live_map import live_map
from .sections import Shown, pictures_of, sections
from .summary import LINEAR, Line, main_size, summarise
from .tables import table
from .verdict import verdict

_MADE_WITH = ("isthmus", "torch", "numpy", "scikit-learn", "matplotlib")


def render(comparison: Comparison, train: Split, test: Split, *, title: str, columns: Sequence[str] | None = None,
           decode: Decode | None = None, notes: Sequence[str] = (), target_error: float | None = None) -> str:  # fmt: skip
    """Return a comparison, or a single fitted run, as one self-contained HTML page.

    Arguments:
        comparison: What `isthmus.tasks.compare` found, or rows and fitted transformers of one's own.
        train, test: The items (n, ...) that the rows were measured on; labels colour the live map, ids name its items.
        title: The page's heading.
        columns: The names of a table's features.
        decode: What turns such rows back into a table's own cells, by column, as `Table.inverse_transform` does.
        notes: Sentences on how the figures were made.
        target_error: The squared error per item that a code should stay under.

    Raises:
        InputError: For a comparison without rows or estimators, or column names that do not match the items.

    Example:
        >>> from isthmus.tasks import Candidate, Principal, compare
        >>> items = np.random.default_rng(0).normal(size=(60, 5))
        >>> train, test = Split(items[:40]), Split(items[40:])
        >>> page = render(compare([Candidate("pca", 2, 0, Principal(2))], train, test), train, test, title="Five numbers")
        >>> page.startswith("<!doctype html>"), "<h1>Five numbers</h1>" in page
        (True, True)
    """
    _check(comparison, test, columns)
    lines = summarise(comparison.rows)
    estimators = _shown(comparison, main_size(lines))
    names = dict.fromkeys([line.variant for line in lines] + list(estimators))
    colours = {name: PALETTE[index % len(PALETTE)] for index, name in enumerate(names)}
    shown = Shown(estimators, train, test, pictures_of(np.asarray(test.items), columns, decode), colours)
    live = live_map(estimators, test, shown.pictures, _best(lines, estimators))
    first, *others = verdict(comparison.rows, target_error)
    return filled(
        "page.html", title=title, first=first, others=others, table=table(comparison.rows), colours=colours,
        items=_described(train, test), sections=sections(shown, lines, target_error),
        data=_script(live), labelled=bool(live["legend"]), notes=notes,
        made=_made(comparison), script=Markup(_text("live_map.js")))  # fmt: skip


def filled(template: str, **values: Any) -> str:
    """Return a page made of one of this package's templates, with the one style sheet."""
    environment = Environment(loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    return environment.get_template(template).render(style=Markup(_text("page.css")), **values)


def _check(comparison: Comparison, test: Split, columns: Sequence[str] | None) -> None:
    if not comparison.rows or not comparison.estimators:
        raise InputError(f"a report needs at least one row and one fitted estimator. Got {len(comparison.rows)} rows and "
                         f"{len(comparison.estimators)} estimators; run `isthmus.tasks.compare` first.")  # fmt: skip
    if not len(test.items):
        raise InputError("a report needs test items. Got none; hold some items back.")
    if columns is not None and test.items.shape[1:] != (len(columns),):
        raise InputError(f"columns must name each of an item's numbers. Got {len(columns)} names for items of shape "
                         f"{test.items.shape[1:]}; leave columns out for items that are no table's rows.")  # fmt: skip


def _shown(comparison: Comparison, size: int) -> dict[str, Any]:
    """Return the estimators of the main code size, by variant; where none has it, of the largest size there is."""
    sizes = {key[1] for key in comparison.estimators}
    size = size if size in sizes else max(sizes)
    return {name: fitted for (name, own), fitted in comparison.estimators.items() if own == size}


def _best(lines: Sequence[Line], estimators: Mapping[str, Any]) -> str:
    """Return the variant that the live map starts with: the nonlinear one with the least test error, if there is any."""
    size = main_size(lines)
    errors = {line.variant: line.means.get("squared_error", np.inf) for line in lines if line.latent_dim == size}
    return min(estimators, key=lambda name: (name in LINEAR, errors.get(name, np.inf)))


def _described(train: Split, test: Split) -> str:
    shape = " × ".join(str(side) for side in test.items.shape[1:])
    if train.items is test.items:
        return f"{len(test.items):,} items of {shape} numbers, learnt from: what is called test is these, too"
    return f"{len(train.items):,} training items and {len(test.items):,} test items of {shape} numbers"


def _made(comparison: Comparison) -> str:
    """Return versions, settings and all figures as JSON for people."""
    settings = {f"{name}, {size}": _settings(fitted) for (name, size), fitted in comparison.estimators.items()}
    figures = [{name: value for name, value in row.items() if _plain(value)} for row in comparison.rows]
    return json.dumps(storage.encode({"versions": _versions(), "settings": settings, "figures": figures}), indent=1)


def _settings(fitted: Any) -> Any:
    """Return an estimator's parameters and the training settings that `fit` chose; its class where it has none."""
    try:
        chosen = {"resolved_training": storage.encode(fitted.training_)} if hasattr(fitted, "training_") else {}
        return {"estimator": storage.encode(fitted)} | chosen
    except InputError:
        return {"estimator": type(fitted).__name__}


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | bool | int | float | list | tuple | np.generic)


def _versions() -> dict[str, str]:
    found = {}
    for name in _MADE_WITH:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _script(data: Mapping[str, Any]) -> Markup:
    """Return data as JSON that no text in it can break out of: every ``<`` is written as an escape."""
    return Markup(json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"))


def _text(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
