"""Rows of numbers as pictures: samples in shades of grey, the weights of a unit in the colours of their signs.

Each picture is a small PNG file inside of the drawing: a path for every pixel would take ten times as many bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from math import isfinite

from purenn.charts.frame import LINE, TOP, Frame
from purenn.charts.scales import extent
from purenn.charts.svg import Svg, drawing, tag, text, text_width
from purenn.errors import ShapeError, check_whole
from purenn.formats import Picture, png

__all__ = ["picture_address", "pictures"]

SIDE, TOGETHER = 112.0, 600.0  # width of a picture in pixels, and of a row of pictures, at most
GAP = 8.0
BAR = 90.0  # width of the scale of signed numbers
# Paper shows through weak colours, white or black. These are between those for white and for black paper.
NEGATIVE, POSITIVE = bytes([43, 147, 206]), bytes([218, 113, 38])
LEVELS = 32  # of a colour: more are not told apart, and take more bytes


def pictures(
    rows: Iterable[Sequence[float]],
    width: int,
    *,
    captions: Sequence[str] = (),
    signed: bool = False,
    columns: int = 10,
    title: str = "",
) -> Svg:
    """Return a picture of every row of numbers, which are its pixels, `width` of them in a line, from the top.

    All pictures have the same scale. The lowest number has the colour of the paper, the highest that of ink. If
    `signed`, as weights are, it is 0 that has the colour of the paper: negative numbers are blue, positive ones orange,
    and stronger the larger they are. A number that is not finite is left out. A picture of 28 x 28 pixels takes
    1 or 2 kB. Raises ShapeError for no rows, rows of different lengths, or such as have no whole lines.

    >>> drawing = pictures([[0.0, 0.5, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]], width=2, captions=["4", "7"])
    >>> drawing.count("data:image/png")
    2
    """
    check_whole(1, width=width, columns=columns)
    rows = [*rows]
    _check(rows, width, captions)
    shades = _Shades.of(rows, signed)
    columns = min(columns, len(rows))
    zoom = min(TOGETHER / columns, SIDE) / width
    zoom = float(int(zoom)) or zoom  # whole, if it can be, for all pixels to have the same size
    across, down = zoom * width, zoom * len(rows[0]) / width
    step = max(across, *map(text_width, [*captions, ""])) + GAP
    line = down + GAP + LINE * bool(captions)
    total = max(columns * step + 16.0, text_width(title) + 24.0 + 200.0 * signed)
    parts = [Frame(0.0, 0.0, 0.0, 0.0).title(title), *(shades.scale(total - 12.0) if signed else [])]
    for i, row in enumerate(rows):
        x, y = 12.0 + i % columns * step + (step - GAP - across) / 2.0, TOP + i // columns * line
        parts.append(tag("rect", class_="grid", x=x - 0.5, y=y - 0.5, width=across + 1, height=down + 1, fill="none"))
        parts.append(shades.image(row, width, (x, y, across, down)))
        if captions:
            parts.append(text(x + across / 2.0, y + down + 15, captions[i], anchor="middle"))
    size = f"{len(rows)} pictures of {len(rows[0]) // width} x {width} pixels"
    numbers = [value for row in rows for value in row if isfinite(value)] or [0.0]
    told = f"{size}, with numbers from {min(numbers):.4g} to {max(numbers):.4g}. {', '.join(captions)}"
    return drawing(total, TOP + -(-len(rows) // columns) * line + GAP, title or "Pictures", told, *parts)


def picture_address(pixels: bytes, width: int) -> str:
    """Return a picture of grey pixels, row after row, as the address of an image in a page, which has it within itself.

    A pixel is 0 for paper to 255 for ink, which is black, and opaque as far as it is ink. Raises ShapeError for pixels
    that are no whole lines.

    >>> picture_address(bytes([0, 255, 51, 0]), width=2)[:22]
    'data:image/png;base64,'
    """
    check_whole(1, width=width)
    _check([pixels], width, [])
    return _address(Picture(len(pixels) // width, width, 2, b"".join(bytes([0, pixel]) for pixel in pixels)))


def _address(picture: Picture) -> str:
    file = BytesIO()
    png.write(file, picture)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode('ascii')}"


def _check(rows: Sequence[Sequence[float]], width: int, captions: Sequence[str]) -> None:
    if not rows or not rows[0]:
        raise ShapeError(f"pictures need at least one row of at least one pixel, got {len(rows)} rows")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ShapeError(f"row {i} has {len(row)} pixels, but row 0 has {len(rows[0])}")
    if len(rows[0]) % width:
        raise ShapeError(f"{len(rows[0])} pixels are no whole number of lines of {width}")
    if captions and len(captions) != len(rows):
        raise ShapeError(f"{len(captions)} captions for {len(rows)} pictures")


@dataclass(frozen=True)
class _Shades:
    """The scale of numbers as colours: how opaque the colour of a number is, from nothing to full in LEVELS steps."""

    low: float
    high: float
    signed: bool

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]], signed: bool) -> _Shades:
        """Return the scale of all finite numbers."""
        return cls(*extent(chain.from_iterable(rows)), signed)

    @property
    def largest(self) -> float:
        """The largest number without its sign."""
        return max(-self.low, self.high)

    def _opacity(self, value: float) -> int:
        """Return the opacity of a number, from 0 to 255."""
        if not isfinite(value):
            return 0
        part = abs(value) / self.largest if self.signed else (value - self.low) / (self.high - self.low)
        return round(part * (LEVELS - 1)) * 255 // (LEVELS - 1)

    def image(self, row: Sequence[float], width: int, box: tuple[float, float, float, float]) -> str:
        """Return a picture in a box of left, top, width and height."""
        opacities = map(self._opacity, row)
        if self.signed:
            pixels = (bytes([*(NEGATIVE if v < 0.0 else POSITIVE), opacity]) for v, opacity in zip(row, opacities))
            picture = Picture(len(row) // width, width, 4, b"".join(pixels))
        else:
            picture = Picture(len(row) // width, width, 2, b"".join(bytes([0, opacity]) for opacity in opacities))
        places, style = dict(zip(("x", "y", "width", "height"), box)), "image-rendering:pixelated"
        class_, href = "" if self.signed else "black", _address(picture)
        return tag("image", class_=class_, href=href, style=style, preserveAspectRatio="none", **places)

    def scale(self, right: float) -> list[str]:
        """Return a bar with all colours, and the numbers at its ends, at the top, left of `right`."""
        steps = [self.largest * i / LEVELS for i in range(-LEVELS, LEVELS + 1)]
        end = right - 8.0 - text_width(f"{self.largest:.2g}")
        return [
            self.image(steps, len(steps), (end - BAR, TOP - 28.0, BAR, 10.0)),
            text(end - BAR - 8.0, TOP - 18.0, f"{-self.largest:.2g}", class_="soft", anchor="end"),
            text(end + 8.0, TOP - 18.0, f"{self.largest:.2g}", class_="soft"),
        ]
