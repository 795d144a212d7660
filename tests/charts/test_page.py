"""Pages: valid, escaped, for every reader, and made of what was given alone."""

from __future__ import annotations

import re

import pytest

from purenn.charts import (
    Section,
    Thumbnail,
    beside,
    curves,
    data_table,
    facts,
    figure,
    listing,
    page,
    paragraphs,
    picture_address,
    preformatted,
    thumbnails,
)
from purenn.charts.page import DARK, LIGHT
from tests.charts.pages import Page, read
from tests.charts.test_svg import contrast

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=\"alert(2)\"> 'a' & \x00\x1b]0;\ud800 &amp; -->"
SHOWN = "</style><script>alert(1)</script><img src=x onerror=\"alert(2)\"> 'a' & ]0; &amp; -->"


def every_part(words: str) -> str:
    """Return a page that has these words in every place where there can be words."""
    picture = Thumbnail(picture_address(bytes([0, 255]), 2), words, [words])
    content = [
        *paragraphs(words, class_="headline"),
        facts([(words, words)]),
        facts([(words, words)], in_rows=True),
        listing([words]),
        listing([words], ordered=True),
        data_table(words, [[words, words], [words, words]], of_words=True),
        beside(figure(curves({words: [1.0, 2.0]}, title=words), words)),
        preformatted([words, words]),
        thumbnails([picture]),
    ]
    return page(words, words, [Section("first", words, content)], kicker=words, lede=words, foot=words)


def of(*content: str) -> Page:
    """Return a page with this content, as it is read back."""
    return read(page("Title", "Heading", [Section("s", "Section", content)]))


def test_a_page_has_a_title_a_heading_sections_and_links_to_them() -> None:
    sections = [Section("one", "First", paragraphs("1")), Section("two", "Second", paragraphs("2"))]
    found = read(page("Tab", "Heading", sections, kicker="Above", lede="Below", foot="End"))
    assert (found.title, found.one("h1").text, found.one("footer").text) == ("Tab", "Heading", "End")
    assert (found.one("p", "kicker").text, found.one("p", "lede").text) == ("Above", "Below")
    assert [(link.attributes["href"], link.text) for link in found.all("a")] == [("#one", "First"), ("#two", "Second")]
    for section, heading in zip(found.all("section"), found.all("h2")):
        assert section.attributes["aria-labelledby"] == heading.attributes["id"]


def test_any_words_are_text_and_nothing_else() -> None:
    found = read(every_part(HOSTILE))
    shown = " ".join(SHOWN.split())
    for name in ("h1", "h2", "footer", "figcaption", "caption", "dt", "dd", "li", "td", "p"):
        assert {e.text for e in found.all(name) if name != "li" or "main" in e.around} <= {shown, f"{shown}{shown}"}
    assert found.one("img").attributes["alt"] == SHOWN
    assert found.one("code").text == f"{shown} {shown}"


def test_equal_arguments_give_equal_bytes() -> None:
    assert every_part("one & two") == every_part("one & two")


def test_no_addresses_are_allowed_but_data_and_nothing_runs() -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', every_part("x"))
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_a_table_names_its_columns_and_rows() -> None:
    found = of(data_table("Sizes", [["name", "size"], ["A", "4"], ["B", "5"]]))
    assert found.table("Sizes") == [["name", "size"], ["A", "4"], ["B", "5"]]
    assert [e.attributes["scope"] for e in found.all("th")] == ["col", "col", "row", "row"]


def test_a_drawing_has_a_name_and_a_caption_and_is_scrolled_where_it_would_be_too_small() -> None:
    wide, narrow = curves({"a": [1.0, 2.0]}, title="Wide"), curves({"a": [1.0, 2.0]}, title="Narrow", width=300)
    found = of(figure(wide, "It is wide."), figure(narrow))
    assert [e.text for e in found.all("figcaption")] == ["It is wide."]
    boxes = found.all("div", "scroll")
    assert [(e.attributes["aria-label"], e.attributes["style"]) for e in boxes] == [
        ("Wide", "--least:448px"),
        ("Narrow", "--least:240px"),
    ]
    assert {e.attributes["tabindex"] for e in boxes} == {"0"}


def test_drawings_on_a_page_keep_their_own_names() -> None:
    found = of(*(figure(curves({"a": [float(n), 2.0]}, title="Equal")) for n in range(3)))
    assert len(found.all("svg")) == 3


def test_empty_texts_are_left_out() -> None:
    assert paragraphs("", "a", "") == ["<p>a</p>"]


def test_thumbnails_have_a_text_in_their_place_and_lines_below() -> None:
    address = picture_address(bytes([0, 255, 128, 7]), width=2)
    found = of(thumbnails([Thumbnail(address, "a four", ["is 4", "sample 7"])]))
    assert found.one("img").attributes == {"src": address, "alt": "a four"}
    assert [e.text for e in found.all("span") if not e.attributes] == ["is 4", "sample 7"]


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_letters_can_be_read_on_their_paper(theme: str) -> None:
    colours = {
        name: colour if len(colour) == 7 else f"#{2 * colour[1:]}"
        for name, colour in (rule.split(":") for rule in theme.split(";"))
    }
    for letters in ("--ink", "--soft", "--accent"):
        for paper in ("--paper", "--panel"):
            assert contrast(colours[letters], colours[paper]) >= 4.5
