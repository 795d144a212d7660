"""Tints: between paper and a colour, in both themes."""

from __future__ import annotations

import re

import pytest

from purenn.charts.svg import CLASSES, drawing
from purenn.charts.tints import ON_BLACK, ON_WHITE, mixed, tint, tint_style
from tests.charts.pictures import check


@pytest.mark.parametrize("theme", [ON_WHITE, ON_BLACK])
@pytest.mark.parametrize("class_", ["soft", "fill0", "fill1"])
def test_tints_go_from_paper_to_the_colour(class_: str, theme: int) -> None:
    assert mixed(class_, 0.0, theme) == CLASSES["paper"][theme]
    assert mixed(class_, 1.0, theme) == CLASSES[class_][theme]
    between = [int(mixed(class_, part / 10.0, theme)[5:], 16) for part in range(11)]
    assert between == sorted(between, reverse=between[0] > between[-1])


def test_a_grey_stays_a_grey() -> None:
    """Each channel is mixed and rounded once."""
    red, green, blue = bytes.fromhex(mixed("soft", 0.5, ON_WHITE)[1:])
    assert (red, green, blue) == (round((255 + 0x5B) / 2), round((255 + 0x62) / 2), round((255 + 0x6B) / 2))


def test_shadows_are_darker() -> None:
    assert mixed("paper", 1.0, ON_WHITE, brightness=0.5) == "#808080"


def test_each_tint_is_defined_once_for_both_themes() -> None:
    names = [tint("fill0", 0.251), tint("fill0", 0.25), tint("soft", 0.0)]
    style = tint_style(names)
    check(drawing(10, 10, "a", "b", style))
    white, _, black = style.partition("@media screen and (prefers-color-scheme:dark)")
    for part in (white, black):
        assert re.findall(r"\.purenn \.([\w-]+)\{fill:#[0-9a-f]{6}\}", part) == ["fill0-25", "soft-0"]
