"""``isthmus compare``: every variant beside PCA on anyone's data."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from .. import report
from ..checks import Whole, check
from ..errors import InputError
from ..estimators import Autoencoder
from ..estimators.base import BaseAutoencoder
from ..estimators.data import Summary
from ..files import Items, SeriesItems
from ..files.series import parted
from ..metrics import spectral_error
from ..networks import Dense
from ..parts import Bernoulli, Gaussian
from ..parts.likelihood import Likelihood
from ..parts.penalty import Penalty
from ..representations import Spectrogram
from ..representations.cutting import CutRows
from ..storage import refuse_existing
from ..tasks import Candidate, Comparison, Principal, Split
from ..tasks import compare as measure
from ..training import Training
from ..training.batches import dense
from . import compression, conditions, naming, starts
from . import data as sources
from .findings import keep, tell
from .options import DataOptions, ModelOptions, TrainingOptions, configured, estimator, flags, wholes
from .progress import Bar, say_next

_TEST_SHARE = 0.2
_LEAST = 2  # items to learn from, and to measure on
_UNTOLD = ("linear", "logistic-pca")  # rows to compare with, which are told no more than PCA


def compare(data: str, /, *, latent_dim: str = "8", out: Path | None = None, test: str | None = None,
            variants: str | None = None, pretraining: str | None = None, bytes_: str | None = None, seeds: int = 1, seed: int = 0,
            target_error: float | None = None, condition: str | None = None, json_: bool = False, overwrite: bool = False,
            model: ModelOptions | None = None, training: TrainingOptions | None = None,
            source: DataOptions | None = None) -> None:  # fmt: skip
    """Fit every variant to DATA at the same code size and budget, beside PCA, logistic PCA and the linear autoencoder.

    Args:
        data: What to learn from (see isthmus --help).
        latent_dim: The code size, or several with commas between them: 2,4,8,16.
        out: The folder for report.html and compare.json; runs/compare-NAME if left out.
        test: Data to measure on; a fifth of DATA, taken at random, if left out.
        variants: Some of the rows, with commas between them; all but vaegan, which takes several times as long, if left out.
        pretraining: Instead of the variants, ways to start one deep network at equal cost, with commas between them: none,
            autoencoder, denoising, sparse, contractive, rbm; today's way stands beside them.
        bytes_: Instead of the variants, codes for search of so many bytes a vector, 8,16,32,64: the share of the ten nearest vectors that
            bits of an autoencoder find, beside codes of FAISS (the extra ann).
        seeds: How many times each variant is fitted; the report shows them as bands.
        seed: The first seed.
        target_error: Say the smallest code that meets this squared error.
        condition: What the variants are told of each item beside its numbers, as for `fit`; PCA, logistic PCA, the linear autoencoder and
            stacks are told nothing.
        json_: Print one JSON object and nothing else.
        overwrite: Replace what stands in OUT.
    """
    model, training, source = model or ModelOptions(), training or TrainingOptions(), source or DataOptions()
    sizes = tuple(dict.fromkeys(wholes(latent_dim, "--latent-dim") or ()))
    if not sizes:
        raise InputError(f"--latent-dim takes at least one size. Got {latent_dim!r}.")
    check("--seeds", seeds, Whole(1))
    if variants is not None and pretraining is not None:
        raise InputError("--variants and --pretraining are two comparisons; leave out one")
    if bytes_ is not None and (variants is not None or pretraining is not None):
        raise InputError("--bytes, --variants and --pretraining are three comparisons; leave out two")
    if condition is not None and (bytes_ is not None or pretraining is not None):
        raise InputError("--condition is for a comparison of variants: leave it out")
    if source.config is not None and pretraining is not None:
        raise InputError("--config is for a comparison of variants, where it is one row more: leave it out")
    folder = None if json_ and out is None else refuse_existing(out or _fresh(data), overwrite, folder=True)
    train, held, step = _parts(data, test, seed, source, condition)
    title = f"isthmus compare {data}" + (f" --condition {condition}" if condition else "")
    if bytes_ is not None:
        coded, said = compression.compared(train, held, wholes(bytes_, "--bytes") or (), training, seed)
        keep(folder, lambda: report.render_compression(coded, title=title), [one._asdict() for one in coded], said, json_)
        if not json_:
            tell(report.compressed_table(coded), "share of the ten nearest vectors that are found", said, folder)
        return
    names = sources.names_of(step)
    summary = Summary.of(train.items)
    asked = sources.grouped(sources.likelihood(train.items, source, model, step), step) or summary.likelihood()
    summary.check(asked)
    chosen = _rows(variants, asked) if pretraining is None else starts.rows(pretraining)
    chosen += ["config"] if source.config is not None else []
    own = None if source.config is None else configured(source.config)
    if pretraining is None:
        _check_penalties(model, chosen)
    with Bar("comparing", len(chosen) * len(sizes) * seeds) as bar:
        make = partial(_estimator if pretraining is None else starts.start, model=model, likelihood=asked, summary=summary)
        candidates = partial(_candidates, chosen, sizes, range(seed, seed + seeds), make, training, own, bar)
        for candidate in candidates():  # so that what one of them refuses is told before another is trained
            if isinstance(candidate.estimator, BaseAutoencoder):
                summary.check(candidate.estimator.likelihood_for(summary))
        found = measure(candidates(), train, held, lambda one: bar.next(f"{one.variant}, code of {one.latent_dim}"),
                        {"decibels": spectral_error} if isinstance(step, Spectrogram) else None)
    notes = _informed(found)
    sentences = [*report.verdict(found.rows, target_error), *notes]
    keep(folder, lambda: report.render(found, train, held, title=title, columns=names, decode=sources.cells_of(step), notes=notes,
                                        target_error=target_error), found.rows, sentences, json_)  # fmt: skip
    if not json_:
        tell(report.table(found.rows), "squared error: summed over an item's numbers, averaged over items", sentences, folder)
        told = [] if condition is None else ["--condition", condition]
        say_next("fit", data, *flags(replace(source, config=None)), *told, "--variant", "variational", "--latent-dim", str(sizes[0]),
                 "--out", "runs/first")  # fmt: skip


def _informed(found: Comparison) -> list[str]:
    """Return what is to be said of conditions, where there are any."""
    told = [name for (name, _), fitted in found.estimators.items() if getattr(fitted, "condition_", None) is not None]
    names = ", ".join(dict.fromkeys(told))
    return [f"Told the condition of each item, which their codes then need not hold: {names}."] if told else []


def _parts(data: str, test: str | None, seed: int, source: DataOptions, condition: str | None) -> tuple[Split, Split, Any]:
    """Return the training and the test part as arrays, and the representation that made them, or None."""
    loaded, told = _told(data, source, condition)
    if isinstance(loaded.items, SeriesItems):
        if condition is not None:
            raise InputError("--condition of a comparison is for items of one shape, not for series: leave it out")
        return *_series_parts(loaded.items, loaded.cut, None if test is None else sources.read_data(test, source).items, seed), None
    ids = np.array([str(name) for name in loaded.ids])
    if test is None:
        order = np.random.default_rng(seed).permutation(len(ids))
        count = max(1, round(_TEST_SHARE * len(ids)))
        held, kept = np.sort(order[:count]), np.sort(order[count:])
        parts = [(sources.take(loaded.raw, rows), None if loaded.labels is None else loaded.labels[rows], ids[rows],
                  None if told is None else told[rows]) for rows in (kept, held)]  # fmt: skip
    else:
        other, others = _told(test, source, condition)
        both = loaded.labels is not None and other.labels is not None
        parts = [(loaded.raw, loaded.labels if both else None, ids, told),
                 (other.raw, other.labels if both else None, np.array([str(name) for name in other.ids]), others)]  # fmt: skip
    step = loaded.representation
    if min(len(part[2]) for part in parts) < _LEAST:
        raise InputError(f"{data} holds {len(parts[0][2])} items to learn from and {test or 'it'} {len(parts[1][2])} to measure on; "
                         f"give at least {_LEAST} each")  # fmt: skip
    if step is None:
        return Split(*parts[0]), Split(*parts[1]), None
    step.fit(parts[0][0])
    if loaded.cut is not None:  # sounds, of which parts have whole ones
        return *_cut(loaded.cut, data, [(step.transform(raw), *rest) for raw, *rest in parts]), step
    train, held_out = (Split(dense(step.transform(raw)), *rest) for raw, *rest in parts)
    return train, held_out, step


def _told(data: str, source: DataOptions, condition: str | None) -> tuple[sources.Data, np.ndarray | None]:
    """Return what DATA names, without the columns that are a condition, and that condition."""
    loaded = sources.read_data(data, source)
    loaded.items, told, _ = conditions.asked(loaded, condition, source.labels)
    return loaded, told


def _series_parts(items: SeriesItems, cut: Any, test: Items | None, seed: int) -> tuple[Split, Split]:
    """Return the windows of two parts of series: other series to measure on or, where there are few, the last steps of each."""
    if cut is None:
        raise InputError(f"variants are compared on items of one shape, and the series of {items.source} may have any; give --windows")
    parts = parted(items, _TEST_SHARE, seed) if test is None else (items, test)
    return _cut(cut, items.source, [(part.load(), None, part.ids, None) for part in parts])


def _cut(cut: Any, source: str, parts: Sequence[tuple[Any, np.ndarray | None, Any, np.ndarray | None]]) -> tuple[Split, Split]:
    """Return the rows of two parts of items, each with its labels, ids and condition, by a cut that learns from the first."""
    cut.fit(parts[0][0])
    made = [(CutRows(cut, items, source, ids, labels), told) for items, labels, ids, told in parts]
    train, held = (Split(rows.load(), rows.labels, list(rows.ids), None if told is None else told[rows.of]) for rows, told in made)
    return train, held


def _rows(variants: str | None, likelihood: Likelihood) -> list[str]:
    """Return the names of the rows; logistic PCA is one where the data are in [0, 1], a VAE/GAN only where it is asked for."""
    known = ["pca", "linear", *(["logistic-pca"] if isinstance(likelihood, Bernoulli) else []), *naming.autoencoders()]
    if variants is None:
        return known
    if "logistic-pca" in variants and "logistic-pca" not in known:
        raise InputError("logistic-pca is for data in [0, 1] (bytes, too); leave it out of --variants, or scale the data")
    return list(dict.fromkeys(naming.check_name("--variants", name.strip(), [*known, "vaegan"]) for name in variants.split(",")))


def _candidates(names: list[str], sizes: tuple[int, ...], seeds: range, make: Callable[..., Any], training: TrainingOptions,
                own: BaseAutoencoder | None, bar: Bar) -> Iterator[Candidate]:  # fmt: skip
    for size in sizes:
        for name in names:
            for seed in seeds:
                if name == "config" and own is not None:
                    settings = training.training((bar,), base=own.training)
                    made = clone(own).set_params(n_components=size, random_state=seed, training=settings)
                else:
                    made = make(name, size, seed, training.training((bar,)))
                yield Candidate(name, size, seed, made, name not in _UNTOLD)


def _estimator(name: str, size: int, seed: int, settings: Training, model: ModelOptions, likelihood: Likelihood, summary: Summary) -> Any:
    """Return the row's estimator; rows that leave the network open take the same one."""
    flat: Any = {"network": Dense(hidden=()), "random_state": seed}
    if name == "pca":
        return Principal(size)
    if name == "linear":
        return Autoencoder(size, likelihood=Gaussian(missing=likelihood.missing), training=settings, **flat)
    if name == "logistic-pca":
        return Autoencoder(size, likelihood=likelihood, training=settings, **flat)
    if name == "stacked":
        settings = starts.halved(settings, summary)
    made = estimator(name, size, seed, _own(name, model), settings, likelihood)
    return made.set_params(network=summary.network()) if made.network is None else made


