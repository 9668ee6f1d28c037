"""``isthmus convert``: recordings in another voice."""

import os
from pathlib import Path

from .. import report
from ..errors import InputError
from ..files import read, write_sound
from ..files.sounds import ENDINGS, read_blocks, sound_folder
from ..run import open_as
from ..storage import atomic
from ..tasks.voice import Voices
from .progress import Bar, console

_SECONDS = 30.0  # of a piece of a long recording
_HEARD = 6  # recordings on the page,
_LONGEST = 60.0  # of at most so many seconds


def convert(run: Path, data: str, /, *, to: str, out: Path, of: str | None = None, page: bool = False, overwrite: bool = False) -> None:
    """Say what is said in DATA with another voice.

    Args:
        run: The folder that `fit --task voice` wrote.
        data: A recording of any length, or a folder of them.
        to: The voice to be heard: the name of one of the subfolders that RUN learnt from.
        out: A .wav, .flac, .mp3 or .ogg file; for a folder a folder, in which .wav files have the names of their originals.
        of: The voice that speaks in DATA, where RUN knows it; it is learnt from each recording itself if left out.
        page: Write a page beside OUT on which originals and conversions can be heard.
        overwrite: Replace OUT if it is there.
    """
    voices = open_as(run, Voices, "fit --task voice")
    voices.speaker(to)
    items = read(data, rate=voices.rate)
    single = out.suffix.lower() in ENDINGS
    if single and len(items) > 1:
        raise InputError(f"{data} holds {len(items)} recordings; give --out a folder for them")
    pairs = []
    with Bar("converting") as bar:
        if single:
            seconds = _written(voices, _path(data, items.ids[0]), out, to, of, overwrite)
            pairs = [(items.ids[0], out)]
        else:
            with sound_folder(out, overwrite) as part:
                seconds = 0.0
                for done, name in enumerate(items.ids, start=1):
                    seconds += _written(voices, _path(data, name), part / Path(name).with_suffix(".wav"), to, of, True)
                    pairs.append((name, out / Path(name).with_suffix(".wav")))
                    bar.rows(done, len(items.ids))
    say = console()
    say.print(f"{len(pairs)} recordings, {seconds:.1f} s, in the voice of {to}: {out}", markup=False)
    if page:
        say.print(f"Page: {_page(voices, data, pairs[:_HEARD], to, out)}", markup=False)


def _path(data: str, name: str) -> Path:
    return Path(data) / name if os.path.isdir(data) else Path(data)


def _written(voices: Voices, source: Path, path: Path, to: str, of: str | None, overwrite: bool) -> float:
    """Write one recording in another voice; return its seconds."""
    try:
        said = voices.convert_stream(read_blocks(source, voices.rate, seconds=_SECONDS), to, of)
        return write_sound(path, said, voices.rate, overwrite=overwrite)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def _page(voices: Voices, data: str, pairs: list[tuple[str, Path]], to: str, out: Path) -> Path:
    """Write the page on which recordings can be heard; return its path."""
    groups = []
    for name, path in pairs:
        heard = [report.Heard(next(read_blocks(file, voices.rate, seconds=_LONGEST)), label)
                 for file, label in ((_path(data, name), "original"), (path, f"in the voice of {to}"))]  # fmt: skip
        groups.append((name, heard))
    page = out.parent / f"{out.stem}.html"
    text = report.render_sounds(groups, voices.rate, title=f"isthmus convert {data}", findings=[f"In the voice of {to}."])
    with atomic(page) as part:
        part.write_text(text, encoding="utf-8")
    return page
