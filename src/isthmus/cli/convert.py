"""``isthmus convert``: recordings in another voice."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .. import report
from ..errors import FileError, InputError
from ..files import write_sound
from ..files.reading import exists, holds_sounds
from ..files.sounds import ENDINGS, read_blocks, sound_folder, sounds_in, written_name
from ..run import open_as
from ..storage import atomic, refuse_existing
from ..tasks.voice import Voices
from .progress import Bar, console

_SECONDS = 30.0  # of a piece of a long recording
_HEARD = 6  # recordings on the page,
_LONGEST = 60.0  # of at most so many seconds


def convert(run: Path, data: str, /, *, to: str, out: Path, of: str | None = None, page: bool = False, overwrite: bool = False) -> None:
    """Say what is said in DATA with another voice.

    Args:
        run: The folder that `fit --task voice` wrote.
        data: A recording of any length, or a folder of them; such as cannot be converted are left out of a folder, and named.
        to: The voice to be heard: the name of one of the subfolders that RUN learnt from.
        out: A .wav, .flac, .mp3 or .ogg file; for a folder a folder, in which .wav files have the names of their originals. They have the
            rate that RUN learnt at.
        of: The voice that speaks in DATA, where RUN knows it; it is learnt from each recording itself if left out.
        page: Write a page beside OUT on which originals and conversions can be heard.
        overwrite: Replace OUT if it is there.
    """
    voices = open_as(run, Voices, "fit --task voice")
    voices.speaker(to)
    if of is not None:
        voices.speaker(of)
    if not exists(data):
        raise FileError(f"{data}: no such file or folder")
    if not holds_sounds(data):
        raise InputError(f"convert takes a recording, ending in {', '.join(ENDINGS)}, or a folder of them; {data} is none")
    names = sorted(sounds_in(Path(data))) if os.path.isdir(data) else [Path(data).name]
    single = out.suffix.lower() in ENDINGS
    if single and len(names) > 1:
        raise InputError(f"{data} holds {len(names)} recordings; give --out a folder for them")
    if out.suffix and not single and not os.path.isdir(data):
        raise InputError(f"--out {out}: a recording is written to a path ending in {', '.join(ENDINGS)}, or into a folder")
    if page:
        refuse_existing(_beside(out), overwrite)
    skipped = list[str]()
    if single:
        with Bar("converting"):
            pairs, seconds = [(names[0], out)], _written(voices, _path(data, names[0]), out, to, of, overwrite)
    else:
        with Bar("converting") as bar, sound_folder(out, overwrite) as part:
            written, seconds, skipped = _each(voices, data, names, part, to, of, bar)
        pairs = [(name, out / path) for name, path in written]
    say = console()
    for line in skipped:
        say.print(f"Left out: {line}", markup=False)
    many = "recordings" if len(pairs) > 1 else "recording"
    say.print(f"{len(pairs)} {many}, {seconds:.1f} s at {voices.rate} Hz, in the voice of {to}: {out}", markup=False)
    if page:
        say.print(f"Page: {_page(voices, data, pairs, to, out)}", markup=False)


def _path(data: str, name: str) -> Path:
    return Path(data) / name if os.path.isdir(data) else Path(data)


def _beside(out: Path) -> Path:
    return out.parent / f"{out.stem}.html"


def _each(voices: Voices, data: str, names: list[str], part: Path, to: str, of: str | None,
          bar: Bar) -> tuple[list[tuple[str, Path]], float, list[str]]:  # fmt: skip
    """Write all recordings that can be converted into a folder; return their names and paths, their seconds, and why others cannot."""
    written, seconds, skipped, taken = [], 0.0, list[str](), set[str]()
    for done, name in enumerate(names, start=1):
        path = written_name(name, taken)
        try:
            seconds += _written(voices, _path(data, name), part / path, to, of, True)
            written.append((name, path))
        except FileError:  # there is no room for what is to be written, or no leave, and would be none for the next
            raise
        except InputError as error:
            skipped.append(str(error))
        bar.rows(done, len(names))
    if not written:
        raise InputError(skipped[0])
    return written, seconds, skipped


def _written(voices: Voices, source: Path, path: Path, to: str, of: str | None, overwrite: bool) -> float:
    """Write one recording in another voice; return its seconds."""
    return write_sound(path, _said(voices, source, to, of), voices.rate, overwrite=overwrite)


def _said(voices: Voices, source: Path, to: str, of: str | None) -> Iterator[np.ndarray]:
    """Yield pieces of a recording in another voice; what is wrong with it is no fault of the file that is written, a `FileError`."""
    try:
        yield from voices.convert_stream(read_blocks(source, voices.rate, seconds=_SECONDS), to, of)
    except FileError as error:
        raise InputError(str(error)) from error
    except InputError as error:
        known = "" if of is not None else f" (Where one of {', '.join(voices.speakers_)} speaks, say so by --of.)"
        raise InputError(f"{source}: {error}{known}") from error


def _page(voices: Voices, data: str, pairs: list[tuple[str, Path]], to: str, out: Path) -> Path:
    """Write the page on which recordings can be heard; return its path."""
    groups = []
    for name, path in pairs[:_HEARD]:
        heard = [report.Heard(next(read_blocks(file, voices.rate, seconds=_LONGEST)), label)
                 for file, label in ((_path(data, name), "original"), (path, f"in the voice of {to}"))]  # fmt: skip
        groups.append((name, heard))
    page, left = _beside(out), len(pairs) - len(groups)
    findings = [f"In the voice of {to}.", *([f"The first {len(groups)} of {len(pairs)} recordings."] if left else [])]
    text = report.render_sounds(groups, voices.rate, title=f"isthmus convert {data}", findings=findings)
    with atomic(page) as part:
        part.write_text(text, encoding="utf-8")
    return page
