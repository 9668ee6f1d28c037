"""``isthmus info``: what a run holds."""

from pathlib import Path

import numpy as np

from ..estimators.base import BaseAutoencoder
from ..run import Run, bare, load, open_run
from ..storage import read_config
from ..tasks import Instruments, Voices
from .progress import console


def info(run: Path, /) -> None:
    """Say what RUN holds: its parts, what was chosen from the data, how training went.

    Args:
        run: The folder that `fit` wrote.
    """
    found = load(run)
    of_sounds = isinstance(found, Voices | Instruments)
    fitted = bare(found.estimator_) if of_sounds else open_run(run)
    model = fitted.estimator
    units = model.module_.units
    last = model.history_[-1] if model.history_ else {}
    weights = sum(parameter.numel() for parameter in model.module_.parameters())
    lines = {
        **(_heard(found) if of_sounds else {}),
        "estimator": f"{type(model).__name__}, code of {model.n_components}",
        "fitted to": f"{fitted.source or 'an array'}, items of shape {model.item_shape_}, {model.input_dtype_}",
        "representation": fitted.representation or "none",
        "corruption": model.corruption_ or "none",
        "bottleneck": model.bottleneck_,
        "penalties": ", ".join(map(str, model.penalties_)) or "none",
        "likelihood": model.likelihood_,
        "condition": model.condition_ or "none",
        "network": f"{model.network_}, {weights:,} weights",
        "units": f"(x - offset) / {float(units.scale):.4g}, offset {'0' if not units.offset.any() else 'the mean item'}",
        **_layers(model),
        "training": f"{len(model.history_)} epochs, best {model.best_epoch_}, batch {model.training_.batch_size}, learning "
                    f"rate {model.training_.learning_rate:g}, {model.precision_} ({model.precision_reason_})"
                    + (f", ended by {model.stopped_}" if model.stopped_ else ""),
        "last epoch": ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in last.items()),
        "draws from": _source(fitted),
        "made with": ", ".join(f"{name} {number}" for name, number in read_config(run)["versions"].items()),
    }  # fmt: skip
    say = console()
    for name, value in lines.items():
        say.print(f"{name:>15}  {value}", markup=False)


def _source(run: Run) -> str:
    """Return what new items come from."""
    if run.estimator.generates:
        return "chains of Gibbs sampling"
    return "its prior" if run.density_ is None else "a density on its codes"


def _layers(model: BaseAutoencoder) -> dict[str, str]:
    """Return how the layers of a stack learnt before the whole did."""
    histories = getattr(model, "layer_histories_", [])
    return {f"layer {number}": f"{len(history)} epochs, loss {history[-1]['loss']:.4g} in the last"
            for number, history in enumerate(histories, start=1) if history}  # fmt: skip


def _heard(found: Voices | Instruments) -> dict[str, str]:
    """Return what is known of voices, or of instruments."""
    if isinstance(found, Instruments):
        return {"instruments": f"notes at {found.rate} Hz"}
    voices = (f"{name} (pitch {np.exp(speaker.pitch[0]):.0f} Hz)" for name, speaker in found.speakers_.items())
    return {"voices": f"{', '.join(voices)} at {found.rate} Hz"}
