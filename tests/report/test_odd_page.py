"""The page of odd items shows sequences of any length, with their names, and where they differ."""

import re

import numpy as np

from isthmus.report import Oddest, render_odd


def test_sequences_behind_whose_end_is_nothing_are_drawn_and_named():
    items = np.sin(np.arange(40)[None, :, None] / 3 + np.zeros((2, 1, 1)))
    items[0, 30:] = np.nan
    ratios = np.where(np.isnan(items), np.nan, 1.0)
    ratios[0, 7], ratios[1, 20] = 50.0, 90.0
    oddest = Oddest(items, 0 * items, ratios, ["pump 3 (-1)", "pump <5> (-2)"])
    page = render_odd(oddest, np.arange(9.0), 2.0, title="Pumps", findings=["Two."])
    assert page.count("pump 3 (-1)") == 3 and "pump &lt;5&gt; (-2)" in page
    paths = re.findall(r'<path d="([^"]*)"', page)
    drawn = [path for path in paths if path.startswith("M")]
    assert len(drawn) >= 6 and all(len(re.findall("[ML]", path)) >= 30 for path in drawn[-6:])
