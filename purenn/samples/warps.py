"""Warped pictures: every epoch sees the same samples a little shifted, turned, scaled, sheared or bent.

A digit that is shifted by a pixel is the same digit, but to a network every pixel is another input. Samples that are
warped at random teach it what does not matter, without a single new label. Source: Simard, Steinkraus and Platt (2003),
Best practices for convolutional neural networks applied to visual document analysis.

A warp is a map of whole pixels: `m[i]` is the pixel on which pixel i lands, or -1 if it leaves the picture. From the
picture x comes x'[k] = Σ x[i] over all i with m[i] = k. Ink is only moved: where a warp enlarges, there are pixels on
which none lands, and where it shrinks, ink adds up. Such a map is computed once for many pictures; and as it only gives
the inputs other places, it can be applied to the weights that meet them, instead of to the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from math import cos, floor, radians, sin
from random import Random

from purenn.errors import check_fraction, check_not_negative, did_you_mean
from purenn.matrix import Matrix
from purenn.samples.rows import Images, Rows

__all__ = ["MAPS", "Augmentation", "warped", "warped_rows"]

# Maps drawn for an epoch, of which every sample takes one at random. Drawing one for 28 x 28 pixels takes 0.4 ms, ten
# times as long as warping a picture by it: one for each of 60,000 samples would take 25 s an epoch, these take 0.2 s.
# New ones are drawn for each epoch, so that a sample seldom meets a map twice.
MAPS = 512
CELLS = 5  # along each side, of the grid that bends a picture: in digits of 28 pixels, a bend is some 6 pixels wide

Map = list[int]


@dataclass(frozen=True)
class Augmentation:
    """How far pictures are warped in training. Each map draws its own numbers, uniformly between these limits.

    shift: pixels, at least 0. A picture is moved by sx to the right and sy down, both from -shift to shift.
    rotate: degrees, from 0 to 180. It is turned about its middle by an angle a from -rotate to rotate.
    scale: a fraction, in [0, 1). Its width is multiplied by fx and its height by fy, both from 1 - scale to 1 + scale.
    shear: a fraction, in [0, 1). Each line is moved right by h times its distance below the middle, h from -shear to
    shear: handwriting that leans.
    elastic: pixels, at least 0. On a grid of 6 x 6 points over the picture, each point is moved right and down by
    numbers from -elastic to elastic; pixels between them are moved by the bilinear interpolation (ex, ey) of these.
    mirror: left and right are exchanged in every other map, at random: for pictures of clothes, not of digits.

    With (u, v) a pixel's place right of and below the middle, and g = -1 if mirrored, otherwise 1, it lands on the
    pixel nearest to

        u' = g fx u + h fy v      right of the middle: u' cos a - v' sin a + sx + ex
        v' = fy v                 below the middle:    u' sin a + v' cos a + sy + ey

    Raises ValueError for a number out of range, TypeError for what is no number or, for mirror, no bool.

    >>> Augmentation(shift=1, rotate=10)
    Augmentation(shift=1.0, rotate=10.0, scale=0.0, shear=0.0, elastic=0.0, mirror=False)
    >>> print(Augmentation(shift=1, rotate=10, mirror=True))
    shift=1 rotate=10 mirror
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    mirror: bool = False

    def __post_init__(self) -> None:
        check_not_negative(shift=self.shift, rotate=self.rotate, elastic=self.elastic)
        check_fraction(scale=self.scale, shear=self.shear)
        if self.rotate > 180.0:
            raise ValueError(f"rotate must be from 0 to 180 degrees, got {self.rotate}")
        if self.mirror not in (True, False):
            raise TypeError(f"mirror must be True or False, got {self.mirror!r:.100}")
        numbers = {name: float(value) for name, value in vars(self).items() if name != "mirror"}
        vars(self).update(numbers, mirror=bool(self.mirror))  # 1 and 1.0 are one augmentation, with one description

    @classmethod
    def parse(cls, words: Iterable[str]) -> Augmentation:
        """Return the augmentation that words such as "shift=1" and "mirror" describe; `str` returns them again.

        Raises ValueError, showing the word, for an unknown or repeated name, a missing number, or one out of range.

        >>> Augmentation.parse(["shift=0.5", "mirror"]) == Augmentation(shift=0.5, mirror=True)
        True
        """
        limits = dict[str, float]()
        mirror = False
        for word in words:
            name, equals, number = word.partition("=")
            if name in limits or (mirror and name == "mirror"):
                raise ValueError(f"{word!r}: {name} is there twice, expected it once")
            if name == "mirror":
                if equals:
                    raise ValueError(f"{word!r}: mirror stands alone, without a number")
                mirror = True
            else:
                limits[name] = _limit(word, name, number)
        return cls(**limits, mirror=mirror)

    def __str__(self) -> str:
        """Return the words for `parse`: "shift=1 rotate=10". What is 0 is left out; without any warp, "shift=0"."""
        numbers = {name: value for name, value in vars(self).items() if name != "mirror" and value}
        words = [f"{name}={str(value).removesuffix('.0')}" for name, value in numbers.items()]
        return " ".join([*words, "mirror"] if self.mirror else words) or "shift=0"

    def check(self, inputs: Rows) -> Images:
        """Return the inputs, if they are pictures that can be warped so far.

        Raises ValueError for inputs that are not Images, and for pixels to be moved farther than the picture is large.
        """
        if not isinstance(inputs, Images):
            what = f"{type(inputs).__name__} rows of {inputs.columns} numbers"
            hint = "expected Images, which know their height and width: Images.of(array) makes them"
            raise ValueError(f"augment={self!r} is for pictures, but the inputs are {what}: {hint}")
        for name, value in (("shift", self.shift), ("elastic", self.elastic)):
            if value > max(inputs.height, inputs.width):
                what = f"expected at most the larger side of pictures of {inputs.height} x {inputs.width} pixels"
                raise ValueError(f"augment: {name} is {value} pixels, {what}")
        return inputs

    def maps(self, height: int, width: int, count: int, rng: Random) -> list[Map]:
        """Draw maps for pictures of this size: `count` lists of height · width places, each from -1 on.

        The same state of `rng` gives the same maps on every Python. Sine and cosine of the angle may differ in their
        last bit between C libraries, but rounding to pixels hides that, unless a pixel lands within 1e-14 of the middle
        between two: not once in a billion maps.
        """
        return [self._map(height, width, rng) for _ in range(count)]

    def pool(self, inputs: Rows, rng: Random) -> list[Map]:
        """Draw the maps of an epoch for these inputs: `MAPS`, but not more than there are samples."""
        images = self.check(inputs)
        return self.maps(images.height, images.width, min(MAPS, len(images)), rng)

    def _map(self, height: int, width: int, rng: Random) -> Map:
        """Draw one map. The formula stands in the docstring of the class; here it is computed a line at a time."""
        draw = rng.uniform
        angle, h = radians(draw(-self.rotate, self.rotate)), draw(-self.shear, self.shear)
        fx, fy = 1.0 + draw(-self.scale, self.scale), 1.0 + draw(-self.scale, self.scale)
        right, down = draw(-self.shift, self.shift), draw(-self.shift, self.shift)
        fx = -fx if self.mirror and rng.random() < 0.5 else fx
        bends_x, bends_y = self._bends(height, width, rng), self._bends(height, width, rng)

        middle_x, middle_y = (width - 1) / 2.0, (height - 1) / 2.0
        from_u = [(fx * cos(angle) * u, fx * sin(angle) * u) for u in (x - middle_x for x in range(width))]
        left, top = right + middle_x + 0.5, down + middle_y + 0.5  # half a pixel more, as floor(p + 0.5) is the nearest
        places: Map = []
        for y, (line_x, line_y) in enumerate(zip(bends_x, bends_y)):
            v = fy * (y - middle_y)
            x0, y0 = left + v * (h * cos(angle) - sin(angle)), top + v * (h * sin(angle) + cos(angle))
            columns = [floor(x0 + ux + ex) for (ux, _), ex in zip(from_u, line_x)]
            rows = [floor(y0 + uy + ey) for (_, uy), ey in zip(from_u, line_y)]
            places += [
                row * width + column if 0 <= row < height and 0 <= column < width else -1
                for row, column in zip(rows, columns)
            ]
        return places

    def _bends(self, height: int, width: int, rng: Random) -> list[list[float]]:
        """Draw how far every pixel is moved in one direction: smooth, as only the points of the grid are random."""
        if not self.elastic:
            return [[0.0] * width] * height
        grid = [[rng.uniform(-self.elastic, self.elastic) for _ in range(CELLS + 1)] for _ in range(CELLS + 1)]
        across = _cells(width)
        bends: list[list[float]] = []
        for cell, part in _cells(height):
            line = [above + part * (below - above) for above, below in zip(grid[cell], grid[cell + 1])]
            bends.append([line[k] + p * (line[k + 1] - line[k]) for k, p in across])
        return bends


