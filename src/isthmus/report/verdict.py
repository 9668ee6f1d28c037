"""The verdict: what a comparison found, in plain sentences."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .summary import LINEAR, NONE, TODAY, Line, main_size, number, summarise

_OVERFIT = 1.3  # test error over training error
_WORTH, _EQUAL = 0.9, 1.05  # test error over PCA's
_DRAWING = ("variational", "vaegan")  # variants that pay with errors for a prior to draw from


class Purpose(NamedTuple):
    """What a variant is for: the figure that shows it, and what that figure is called in a sentence."""

    variant: str
    key: str
    name: str
    higher: bool = False


def verdict(rows: Iterable[Mapping[str, Any]], target_error: float | None = None) -> list[str]:
    """Return what the rows of a comparison say, a sentence or two each, the most important first.

    Arguments:
        rows: Rows as in `isthmus.tasks.Comparison`; seeds are averaged, and what differs by less than they do is a tie.
        target_error: The squared error per item that a code should stay under, to tell the size it needs.

    Example:
        >>> rows = [{"variant": "pca", "latent_dim": 2, "squared_error": 4.0},
        ...         {"variant": "basic", "latent_dim": 2, "squared_error": 3.0, "pca_squared_error": 4.0}]
        >>> verdict(rows)[0]
        "Is nonlinearity worth it here? Yes: with 2 numbers an item, basic leaves 75 % of PCA's error (3.00 against 4.00)."
    """
    lines = summarise(rows)
    if not lines:
        return ["Nothing was measured."]
    size = main_size(lines)
    main = [line for line in lines if line.latent_dim == size and "squared_error" in line.means]
    found = [*_worth(main), *_starts(main), *_linear(main), *_sizes(lines), *_targets(lines, target_error), *_purposes(main),
             *_overfitting(main)]  # fmt: skip
    return found or ["No autoencoder was measured beside PCA, so there is nothing to compare."]


def _worth(main: Sequence[Line]) -> list[str]:
    """Say whether the best nonlinear variant beats PCA."""
    rivals = [line for line in main if line.variant not in LINEAR and line.ratio is not None]
    if not rivals:
        sizes = [line.latent_dim for line in main if line.variant not in LINEAR and line.pca is not None]
        if not sizes:
            return []
        smaller = "take a smaller one, at which a code has to leave something out" if max(sizes) > 1 else "there is nothing to leave out"
        return [f"PCA loses nothing at this size: {smaller}."]
    best = min(rivals, key=lambda line: line.means["squared_error"])
    share, numbers = best.ratio or 0.0, "number" if best.latent_dim == 1 else "numbers"
    against = f"({number(best.means['squared_error'])} against {number(best.pca or 0.0)})"
    given = f"with {best.latent_dim} {numbers} an item"
    leaves = f"{given}, {best.variant} leaves {round(100 * share)} % of PCA's error {against}"
    if share < _WORTH:
        answer = f"Yes: {leaves}."
    elif share < 1:
        answer = f"Hardly: {leaves}."
    else:
        answer = (f"No: PCA is {'as good' if share <= _EQUAL else 'better'} and simpler; {given}, the best of the others, "
                  f"{best.variant}, has {number(share)} times its error {against}.")  # fmt: skip
        if best.variant in _DRAWING:
            answer += f" Errors are not what {best.variant} is for, though: it draws new items."
    tie = abs(best.means["squared_error"] - (best.pca or 0.0)) < best.spreads["squared_error"]
    return [f"Is nonlinearity worth it here? {answer}"
            + (" The difference is smaller than that between seeds: a tie." if tie else "")]  # fmt: skip


def _starts(main: Sequence[Line]) -> list[str]:
    """Say whether pretraining helped, where ways to start one network were compared, and whether today's way needs it."""
    errors = {line.variant: line for line in main if line.variant not in LINEAR}
    today, none = errors.pop(TODAY, None), errors.pop(NONE, None)
    if today is None:
        return []
    key = "squared_error"

    def beside(one: Line, other: Line, what: str) -> str:
        verb = "equals" if _tie(one, other, key) else "beats" if one.means[key] < other.means[key] else "loses to"
        return f"{verb} {what} ({_against(one, other, key)})"

    found = []
    if errors:
        best = min(errors.values(), key=lambda line: line.means[key])
        said = [beside(best, today, "today's way to build and start it")]
        if none is not None:
            said.append(beside(best, none, "the same network from a random start"))
        found.append(f"At equal cost, pretraining by {best.variant} {' and '.join(said)}.")
    elif none is not None:
        found.append(f"Nothing was pretrained; today's way to build and start a network {beside(today, none, 'a plain random start')}.")
    if today.seeds == 1:
        found.append("This is one seed, and another can turn differences of a few per cent round: more seeds tell.")
    short = [line.variant for line in (*errors.values(), today, none) if line and line.means.get("explained_variance", 0.0) < 0]
    if short:
        found.append(f"No better than the mean item in place of each: {_listed(short, 'and')}; training ended too early to judge by.")
    return found


def _linear(main: Sequence[Line]) -> list[str]:
    """Say how near the linear autoencoder comes to PCA, which it should equal: a check of the training itself."""
    line = next((line for line in main if line.variant == "linear" and line.ratio is not None), None)
    if line is None:
        return []
    said = f"The linear autoencoder, which should equal PCA, has {number(line.ratio or 0.0)} times its error"
    if "principal_angles_degrees" in line.means:
        said += f" and spans a subspace at most {number(line.means['principal_angles_degrees'])}° away from PCA's"
    if (line.ratio or 0.0) > _EQUAL:
        said += "; training ended too early, so give every variant more epochs before you judge it"
    return [f"{said}."]


