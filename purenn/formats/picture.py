"""Raster pictures: the value that picture files are read into; as grey, resized, or with light and dark swapped.

A network of purenn sees shades of grey, of one size for all pictures. What a file holds beyond that is reduced here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from operator import mul

from purenn.errors import ShapeError, check_whole

__all__ = ["Picture"]

_INVERSE = bytes(range(255, -1, -1))

Window = tuple[int, list[float]]  # the first number that counts, and the weights from there on


@dataclass(frozen=True)
class Picture:
    """A picture of 8 bits per value, row after row from the top, the values of a pixel side by side.

    channels: 1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha. Alpha 0 is transparent, 255 opaque.
    Raises ShapeError if the number of values does not fit.

    >>> Picture(1, 2, 3, bytes([255, 0, 0, 0, 0, 255])).grey().values.hex(" ")
    '4c 1d'
    """

    height: int
    width: int
    channels: int
    values: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or not 1 <= self.channels <= 4:
            size = f"{self.height} x {self.width} pixels of {self.channels} channels"
            raise ShapeError(f"a picture has at least 1 x 1 pixels of 1 to 4 channels, got {size}")
        if len(self.values) != self.height * self.width * self.channels:
            needed = f"{self.height} x {self.width} x {self.channels}"
            raise ShapeError(f"a picture of {needed} values cannot be made of {len(self.values)} bytes")

    def grey(self, background: int = 255) -> Picture:
        """Return the picture in shades of grey, with transparent parts laid over a background: white paper.

            luma = 0.299 red + 0.587 green + 0.114 blue
            grey = (alpha luma + (255 - alpha) background) / 255

        rounded. The values are taken as they are in the file, without regard to gamma or colour profiles.
        Source: Recommendation ITU-R BT.601-7, section 2.5.1; the PNG specification, section 13.16.
        """
        planes = [self.values[channel :: self.channels] for channel in range(self.channels)]
        grey = planes[0]
        if self.channels >= 3:
            grey = bytes([(299 * r + 587 * g + 114 * b + 500) // 1000 for r, g, b in zip(*planes[:3])])
        if self.channels in (2, 4) and planes[-1].count(255) < len(grey):
            grey = bytes([(a * v + (255 - a) * background + 127) // 255 for a, v in zip(planes[-1], grey)])
        return Picture(self.height, self.width, 1, grey)

    def inverted(self) -> Picture:
        """Return the negative, 255 - v, of a picture without alpha: white on black for black on white."""
        self._check("inverted", (1, 3))
        return Picture(self.height, self.width, self.channels, self.values.translate(_INVERSE))

    def background(self) -> int:
        """Return the shade of a grey picture's background: the median of the pixels on its border."""
        self._check("searched for its background", (1,))
        width, values = self.width, self.values
        border = sorted(values[:width] + values[-width:] + values[::width] + values[width - 1 :: width])
        return border[len(border) // 2]

    def resized(self, height: int, width: int) -> Picture:
        """Return a grey picture of another size. Its proportions are kept: the rest is filled with its `background`.

        A picture that shrinks is averaged: each new pixel is the mean of the area that it covers, pixels that it covers
        in part counting in part. One that grows is interpolated linearly between the centres of its pixels.
        """
        check_whole(1, height=height, width=width)
        self._check("resized", (1,))
        if (height, width) == (self.height, self.width):
            return self
        scale = min(height / self.height, width / self.width)
        inner_height, inner_width = (max(round(scale * side), 1) for side in (self.height, self.width))
        rows = [self.values[i : i + self.width] for i in range(0, len(self.values), self.width)]
        narrow = _resampled(rows, _windows(self.width, inner_width))
        columns = _resampled(list(zip(*narrow)), _windows(self.height, inner_height))
        left, top = (width - inner_width) // 2, (height - inner_height) // 2
        fill = bytes([self.background()])
        page = [fill * width] * height
        for y, row in enumerate(zip(*columns), start=top):
            inner = bytes([int(value + 0.5) for value in row])
            page[y] = fill * left + inner + fill * (width - left - inner_width)
        return Picture(height, width, 1, b"".join(page))

    def _check(self, what: str, channels: tuple[int, ...]) -> None:
        if self.channels not in channels:
            raise ShapeError(f"a picture of {self.channels} channels cannot be {what}; grey() makes it one of a single")


def _resampled(rows: Sequence[Sequence[float]], windows: list[Window]) -> list[list[float]]:
    """Return the rows with the weighted sum of each window in place of their numbers."""
    return [[sum(map(mul, weights, row[start : start + len(weights)])) for start, weights in windows] for row in rows]


def _windows(old: int, new: int) -> list[Window]:
    """Return how `new` numbers are made of `old` ones, each as a weighted mean: weights that add up to 1.

    >>> _windows(4, 2), _windows(2, 3)
    ([(0, [0.5, 0.5]), (2, [0.5, 0.5])], [(0, [1.0, 0.0]), (0, [0.5, 0.5]), (0, [0.0, 1.0])])
    """
    windows: list[Window] = []
    scale = old / new
    for i in range(new):
        if scale >= 1.0:  # new pixel i covers the old ones from i scale to (i + 1) scale
            begin, end = i * scale, min((i + 1) * scale, old)
            first, last = floor(begin), max(ceil(end), floor(begin) + 1)
            windows.append((first, [(min(end, k + 1) - max(begin, k)) / (end - begin) for k in range(first, last)]))
        else:  # its centre, (i + 1/2) scale, lies between the centres of two old ones: k + 1/2 and k + 3/2
            place = min(max((i + 0.5) * scale - 0.5, 0.0), old - 1.0)
            first = min(floor(place), max(old - 2, 0))
            share = place - first
            windows.append((first, [1.0 - share, share] if old > 1 else [1.0]))
    return windows