def _cells(pixels: int) -> list[tuple[int, float]]:
    """Return for each pixel along a side the cell of the grid that it is in, and how far inside, from 0 to 1."""
    places = [(pixel + 0.5) * CELLS / pixels for pixel in range(pixels)]
    return [(int(place), place % 1.0) for place in places]


def _limit(word: str, name: str, number: str) -> float:
    """Return the number in a word such as "shift=1". Raises ValueError, showing the word."""
    names = [field.name for field in fields(Augmentation)]
    if name not in names:
        raise ValueError(f"no warp is called {name!r}; there are: {', '.join(names)}{did_you_mean(name, names)}")
    try:
        return float(number)
    except ValueError:
        raise ValueError(f"{word!r}: expected a number, as in {name}=0.5") from None


def warped(picture: Sequence[float], places: Sequence[int]) -> list[float]:
    """Return a picture with each of its pixels at the place in the map: x'[k] = Σ x[i] over all i with m[i] = k.

    >>> warped([0.25, 0.5, 1.0], [1, 1, -1])
    [0.0, 0.75, 0.0]
    """
    pixels = [0.0] * (len(picture) + 1)  # the last one, which -1 means, takes what leaves the picture
    for ink, place in zip(picture, places):
        if ink:  # most of a picture is paper
            pixels[place] += ink
    return pixels[:-1]


def warped_rows(pictures: Matrix, maps: Sequence[Map], rng: Random) -> Matrix:
    """Return each picture warped by one of the maps, drawn for it."""
    return Matrix.wrap([warped(picture, rng.choice(maps)) for picture in pictures])
