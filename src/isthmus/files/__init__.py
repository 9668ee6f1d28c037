"""What lies on disk as arrays, and back: one `read` for every source, one `write` for every result, ids kept."""

from .arrays import ArrayItems
from .builtin import BUILTIN
from .images import ImageItems
from .items import Columns, Items
from .reading import read
from .rows import FileRows, RowStream
from .series import SeriesItems, read_series
from .sounds import SoundItems, read_sound, write_sound
from .tables import TableItems
from .texts import TextItems
from .writing import write, write_columns, write_tables

__all__ = [
    "ArrayItems", "BUILTIN", "Columns", "FileRows", "ImageItems", "Items", "RowStream", "SeriesItems", "SoundItems", "TableItems",
    "TextItems", "read", "read_series", "read_sound", "write", "write_columns", "write_sound", "write_tables",
]  # fmt: skip
