"""The sections of the page: what is shown of the fitted estimators, in order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from .. import metrics
from ..tasks import Split, attribute_direction, interpolate, move, reach, traverse
from ..tasks.generation import draw
from ..tasks.reduction import reconstruct
from .cells import Cells, Decode
from .curves import Curves
from .figures import code_histogram, error_by_cost, error_by_size, learning_curve
from .images import Images, filters
from .pictures import Pictures
from .summary import TODAY, Line, number

_FEW = 32  # a row of fewer numbers than this is a table's even without names; a longer one is better seen as a line
_SMALLEST = 4  # pixels a side of what is taken for an image
_DENSITY_ROWS = 20_000
_STEPS = 9
_UNITS = 3  # of a code that are shown one by one


class Part(NamedTuple):
    """One figure: its name, the colour of its variant or "", the figure itself, and a remark."""

    label: str
    colour: str
    body: Markup
    note: str = ""


class Section(NamedTuple):
    """A heading, a sentence, and figures: one above the other ("strips") or side by side ("panels")."""

    name: str
    title: str
    text: str
    layout: str
    parts: list[Part]


class Shown(NamedTuple):
    """What the sections draw from: the estimators of one code size, the items, how to draw them, the variants' colours."""

    estimators: Mapping[str, Any]
    train: Split
    test: Split
    pictures: Pictures
    colours: Mapping[str, str]

    def parts(self, body: Callable[[Any], Markup | None], told: Split | None = None) -> list[Part]:
        """Return one part an estimator for which there is a body, of the estimator told of some items' conditions."""
        made = ((name, body(estimator if told is None else told.told(estimator))) for name, estimator in self.estimators.items())
        return [Part(name, self.colours[name], markup) for name, markup in made if markup]

    def item(self, place: int) -> Split:
        """Return one test item, whose condition holds for a whole way through the code space."""
        return self.test.take(np.array([place]))


def pictures_of(items: np.ndarray, columns: Sequence[str] | None, decode: Decode | None = None) -> Pictures:
    """Return how to draw items: images, rows of a table (with ``columns``, or of few numbers), or lines."""
    if columns is not None or (items.ndim == 2 and items.shape[1] < _FEW):
        return Cells(items, columns or [f"column {place}" for place in range(items.shape[1])], decode)
    image = items.ndim == 3 or (items.ndim == 4 and items.shape[3] in (1, 3))
    return Images(items) if image and min(items.shape[1:3]) >= _SMALLEST else Curves(items)


def sections(shown: Shown, lines: Sequence[Line], target_error: float | None) -> list[Section]:
    """Return the sections that have anything to show."""
    made = (_sizes(shown, lines, target_error), _reconstructions(shown), _samples(shown), _interpolations(shown),
            _traversals(shown), _attributes(shown), _starts(shown), _learning(shown), _filters(shown), _codes(shown))  # fmt: skip
    return [section for section in made if section.parts]


def _sizes(shown: Shown, lines: Sequence[Line], target_error: float | None) -> Section:
    several = len({line.latent_dim for line in lines}) > 1
    parts = [Part("", "", error_by_size(lines, shown.colours, target_error))] if several else []
    return Section("sizes", "Error against code size", "How much is lost on test items with so many numbers to keep; bands "
                   "are the range over seeds.", "figure", parts)  # fmt: skip


def _reconstructions(shown: Shown) -> Section:
    count = shown.pictures.count
    places = _spread(shown.test, count)
    chosen = shown.test.take(places)
    items = chosen.items
    rebuilt = {name: reconstruct(chosen.told(estimator), items) for name, estimator in shown.estimators.items()}
    if shown.pictures.by_item:
        names = ["original", *rebuilt]
        parts = [Part(_name(shown.test, place), "", shown.pictures.strip(
            np.stack([items[row], *(made[row] for made in rebuilt.values())]), names))
            for row, place in enumerate(places)]  # fmt: skip
    else:
        parts = [Part("original", "", shown.pictures.strip(items))]
        parts += [Part(name, shown.colours[name], shown.pictures.strip(made)) for name, made in rebuilt.items()]
    return Section("reconstructions", "Reconstructions", "Test items, and what each variant makes of them from their codes "
                   "alone.", "strips", parts)  # fmt: skip


