"""Sounds: a folder of WAV, FLAC, MP3 and Ogg files, or one of them, mixed to mono at one rate; and sounds to files."""

import contextlib
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DiagnosticWarning, FileError, InputError, MissingExtraError
from ..storage import atomic, atomic_folder, disk_errors, other_file, refuse_existing
from .items import Items, distinct, subfolders

ENDINGS = (".flac", ".mp3", ".ogg", ".wav")
_THREADS = min(4, os.cpu_count() or 1)
_FULL = 1 - 2**-14  # of a sample that is at the converter's end,
_CLIPPED = 4  # so many of which in a row are a flat top
_AT_ONCE = 2**16  # samples that an encoder is given: Vorbis keeps what it is given on the stack
_PAGE = 65_307  # bytes of the longest page of an Ogg file


class SoundItems(Items):
    """The sounds of a folder, float32 waves (t_i,) in [-1, 1] at ``rate`` samples a second, sorted by their names, which are the ids.

    ``labels`` are the subfolders' names where every file lies in one and there are two or more.
    """

    rate: int

    def __init__(self, path: Path, names: list[str], rate: int, frames: int) -> None:
        self.source = str(path)
        self.ids = names
        self.labels = subfolders(names)
        self.rate = rate
        self._path, self._frames = path, frames

    @property
    def nbytes(self) -> int:
        """How many bytes all waves take."""
        return 4 * self._frames

    def load(self) -> Any:
        """Return all waves, a list of float32 (t_i,)."""
        return [wave for _, block in self.blocks(len(self)) for wave in block]

    def _blocks(self, rows: int) -> Iterator[Any]:
        with ThreadPoolExecutor(_THREADS) as threads:
            for start in range(0, len(self), rows):
                yield list(threads.map(lambda name: read_sound(self._file(name), self.rate), self.ids[start : start + rows]))

    def _file(self, name: str) -> Path:
        return self._path / name if self._path.is_dir() else self._path


def read_sounds(path: Path, rate: int | None = None) -> SoundItems:
    """Return the sounds of a folder and of its subfolders, or of one file.

    Arguments:
        path: The folder or file; hidden files are skipped, and such as do not end in .flac, .mp3, .ogg or .wav.
        rate: Samples a second, to which all are resampled; None is the rate that most files have. A `DiagnosticWarning` says where rates
            are mixed.

    Raises:
        FileError: If there are none, or if one is damaged or empty (by name).
        MissingExtraError: Without the extra `audio`.
    """
    names = [path.name] if path.is_file() else sorted(sounds_in(path))
    if not names:
        raise FileError(f"{path} holds no sounds: none of its files ends in {', '.join(ENDINGS)}")
    rates, seconds = Counter[int](), 0.0
    for name in names:
        with _opened(path if path.is_file() else path / name) as file:
            rates[file.samplerate] += 1
            seconds += file.frames / file.samplerate
    (common, count), *others = rates.most_common()
    chosen = common if rate is None else rate
    if others and rate is None:
        listed = ", ".join(f"{other} Hz ({number})" for other, number in others)
        warnings.warn(f"{path} mixes rates: {listed} beside {common} Hz ({count}); all are resampled to {chosen} Hz. Another rate is "
                      "--rate", DiagnosticWarning, stacklevel=2)  # fmt: skip
    return SoundItems(path, names, chosen, round(seconds * chosen))


def sounds_in(path: Path) -> Iterator[str]:
    """Yield the names of the sounds in a folder, relative to it."""
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from ((Path(folder) / file).relative_to(path).as_posix() for file in files if is_sound(file))


def is_sound(name: str) -> bool:
    """Return whether a file's name is that of a sound."""
    return name.lower().endswith(ENDINGS) and not Path(name).name.startswith(".")


def read_sound(path: Path, rate: int | None = None, mono: bool = True) -> np.ndarray:
    """Return one sound, float32 (t,) in [-1, 1], or (t, channels) where channels are not to be mixed.

    Arguments:
        path: A file.
        rate: Samples a second, to which it is resampled; None keeps its own.
        mono: Whether channels are mixed.

    Raises:
        FileError: For a file that cannot be read, or is cut short, or holds no samples, or such as are no numbers.
    """
    return np.concatenate(list(read_blocks(path, rate, mono=mono)))


