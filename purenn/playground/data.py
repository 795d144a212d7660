"""Points to learn from: computed ones with any noise, those of the user's hand, and those of a pasted table.

A point has two coordinates, a target (the number of its class, or a quantity) and a part, to train or to test on. Data
with one input, as for a regression, leave the second coordinate at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from purenn.datasets import infer, toys
from purenn.errors import listed
from purenn.formats import tabular
from purenn.matrix import Matrix
from purenn.preprocessing import badly_scaled, standardize
from purenn.samples import Labels

__all__ = [
    "KINDS",
    "LARGEST",
    "MOST_CLASSES",
    "MOST_POINTS",
    "OWN",
    "PARTS",
    "Data",
    "Kind",
    "Point",
    "around",
    "from_table",
    "points_of",
]

MOST_POINTS = 2000
MOST_CLASSES = 10
LARGEST = 1e6  # of a coordinate or a target
OWN = "own"  # the name of data that are not computed
PARTS = ("train", "test")


class Point(NamedTuple):
    """A point: its coordinates, its target, and the part it belongs to."""

    x1: float
    x2: float
    target: float
    part: str


Drawn = tuple[float, float, float]  # x1, x2, target


@dataclass(frozen=True)
class Kind:
    """A kind of data: the names of its classes, of which a regression has none, and of its one or two inputs.

    draw(i, noise, rng) draws point number i. noise: the usual one, as one σ.
    """

    classes: tuple[str, ...]
    inputs: tuple[str, ...]
    noise: float = 0.0
    draw: Callable[[int, float, Random], Drawn] = lambda i, noise, rng: (0.0, 0.0, 0.0)

    @property
    def task(self) -> str:
        """Classification or regression."""
        return "classification" if self.classes else "regression"


@dataclass(frozen=True)
class Data:
    """Settings of the points.

    samples: the number of points, of which the share `test` is to test on. points: points that replace the computed
    ones. classes, inputs: the names of both, for own data only.
    """

    name: str = "xor"
    samples: int = 60
    noise: float = 0.1
    test: float = 0.5
    seed: int = 1
    points: tuple[Point, ...] | None = None
    classes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ("x1", "x2")

    @property
    def kind(self) -> Kind:
        """The kind of these data."""
        return Kind(self.classes, self.inputs) if self.name == OWN else KINDS[self.name]


def _gate(outputs: Sequence[int]) -> Kind:
    """Make the kind of points around the four corners that a logical gate has answers for."""

    def draw(i: int, noise: float, rng: Random) -> Drawn:
        corner = i % 4
        return corner // 2 + rng.gauss(0.0, noise), corner % 2 + rng.gauss(0.0, noise), float(outputs[corner])

    return Kind(("0", "1"), ("x1", "x2"), 0.1, draw)


def _shape(shape: toys.Shape) -> Kind:
    """Make the kind of points near a shape."""

    def draw(i: int, noise: float, rng: Random) -> Drawn:
        label = i % shape.classes
        x1, x2 = shape.place(label, rng.random(), noise, rng)
        return x1, x2, float(label)

    return Kind(tuple(map(str, range(shape.classes))), ("x1", "x2"), shape.noise, draw)


def _function(f: Callable[[float], float], noise: float) -> Kind:
    """Make the kind of points near the graph of a function, from -3 to 3."""

    def draw(i: int, noise: float, rng: Random) -> Drawn:
        x = rng.uniform(-3.0, 3.0)
        return x, 0.0, f(x) + rng.gauss(0.0, noise)

    return Kind((), ("x1",), noise, draw)


KINDS: Mapping[str, Kind] = {
    "and": _gate((0, 0, 0, 1)),
    "or": _gate((0, 1, 1, 1)),
    "xor": _gate((0, 1, 1, 0)),
    **{name: _shape(shape) for name, shape in toys.SHAPES.items()},
    "line": _function(lambda x: 0.5 * x + 0.25, 0.2),
    "sine": _function(math.sin, 0.1),
}


def points_of(data: Data) -> tuple[Point, ...]:
    """Return the points: the given ones, or computed ones. The same settings give the same points.

    Of n computed points, the last n · test, drawn in the same way, are to test on. At least two are to train on.
    """
    if data.points is not None:
        return data.points
    rng = Random(f"{data.name} {data.seed}")  # two kinds share no noise
    training = max(data.samples - round(data.samples * data.test), 2)
    drawn = (data.kind.draw(i, data.noise, rng) for i in range(data.samples))
    return tuple(Point(*point, PARTS[i >= training]) for i, point in enumerate(drawn))


def around(values: Sequence[float]) -> tuple[float, float]:
    """Return round bounds around these numbers, with some room: a point that moves a little does not move them.

    >>> around([0.0, 1.0]), around([-2.93, 2.8])
    ((-0.5, 1.5), (-4.0, 3.5))
    """
    span = (max(values) - min(values)) or 1.0
    step = 10.0 ** math.floor(math.log10(span)) / 2.0
    low, high = min(values) - span / 10.0, max(values) + span / 10.0
    return math.floor(low / step) * step, math.ceil(high / step) * step


def from_table(text: str, target: str | None, data: Data) -> tuple[Data, str]:
    """Return the data of a table, CSV in any of its forms, and what was done to them in words.

    target: the name of the column to predict. Default: as for `datasets.from_csv`. The first two inputs are taken; if
    they are badly scaled they are standardized, and so are quantities to predict. `data` has the share to test on and
    the seed by which it is drawn. Raises FormatError, naming the line, for a table that cannot be read, and ValueError
    for one that is too large.
    """
    table = tabular.parse(text.encode(), "the table")
    if len(table.rows) > MOST_POINTS:
        raise ValueError(f"the table has {len(table.rows):,} rows, expected at most {MOST_POINTS:,}")
    schema = infer(table, target, missing="drop")
    if len(schema.classes) > MOST_CLASSES:
        raise ValueError(f"{schema.target} has {len(schema.classes)} classes, expected at most {MOST_CLASSES}")
    complete = schema.completed(table)
    samples, names = schema.samples(complete), schema.features
    if len(samples) < 2:
        raise ValueError(f"the table has {len(samples)} row, expected at least 2")
    told = [f"{schema.target} is predicted"]
    if len(complete.rows) < len(table.rows):
        told.append(schema.with_losses(table, complete).note)
    told += [f"{column.name} is taken as texts" for column in schema.inputs if column.kind == "text"]
    if len(names) > 2:
        told.append(f"of {len(names)} inputs, the plane shows two: {listed(names[2:])} left out")
    inputs = Matrix.wrap([row[:2] for row in samples.inputs.take(range(len(samples)))])
    inputs = _scaled(inputs, "inputs", told)
    if isinstance(samples.targets, Labels):
        targets = list(map(float, samples.targets.values))
    else:
        targets = _scaled(samples.targets.take(range(len(samples))), schema.target, told)[:, 0]
    places = list(range(len(targets)))
    Random(data.seed).shuffle(places)
    tested = {*places[max(len(places) - round(len(places) * data.test), 2) :]}
    rows = [(*row, 0.0)[:2] for row in inputs]
    points = tuple(Point(x1, x2, t, PARTS[i in tested]) for i, ((x1, x2), t) in enumerate(zip(rows, targets)))
    own = replace(data, name=OWN, points=points, classes=schema.classes, inputs=tuple(names[:2]))
    return own, "; ".join(told)


def _scaled(columns: Matrix, what: str, told: list[str]) -> Matrix:
    """Return columns standardized if they need it, and say so in `told`."""
    if not badly_scaled(columns):
        return columns
    told.append(f"{what} standardized to mean 0 and standard deviation 1")
    return standardize(columns)(columns)