def _samples(shown: Shown) -> Section:
    known, count = shown.train.some(_DENSITY_ROWS), shown.pictures.count
    like = shown.test.take(_spread(shown.test, count))  # whose conditions the new items have
    parts = shown.parts(lambda estimator: shown.pictures.strip(
        draw(known.told(estimator), known.items, len(like.items), like.told(estimator))))  # fmt: skip
    return Section("samples", "New items", "Decoded from codes drawn from the variant's own prior or, where it has none, from "
                   "a mixture of Gaussians fitted to its codes.", "strips", parts)  # fmt: skip


def _interpolations(shown: Shown) -> Section:
    pairs = _pairs(shown.test)[: 1 if shown.pictures.by_item else 2]
    ends = "the ends are their reconstructions" if shown.test.conditions is None else "all under the condition of the first"
    return Section("interpolations", "From one item to another", "What lies on the straight line between the codes of two test items; "
                   f"{ends}.", "strips",
                   [part for pair in pairs for part in _path(shown, *pair)])  # fmt: skip


def _path(shown: Shown, first: int, last: int) -> Iterator[Part]:
    a, b = shown.test.items[first], shown.test.items[last]
    names = [_name(shown.test, first), _name(shown.test, last)]
    yield Part(f"{names[0]} → {names[1]}", "", shown.pictures.strip(np.stack([a, b]), names), "the two real items")
    steps = min(shown.pictures.count + 1, _STEPS)
    yield from shown.parts(lambda estimator: shown.pictures.strip(interpolate(estimator, a, b, steps)), shown.item(first))


def _traversals(shown: Shown) -> Section:
    """Show what single code units stand for, one variant after the other."""
    place = _spread(shown.test, 3)[0]
    item, known = shown.item(place), shown.train.some(_DENSITY_ROWS)

    def parts() -> Iterator[Part]:
        for name, estimator in shown.estimators.items():
            codes = np.asarray(known.told(estimator).transform(known.items), dtype=np.float64)
            for unit in np.argsort(-codes.std(axis=0))[: 1 if shown.pictures.by_item else _UNITS].tolist():
                values = reach(codes, unit, min(shown.pictures.count + 1, _STEPS))
                items = traverse(item.told(estimator), item.items[0], unit, values)
                yield Part(f"{name}, unit {unit}", shown.colours[name], shown.pictures.strip(items))

    return Section("traversals", "One unit at a time", f"{_name(shown.test, place)} with one number of its code moved from 3 standard "
                   "deviations below its mean to 3 above, for the units that vary most.", "strips", list(parts()))  # fmt: skip


def _attributes(shown: Shown) -> Section:
    """Show what moves an item towards a label: the difference of mean codes."""
    known = shown.train.some(_DENSITY_ROWS)
    parts, text, labels = [], "", known.labels
    pairs = _pairs(shown.test) if shown.test.labels is not None else []
    if labels is not None and pairs:
        first, other = pairs[0]
        has = np.array([str(label) == str(shown.test.labels[other]) for label in labels])  # type: ignore[index]
        if has.any() and not has.all():
            item = shown.item(first)
            amounts = np.linspace(0, 1, min(shown.pictures.count + 1, _STEPS))
            text = (f"{_name(shown.test, first)} moved by the difference between the mean code of {shown.test.labels[other]} and that of "  # type: ignore[index]
                    "all others.")  # fmt: skip
            parts = shown.parts(lambda estimator: shown.pictures.strip(
                move(item.told(estimator), item.items[0], attribute_direction(known.told(estimator), known.items, has), amounts)))
    return Section("attributes", "Towards a label", text, "strips", parts)


def _learning(shown: Shown) -> Section:
    def curve(name: str, estimator: Any) -> Markup | None:
        history = getattr(estimator, "history_", None)
        return learning_curve(history, shown.colours[name]) if history else None

    made = ((name, curve(name, estimator)) for name, estimator in shown.estimators.items())
    parts = [Part(name, shown.colours[name], body) for name, body in made if body]
    return Section("learning", "Learning curves", "The loss while training, penalties included, so that its height differs "
                   "between variants; where the held-out line rises again, it over-fits.", "panels", parts)  # fmt: skip