def rate_of(path: Path) -> int:
    """Return how many samples a second a file holds."""
    with _opened(path) as file:
        return int(file.samplerate)


def read_blocks(path: Path, rate: int | None = None, *, seconds: float = 60.0, mono: bool = True) -> Iterator[np.ndarray]:
    """Yield one sound in pieces of about so many seconds, as `read_sound` returns it whole: long files at constant memory.

    A `DiagnosticWarning` says where its tops are cut.
    """
    clipped, made = 0, 0
    with _opened(path) as file:
        own = file.samplerate
        resampler = None if rate in (None, own) else _resampler(own, rate, 1 if mono else file.channels)
        left = file.frames
        while left:
            block = _read(file, path, min(left, max(1, round(seconds * own))))  # (t, channels)
            left -= len(block)
            clipped += _flat_tops(block)
            wave = block.mean(axis=1) if mono else block
            if resampler is not None:
                wave = resampler.resample_chunk(wave, last=not left)
            if len(wave):
                made += len(wave)
                yield wave
    if not made:
        raise FileError(f"{path} is too short: its {file.frames} samples at {own} Hz are none at {rate} Hz; leave it out")
    if clipped:
        warnings.warn(f"{path} is clipped in {clipped} places: its tops are cut, which distorts what is learnt; record it at a lower level",
                      DiagnosticWarning, stacklevel=2)  # fmt: skip


def write_sound(path: str | os.PathLike[str], blocks: Iterable[np.ndarray], rate: int, *, overwrite: bool = False) -> float:
    """Stream the pieces (t,) or (t, channels) of one sound to a file, whose ending says how; return its seconds.

    ``.wav`` and ``.flac`` have 16 bits. What is beyond [-1, 1] is cut, and a `DiagnosticWarning` says so.

    Raises:
        FileError: If ``path`` exists and ``overwrite`` is not set, or cannot be written; nothing half-written stays.
        InputError: For an ending that is not known, a sound without samples, or samples that are no numbers.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.flac"
    ...     write_sound(path, [np.zeros(800), np.full(800, 0.5)], 16000), read_sound(path).shape
    (0.1, (1600,))
    """
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path}: a sound is written to a path ending in {', '.join(ENDINGS)}")
    refuse_existing(path, overwrite)
    total, cut, file = 0, 0, None
    with atomic(path) as part, contextlib.ExitStack() as stack:
        for block in map(np.asarray, blocks):
            if not np.isfinite(block).all():
                raise InputError(f"{path}: a sound's samples must be finite numbers")
            if file is None:
                file = stack.enter_context(_created(path, part, rate, 1 if block.ndim == 1 else block.shape[1]))
            cut += int((np.abs(block) > 1).sum())
            for start in range(0, len(block), _AT_ONCE):
                file.write(block[start : start + _AT_ONCE].clip(-1, 1))
            total += len(block)
        if not total:
            raise InputError(f"{path}: a sound needs samples. Got none")
    if cut:
        warnings.warn(f"{path}: {cut} samples are beyond full scale and were cut; lower the level", DiagnosticWarning, stacklevel=2)
    return total / rate


