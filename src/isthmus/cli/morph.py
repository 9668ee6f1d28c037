"""``isthmus morph``: the notes between notes."""

from pathlib import Path

import numpy as np

from .. import metrics, report
from ..errors import InputError
from ..files import read_sound, write_sound
from ..files.sounds import sound_folder
from ..run import open_as
from ..storage import refuse_existing
from ..tasks.instruments import Instruments
from .progress import console


def morph(run: Path, /, *notes: Path, steps: int = 9, out: Path, keep_pitch: bool = False, overwrite: bool = False) -> None:
    """Write the notes on the way from one note to another, or all over the square between four.

    Args:
        run: The folder that `fit --task instruments` wrote.
        notes: Two recordings, A and B, or four: those at the corners of the square, row by row.
        steps: How many notes from end to end, both ends among them.
        out: A folder, which gets a .wav for each, and a page on which they can be heard.
        keep_pitch: Give all notes the pitch of A; it glides from one to the other if left out.
        overwrite: Replace OUT if it is there.
    """
    if len(notes) not in (2, 4):
        raise InputError(f"a way goes between 2 notes, and a square between 4. Got {len(notes)}.")
    instruments = open_as(run, Instruments, "fit --task instruments")
    waves = [read_sound(path, instruments.rate) for path in notes]
    refuse_existing(out, overwrite, folder=True)
    taken = [instruments.note(wave, str(path)) for path, wave in zip(notes, waves, strict=True)]
    rows = [instruments.morph(taken[0], taken[1], steps, keep_pitch)] if len(taken) == 2 else instruments.square(taken, steps, keep_pitch)
    with sound_folder(out, overwrite) as part:
        groups = [("The recordings", [_heard(wave, path.name, instruments.rate) for path, wave in zip(notes, waves, strict=True)])]
        for down, row in enumerate(rows):
            prefix = "" if len(rows) == 1 else f"row-{down:0{len(str(steps - 1))}d}-"
            heard = [_heard(wave, f"{prefix}step-{right:0{len(str(steps - 1))}d}", instruments.rate) for right, wave in enumerate(row)]
            for sound in heard:
                write_sound(part / f"{sound.name}.wav", [sound.wave], instruments.rate)
            groups.append(("Between them" if len(rows) == 1 else f"Row {down}", heard))
        text = report.render_sounds(groups, instruments.rate, title=f"isthmus morph {' '.join(path.name for path in notes)}",
                                    findings=[f"{sum(map(len, rows))} notes between {len(notes)}."])  # fmt: skip
        (part / "page.html").write_text(text, encoding="utf-8")
    console().print(f"{sum(map(len, rows))} notes: {out}   Page: {out / 'page.html'}", markup=False)


def _heard(wave: np.ndarray, name: str, rate: int) -> report.Heard:
    bright, attack = metrics.spectral_centroid(wave, rate), 1000 * 10 ** metrics.log_attack_time(wave, rate)
    return report.Heard(wave, name, f"centroid {bright:.0f} Hz, attack {attack:.0f} ms")
