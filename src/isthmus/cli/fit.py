"""``isthmus fit``: one autoencoder, kept in a run folder."""

import shutil
from pathlib import Path

from .. import report
from ..errors import InputError
from ..run import Run
from ..storage import CONFIG, atomic, refuse_existing
from ..tasks import Comparison, Split, evaluate
from . import data as sources
from .options import DataOptions, ModelOptions, TrainingOptions, configured, estimator
from .progress import Bar, console

_SHOWN = 2000  # items of which the report shows some


def fit(data: str, /, *, variant: str = "basic", latent_dim: int = 2, out: Path, seed: int = 0, resume: bool = False,
        overwrite: bool = False, model: ModelOptions | None = None, training: TrainingOptions | None = None,
        source: DataOptions | None = None) -> None:  # fmt: skip
    """Train one autoencoder on DATA and keep it, with everything it needs, in the folder OUT.

    Args:
        data: What to learn from (see isthmus --help).
        variant: basic, denoising, sparse, contractive or variational.
        latent_dim: The size of the code.
        out: The run folder to write.
        seed: Two fits with one seed agree.
        resume: Go on after an interruption, with the same flags as before.
        overwrite: Replace a run that stands there.
    """
    model, training, source = model or ModelOptions(), training or TrainingOptions(), source or DataOptions()
    checkpoint = out / "checkpoint"
    if resume and not checkpoint.exists():
        state = "is finished" if (out / CONFIG).exists() else "was never begun"
        raise InputError(f"{out} holds no checkpoint to go on from: this run {state}")
    if not resume:
        refuse_existing(out, overwrite)
        shutil.rmtree(checkpoint, ignore_errors=True)
    loaded = sources.read_data(data, source)
    with Bar(f"fitting {variant}") as bar:
        if source.config is not None:
            chosen = configured(source.config)
            chosen.set_params(training=training.training((bar,), str(checkpoint), chosen.training))
        else:
            settings = training.training((bar,), str(checkpoint))
            likelihood = sources.likelihood(loaded.raw, source, model, loaded.representation is not None)
            chosen = estimator(variant, latent_dim, seed, model, settings, likelihood)
        run = Run(loaded.representation, chosen, data)
        try:
            run.fit(loaded.raw)
        except KeyboardInterrupt:
            if hasattr(chosen, "module_"):
                run.save(out)
                raise KeyboardInterrupt(f"stopped; the best weights so far are in {out}. Go on with the same command and "
                                        "--resume.") from None  # fmt: skip
            raise
    run.save(out)
    shutil.rmtree(checkpoint, ignore_errors=True)
    part = Split(run.rows(loaded.raw), loaded.labels, loaded.ids).head(_SHOWN)
    row = {"variant": variant, "seed": seed, "seconds": run.history_[-1]["seconds"]} | evaluate(chosen, part, run.baseline_)
    row["train_squared_error"] = row["squared_error"]
    found = Comparison([row], {(variant, chosen.n_components): chosen})
    names = None if loaded.representation is None else list(loaded.representation.get_feature_names_out())
    with atomic(out / "report.html") as path:
        path.write_text(report.render(found, part, part, title=f"{variant} on {data}", columns=names), encoding="utf-8")
    say = console()
    say.print(f"{len(loaded.items)} items, code of {chosen.n_components}: squared error {row['squared_error']:.4g} "
              f"(PCA {row['pca_squared_error']:.4g}) on what it was fitted to.", markup=False)  # fmt: skip
    say.print(f"Run: {out}   Report: {out / 'report.html'}", markup=False)
    say.print(f"Next: isthmus encode {out} {data} --out codes.npy", markup=False)