def _starts(shown: Shown) -> Section:
    """Show what pretraining is worth: the loss of the whole network against all that was spent on it, its layers' training too."""
    trained = {name: estimator for name, estimator in shown.estimators.items() if getattr(estimator, "history_", None)}
    parts = []
    if TODAY in trained:  # rows are ways to start, all by one likelihood, and no variants
        for across, place in (("passes over the items, layers' included", 0), ("seconds of training, layers' included", 1)):
            curves = {name: [(spent[place], loss) for *spent, loss in _spending(estimator)] for name, estimator in trained.items()}
            parts.append(Part("", "", error_by_cost(curves, shown.colours, across)))
    return Section("starts", "Error against cost", "The loss on held-out items (on training items where none are held out) after every "
                   "pass; a line that begins late is of a network whose layers were trained first.", "figure", parts)  # fmt: skip


def _spending(estimator: Any) -> Iterator[tuple[float, float, float]]:
    """Yield passes, seconds and loss after every pass of the whole; a layer's pass costs its share of the whole's weights."""
    histories = getattr(estimator, "layer_histories_", [])
    weights = [layer.weight.numel() for layer in estimator.module_.encoder.layers] if histories else []
    passes = sum(len(history) * own / sum(weights) for history, own in zip(histories, weights, strict=True))
    seconds = sum(history[-1]["seconds"] for history in histories)
    for epoch, row in enumerate(estimator.history_, start=1):
        yield passes + epoch, seconds + row["seconds"], row.get("validation_reconstruction", row["reconstruction"])


def _filters(shown: Shown) -> Section:
    def grid(estimator: Any) -> Markup | None:
        weights = _first_weights(estimator)
        if weights is None or weights.ndim != 2 or weights.shape[1] != np.prod(shape):
            return None
        return filters(weights * varies, shape)

    shape = shown.test.items.shape[1:]
    # Weights of pixels that hardly ever change say nothing and can be large.
    varies = np.nan_to_num(np.asarray(shown.test.some().items, dtype=np.float64).std(axis=0)).ravel()
    parts = shown.parts(grid) if isinstance(shown.pictures, Images) else []
    return Section("filters", "First-layer filters", "What the strongest units of the first layer look for (for PCA, its "
                   "components), times how much each pixel varies: red where ink adds to a unit, blue where it takes "
                   "away.", "panels", parts)  # fmt: skip


def _first_weights(estimator: Any) -> np.ndarray | None:
    """Return the weights (units, features) that items meet first, by attributes only, or None."""
    layers = getattr(getattr(getattr(estimator, "module_", None), "encoder", None), "layers", None)
    if layers is not None and len(layers) and hasattr(layers[0], "weight"):
        return np.asarray(layers[0].weight.detach().cpu())
    return getattr(estimator, "components_", None)


def _codes(shown: Shown) -> Section:
    parts, some = [], shown.test.some()
    for name, estimator in shown.estimators.items():
        codes = np.asarray(some.told(estimator).transform(some.items), dtype=np.float64)
        active, used = metrics.sparsity_l0(codes), metrics.active_units(codes)
        units = codes.shape[1]
        note = f"{number(active)} of {units} active in an item ({round(100 * active / units)} %); {used} of {units} in use"
        if getattr(getattr(estimator, "bottleneck_", None), "random", False) and len(codes) > units:
            apart = metrics.prior_divergence(some.told(estimator).draw_codes(some.items))
            note += f"; drawn codes are {number(apart)} nats from the prior"
        parts.append(Part(name, shown.colours[name], code_histogram(codes, shown.colours[name]), note))
    return Section("codes", "Codes", "How the numbers of the codes are distributed. A unit is active where it is not zero, and "
                   "in use where it varies between items.", "panels", parts)  # fmt: skip


def _spread(test: Split, count: int) -> np.ndarray:
    """Return the places of at most ``count`` items, evenly from first to last."""
    return np.unique(np.linspace(0, len(test.items) - 1, min(count, len(test.items))).astype(int))


def _pairs(test: Split) -> list[tuple[int, int]]:
    """Return two pairs of items, with different labels where there are labels."""
    places = _spread(test, 12).tolist()
    if test.labels is None:
        return list(zip(places[:4:2], places[1:4:2], strict=False))
    pairs = []
    for first in places[:2]:
        other = next((place for place in reversed(places) if str(test.labels[place]) != str(test.labels[first])), None)
        if other is not None:
            pairs.append((first, other))
            places.remove(other)
    return pairs


def _name(test: Split, place: int) -> str:
    name = f"row {place}" if test.ids is None else str(test.ids[place])
    return name if test.labels is None else f"{name} ({test.labels[place]})"
