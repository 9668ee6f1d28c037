"""``isthmus fit``: one autoencoder, kept in a run folder."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from .. import ranks, report
from ..checks import check_name
from ..errors import DivergedError, InputError
from ..estimators import StackedAutoencoder
from ..estimators.base import BaseAutoencoder
from ..files import SeriesItems
from ..files.reading import absolute
from ..run import Run
from ..storage import CHECKPOINT, CONFIG, atomic, refuse_existing
from ..tasks import Comparison, Padded, Split, evaluate, padded
from ..tasks.reduction import training_seconds
from ..training.batches import dense, spread, spread_rows
from . import conditions
from . import data as sources
from .naming import layers, variant_of
from .options import DataOptions, ModelOptions, TrainingOptions, configured, estimator
from .progress import Bar, console, note, say_next
from .recordings import learn

_SHOWN = 2000  # items of which the report shows some


def fit(data: str, /, *, variant: str | None = None, latent_dim: int | None = None, out: Path, seed: int | None = None,
        pretraining: str | None = None, task: str | None = None, condition: str | None = None, resume: bool = False,
        overwrite: bool = False, model: ModelOptions | None = None, training: TrainingOptions | None = None,
        source: DataOptions | None = None) -> None:  # fmt: skip
    """Train one autoencoder on DATA and keep it, with everything it needs, in the folder OUT.

    Args:
        data: What to learn from (see isthmus --help).
        variant: basic, binary, contractive, denoising, sparse, stacked, variational, vaegan or restricted-boltzmann-machine; basic if left
            out.
        latent_dim: The size of the code; 2 if left out.
        out: The run folder to write.
        seed: Two fits with one seed agree; 0 if left out.
        pretraining: What trains the layers of --variant stacked: autoencoder, binary (for the code), contractive, denoising, rbm or sparse,
            or one for each layer with commas between them; denoising if left out.
        task: voice, for a folder with one subfolder of recordings for each voice, or instruments, for a folder of notes: what `convert` and
            `morph` then use. What is left out is what suits it.
        condition: What the model is told of each item beside its numbers: a column, or columns of numbers with commas between them, which
            it then does not learn, a file with one label or some numbers an item, or "labels" for the labels of DATA. The verbs that
            apply OUT find columns or labels again; a file or one condition for all they are given by their own --condition.
        resume: Go on after an interruption, with the same flags as before; a run that had not come to a checkpoint begins anew.
        overwrite: Replace a run that stands there.
    """
    model, training, source = model or ModelOptions(), training or TrainingOptions(), source or DataOptions()
    if task is not None:
        left = source != DataOptions(rate=source.rate)
        if pretraining is not None or condition is not None or resume or left:
            raise InputError("--task reads recordings by itself: of the flags of the data it takes --rate only, and neither --pretraining, "
                             "--condition nor --resume")  # fmt: skip
        learn(task, data, out, variant, latent_dim, seed or 0, model, training, source, overwrite)
        return
    with ranks.together(), Bar("fitting") as bar:
        checkpoint = _checkpoint(out, resume, overwrite)
        loaded = sources.read_data(data, source)
        chosen = _estimator(loaded, variant, latent_dim, seed, model, source)
        if pretraining is not None:
            chosen = _pretrained(chosen, pretraining)
        chosen.set_params(training=training.training((bar,), str(checkpoint), chosen.training))
        loaded.items, known, column = conditions.asked(loaded, condition, source.labels)
        run = Run(loaded.representation, loaded.cut, chosen, absolute(data), source.image_size, column)
        if isinstance(loaded.items, SeriesItems):
            run.set_params(time=source.time or "", series=source.series or "", channels=loaded.items.channels)
        rows, loaded, known = _learnt(run, loaded, known, out, checkpoint)
        if ranks.number():  # the first process writes and talks
            return
    run.save(out)
    shutil.rmtree(checkpoint, ignore_errors=True)
    row = _report(run, rows, loaded, known, out, f"{variant_of(chosen)} on {data}")
    say = console()
    beside = f" (PCA {row['pca_squared_error']:.4g})" if "pca_squared_error" in row else ""
    say.print(f"{len(loaded.items)} items, code of {chosen.n_components}: squared error {row['squared_error']:.4g}{beside} on what it was "
              f"fitted to (up to {_SHOWN:,} of them).", markup=False)  # fmt: skip
    say.print(f"Run: {out}   Report: {out / 'report.html'}", markup=False)
    # A condition that the run cannot find again by itself is to be given again.
    told = ["--condition", condition] if condition is not None and not run.condition else []
    say_next("encode", str(out), data, *told, "--out", "codes.npy")


def _learnt(run: Run, loaded: sources.Data, known: np.ndarray | None, out: Path,
            checkpoint: Path) -> tuple[Any, sources.Data, np.ndarray | None]:  # fmt: skip
    """Fit the run; return the rows that it learnt from, as they are and named, and what is known of each.

    What an interrupted fit has learnt is kept.
    """
    groups = None
    try:
        if run.cut is None:
            rows = run.prepare(loaded.items)
        else:
            cut = run.cut_rows(loaded.items, fit=True)
            rows, groups, known = cut.load(), cut.groups, None if known is None else known[cut.of]
            labels = None if loaded.labels is None else loaded.labels[cut.of]
            loaded = sources.Data(cut, labels, None)
        run.estimator.likelihood = sources.grouped(run.estimator.likelihood, run.representation)
        run.learn(rows, known, groups)
    except KeyboardInterrupt:
        if hasattr(run.estimator, "module_") and not ranks.number():
            run.save(out)
            raise KeyboardInterrupt(f"stopped; the best weights so far are in {out}. Go on with the same command and "
                                    "--resume.") from None  # fmt: skip
        if checkpoint.exists():  # of a stack whose layers were being trained
            raise KeyboardInterrupt(f"stopped; how far it came is in {out}. Go on with the same command and --resume.") from None
        raise
    except DivergedError:  # nothing was learnt, so there is nothing to go on from
        shutil.rmtree(checkpoint, ignore_errors=True)
        if out.is_dir() and not any(out.iterdir()):
            out.rmdir()
        raise
    return rows, loaded, known


def _checkpoint(out: Path, resume: bool, overwrite: bool) -> Path:
    """Return the folder of the training's state: one that is there to go on from, or one that is not there yet."""
    checkpoint = out / CHECKPOINT
    if ranks.number():
        ranks.agree(0.0)  # waits until the first process has looked, and made room
        return checkpoint
    begun = resume and checkpoint.exists()
    if resume and not begun:
        if (out / CONFIG).exists():
            raise InputError(f"{out} holds no checkpoint to go on from: this run is finished")
        note(f"{out} holds no checkpoint to go on from, so the run begins anew")  # as after a stop before the first one
    if not begun:
        refuse_existing(out, overwrite, folder=True)
        shutil.rmtree(checkpoint, ignore_errors=True)
    ranks.agree(0.0)
    return checkpoint


