"""docs/matrix.md says what happens: every cell works or is refused in `fit` with the reason that the page prints."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "matrix.py"
SPEC = importlib.util.spec_from_file_location("matrix", SCRIPT)
matrix = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(matrix)


@pytest.mark.filterwarnings("ignore::isthmus.errors.DiagnosticWarning")
def test_the_page_is_what_the_code_does():
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page()


def test_a_cell_that_is_refused_gives_a_reason():
    assert "GaussianCode" in matrix.cell("VariationalAutoencoder", "Identity", "Dense", "table")
