"""What ``isthmus fit --task`` does: learn voices, or instruments, from a folder of recordings."""

from pathlib import Path
from typing import Any

from ..checks import check_name
from ..errors import InputError
from ..files import SoundItems, read
from ..storage import refuse_existing
from ..tasks import instruments, voice
from .options import DataOptions, ModelOptions, TrainingOptions, estimator
from .progress import Bar, console, say_next

TASKS = ("instruments", "voice")


def learn(task: str, data: str, out: Path, variant: str | None, latent_dim: int | None, seed: int, model: ModelOptions,
          training: TrainingOptions, source: DataOptions, overwrite: bool) -> None:  # fmt: skip
    """Learn voices or instruments from the recordings in DATA, and keep what was learnt in the folder OUT."""
    task = check_name("--task", task, TASKS)
    refuse_existing(out, overwrite, folder=True)
    items = read(data, rate=source.rate)
    if not isinstance(items, SoundItems):
        raise InputError(f"--task {task} is for folders of recordings; {data} is none")
    if task == "voice" and items.labels is None:
        stray = next((f"; {name} lies in none" for name in items.ids if "/" not in name), "")
        raise InputError(f"--task voice needs a folder with one subfolder of recordings for each voice, two or more; {data} is none{stray}")
    with Bar("listening") as bar:
        made: Any = voice.Voices(rate=items.rate) if task == "voice" else instruments.Instruments(rate=items.rate)
        base = (voice if task == "voice" else instruments).default().set_params(random_state=seed)
        if latent_dim is not None:
            base.set_params(n_components=latent_dim)
        if variant is not None or model != ModelOptions():
            base = estimator(variant or "variational", base.n_components, seed, model, base.training, base.likelihood)
        base.set_params(training=training.training((bar,), None, base.training))
        made.set_params(estimator=base)
        made.fit(items.load(), items.labels if task == "voice" else items.ids)
    made.save(out)
    say = console()
    if task == "voice":
        say.print(f"{len(items)} recordings of {', '.join(made.speakers_)} at {items.rate} Hz: {out}", markup=False)
        say_next("convert", str(out), "FILE", "--to", next(iter(made.speakers_)), "--out", "said.wav")
    else:
        say.print(f"{len(items)} notes at {items.rate} Hz: {out}", markup=False)
        say_next("morph", str(out), "A.wav", "B.wav", "--out", "between")
