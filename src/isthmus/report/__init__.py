"""What a comparison found: as a page, as a table and in plain words."""

from .compression import compressed_table, render_compression
from .images import contact_sheet
from .odd import Oddest, render_odd
from .page import render
from .rankings import render_rankings
from .sounds import Heard, render_sounds
from .tables import Table, table
from .verdict import verdict

__all__ = [
    "Heard", "Oddest", "Table", "compressed_table", "contact_sheet", "render", "render_compression", "render_odd", "render_rankings",
    "render_sounds", "table", "verdict",
]  # fmt: skip