@contextlib.contextmanager
def sound_folder(path: Path, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary folder for sounds that becomes ``path`` at the end, or is removed if anything fails on the way.

    Raises:
        FileError: If ``path`` is there and ``overwrite`` is not set, or if it was not written so, or holds anything but sounds and a
            page, which would be lost.
    """
    refuse_existing(path, overwrite, folder=True)
    if (kept := other_file(path, (*ENDINGS, ".html"))) is not None:
        raise FileError(f"{path} cannot be replaced by a folder of sounds, since {kept} would be lost; give another name")
    with atomic_folder(path) as part:
        yield part


def written_name(name: str, taken: set[str]) -> Path:
    """Return the relative path of the .wav file that is made of a sound, another one for each.

    >>> taken = set()
    >>> [str(written_name(name, taken)) for name in ("a.flac", "b/a.ogg", "a.mp3", "a.1")]
    ['a.wav', 'b/a.wav', 'a (2).wav', 'a.1.wav']
    """
    stem = next((name[: -len(ending)] for ending in ENDINGS if name.lower().endswith(ending)), name)
    return Path(distinct(stem, taken) + ".wav")


@contextlib.contextmanager
def _created(path: Path, part: Path, rate: int, channels: int) -> Iterator[Any]:
    """Yield a new open file, of the kind that the ending of ``path`` says; a disk that is full is told in one line."""
    soundfile, kind = _soundfile(), path.suffix[1:].upper()
    try:
        file = soundfile.SoundFile(part, "w", rate, channels, format=kind)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{kind} does not take {channels} channels at {rate} Hz ({error}); write another kind of file") from error
    try:
        with file:
            yield file
    except soundfile.LibsndfileError as error:
        raise FileError(f"{path}: cannot be written ({error}) Is there room on the disk?") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Yield an open file; whatever its decoder says becomes one line with its name."""
    soundfile = _soundfile()
    with disk_errors(path):
        handle = path.open("rb")
    with handle:
        try:
            file = soundfile.SoundFile(handle)
        except (soundfile.LibsndfileError, TypeError, ValueError) as error:
            raise FileError(f"{path} cannot be read as a sound ({_said(error)}); mend or remove it") from error
        with file:
            if _is_cut(handle):
                raise FileError(f"{path} is cut: its end is missing; copy it again")
            if not 0 < file.frames < 2**62:
                raise FileError(f"{path} holds no samples that its header knows of; mend it or leave it out")
            yield file


def _is_cut(handle: Any) -> bool:
    """Return whether a file of a kind whose decoder does not say so ends before its sound does; the place in it stays as it is."""
    place = handle.tell()
    handle.seek(0)
    kind, size = handle.read(4), handle.seek(0, os.SEEK_END)
    found = False
    if kind == b"OggS":  # its last page has the flag 4, and lengths of its pieces that add up
        handle.seek(max(0, size - _PAGE))
        tail = handle.read()
        page = tail[max(0, tail.rfind(b"OggS")) :]
        pieces = page[27 : 27 + page[26]] if len(page) > 26 else b""
        found = len(page) < 27 + len(pieces) + sum(pieces) or not page[5] & 4
    elif kind == b"RIFF":
        begin = 12
        while begin + 8 <= size:
            handle.seek(begin)
            name, length = handle.read(4), int.from_bytes(handle.read(4), "little")
            if name == b"data":
                found = length < 2**31 and begin + 8 + length > size  # beyond: a recorder that did not know the length yet
                break
            begin += 8 + length + length % 2
    handle.seek(place)
    return found


def _read(file: Any, path: Path, frames: int) -> np.ndarray:
    """Return so many frames, float32 (frames, channels)."""
    try:
        block = file.read(frames, dtype="float32", always_2d=True)
    except (_soundfile().LibsndfileError, ValueError) as error:
        raise FileError(f"{path} cannot be read to its end ({_said(error)}); mend or remove it") from error
    if len(block) < frames:
        raise FileError(f"{path} is cut: not all of its {file.frames} samples are there; copy it again")
    if not np.isfinite(block).all():
        raise FileError(f"{path} holds samples that are no numbers; write it again")
    return block


def _flat_tops(block: np.ndarray) -> int:
    """Return how many times samples stay at full scale."""
    full = np.abs(block) >= _FULL
    runs: Any = np.lib.stride_tricks.sliding_window_view(full, _CLIPPED, axis=0).all(-1) if len(full) >= _CLIPPED else full[:0]
    return int((runs[1:] & ~runs[:-1]).sum() + runs[:1].sum())


def _said(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _soundfile() -> Any:
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtraError.of("audio", "reading and writing sounds") from error
    return soundfile


def _resampler(own: int, rate: int | None, channels: int) -> Any:
    try:
        import soxr
    except ImportError as error:
        raise MissingExtraError.of("audio", "resampling sounds") from error
    return soxr.ResampleStream(own, rate, channels, dtype="float32")
