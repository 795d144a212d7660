"""Digits drawn with a few pen strokes, as if by hand: the program that makes the built-in data set.

The data set gives every lesson something to learn from before anything is downloaded, and the program shows how many
choices a data set is made of. A digit is drawn in four steps: `points` reads its strokes from the table, `scrawl` moves
them as a hand would, `curve` rounds them, `ink` puts them on paper. All arithmetic is + − × ÷ and square roots, which
IEEE 754 rounds the same way everywhere, so a seed gives the same bytes on every Python. (Sines, `hypot` and the
`sum` of floats have no such guarantee.)

    python -m purenn.datasets.strokes FOLDER
"""

from __future__ import annotations

import math
import os
import sys
from random import Random

from purenn.formats import idx

__all__ = [
    "DIGITS",
    "PARTS",
    "SIDE",
    "curve",
    "digits",
    "distance",
    "ink",
    "main",
    "picture",
    "points",
    "scrawl",
    "write_dataset",
]

SIDE = 28  # pixels
PARTS = {"train": (8000, 0), "t10k": (1500, 1_000_000)}  # by the files' prefix: number of pictures, seed of the first

Point = tuple[float, float]  # x to the right, y down, in pixels; pixel (3, 5) is the square around that point
Stroke = list[Point]  # the path of the pen, from where it is set down to where it is lifted

# The ways to write each digit. Pairs are x,y; the pen moves smoothly through them, and a slash lifts it. Strokes meet
# in a corner if one begins at exactly the point at which another ends.
DIGITS: dict[int, list[str]] = {
    0: [
        "15,4 10,6 8,14 10,22 14,24 18,22 20,14 18,6 14,4 12,5",  # an oval
        "14,4 11,8 10,14 11,21 14,24 17,21 18,14 17,7 14,4",  # a narrow one
        "12,4 8,9 8,18 13,24 19,20 20,11 17,5 13,6",  # begun outside
        "17,5 11,4 8,11 9,20 14,24 19,18 19,9 15,4 10,7",  # the ends cross
    ],
    1: [
        "14,4 14,14 14,24",  # a bar
        "17,4 14,14 11,24",  # leaning
        "10,9 12,7 14,4 / 14,4 14,14 14,24",  # with a flag
        "9,12 12,9 15,4 / 15,4 15,14 15,24",  # with a long flag
        "10,8 12,7 14,4 / 14,4 14,14 14,24 / 9,24 14,24 19,24",  # with a flag and a foot
    ],
    2: [
        "8,9 10,5 14,4 18,6 19,10 16,15 8,24 / 8,24 14,24 20,24",  # a corner at the foot
        "8,8 13,4 18,7 17,13 11,21 8,22 9,19 13,21 20,24",  # a loop at the foot
        "8,5 14,4 19,7 15,15 8,23 / 8,23 14,22 20,23",  # like a Z
        "10,10 9,6 14,4 19,8 16,15 9,22 / 9,22 13,21 20,24",  # a curl at the head
    ],
    3: [
        "8,6 13,4 18,7 17,11 12,13 / 12,13 18,15 19,20 14,24 8,22",  # two bows
        "8,5 13,4 19,5 / 19,5 15,9 13,12 / 13,12 18,14 20,19 15,24 8,22",  # a flat top
        "8,7 13,4 18,7 15,12 11,13 11,12 15,13 19,18 14,24 8,22",  # a small loop between
    ],
    4: [
        "10,4 9,10 8,15 / 8,15 14,15 20,14 / 17,6 16,14 16,24",  # open
        "17,4 12,10 8,16 / 8,16 14,16 21,16 / 17,4 17,14 17,24",  # closed
        "9,5 8,11 10,14 15,14 18,12 / 19,4 18,14 17,24",  # open and round
        "14,4 11,10 8,17 / 8,17 14,17 20,17 / 16,11 15,18 15,24",  # with a short stem
    ],
    5: [
        "19,4 14,4 10,4 / 10,4 9,8 9,12 / 9,12 14,10 19,14 18,21 13,24 8,22",  # in one go
        "10,5 9,9 9,12 / 9,12 15,11 19,16 16,23 8,23 / 11,4 15,4 20,3",  # the roof put on last
        "19,5 12,4 9,8 12,12 17,14 19,19 15,24 8,22",  # like an S
    ],
    6: [
        "17,4 12,8 9,15 9,20 14,24 19,20 17,15 13,14 9,18",  # curved
        "15,4 11,12 8,19 12,24 18,22 18,16 13,15 9,19",  # straight
        "19,7 16,4 11,7 8,15 10,22 15,24 19,19 16,14 9,17",  # curled at the head
    ],
    7: [
        "8,5 14,5 20,5 / 20,5 16,13 12,24",  # plain
        "8,5 14,5 20,5 / 20,5 16,13 12,24 / 11,14 15,14 19,14",  # with a bar
        "8,9 8,7 8,5 / 8,5 14,5 20,4 / 20,4 15,14 14,24",  # with a serif
        "8,6 14,5 19,5 19,8 15,14 13,24",  # round
    ],
    8: [
        "17,6 13,4 9,8 14,13 19,18 14,24 9,20 13,14 18,8 16,5",  # in one go
        "19,5 13,4 9,8 14,13 19,19 14,24 8,20 13,14 19,7",  # open at the head
        "14,4 10,8 14,13 18,8 14,4 / 14,13 9,18 14,24 19,18 14,13",  # one ring on another
    ],
    9: [
        "18,7 14,4 9,8 11,13 15,13 18,8 / 18,5 17,14 16,24",  # a ring and a bar
        "18,8 14,4 9,8 12,13 18,9 / 18,6 19,13 17,21 9,23",  # a ring and a hook
        "18,6 13,4 9,9 13,13 18,8 17,16 14,24",  # in one go
    ],
}


