"""What a comparison found: as a page, as a table and in plain words."""

from .odd import Oddest, render_odd
from .page import render
from .sounds import Heard, render_sounds
from .tables import table
from .verdict import verdict

__all__ = ["Heard", "Oddest", "render", "render_odd", "render_sounds", "table", "verdict"]
