"""What a comparison found: as a page, as a table and in plain words."""

from .page import render
from .tables import table
from .verdict import verdict

__all__ = ["render", "table", "verdict"]
