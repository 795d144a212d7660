"""A report in a real browser: opened from disk, it asks for nothing, fits on every screen and shuts nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from purenn.cli import main
from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

MODELS = ["strokes --limit 500 --epochs 2", "moons --epochs 3", "house-prices --epochs 3"]


@pytest.fixture(scope="module", params=MODELS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a network that was trained for a moment."""
    folder = tmp_path_factory.mktemp("report")
    model = folder / "model.safetensors"
    assert main(["train", *request.param.split(), "--out", str(model)]) == 0
    assert main(["report", str(model)]) == 0
    return folder / "model.html"


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    """The report in a window that forbids complaints and other addresses."""
    page = browser.new_page(color_scheme=request.param)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    yield page
    page.close()
    assert complaints == []
    assert [address for address in asked if not address.startswith("data:")] == [report.as_uri()]


def test_nothing_but_wide_drawings_has_to_be_scrolled_sideways(page: Page) -> None:
    for width in (360, 400, 1280, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing_that_keeps_anybody_out(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 900})
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]] == []


def test_the_pictures_within_the_page_are_shown(page: Page) -> None:
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert 0 not in sizes


def test_it_is_printed_dark_on_white(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    papers = "[...document.querySelectorAll('svg > .paper')].map(paper => getComputedStyle(paper).fill)"
    assert set(page.evaluate(papers)) == {"rgb(255, 255, 255)"}