def points(text: str) -> list[Stroke]:
    """Return the strokes of a line of `DIGITS`.

    >>> points("8,5 20,5 / 20,5 12,24")
    [[(8.0, 5.0), (20.0, 5.0)], [(20.0, 5.0), (12.0, 24.0)]]
    """
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in part.split())] for part in text.split("/")]


def scrawl(strokes: list[Stroke], rng: Random) -> list[Stroke]:
    """Return the strokes moved as by a hand, which never writes a digit twice in the same way.

    Every point wobbles; a point that two strokes share wobbles once, so corners stay closed. Then the whole digit is
    scaled, slanted, turned and shifted. With x', y' measured from its middle, and t the tangent of half the angle:

        y' = height y               X = x' cos - y' sin + right     cos = (1 - t²) / (1 + t²)
        x' = width x - slant y'     Y = x' sin + y' cos + down      sin = 2t / (1 + t²)
    """
    wobbly = {  # a dict, so that a shared point is moved once
        (x, y): (x + rng.uniform(-1.3, 1.3), y + rng.uniform(-1.3, 1.3)) for stroke in strokes for x, y in stroke
    }
    width, height = rng.uniform(0.65, 1.15), rng.uniform(0.75, 1.05)
    slant, t = rng.uniform(-0.15, 0.45), rng.uniform(-0.12, 0.12)
    cos, sin = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    middle = (SIDE - 1) / 2  # pixels 0 to 27 are centred at 13.5, the digits in the table at 14
    right, down = middle + rng.uniform(-2.3, 2.3), middle + rng.uniform(-2.3, 2.3)

    def place(point: Point) -> Point:
        x, y = wobbly[point]
        y = height * (y - 14)
        x = width * (x - 14) - slant * y
        return x * cos - y * sin + right, x * sin + y * cos + down

    return [list(map(place, stroke)) for stroke in strokes]


def curve(stroke: Stroke, steps: int = 5) -> Stroke:
    """Return a smooth path through the points of a stroke: `steps` short straight pieces from each point to the next.

    From b to c, with a before and d after them, a Catmull-Rom spline leaves b in the direction a to c and reaches c in
    the direction b to d, so that two pieces meet without a kink. For t from 0 to 1:

        p(t) = b + t (c - a) / 2 + t² (2a - 5b + 4c - d) / 2 + t³ (3b - a - 3c + d) / 2

    Source: Catmull and Rom (1974), A class of local interpolating splines.

    >>> curve([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0)], steps=2)
    [(0.0, 0.0), (2.0, -0.25), (4.0, 0.0), (4.25, 2.0), (4.0, 4.0)]
    """

    def at(t: float, a: float, b: float, c: float, d: float) -> float:
        return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d)))

    before, after = (
        [stroke[0], *stroke],
        [*stroke[2:], stroke[-1]],
    )  # the ends have one neighbour: use them twice
    smooth = [
        (at(step / steps, a[0], b[0], c[0], d[0]), at(step / steps, a[1], b[1], c[1], d[1]))
        for a, b, c, d in zip(before, stroke, stroke[1:], after)
        for step in range(steps)
    ]
    return [*smooth, stroke[-1]]


