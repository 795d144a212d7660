"""SVG text: escaped, deterministic, readable in both themes."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from purenn.charts.svg import CLASSES, COLOURS, Svg, drawing, number, path, tag, text
from tests.charts.pictures import check, elements, parsed

PAPERS = (CLASSES["paper"][1], CLASSES["paper"][2])


def test_a_drawing_is_a_document_with_a_title_and_a_description() -> None:
    check(drawing(20, 10, "Dots", "One dot in the middle.", tag("circle", cx=10, cy=5, r=2)))


def test_equal_drawings_have_equal_bytes_and_others_have_other_ids() -> None:
    one, same, other = (drawing(9, 9, "a", "b", tag("g", x=x)) for x in (1, 1, 2))
    assert one == same
    assert len({parsed(picture).get("aria-labelledby") for picture in (one, same, other)}) == 2


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "\"&<>'", "a\x00b\x0bc", "\ud800", "Größe ✓ 漢"])
def test_any_words_are_text_and_nothing_else(words: str) -> None:
    picture = drawing(20, 20, words, words, text(1, 15, words), tag("path", d="M0 0", id=words))
    kept = "".join(c for c in words if c not in "\x00\x0b\ud800")
    assert ["".join(element.itertext()) for element in elements(picture, "text")] == [kept]
    assert [element.text or "" for element in elements(picture, "title")] == [kept]
    assert elements(picture, "script") == []


def test_a_drawing_is_a_string_that_a_notebook_shows_and_a_shell_only_names() -> None:
    picture = drawing(20, 10, "<Dots> & 'lines'", "One dot.")
    assert isinstance(picture, Svg)
    assert isinstance(picture, str)
    assert picture._repr_svg_() == str(picture) == f"{picture}"
    assert repr(picture) == "<SVG drawing \"<Dots> & 'lines'\">"


def test_a_drawing_knows_its_name_and_its_width() -> None:
    picture = drawing(30.5, 20, "A <b> & c", "Nothing.")
    assert (picture.name, picture.width) == ("A <b> & c", 30.5)


def test_a_drawing_is_written_to_a_file_of_its_format(tmp_path: Path) -> None:
    picture, path = drawing(20, 10, "Größe", "One dot."), tmp_path / "dot.svg"
    assert picture.written(path) is picture
    assert path.read_text(encoding="utf-8") == picture
    assert picture.written(None) is picture
    file = BytesIO()
    assert picture.written(file) is picture
    assert file.getvalue() == picture.encode()
    assert picture.written(str(tmp_path / "dot.SVG")) == picture
    with pytest.raises(ValueError, match=r"dot.png: drawings are written as SVG, .*: call the file 'dot.svg'$"):
        picture.written(tmp_path / "dot.png")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dot.SVG", "dot.svg"]


def test_numbers_have_two_decimals_and_no_sign_of_nothing() -> None:
    assert [number(v) for v in (1, 1.5, 1.005, -0.004, 1e-9, 123456.0)] == ["1", "1.5", "1", "0", "0", "123456"]
    assert path([(0.123, 1), (2, 3)]) == "M0.12 1L2 3"


def luminance(colour: str) -> float:
    """The relative luminance of a colour, by the Web Content Accessibility Guidelines 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """The contrast of two colours, from 1 to 21, by the same source."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_lines_names_and_words_can_be_read_in_both_themes(theme: int) -> None:
    """3 for lines and points, 4.5 for words, as the guidelines ask; names of lines have the line's colour."""
    assert {
        pair: round(contrast(pair[theme], PAPERS[theme]), 1)
        for pair in COLOURS
        if contrast(pair[theme], PAPERS[theme]) < 4.5
    } == {}
    for name, least in (("ink", 7.0), ("soft", 4.5), ("axis", 3.0)):
        assert contrast(CLASSES[name][theme + 1], PAPERS[theme]) >= least


def seen_without(cone: str, colour: str) -> tuple[float, float, float]:
    """A colour as a person sees it who lacks the cones for red or for green: Viénot, Brettel and Mollon (1999)."""
    r, g, b = ((int(colour[i : i + 2], 16) / 255.0) ** 2.2 for i in (1, 3, 5))
    long, middle, short = (
        17.8824 * r + 43.5161 * g + 4.11935 * b,
        3.45565 * r + 27.1554 * g + 3.86714 * b,
        0.0299566 * r + 0.184309 * g + 1.46709 * b,
    )
    if cone == "red":
        long = 2.02344 * middle - 2.52581 * short
    else:
        middle = 0.494207 * long + 1.24827 * short
    return (
        0.0809444479 * long - 0.130504409 * middle + 0.116721066 * short,
        -0.0102485335 * long + 0.0540193266 * middle - 0.113614708 * short,
        -0.000365296938 * long - 0.00412161469 * middle + 0.693511405 * short,
    )


@pytest.mark.parametrize("cone", ["red", "green"])
@pytest.mark.parametrize("theme", [0, 1])
def test_the_first_colours_differ_for_colour_blind_people_too(theme: int, cone: str) -> None:
    seen = [seen_without(cone, pair[theme]) for pair in COLOURS[:3]]
    for one, other in ((seen[0], seen[1]), (seen[1], seen[2]), (seen[0], seen[2])):
        assert max(abs(a - b) for a, b in zip(one, other)) > 0.08


def test_the_style_is_valid_in_both_themes() -> None:
    (style,) = elements(drawing(1, 1, "a", "b"), "style")
    rules = re.findall(r"\.purenn \.(\w+)\{(\w+):(#[0-9a-f]{6}|none|invert\(1\))\}", style.text or "")
    assert [name for name, _, _ in rules] == [*CLASSES, *CLASSES]
    assert "@media screen and (prefers-color-scheme:dark)" in (style.text or "")


def test_what_is_not_xml_would_be_noticed() -> None:
    with pytest.raises(ElementTree.ParseError):
        parsed("<svg><b></svg>")
