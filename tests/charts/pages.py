"""Reading HTML pages back, for tests: strictly, as browsers do not."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

__all__ = ["Element", "Page", "read"]

VOID = ("meta", "link", "img", "br", "hr", "input")
CLOSED = ("path", "rect", "circle", "image", "line")  # in a drawing, where elements may end with />
RUNS = ("script", "iframe", "object", "embed", "form", "base")
LARGEST = 2_000_000  # bytes of a page


class Element(NamedTuple):
    """An element with its attributes, all text in it, and the elements around it, the innermost last."""

    name: str
    attributes: dict[str, str]
    texts: list[str]
    around: list[str]

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).replace("\xa0", " ").split())


class Page(HTMLParser):
    """All elements of a page, in order. Raises AssertionError for tags that do not match, attributes that appear twice
    and references that mean nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.declared = ""

    def handle_decl(self, decl: str) -> None:
        self.declared = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len({*names}), f"<{tag}> has an attribute twice: {names}"
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, [], [outer.name for outer in self.open])
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in [outer.name for outer in self.open], f"<{tag}/> outside of a drawing"
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> after the end"
        assert self.open.pop().name == tag, f"</{tag}> ends something else"

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.texts.append(data)

    def all(self, name: str, class_: str = "") -> list[Element]:
        """All elements with this name and, if given, this class."""
        found = [element for element in self.elements if element.name == name]
        return [element for element in found if not class_ or class_ in element.attributes.get("class", "").split()]

    def one(self, name: str, class_: str = "") -> Element:
        """The only such element."""
        (found,) = self.all(name, class_)
        return found

    @property
    def title(self) -> str:
        """The title for the tab of the browser. Drawings have titles too."""
        (found,) = [element.text for element in self.all("title") if "head" in element.around]
        return found

    def table(self, caption: str) -> list[list[str]]:
        """The cells of the table with this caption, row by row."""
        place = next(i for i, e in enumerate(self.elements) if e.name == "caption" and e.text == caption)
        rows: list[list[str]] = []
        for element in self.elements[place + 1 :]:
            if element.name == "caption":
                break
            if element.name == "tr":
                rows.append([])
            elif element.name in ("th", "td"):
                rows[-1].append(element.text)
        return rows

    def facts(self) -> dict[str, str]:
        """All names with what they stand for."""
        return dict(zip((e.text for e in self.all("dt")), (e.text for e in self.all("dd"))))

    def said(self, text: str) -> bool:
        """Whether the page says this, across elements too."""
        return text in self.one("body").text


def read(html: str) -> Page:
    """Read a page, and check what every page must be: whole, of a bounded size, with nothing from elsewhere, nothing
    that runs, landmarks, one main heading, headings in order, unique ids, and links that lead somewhere in it."""
    assert len(html.encode()) < LARGEST
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    assert page.declared == "DOCTYPE html"
    assert page.one("html").attributes["lang"] == "en"
    assert page.title
    _check_safety(page, html)
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len({*ids}), "an id appears twice"
    assert {e.attributes["href"][1:] for e in page.all("a")} <= {*ids}
    for name in ("header", "nav", "main", "h1"):
        assert page.one(name)
    assert [e for e in page.elements if e.name in ("h3", "h4")] == []
    for element in page.all("th"):
        assert element.attributes["scope"] in ("col", "row")
    for element in page.all("img"):
        assert element.attributes["alt"]
    return page


def _check_safety(page: Page, html: str) -> None:
    policy = next(e for e in page.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy.attributes["content"]
    assert "script" not in policy.attributes["content"]
    assert [e.name for e in page.elements if e.name in RUNS] == []
    for element in page.elements:
        assert [name for name in element.attributes if name.startswith("on")] == []
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert re.match(r"#|data:image/png;base64,|data:,$|$", element.attributes.get(name, "")), element
    assert {*re.findall(r"https?:[^\s\"'<]*", html)} <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in html
    assert "url(" not in html