def distance(p: Point, a: Point, b: Point) -> float:
    """Return the distance of the point p from the line segment between a and b.

    The nearest point of the line through them is a + t (b - a) with t = (p - a)·(b - a) / |b - a|². If t is below 0 or
    above 1, that point is beyond an end of the segment, and the end is the nearest.

    >>> distance((2.0, 3.0), (0.0, 0.0), (4.0, 0.0)), distance((7.0, 4.0), (0.0, 0.0), (4.0, 0.0))
    (3.0, 5.0)
    """
    x, y = p[0] - a[0], p[1] - a[1]
    along_x, along_y = b[0] - a[0], b[1] - a[1]
    squared = along_x * along_x + along_y * along_y
    t = (x * along_x + y * along_y) / squared if squared else 0.0  # a dot: a and b are the same point
    t = min(max(t, 0.0), 1.0)
    x, y = x - t * along_x, y - t * along_y
    return math.sqrt(x * x + y * y)


def ink(strokes: list[Stroke], radius: float, soft: float) -> list[float]:
    """Return the ink on each pixel, from 0 to 1, row by row, from a round pen of this radius.

    A pixel at distance d from the path of the pen gets 1/2 + (radius - d) / soft, limited to 0 and 1: full ink inside,
    none outside, and a slope `soft` pixels wide at the rim, which hides the steps of the pixels. Where strokes cross,
    the darker value counts. Only pixels near a piece are computed; the others stay exactly 0.
    """
    paper = [0.0] * (SIDE * SIDE)
    reach = radius + soft / 2
    for stroke in strokes:
        for a, b in zip(stroke, stroke[1:]):
            left, right = math.ceil(min(a[0], b[0]) - reach), math.floor(max(a[0], b[0]) + reach)
            top, bottom = math.ceil(min(a[1], b[1]) - reach), math.floor(max(a[1], b[1]) + reach)
            for y in range(max(top, 0), min(bottom, SIDE - 1) + 1):
                for x in range(max(left, 0), min(right, SIDE - 1) + 1):
                    depth = 0.5 + (radius - distance((x, y), a, b)) / soft
                    if depth > paper[y * SIDE + x]:
                        paper[y * SIDE + x] = min(depth, 1.0)
    return paper


def picture(digit: int, rng: Random) -> bytes:
    """Return a digit as SIDE × SIDE grey values, row by row, from 0 (paper) to 255 (the blackest ink).

    The way of writing, the hand, the pen and its ink are drawn from `rng`. Up to six specks of dust are added.
    Raises KeyError if the digit is not one of 0 to 9.
    """
    strokes = scrawl(points(rng.choice(DIGITS[digit])), rng)
    paper = ink([curve(stroke) for stroke in strokes], radius=rng.uniform(0.6, 1.6), soft=rng.uniform(1.0, 2.0))
    black = rng.uniform(150, 255)
    grey = bytearray(int(black * share) for share in paper)
    for _ in range(rng.randrange(7)):
        speck = rng.randrange(SIDE * SIDE)
        grey[speck] = max(grey[speck], rng.randrange(20, 120))
    return bytes(grey)


def digits(count: int, seed: int) -> bytes:
    """Return `count` digits in random order, each equally often, or once more if `count` is not a multiple of 10."""
    order = [number % 10 for number in range(count)]
    Random(seed).shuffle(order)
    return bytes(order)


def write_dataset(folder: str | os.PathLike[str]) -> None:
    """Write training and test pictures with their labels as four gzipped IDX files with the names of MNIST's.

    Picture n of a part is drawn with the seed of the part plus n, so that each can be drawn alone. The seeds of the two
    parts are far apart: no test picture is a training picture.
    Raises OSError if the folder cannot be made or written to.
    """
    os.makedirs(folder, exist_ok=True)
    for part, (count, seed) in PARTS.items():
        numbers = digits(count, seed)
        pictures = b"".join(picture(digit, Random(seed + n)) for n, digit in enumerate(numbers))
        idx.write(os.path.join(folder, f"{part}-images-idx3-ubyte.gz"), idx.Idx((count, SIDE, SIDE), pictures))
        idx.write(os.path.join(folder, f"{part}-labels-idx1-ubyte.gz"), idx.Idx((count,), numbers))


def main(arguments: list[str]) -> int:
    """Write the data set into the folder given; return 0, 1 if it cannot be written, 2 for wrong arguments."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python -m purenn.datasets.strokes FOLDER", file=sys.stderr)
        return 2
    try:
        write_dataset(arguments[0])
    except OSError as error:
        print(f"strokes: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