def _sizes(lines: Sequence[Line]) -> list[str]:
    """Say at which code size the nonlinear variants gain most over PCA."""
    rivals = [line for line in lines if line.variant not in LINEAR and line.ratio is not None]
    if len({line.latent_dim for line in rivals}) < 2:
        return []
    best = min(rivals, key=lambda line: line.ratio or 0.0)
    if (best.ratio or 0.0) >= 1:
        return ["At no code size tried does a nonlinear variant beat PCA."]
    share = round(100 * (best.ratio or 0.0))
    return [f"The nonlinear gain is largest at code size {best.latent_dim}: {best.variant} leaves {share} % of PCA's error."]


def _targets(lines: Sequence[Line], target: float | None) -> list[str]:
    """Say which of the sizes tried is the smallest that meets the target, for PCA and for each variant."""
    if target is None:
        return []
    errors = [(line.variant, line.latent_dim, line.means["squared_error"]) for line in lines if "squared_error" in line.means]
    errors += [("pca", line.latent_dim, line.pca) for line in lines if line.pca is not None]
    needs: dict[str, int | None] = {}
    for variant in sorted({name for name, _, _ in errors}, key=lambda name: name == "pca"):
        needs[variant] = min((size for name, size, error in errors if name == variant and error <= target), default=None)
    met = [f"{_called(name)} needs {size} {'number' if size == 1 else 'numbers'}" for name, size in needs.items() if size]
    missed = [_called(name) for name, size in needs.items() if size is None]
    said = []
    if met:
        said.append(f"For an error under {number(target)}: {', '.join(met)} (of the code sizes tried).")
    if missed:
        said.append(f"No code size tried brings {_listed(missed, 'or')} under an error of {number(target)}.")
    return said


def _purposes(main: Sequence[Line]) -> list[str]:
    """Say for each purpose which variant serves it best, and whether it is the one made for it."""
    if len(main) < 2 or any(line.variant == TODAY for line in main):  # rows are ways to start, and no variants
        return []
    labelled = any("few_label_accuracy" in line.means for line in main)
    purposes = (
        Purpose("basic", "squared_error", "test error"),
        Purpose("denoising", "masked_error", "masked input"),
        Purpose("denoising", "noisy_error", "noisy input"),
        Purpose("sparse", "few_label_accuracy", "few labels", True) if labelled else
        Purpose("sparse", "hoyer", "sparsity", True),
        Purpose("contractive", "jacobian_norm", "small slope"),
        Purpose("variational", "sample_distance", "new samples"),
    )  # fmt: skip
    return [sentence for purpose in purposes for sentence in _purpose(purpose, main)]


def _purpose(purpose: Purpose, main: Sequence[Line]) -> list[str]:
    key = purpose.key
    runners = sorted((line for line in main if key in line.means), key=lambda line: line.means[key], reverse=purpose.higher)
    if len(runners) < 2:
        return []
    first, second = runners[:2]
    own = next((line for line in runners if line.variant == purpose.variant), None)
    if own is None:
        equals = [_called(line.variant) for line in runners[1:] if _tie(first, line, key)]
        rest = f", in a tie with {_listed(equals, 'and')}" if equals else ""
        said = f"For {purpose.name}, {_called(first.variant)} is best ({_value(first, key)}){rest}"
    elif own is first or _tie(first, own, key):
        rival = second if own is first else first
        tied = _tie(own, rival, key)
        verb = "shares" if tied else "wins"
        other = f"a tie with {_called(rival.variant)}" if tied else f"{_against(own, rival, key)} of {_called(rival.variant)}"
        said = f"{own.variant} {verb} its own column ({purpose.name}): {other}"
        first = own
    else:
        said = (f"{own.variant} does not win its own column ({purpose.name}): {_called(first.variant)} does, "
                f"{_against(first, own, key)}")  # fmt: skip
    if key == "jacobian_norm" and (first.ratio or 0.0) > 1:
        said += (f", but by losing the reconstruction: its test error is {number(first.means['squared_error'])}, "
                 f"PCA's {number(first.pca or 0.0)}")  # fmt: skip
    return [f"{said}."]


def _overfitting(main: Sequence[Line]) -> list[str]:
    """Name the variants that do much worse on test items than on their own training items."""
    found = []
    for line in main:
        train, test = line.means.get("train_squared_error"), line.means["squared_error"]
        if train is not None and test > _OVERFIT * train:
            found.append(f"{_called(line.variant)} ({number(test)} on test items, {number(train)} on its own)")
    return [f"Over-fitting: {', '.join(found)}; more items or a smaller network would help."] if found else []


def _tie(a: Line, b: Line, key: str) -> bool:
    """Return whether two lines differ by less than their seeds do, or not in the digits shown."""
    close = abs(a.means[key] - b.means[key]) < a.spreads[key] + b.spreads[key]
    return close or _value(a, key) == _value(b, key)


def _against(a: Line, b: Line, key: str) -> str:
    return f"{_value(a, key)} against {_value(b, key)}"


def _value(line: Line, key: str) -> str:
    return f"{100 * line.means[key]:.1f} %" if key.endswith("_accuracy") else number(line.means[key])


def _called(variant: str) -> str:
    return "PCA" if variant == "pca" else variant


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
