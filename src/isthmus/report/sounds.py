"""The page of sounds: players, each with its spectrogram, that can be heard without a network."""

import base64
import io
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
from markupsafe import Markup

from ..errors import MissingExtraError
from ..representations import Spectrogram
from .images import png
from .page import filled
from .sections import Part, Section

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)  # samples a second that MP3 knows
_BANDS, _COLUMNS, _RANGE = 96, 240, 70.0  # of a picture: rows, columns, decibels


class Heard(NamedTuple):
    """A sound to be heard: its wave (t,), what it is called, and a remark."""

    wave: np.ndarray
    name: str
    note: str = ""


def render_sounds(groups: Sequence[tuple[str, Sequence[Heard]]], rate: int, *, title: str, findings: Sequence[str]) -> str:
    """Return a self-contained HTML page of sounds.

    Arguments:
        groups: Headings, and the sounds under them, side by side.
        rate: Samples a second of all.
        title: The page's heading.
        findings: Sentences; the first stands out.

    Raises:
        MissingExtraError: Without the extra `audio`.

    Example:
        >>> page = render_sounds([("A tone", [Heard(np.sin(np.arange(8000) / 5), "as it is")])], 16000, title="Tones", findings=["One."])
        >>> page.startswith("<!doctype html>"), "<audio" in page, "as it is" in page
        (True, True, True)
    """
    loudest = max((_levels(sound.wave, rate).max() for _, sounds in groups for sound in sounds), default=0.0)
    shown = []
    for place, (heading, sounds) in enumerate(groups):
        parts = [Part(sound.name, "", _player(sound.wave, rate, loudest), sound.note) for sound in sounds]
        shown.append(Section(f"sounds-{place}", heading, "", "panels", parts))
    first, *others = findings
    return filled("base.html", title=title, first=first, others=others, sections=shown)


def _player(wave: np.ndarray, rate: int, loudest: float) -> Markup:
    """Return a spectrogram over a player."""
    levels = _levels(wave, rate)
    columns = np.linspace(0, len(levels) - 1, _COLUMNS).round().astype(int)
    shares = ((levels[columns].T[::-1] - loudest) / _RANGE + 1).clip(0, 1)
    pixels = (matplotlib.colormaps["magma"](shares)[..., :3] * 255).round().astype(np.uint8)
    return Markup('<img alt="spectrogram, {:.2f} seconds, up to {} Hz" style="width: 100%; height: 8rem" src="{}">'
                  '<audio controls preload="none" style="width: 100%" src="data:audio/mpeg;base64,{}"></audio>').format(
        len(wave) / rate, rate // 2, png(pixels), base64.b64encode(_mp3(wave, rate)).decode())  # fmt: skip


def _levels(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return the level of mel bands in decibels (frames, bands)."""
    return Spectrogram(1024, mel=_BANDS, rate=rate).fit([wave]).transform([wave])[0]


def _mp3(wave: np.ndarray, rate: int) -> bytes:
    try:
        import soundfile
        import soxr
    except ImportError as error:
        raise MissingExtraError.of("audio", "a page of sounds") from error
    file, allowed = io.BytesIO(), next((known for known in _RATES if known >= rate), _RATES[-1])
    if allowed != rate:
        wave = soxr.resample(wave, rate, allowed)
    soundfile.write(file, np.asarray(wave).clip(-1, 1), allowed, format="MP3")
    return file.getvalue()