def _check_penalties(model: ModelOptions, chosen: list[str]) -> None:
    """Raise for a penalty that belongs to none of the rows: it would change nothing."""
    variants = naming.variants()
    own = tuple(kind for name in chosen if name in variants for kind in variants[name].own_penalties)
    for text in model.penalty:
        if not isinstance(naming.part(text, Penalty, "--penalty"), own):
            raise InputError(f"--penalty {text} belongs to none of the rows {', '.join(chosen)}, so that it would change nothing; `fit` "
                             "takes it for any variant")  # fmt: skip


def _own(name: str, model: ModelOptions) -> ModelOptions:
    """Return the flags with only those parts that this variant's own row takes: the others keep to their rows."""
    cls = naming.variants()[name]
    takes = signature(cls).parameters if name != "basic" else {}
    penalties = tuple(text for text in model.penalty if isinstance(naming.part(text, Penalty, "--penalty"), cls.own_penalties))
    return replace(model, corruption=model.corruption if "corruption" in takes else None,
                   bottleneck=model.bottleneck if "bottleneck" in takes else None, penalty=penalties)  # fmt: skip


def _fresh(data: str) -> Path:
    """Return a folder under runs/ that is not there yet."""
    stem = "".join(letter if letter.isalnum() else "-" for letter in Path(data.split(":")[0]).stem) or "data"
    base = Path("runs") / f"compare-{stem}"
    number = 2
    path = base
    while path.exists():
        path, number = base.with_name(f"{base.name}-{number}"), number + 1
    return path