def _estimator(loaded: sources.Data, variant: str | None, latent_dim: int | None, seed: int | None, model: ModelOptions,
               source: DataOptions) -> BaseAutoencoder:  # fmt: skip
    """Return what the flags describe, or what ``--config`` does but for the size and the seed, where they are given."""
    if source.config is None:
        likelihood = sources.likelihood(loaded.items, source, model, loaded.representation)
        size = 2 if latent_dim is None else latent_dim
        return estimator(variant or "basic", size, seed or 0, model, None, likelihood)
    if variant is not None or model != ModelOptions():
        raise InputError("--config holds the variant and its parts: leave out --variant and the flags of the model")
    asked = {"n_components": latent_dim, "random_state": seed}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    return configured(source.config).set_params(**given)


def _pretrained(stack: BaseAutoencoder, text: str) -> BaseAutoencoder:
    """Return a stack whose layers are trained as ``--pretraining`` says."""
    if not isinstance(stack, StackedAutoencoder):
        raise InputError("--pretraining trains the layers of a stack: give --variant stacked, or leave it out")
    known = layers()
    named = tuple(known[check_name("--pretraining", name.strip(), known)] for name in text.split(","))
    return stack.set_params(layer=named if len(named) > 1 else named[0])


def _some(rows: Any, fitted: Any) -> tuple[np.ndarray, Any]:
    """Return some rows as an array, and the estimator for it."""
    if not isinstance(rows, list):
        return dense(spread_rows(rows, _SHOWN)), fitted
    some = padded([rows[place] for place in spread(len(rows), _SHOWN)])
    return some, Padded(fitted, some.shape[1])


def _report(run: Run, rows: Any, loaded: sources.Data, known: np.ndarray | None, out: Path, title: str) -> dict[str, Any]:
    """Write report.html beside the run, and return the figures in it."""
    shown, fitted = _some(rows, run.estimator)
    places = spread(len(loaded.items), len(shown))
    labels = None if loaded.labels is None else loaded.labels[places]
    part = Split(shown, labels, [loaded.ids[place] for place in places], None if known is None else known[places])
    name = variant_of(run.estimator)
    row = {"variant": name, "seconds": training_seconds(fitted)} | evaluate(fitted, part, run.baseline_)
    row["train_squared_error"] = row["squared_error"]
    found = Comparison([row], {(name, fitted.n_components): fitted})
    notes = () if known is None else (f"The model is told of each item {fitted.condition_}; ways and the map are under the condition of "
                                      "their first item.",)  # fmt: skip
    step = loaded.representation
    page = report.render(found, part, part, title=title, columns=sources.names_of(step), decode=sources.cells_of(step), notes=notes)
    with atomic(out / "report.html") as path:
        path.write_text(page, encoding="utf-8")
    return row
