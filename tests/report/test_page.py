"""The page: one file for any kind of items, with users' text escaped and a live map that decodes what it shows."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from isthmus import Autoencoder, Dense, Gaussian, Table, Training
from isthmus.errors import InputError
from isthmus.report import render
from isthmus.report.images import Images
from isthmus.report.live_map import GRID, Plane, categories
from isthmus.tasks import Candidate, Comparison, Principal, Split, compare

HOSTILE = "</script><script>alert('x')</script><b>&"


class Tags(HTMLParser):
    """The tags of a page with their attributes, and its texts outside scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def made(items, size=2, pca_only=False, labels=None, ids=None, **model):
    half = len(items) // 2
    train, test = (Split(items[part], None if labels is None else labels[part], None if ids is None else ids[part])
                   for part in (slice(half), slice(half, None)))  # fmt: skip
    candidates = [Candidate("pca", size, 0, Principal(size))]
    if not pca_only:
        candidates.append(Candidate("basic", size, 0, Autoencoder(
            size, network=Dense((8,)), training=Training(epochs=2), random_state=0, **model)))  # fmt: skip
    return compare(candidates, train, test), train, test


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="live-map-data">(.*?)</script>', page, re.DOTALL)[1])


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    items = rng.integers(0, 256, (80, 6, 5), dtype=np.uint8)
    return made(items, labels=np.array([HOSTILE, "plain"] * 40), ids=[f"<i>{index}" for index in range(80)])


@pytest.fixture(scope="module")
def page(images):
    return render(*images, title=HOSTILE, notes=[HOSTILE], target_error=1.0)


def test_the_page_is_one_file_that_loads_nothing(page):
    for tag, attributes in Tags(page).tags:
        assert tag not in ("link", "iframe", "object", "base")
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,")), (tag, attributes)
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//|https?://", page)
    assert "default-src 'none'" in page


def test_users_text_is_escaped_everywhere(page):
    assert HOSTILE not in page and "<i>4" not in page
    assert [tag for tag, _ in Tags(page).tags].count("script") == 2, "the data and the code of the live map"
    data = data_of(page)
    assert HOSTILE in data["labels"] and data["ids"][0] == "<i>40" and data["legend"][0]["name"] == HOSTILE


def test_columns_are_escaped_and_must_match():
    comparison, train, test = made(np.random.default_rng(0).normal(size=(60, 3)), pca_only=True)
    page = render(comparison, train, test, title="t", columns=["a", HOSTILE, "c"])
    assert HOSTILE not in page and "&lt;script&gt;" in page and HOSTILE in data_of(page)["items"]["names"]
    with pytest.raises(InputError, match="2 names for items of shape"):
        render(comparison, train, test, title="t", columns=["a", "b"])


def test_the_sprite_holds_the_decoded_grid(page, images):
    comparison, _, test = images
    data = data_of(page)
    variant = data["variants"]["basic"]
    sheet = variant["decoded"]
    sprite = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet["sprite"].split(",")[1]))))
    assert sprite.shape == (GRID * sheet["height"], GRID * sheet["width"]) == (40 * 6, 40 * 5)
    left, _, _, top = variant["frame"]
    corner = comparison.estimators["basic", 2].inverse_transform(np.array([[left, top]], dtype=np.float32))[0]
    assert np.abs(sprite[:6, :5] - corner.clip(0, 255)).max() <= 1, "the first cell is the upper left corner"
    points = np.frombuffer(base64.b64decode(variant["points"]), "<f4").reshape(-1, 2)
    assert points == pytest.approx(comparison.estimators["basic", 2].transform(test.items), abs=1e-5)


def test_the_page_stays_the_same(images, page):
    assert render(*images, title=HOSTILE, notes=[HOSTILE], target_error=1.0) == page


@pytest.mark.parametrize(("shape", "kind"), [
    ((6, 6, 3), "image"), ((6, 6, 1), "image"), ((40,), "line"), ((3, 9), "line"), ((30, 2), "line"), ((2, 3, 4, 2), "line"),
    ((1,), "bars"), ((7,), "bars"),
])  # fmt: skip
def test_items_of_any_shape_have_a_page(shape, kind, rng):
    found = made(rng.normal(size=(60, *shape)).astype(np.float32), size=1, pca_only=shape == (1,))
    data = data_of(render(*found, title="t"))
    assert data["items"]["kind"] == data["variants"]["pca"]["decoded"]["kind"] == kind
    assert data["labels"] is None and data["legend"] == []


def test_sprites_keep_colour_and_proportions_and_shrink_to_their_budget(rng):
    items = rng.integers(0, 256, (60, 40, 36, 3), dtype=np.uint8)
    roomy, tight = (Images(items).sheet(items, budget) for budget in (10**6, 20_000))
    assert (roomy["height"], roomy["width"]) == (32, 29) and tight["height"] < 32 and len(tight["sprite"]) <= 20_000
    assert len(Image.open(io.BytesIO(base64.b64decode(roomy["sprite"].split(",")[1]))).convert("RGB").getcolors(10**6)) > 100


def test_tables_with_missing_numbers_say_missing(rng):
    items = rng.normal(size=(80, 4)) * [1, 5, 1, 1]
    items[rng.random(items.shape) < 0.2] = np.nan
    page = render(*made(items, likelihood=Gaussian(missing="mask")), title="t", columns=list("abcd"))
    assert "<td>missing</td>" in page and "NaN" not in page and ">nan<" not in page


def test_tables_are_shown_in_their_own_cells(rng):
    table = Table()
    rows = table.fit_transform({"city": np.array([HOSTILE, "Oslo"] * 40, dtype=object), "born": 1900 + rng.integers(0, 90, 80)})
    page = render(*made(rows), title="t", columns=list(table.get_feature_names_out()), decode=table.inverse_transform)
    assert "<td>Oslo</td>" in page and re.search(r"<td>19\d\d</td>", page) and HOSTILE not in page


def test_several_sizes_get_their_figure_and_the_map_the_size_all_share(rng):
    items = rng.normal(size=(60, 5))
    train, test = Split(items[:40]), Split(items[40:])
    found = compare([Candidate("pca", size, 0, Principal(size)) for size in (1, 3)], train, test)
    page = render(found, train, test, title="t", target_error=2.0)
    assert 'id="sizes"' in page and data_of(page)["variants"]["pca"]["size"] == 3


def test_an_empty_comparison_is_refused():
    with pytest.raises(InputError, match="at least one row and one fitted estimator"):
        render(Comparison(), Split(np.zeros((2, 2))), Split(np.zeros((2, 2))), title="t")


def test_the_plane_of_codes_is_that_of_their_greatest_variance(rng):
    codes = rng.normal(size=(200, 5)) * [0.1, 4, 0.1, 2, 0.1] + 3
    plane = Plane.of(codes)
    assert plane.share > 0.95
    assert plane.project(plane.lift(np.array([[1.0, -2.0]]))) == pytest.approx(np.array([[1.0, -2.0]]))


def test_more_labels_than_colours_share_the_last_place_and_measurements_get_none():
    legend, places = categories([f"label {min(index // 3, 30)}" for index in range(200)])
    assert len(legend) == 20 and legend[-1]["name"] == "other labels" and max(places) == 19
    assert categories(np.linspace(0, 1, 200)) == ([], None)
