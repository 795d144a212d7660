"""Reports are valid HTML, as html5lib reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli import main
from tests.cli.conftest import Captured, trained

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("words", ["moons --epochs 3", "house-prices --epochs 3", "strokes --limit 300 --epochs 1"])
def test_a_report_is_valid_html(words: str, empty: Path, capsys: Captured) -> None:
    html5lib = pytest.importorskip("html5lib")
    model = str(trained(capsys, *words.split()).done["model"])
    assert main(["report", model, "--out", "page.html"]) == 0
    parser = html5lib.HTMLParser(strict=True)  # which raises ParseError
    parser.parse(Path("page.html").read_bytes())
    assert parser.errors == []
