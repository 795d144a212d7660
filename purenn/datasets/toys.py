"""Toy data sets, computed on the spot: logical gates, a straight line of prices, and points in the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from purenn.datasets.dataset import register
from purenn.datasets.recipes import Recipe
from purenn.matrix import Matrix
from purenn.samples import Labels, Samples

__all__ = ["SHAPES", "Shape", "and_gate", "blobs", "circles", "house_prices", "moons", "or_gate", "spirals", "xor_gate"]

Parts = tuple[Samples, Samples]  # to train on, and to test on
Point = tuple[float, float]

GATES = {
    "float": Recipe(hidden=(), epochs=200, learning_rate=1.0, adaptive=0.1),
    "lanes": Recipe(hidden=(), epochs=200, learning_rate=0.5, batch_size=1),
}
CURVES = {
    "float": Recipe(hidden=(16,), epochs=100, learning_rate=0.1, activation="tanh", momentum=0.9),
    "lanes": Recipe(hidden=(16,), epochs=50, learning_rate=0.05, batch_size=1),
}


@register("and", classes=("0", "1"), recipes=GATES)
def and_gate() -> Parts:
    """1 if both inputs are 1. A straight line separates the classes."""
    return _gate(0, 0, 0, 1)


@register("or", classes=("0", "1"), recipes=GATES)
def or_gate() -> Parts:
    """1 if at least one input is 1. A straight line separates the classes."""
    return _gate(0, 1, 1, 1)


@register(
    "xor",
    classes=("0", "1"),
    recipes={
        "float": Recipe(hidden=(8,), epochs=500, learning_rate=0.5, activation="tanh"),
        "lanes": Recipe(hidden=(8,), epochs=500, learning_rate=0.1, activation="tanh", batch_size=1),
    },
)
def xor_gate() -> Parts:
    """1 if exactly one input is 1. No straight line separates the classes: it takes a hidden layer."""
    return _gate(0, 1, 1, 0)


def _gate(*outputs: int) -> Parts:
    """Return the four samples of a gate twice: as there are no others, they are both training and test."""
    samples = Samples(Matrix([[0, 0], [0, 1], [1, 0], [1, 1]]), Matrix([[value] for value in outputs]))
    return samples, samples


@register(
    "house-prices",
    recipes={
        "float": Recipe(hidden=(), epochs=100, learning_rate=0.05, adaptive=10.0),
        "lanes": Recipe(hidden=(), epochs=100, learning_rate=0.05, batch_size=1),
    },
    unit="thousand dollars",
)
def house_prices() -> Parts:
    """Invented houses: $50,000 and $200 per square foot, with noise of $10,000 (one σ).

    Both columns are in thousands, of square feet and of dollars: numbers of a size that suits gradient descent, whose
    slope is still 200.
    """
    rng = Random(200)

    def part(count: int) -> Samples:
        areas = [rng.uniform(0.8, 3.5) for _ in range(count)]
        return Samples(Matrix([[a] for a in areas]), Matrix([[50.0 + 200.0 * a + rng.gauss(0.0, 10.0)] for a in areas]))

    return part(100), part(50)


@dataclass(frozen=True)
class Shape:
    """A shape in the plane that the points of each class lie near.

    place(class, t, noise, rng) draws a point of that class, with t running from 0 to 1 along its shape. noise: the
    usual one, as one σ.
    """

    place: Callable[[int, float, float, Random], Point]
    noise: float
    classes: int = 2


def _on_circle(label: int, t: float, noise: float, rng: Random) -> Point:
    radius = (0.5 if label else 1.0) + rng.gauss(0.0, noise)
    return radius * math.cos(2.0 * math.pi * t), radius * math.sin(2.0 * math.pi * t)


def _on_moon(label: int, t: float, noise: float, rng: Random) -> Point:
    x, y = math.cos(math.pi * t), math.sin(math.pi * t)
    if label:
        x, y = 1.0 - x, 0.5 - y
    return x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)


def _on_spiral(label: int, t: float, noise: float, rng: Random) -> Point:
    angle, radius = 3.0 * math.pi * t + math.pi * label, 0.1 + t
    return radius * math.cos(angle) + rng.gauss(0.0, noise), radius * math.sin(angle) + rng.gauss(0.0, noise)


def _in_blob(label: int, t: float, noise: float, rng: Random) -> Point:
    angle = 2.0 * math.pi * label / 3.0
    return math.cos(angle) + rng.gauss(0.0, noise), math.sin(angle) + rng.gauss(0.0, noise)


SHAPES: Mapping[str, Shape] = {
    "circles": Shape(_on_circle, 0.08),
    "moons": Shape(_on_moon, 0.1),
    "spirals": Shape(_on_spiral, 0.02),
    "blobs": Shape(_in_blob, 0.3, classes=3),
}


@register("circles", recipes=CURVES)
def circles() -> Parts:
    """A ring of radius 1 around a ring of radius 1/2."""
    return _plane("circles", 300)


@register("moons", recipes=CURVES)
def moons() -> Parts:
    """Two half circles, each reaching into the other."""
    return _plane("moons", 300)


@register(
    "spirals",
    recipes={
        "float": Recipe(hidden=(24, 24), epochs=60, learning_rate=0.1, batch_size=16, momentum=0.9),
        "lanes": Recipe(hidden=(24, 24), epochs=60, learning_rate=0.05, batch_size=1),
    },
)
def spirals() -> Parts:
    """Two arms that wind one and a half times around the centre, opposite each other."""
    return _plane("spirals", 400)


@register(
    "blobs",
    recipes={
        "float": Recipe(hidden=(), epochs=30, learning_rate=0.1),
        "lanes": Recipe(hidden=(), epochs=30, learning_rate=0.02, batch_size=1),
    },
)
def blobs() -> Parts:
    """Three clouds, around the corners of a triangle."""
    return _plane("blobs", 300)


def _plane(name: str, count: int) -> Parts:
    """Return points near the shape of this name, as many of each class for training as for testing.

    The seeds are made of the name, so that no two data sets share their noise.
    """
    shape = SHAPES[name]

    def points(rng: Random) -> Iterator[tuple[Point, int]]:
        for i in range(count):
            yield shape.place(i % shape.classes, rng.random(), shape.noise, rng), i % shape.classes

    parts = [list(points(Random(f"{name} {part}"))) for part in ("train", "test")]
    train, test = (
        Samples(Matrix([point for point, _ in part]), Labels([label for _, label in part], shape.classes))
        for part in parts
    )
    return train, test
