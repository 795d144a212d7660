"""SVG: drawings as text that every browser shows, in light and in dark, and that a screen reader can read out.

A drawing is a string. Its elements take their colours from classes, which the style sheet of the drawing defines for
both themes, so no element has a colour of its own unless the colour is a number to be read, as in a heat map.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

from purenn.formats import File, atomic_write

__all__ = [
    "COLOURS",
    "FONT_SIZE",
    "IN_THE_DARK",
    "Point",
    "Svg",
    "drawing",
    "escaped",
    "number",
    "path",
    "tag",
    "text",
    "text_width",
]

Point = tuple[float, float]

FONT_SIZE = 13.0
WIDTH_OF_A_CHARACTER = 0.56  # of the font size, on average, in the fonts of today's systems
# For lines and points, on white and on black paper. Okabe and Ito (2008) chose the hues so that people with any kind of
# colour blindness tell them apart; here each has the lightness that its paper needs.
COLOURS = [
    ("#0072b2", "#56b4e9"),
    ("#c25300", "#f28e4c"),
    ("#007a5a", "#2fc49a"),
    ("#b0467f", "#e58fbd"),
    ("#8a6d00", "#f0c534"),
    ("#5b4fb3", "#a99cf5"),
    ("#3d3d3d", "#d0d0d0"),
    ("#8c4a2f", "#d79c7f"),
    ("#00778a", "#4fc3d4"),
    ("#7a7a00", "#c9c94a"),
]
IN_THE_DARK = "@media screen and (prefers-color-scheme:dark)"  # paper from a printer is white
# class: (the property that it sets, on white, on black)
CLASSES = {
    "paper": ("fill", "#ffffff", "#14171a"),
    "ink": ("fill", "#1a1d21", "#e8eaed"),
    "soft": ("fill", "#5b626b", "#a4abb3"),
    "axis": ("stroke", "#5b626b", "#a4abb3"),
    "grid": ("stroke", "#e4e7eb", "#2b3036"),
    "black": ("filter", "none", "invert(1)"),  # pictures in black and shades of it
    "edge": ("stroke", "#ffffff", "#14171a"),  # around points, to part them from what is below
    **{f"line{i}": ("stroke", *pair) for i, pair in enumerate(COLOURS)},
    **{f"fill{i}": ("fill", *pair) for i, pair in enumerate(COLOURS)},
}


def _rules(theme: int) -> str:
    return "".join(f".purenn .{name}{{{facts[0]}:{facts[theme]}}}" for name, facts in CLASSES.items())


STYLE = (
    ".purenn{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;font-size:13px}"
    ".purenn text{font-variant-numeric:tabular-nums}"
    f"{_rules(1)}{IN_THE_DARK}{{{_rules(2)}}}"
)


class Svg(str):
    """The text of a drawing, a string like any other. A notebook shows the drawing itself.

    >>> picture = drawing(10, 10, "A dot", "One dot.")
    >>> picture
    <SVG drawing 'A dot'>
    >>> picture[:26], picture._repr_svg_() == picture
    ('<svg xmlns="http://www.w3.', True)
    """

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def written(self, target: File | None) -> Svg:
        """Return the drawing, after writing it to a file, atomically, or to an open binary file; not for None.

        Raises ValueError for a file name that promises another format, and OSError if the file cannot be written.
        """
        if isinstance(target, (str, os.PathLike)):
            name = Path(target)
            if name.suffix.casefold() != ".svg":
                what = "drawings are written as SVG, which browsers show"
                raise ValueError(f"{target}: {what}: call the file '{name.stem}.svg'")
            with atomic_write(target) as file:
                file.write(self.encode())
        elif target is not None:
            target.write(self.encode())
        return self

    @property
    def name(self) -> str:
        """The title of the drawing."""
        from html import unescape  # only here: it takes time to load

        return unescape(self.partition("</title>")[0].rpartition(">")[2])

    @property
    def width(self) -> float:
        """The width of the drawing in pixels, as long as there is room for it."""
        return float(self.partition(' width="')[2].partition('"')[0])

    def __repr__(self) -> str:
        """Give the title: thousands of characters of a drawing would fill the screen of a Python shell."""
        return f"<SVG drawing {self.name!r}>"


def drawing(width: float, height: float, title: str, description: str, *parts: str) -> Svg:
    """Return a whole SVG document of this size, with a title and a description for those who cannot see it.

    It scales with the page that it stands in. Equal arguments give equal bytes.

    >>> drawing(10, 10, "A <dot>", "One dot.", tag("circle", cx=5, cy=5, r=1)).count("&lt;dot&gt;")
    1
    """
    title, description = escaped(title), escaped(description)
    name = f"purenn-{crc32(''.join([title, description, *parts]).encode()):08x}"  # ids are unique in a page of drawings
    return Svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="purenn" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" style="max-width:100%;height:auto" role="img" '
        f'aria-labelledby="{name}-title {name}-description">\n'
        f'<title id="{name}-title">{title}</title>\n'
        f'<desc id="{name}-description">{description}</desc>\n'
        f"<style>{STYLE}</style>\n"
        f"{tag('rect', class_='paper', width=width, height=height)}\n" + "\n".join(parts) + "\n</svg>\n"
    )


def tag(name: str, *children: str, **attributes: float | str) -> str:
    """Return an element. Underscores in the names of attributes become hyphens; `class_` is the class.

    >>> tag("g", tag("circle", cx=1.0, cy=2.126, r=3), class_="line0", stroke_width=2)
    '<g class="line0" stroke-width="2"><circle cx="1" cy="2.13" r="3"/></g>'
    """
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(children)}</{name}>" if children else f"<{name}{given}/>"


def text(x: float, y: float, words: str, *, class_: str = "ink", anchor: str = "start", **more: float | str) -> str:
    """Return a line of text: `anchor` says which part of it stands at x: its start, middle or end.

    >>> text(1, 2, "a < b")
    '<text x="1" y="2" class="ink" text-anchor="start">a &lt; b</text>'
    """
    return tag("text", escaped(words), x=x, y=y, class_=class_, text_anchor=anchor, **more)


def path(points: Sequence[Point], *, closed: bool = False) -> str:
    """Return the `d` of a path through these points.

    >>> path([(0, 0), (1.5, 2)], closed=True)
    'M0 0L1.5 2Z'
    """
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z" * closed


def text_width(words: str, size: float = FONT_SIZE) -> float:
    """Return about how wide a text is: nobody knows before it is shown, for every system has other fonts."""
    return len(words) * size * WIDTH_OF_A_CHARACTER


def number(value: float) -> str:
    """Return a number with two decimals at most: hundredths of a pixel are not seen.

    >>> number(3.0), number(2.345), number(-0.001)
    ('3', '2.35', '0')
    """
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def _value(value: float | str) -> str:
    return escaped(value) if isinstance(value, str) else number(value)


def escaped(words: str) -> str:
    """Return the text as XML: its marks replaced, and characters that XML does not allow left out."""
    allowed = "".join(c for c in words if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))
    for mark, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        allowed = allowed.replace(mark, name)
    return allowed
