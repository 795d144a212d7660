"""Landscapes: numbers over a plane, for `purenn.charts` to draw.

The plane can be that of two features, and the numbers those that a network predicts. Or it is a slice of the space of
all weights, and the number is the loss: a network of a thousand weights has a loss over a thousand dimensions, and a
slice shows two of them. Which two? Random ones show how rough the landscape is around the weights of a network. The
principal directions of a training are those in which its steps went farthest. Source: Li et al. (2018), "Visualizing
the Loss Landscape of Neural Nets".

>>> from purenn.charts import contours
>>> def valley(x, y):
...     return 0.5 * x * x + 5.0 * y * y
>>> area = Area((-4.0, 4.0), (-2.0, 2.0))
>>> steps = descend(valley, (-3.0, 1.0), SGD(0.15), steps=20)
>>> picture = contours(area.values(valley), area.x_range, area.y_range, paths={"rate 0.15": steps})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from math import hypot, inf, isfinite, sqrt
from operator import sub
from random import Random
from typing import TypeVar

from purenn.errors import ShapeError, check_finite, check_whole
from purenn.initializers import generator
from purenn.matrix import Matrix, dot
from purenn.metrics import score_of
from purenn.network import Sequential
from purenn.optimizers import SGD, OptimizerLike, as_optimizer
from purenn.samples import LossLike, Numbers, Samples, Targets, as_loss, as_rows

__all__ = ["Area", "Slice", "descend", "loss_over", "parameters_of", "predictions_over", "probabilities_over"]

STEP = 2.0**-17  # of a central difference: see `gradcheck`
ROUNDS = 1000  # of the power method, at most
STRAIGHT = 1e-6  # a path is straight if its spread aside is below this fraction of that along it

Value = TypeVar("Value")
Range = tuple[float, float]
Parameters = Sequence[Matrix]  # one for each parameter of a network, in their order


@dataclass(frozen=True)
class Area:
    """A rectangle of the plane with `size` x `size` points in it, at equal distances, the outer ones on its edges.

    Raises ValueError unless each range has a lower and a higher number, and for a size below 2.

    >>> Area((0.0, 1.0), (5.0, 7.0), size=2).points
    Matrix([[0.0, 5.0], [1.0, 5.0], [0.0, 7.0], [1.0, 7.0]])
    """

    x_range: Range
    y_range: Range
    size: int = 60

    def __post_init__(self) -> None:
        check_whole(2, size=self.size)
        for name, (low, high) in (("x_range", self.x_range), ("y_range", self.y_range)):
            check_finite(**{f"the start of {name}": low, f"the end of {name}": high})
            if not low < high:
                raise ValueError(f"{name} is {(low, high)}, expected a lower and a higher number")

    @classmethod
    def around(cls, points: Numbers, size: int = 60) -> Area:
        """Return the area around points, with a tenth of their spread as a margin on each side.

        Raises ShapeError unless a point has two numbers.
        """
        rows = as_rows(points)
        if rows.columns != 2:
            raise ShapeError(f"an area is around points of 2 numbers, got rows of {rows.columns}")
        ranges: list[Range] = []
        for column in zip(*rows.take(range(len(rows)))):
            low, high = min(column), max(column)
            margin = 0.1 * (high - low) or 1.0
            ranges.append((low - margin, high + margin))
        return cls(ranges[0], ranges[1], size)

    @property
    def points(self) -> Matrix:
        """All points, row by row from the lowest y, and in a row from the lowest x."""
        return Matrix.wrap([[x, y] for y in self._steps(self.y_range) for x in self._steps(self.x_range)])

    def _steps(self, limits: Range) -> list[float]:
        low, high = limits
        return [low + i / (self.size - 1) * (high - low) for i in range(self.size)]

    def grid(self, values: Iterable[Value]) -> list[list[Value]]:
        """Return one value for each point as a grid: a list for each row. Raises ShapeError for another number."""
        flat = list(values)
        if len(flat) != self.size * self.size:
            raise ShapeError(f"{len(flat)} values, but the area has {self.size} x {self.size} points")
        return [flat[i : i + self.size] for i in range(0, len(flat), self.size)]

    def values(self, function: Callable[[float, float], float]) -> list[list[float]]:
        """Return the grid of the values of a function of x and y."""
        return self.grid(function(x, y) for x, y in self.points)


# Over two features.


def probabilities_over(network: Sequential, area: Area) -> list[list[list[float]]]:
    """Return the probabilities of all classes at each point of an area, for `charts.boundary`.

    Raises ShapeError unless the network takes two features, and the errors of `Sequential.predict_proba`.
    """
    return area.grid(network.predict_proba(area.points))


def predictions_over(network: Sequential, area: Area, output: int = 0) -> list[list[float]]:
    """Return the prediction of an output at each point of an area, for `charts.regression_map`.

    Raises ShapeError unless the network takes two features, ValueError for an output that it does not have.
    """
    if not 0 <= output < network.widths[-1]:
        raise ValueError(f"output is {output}, expected a number from 0 to {network.widths[-1] - 1}")
    return area.grid(row[output] for row in network.predict(area.points))


# Over two variables.


def descend(
    function: Callable[[float, float], float],
    start: Sequence[float],
    optimizer: OptimizerLike | None = None,
    steps: int = 50,
) -> list[tuple[float, float]]:
    """Return the points that an optimizer (default: SGD()) visits on its way down a function of x and y, with `start`.

    The gradient is measured by central differences. The path ends early where a number is not finite. The optimizer is
    a copy, so that each path begins without a memory of the last one.

    >>> descend(lambda x, y: x * x + y * y, (1.0, -2.0), SGD(0.25), steps=2)
    [(1.0, -2.0), (0.5, -1.0), (0.25, -0.5)]
    """
    check_whole(0, steps=steps)
    if len(start) != 2:
        raise ShapeError(f"the start has {len(start)} numbers, expected 2: x and y")
    optimizer = deepcopy(as_optimizer(optimizer) or SGD())
    point = Matrix([start])
    path = [(point[0, 0], point[0, 1])]
    for _ in range(steps):
        (x, y), h = path[-1], STEP
        try:
            slope_x = (function(x + h, y) - function(x - h, y)) / (2.0 * h)
            slope_y = (function(x, y + h) - function(x, y - h)) / (2.0 * h)
        except OverflowError:  # of x ** 2, for example
            break
        optimizer.step([point], [Matrix.wrap([[slope_x, slope_y]])])
        if not all(map(isfinite, point[0])):
            break
        path.append((point[0, 0], point[0, 1]))
    return path


# Over a slice of the space of parameters.


def parameters_of(network: Sequential) -> list[Matrix]:
    """Return a copy of the parameters of a network: one after each epoch makes the path of a training."""
    return [Matrix(parameter) for parameter in network.parameters]


@dataclass(frozen=True)
class Slice:
    """A plane in the space of all parameters of a network: centre + x · first + y · second.

    shares: the parts of a path's variance that the two directions have. None if they are not those of a path.
    """

    centre: Parameters
    first: Parameters
    second: Parameters
    shares: tuple[float, float] | None = None

    @classmethod
    def random(cls, network: Sequential, rng: Random | int = 0) -> Slice:
        """Return a slice around the parameters of a network in two random directions, normalized by filters.

        The part of a direction that belongs to the weights of one unit is as long as these weights, so that a step of 1
        changes each unit by as much as it has. Without this, two networks that compute the same could look different,
        one smooth and one rough, because the weights of a ReLU unit can be doubled if those after it are halved. Biases
        and the factors of normalizations stay as they are, as in the paper.
        """
        rng, weights = generator(rng), {*map(id, network.weights)}
        first, second = (
            [_like(p, rng) if id(p) in weights else Matrix.zeros(*p.shape) for p in network.parameters]
            for _ in range(2)
        )
        return cls(parameters_of(network), first, second)

    @classmethod
    def along(cls, path: Sequence[Parameters]) -> Slice:
        """Return the slice through the last parameters of a path in which the path goes farthest: in the two principal
        directions, of length 1, of its points.

        Raises ShapeError for parameters of different shapes, ValueError for fewer than three of them or a straight
        path, which has one direction only.
        """
        shapes = [[p.shape for p in parameters] for parameters in path]
        if any(shape != shapes[0] for shape in shapes):
            raise ShapeError("the parameters on the path have different shapes: are they of the same network?")
        if len(path) < 3:
            raise ValueError(f"a slice along a path needs at least 3 points on it, got {len(path)}")
        rows = [_flat(parameters) for parameters in path]
        for i, row in enumerate(rows):
            if not all(map(isfinite, row)):
                raise ValueError(f"point {i} of the path has a number that is not finite: leave out where it diverged")
        means = [sum(column) / len(rows) for column in zip(*rows)]
        centred = [[value - mean for value, mean in zip(row, means)] for row in rows]
        (first, part), (second, other) = _principal(centred)
        total = sum(dot(row, row) for row in centred)
        return cls(path[-1], _shaped(first, path[-1]), _shaped(second, path[-1]), (part / total, other / total))

    def at(self, x: float, y: float) -> list[Matrix]:
        """Return the parameters at a point of the slice."""
        return [c + a * x + b * y for c, a, b in zip(self.centre, self.first, self.second)]

    def place_of(self, parameters: Parameters) -> tuple[float, float]:
        """Return the point of the slice that is nearest to these parameters.

        There, the difference is at a right angle to both directions a and b, which gives two equations for x and y:
        x a·a + y a·b = a·d and x a·b + y b·b = b·d, for the difference d from the centre.
        """
        a, b = _flat(self.first), _flat(self.second)
        d = [value - centre for value, centre in zip(_flat(parameters), _flat(self.centre))]
        aa, ab, bb, ad, bd = dot(a, a), dot(a, b), dot(b, b), dot(a, d), dot(b, d)
        determinant = aa * bb - ab * ab
        if determinant <= STRAIGHT**2 * aa * bb:
            raise ValueError("the two directions of the slice are the same: no point of it is the nearest one")
        return (ad * bb - bd * ab) / determinant, (bd * aa - ad * ab) / determinant


def loss_over(
    network: Sequential,
    inputs: Numbers | Samples,
    targets: Targets | None = None,
    *,
    over: Slice,
    area: Area,
    loss: LossLike | None = None,
) -> list[list[float]]:
    """Return the loss at each point of an area of a slice, for `charts.contours` and `charts.surface`.

    inputs, targets: as for `training.fit`. loss: as for `metrics.evaluate`. The network stays as it is: a copy gets the
    parameters of each point. It is examined as it is in use, so batch normalization keeps its running averages. Where
    the loss cannot be computed, it is infinite. This takes size² evaluations: begin with a few hundred samples and a
    size of 25.

    >>> from purenn.network import feed_forward
    >>> network, area = feed_forward([2, 3, 1], rng=0), Area((-1.0, 1.0), (-1.0, 1.0), size=3)
    >>> grid = loss_over(network, [[0, 1], [1, 1]], [1, 0], over=Slice.random(network), area=area)
    >>> len(grid), len(grid[0])
    (3, 3)
    """
    samples = network.samples(inputs, targets)
    measure = as_loss(loss or network.loss, samples, network.meaning.last)
    score_of(network, samples, measure, None)  # raises an error if the samples do not suit the loss
    moved = deepcopy(network)
    values: list[float] = []
    for x, y in area.points:
        for parameter, numbers in zip(moved.parameters, over.at(x, y)):
            for row, new in zip(parameter, numbers):
                row[:] = new
        try:
            values.append(score_of(moved, samples, measure, None).loss)
        except (ArithmeticError, ValueError):  # too far away for an activation or a loss
            values.append(inf)
    return area.grid(values)


def _like(weight: Matrix, rng: Random) -> Matrix:
    """Return a random matrix whose columns are as long as those of a weight matrix: a column is of one unit."""
    drawn = Matrix.from_function(weight.rows, weight.columns, lambda i, j: rng.gauss(0.0, 1.0))
    factors = [hypot(*own) / hypot(*new) for own, new in zip(zip(*weight), zip(*drawn))]
    return Matrix.wrap([[value * factor for value, factor in zip(row, factors)] for row in drawn])


def _flat(parameters: Parameters) -> list[float]:
    """Return all numbers of some matrices in one list."""
    return [*chain.from_iterable(row for parameter in parameters for row in parameter)]


def _shaped(numbers: Sequence[float], like: Parameters) -> list[Matrix]:
    """Return numbers as matrices of these shapes: the inverse of `_flat`."""
    rest = iter(numbers)
    return [Matrix.wrap([[next(rest) for _ in row] for row in matrix]) for matrix in like]


def _principal(rows: Sequence[Sequence[float]]) -> list[tuple[list[float], float]]:
    """Return the two directions, of length 1, in which centred rows spread most, and the sum of squares along each.

    They are the first eigenvectors of the covariance, which is far too large to be stored: weights x weights. But it
    has the same eigenvalues as the matrix of the dot products of the rows, which is small, and an eigenvector v of the
    small one makes one of the large one: Σ v[i] · row i. The power method finds v: multiplied by a matrix again and
    again, a vector turns toward the eigenvector of the largest eigenvalue. This one is then taken out for the next.
    """
    products = [[dot(a, b) for b in rows] for a in rows]
    total = sum(products[i][i] for i in range(len(rows)))
    found: list[tuple[list[float], float]] = []
    for _ in range(2):
        v, size = _dominant(products)
        if size <= STRAIGHT**2 * total or not total:
            raise ValueError("the path is straight, or stands still: a slice needs two directions")
        found.append(([dot(v, column) / sqrt(size) for column in zip(*rows)], size))
        products = [[p - size * a * b for p, b in zip(row, v)] for row, a in zip(products, v)]
    return found


def _dominant(matrix: Sequence[Sequence[float]]) -> tuple[list[float], float]:
    """Return the eigenvector, of length 1, of the largest eigenvalue of a symmetric matrix, and this eigenvalue."""
    rng = Random(0)
    v, size = [rng.gauss(0.0, 1.0) for _ in matrix], 0.0
    for _ in range(ROUNDS):
        product = [dot(row, v) for row in matrix]
        before, size = v, hypot(*product)
        if not size:
            break
        v = [value / size for value in product]
        if max(map(abs, map(sub, v, before))) < 1e-13:
            break
    return v, size
