"""Reading SVG pictures back, for tests: as a parser of XML sees them, not as strings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

__all__ = ["check", "elements", "parsed", "points_of", "words_in"]

SVG = "{http://www.w3.org/2000/svg}"
LARGEST = 200_000  # bytes of a picture


def parsed(picture: str) -> ElementTree.Element:
    """The root of a picture. Raises ParseError if it is not XML."""
    return ElementTree.fromstring(picture)


def elements(picture: str, name: str, class_: str = "") -> list[ElementTree.Element]:
    """All elements with this name and, if given, this class, in order."""
    found = parsed(picture).iter(f"{SVG}{name}")
    return [element for element in found if not class_ or element.get("class") == class_]


def words_in(picture: str) -> list[str]:
    """The texts of a picture, in order, without title and description."""
    return ["".join(element.itertext()) for element in elements(picture, "text")]


def points_of(d: str) -> list[tuple[float, float]]:
    """The absolute points of a path of M and L."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d)]


def check(picture: str, words: Sequence[str] = ()) -> None:
    """Check what every picture must be: valid XML of a bounded size, with a title, a description and these words,
    nothing from elsewhere, nothing that runs, and no text outside of its box."""
    root = parsed(picture)
    assert len(picture.encode()) < LARGEST
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert title.text
    assert description.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    drawn = re.sub(r'"data:image/png;base64,[^"]*"', '""', picture.partition("</desc>")[2])
    assert not re.search(r"<script|\bon\w+=|nan\b|\binf\b", drawn)
    assert re.findall(r"https?://[^\"]+", picture) == ["http://www.w3.org/2000/svg"]
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x", "0")) <= width, text.text
        assert 0 <= float(text.get("y", "0")) <= height, text.text
    shown = words_in(picture)
    assert [word for word in words if word not in shown] == []
