"""The book as a site: its programs run in the tab and print and draw what the chapters show."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.book import CHAPTERS, blocks, pictures
from tests.browser.conftest import hosted
from tests.browser.helpers import LOADED, expect
from tests.conftest import ROOT
from tests.test_book import assert_alike

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

pytestmark = pytest.mark.browser

MINUTE = 60_000  # milliseconds


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the book in the site that `make docs` writes."""
    folder = tmp_path_factory.mktemp("host") / "site"
    subprocess.run(["make", "docs", f"SITE={folder}"], cwd=ROOT, check=True)
    return folder / "book"


@pytest.fixture(scope="module")
def book_address(book: Path) -> Iterator[str]:
    """The address of the book."""
    with hosted(book.parent) as address:
        yield f"{address}book/"


@pytest.mark.parametrize("chapter", CHAPTERS[:7], ids=lambda path: path.stem)
def test_the_programs_of_a_chapter_run_in_the_page(context: BrowserContext, book_address: str, chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    page = context.new_page()
    page.goto(f"{book_address}{chapter.stem}.html")
    page.get_by_role("button", name="Run").last.click()  # runs those above it first
    page.wait_for_function(
        "[...document.querySelectorAll('.run')].every((b) => b.innerText === 'Run again')", timeout=3 * MINUTE
    )
    outputs = page.locator(".run-output").all()
    found = blocks(text)
    assert len(outputs) == len(found)
    for output, block in zip(outputs, found):
        assert_alike(output.locator("pre").inner_text(), block.shown)
    assert page.locator(".run-output img").count() >= len(pictures(text, chapter.name[:2]))


def test_a_program_that_was_changed_runs_as_it_is_and_says_what_went_wrong(
    context: BrowserContext, book_address: str
) -> None:
    page = context.new_page()
    page.goto(f"{book_address}{CHAPTERS[0].stem}.html")
    first = page.locator(".language-python.highlight code").first
    for program, said in (("print(6 * 7)", "42"), ("1 / 0", "ZeroDivisionError")):
        first.fill(program)
        page.get_by_role("button", name="Run").first.click()
        page.locator(".run-output").first.get_by_text(said).wait_for(timeout=MINUTE)


def test_search_and_the_colours_of_the_night_work_on_a_telephone(context: BrowserContext, book_address: str) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{book_address}{CHAPTERS[0].stem}.html")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    red, green, blue = (
        int(part) for part in page.evaluate("getComputedStyle(document.body).backgroundColor")[4:-1].split(",")
    )
    assert max(red, green, blue) < 64
    page.locator("header label[for=__search]").first.click()
    page.get_by_role("textbox", name="Search").fill("gradient")
    page.locator(".md-search-result__link").first.wait_for(timeout=MINUTE)


class Links(HTMLParser):
    """The addresses that a page names, and the places in it that an address can name after a #."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.places: set[str] = {""}
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.addresses.add(value)
            elif value and name == "id":
                self.places.add(value)


links = lru_cache(maxsize=None)(Links)


def leads_somewhere(page: Path, address: str) -> bool:
    """Return True if there is such a file and, in a page of the book, such a place. Other hosts are not asked."""
    path, place = map(unquote, urldefrag(address))
    target = (page.parent / path).resolve() if path else page
    if urlsplit(address).scheme:
        return True
    if not target.is_file() or target.suffix != ".html":
        return target.is_file()
    return place.startswith("{") or place in links(target).places  # the settings of a playground are no place in it


def test_every_link_leads_somewhere(book: Path) -> None:
    pages = sorted(set(book.rglob("*.html")) - {book / "404.html"})  # which is shown anywhere, with links from the top
    assert len(pages) > 100
    lost = [(page.name, link) for page in pages for link in links(page).addresses if not leads_somewhere(page, link)]
    assert lost == []


def test_the_link_to_the_playground_opens_it_as_the_chapter_says(context: BrowserContext, book_address: str) -> None:
    page = context.new_page()
    page.goto(f"{book_address}{CHAPTERS[0].stem}.html")
    page.get_by_role("link", name="Open a line that learns").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("CPython", timeout=LOADED)
    expect(page).to_have_url(re.compile("line"))  # written by the page, from the settings that it has
