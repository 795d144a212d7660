"""Tints: colours between that of the paper and another one, mixed for white and for black paper.

A tint could also be the colour itself, half transparent. But browsers round the colour of each pixel to a whole number
for every layer, and a dozen of layers upon each other would turn grey into green.
"""

from __future__ import annotations

from collections.abc import Iterable

from purenn.charts.svg import CLASSES, IN_THE_DARK, tag

__all__ = ["ON_BLACK", "ON_WHITE", "mixed", "tint", "tint_style"]

ON_WHITE, ON_BLACK = 1, 2  # the places of the colours in CLASSES


def mixed(class_: str, part: float, theme: int, brightness: float = 1.0) -> str:
    """Return the colour that has this part of the colour of a class, and paper for the rest.

    >>> mixed("fill0", 0.0, ON_WHITE), mixed("fill0", 0.5, ON_WHITE), mixed("fill0", 1.0, ON_BLACK)
    ('#ffffff', '#80b8d8', '#56b4e9')
    """
    paper, full = (bytes.fromhex(CLASSES[name][theme][1:]) for name in ("paper", class_))
    return f"#{bytes(round(brightness * (p + part * (f - p))) for p, f in zip(paper, full)).hex()}"


def tint(class_: str, part: float) -> str:
    """Return the class of a tint, in whole percent.

    >>> tint("fill0", 0.25)
    'fill0-25'
    """
    return f"{class_}-{round(100.0 * part)}"


def tint_style(names: Iterable[str]) -> str:
    """Return the element that defines tints. In a page of drawings, a name is the same colour in all of them."""
    rules = {ON_WHITE: "", ON_BLACK: ""}
    for name in sorted({*names}):
        class_, _, percent = name.rpartition("-")
        for theme in rules:
            rules[theme] += f".purenn .{name}{{fill:{mixed(class_, int(percent) / 100.0, theme)}}}"
    return tag("style", f"{rules[ON_WHITE]}{IN_THE_DARK}{{{rules[ON_BLACK]}}}")
