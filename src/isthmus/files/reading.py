"""`read`: from what a user names on the command line to its items."""

import difflib
import os
import re
from collections.abc import Callable
from pathlib import Path

from ..errors import FileError, InputError
from ..storage import disk_errors
from . import images, sounds, texts
from .arrays import read_npy, read_npz
from .builtin import BUILTIN
from .delimited import read_csv
from .items import Items
from .lines import read_lines
from .parquet import read_parquet
from .tables import TableItems

# A new kind of file is a line here and a word in READABLE.
_TABLES: dict[str, Callable[[Path], TableItems]] = {
    ".csv": read_csv, ".jsonl": read_lines, ".jsonl.gz": read_lines, ".parquet": read_parquet, ".tsv": read_csv,
}  # fmt: skip
_ARRAYS: dict[str, Callable[..., Items]] = {".npy": read_npy, ".npz": read_npz}
_KEYED = re.compile(rf"(.+(?:{'|'.join(map(re.escape, ['.npz', *_TABLES]))})):(.+)", re.IGNORECASE | re.DOTALL)
READABLE = (f"{', '.join(sorted(BUILTIN))}, *.npy, *.npz[:key], *.csv, *.tsv, *.parquet, *.jsonl[.gz], a column of texts of one of these "
            "(*.jsonl:field), a folder or a .zip of images (png, jpeg), a folder of sounds (wav, flac, mp3, ogg), or one of texts "
            "(txt)")  # fmt: skip


def read(source: str | os.PathLike[str], *, image_size: tuple[int, int] | None = None, rate: int | None = None) -> Items:
    """Return the items of ``source``: a built-in name, ``*.npy``, ``*.npz[:key]``, a table, texts, images or sounds.

    A column named behind a table, as in ``posts.jsonl:text``, is texts; so are the ``.txt`` files of a folder that holds no images.

    A built-in name wins over a folder of that name (write ``./digits``). ``image_size`` (height, width) resizes images, ``rate`` (samples a
    second) resamples sounds.

    >>> items = read("digits")
    >>> len(items), items.ids[3], items.load().shape
    (1797, '3', (1797, 8, 8))
    >>> read("digit")
    Traceback (most recent call last):
    isthmus.errors.FileError: digit: no such file or folder; did you mean 'digits'? ...

    Raises:
        FileError: In one line, for anything that cannot be read, with the file, the row and the remedy.
        InputError: If ``image_size`` is given for anything but images, or ``rate`` for anything but sounds.
    """
    text = os.fspath(source)
    path, key = _located(text)
    if not exists(text):
        raise FileError(f"{path}: no such file or folder; {_guess(text)}readable are {READABLE}")
    if holds_images(text):
        return images.read_images(path, image_size)
    if holds_sounds(text):
        return sounds.read_sounds(path, rate)
    if rate is not None:
        raise InputError(f"--rate is for a folder of sounds; {text} is none")
    if image_size is not None:
        raise InputError(f"--image-size is for a folder or a .zip of images; {text} is none")
    if text in BUILTIN:
        return BUILTIN[text]()
    if texts.holds_texts(path):
        return texts.read_folder(path)
    ending = "".join(path.suffixes[-2:] if path.suffix.lower() == ".gz" else path.suffixes[-1:]).lower()
    if ending in _TABLES:
        table = _TABLES[ending](path)
        return table if key is None else texts.column_of(table, key, path)
    if ending in _ARRAYS:
        return _ARRAYS[ending](path) if key is None else _ARRAYS[ending](path, key)
    raise FileError(f"{path}: files ending in {ending!r} cannot be read; readable are {READABLE}")


def exists(source: str) -> bool:
    """Return whether ``source`` is a built-in name or a file or folder that is there."""
    with disk_errors(Path(source)):
        return source in BUILTIN or _located(source)[0].exists()


def holds_images(source: str) -> bool:
    """Return whether ``source`` is a folder that holds no texts alone, a ``.zip``, or one image."""
    path = Path(source)
    folder = path.is_dir() and not holds_sounds(source) and (not texts.holds_texts(path) or images.is_folder_of_images(path))
    return source not in BUILTIN and (folder or path.suffix.lower() in (".zip", *images.ENDINGS))


def holds_sounds(source: str) -> bool:
    """Return whether ``source`` is one sound, or a folder whose files are sounds, the first that is either picture or sound."""
    path = Path(source)
    if source in BUILTIN or not path.is_dir():
        return source not in BUILTIN and sounds.is_sound(path.name)
    names = (name for _, _, files in os.walk(path) for name in sorted(files) if not name.startswith("."))
    first = next((name for name in names if sounds.is_sound(name) or name.lower().endswith(images.ENDINGS)), "")
    return sounds.is_sound(first)


def absolute(source: str) -> str:
    """Return ``source`` as it can be read from any folder: a built-in name as it is, a path in full."""
    return source if source in BUILTIN else os.path.abspath(source)


def _located(text: str) -> tuple[Path, str | None]:
    """Return the path that ``text`` names and, behind ``.npz:`` or a table's ending, the key; a file of that very name goes first."""
    path = Path(text)
    with disk_errors(path):
        keyed = None if path.exists() else _KEYED.fullmatch(text)
    return (Path(keyed[1]), keyed[2]) if keyed else (path, None)


def _guess(text: str) -> str:
    near = difflib.get_close_matches(text, BUILTIN, n=1)
    return f"did you mean {near[0]!r}? " if near else ""
