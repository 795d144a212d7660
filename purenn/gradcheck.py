"""The gradient check: shows that derivatives are right by comparing them with measured ones.

A derivative is the change of f for a small change of x, so it can be measured without any calculus: move x by h to
either side and compare, (f(x + h) - f(x - h)) / 2h. The error of this central difference is of the order of h², plus
rounding of the order of 1e-16 / h; for h near 1e-5 both are small. The derivatives of all layers, activations and
losses in this library are checked in this way. A custom one can be checked too.

One line checks a layer. Here is a square whose derivative is wrongly given as 2|x| (`Layer` describes how to write a
layer):

>>> class Square(Layer):
...     def forward(self, x, *, training=False, rng=None):
...         return x * x, Backward(inputs=lambda dy: dy * 2.0 * x.map(abs))
>>> print(check_layer(Square(), [[1.0, -2.0, 3.0]]))
Square(): 3 derivatives, worst relative error 2.0e+00 at input[0, 1]: ... by the code, ... measured: WRONG

At a kink, such as that of ReLU at 0, there is no derivative to measure: the slopes on the two sides differ, and the
central difference is their average. So the bend is measured too, the slope on the right minus the slope on the left,
both with a step s: bend(s) = (f(x + s) - 2 f(x) + f(x - s)) / s. Where f is smooth, bend(s) is close to s f''(x), so
bend(2h) is half of bend(4h). With a kink at a distance d from x, bend(s) is (1 - d/s) times the jump of the slope, so
for d <= h, bend(2h) is at least two thirds of bend(4h). A ratio above 0.6 therefore means a kink, and the derivative is
not judged, unless the bend is too small to matter.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Protocol

from purenn.activations import ACTIVATIONS
from purenn.errors import ShapeError
from purenn.layers import LAYERS, Activation, Backward, Flatten, Layer, Linear
from purenn.losses import LOSSES, CrossEntropy
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import BatchNorm, LayerNorm
from purenn.regularization import Dropout
from purenn.samples import Numbers, Rows, as_rows, as_targets

__all__ = ["Check", "HasGradient", "Slope", "check_layer", "check_loss", "check_network", "standard_checks"]

STEP = 2.0**-17  # h = 7.6e-6; a power of two, so that x + h is not rounded for most x up to some billions
TOLERANCE = 1e-6
SMALL = 1e-3  # below this, the absolute error counts: relative to a number near 0, rounding looks large
KINK = 0.6  # bend(2h) / bend(4h) is near 1/2 where f is smooth, and at least 2/3 near a kink


class HasGradient(Protocol):
    """The part of a loss that is checked: its value for a batch, and dL/d(outputs) in the shape of outputs."""

    def value(self, outputs: Matrix, targets: Matrix) -> float: ...

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix: ...


@dataclass(frozen=True)
class Slope:
    """One derivative, as computed by the code (analytic) and as measured by a central difference (numeric).

    It is the derivative of the loss with respect to `of[row, column]`. `kink` is true if a kink or a jump is so near
    that the measured value means nothing.
    """

    of: str
    row: int
    column: int
    analytic: float
    numeric: float
    kink: bool = False

    @property
    def place(self) -> str:
        """The number it is taken with respect to, such as "weight[2, 1]"."""
        return f"{self.of}[{self.row}, {self.column}]"

    @property
    def relative_error(self) -> float:
        """|analytic - numeric| divided by the larger of the two absolute values; infinite if either is NaN."""
        error = abs(self.analytic - self.numeric) / max(abs(self.analytic), abs(self.numeric), SMALL)
        return error if error == error else float("inf")

    def __str__(self) -> str:
        return f"{self.place}: {self.analytic:.7g} by the code, {self.numeric:.7g} measured"


@dataclass(frozen=True)
class Check:
    """The result for one subject: all derivatives that were compared. Those near a kink are not judged."""

    subject: str
    slopes: Sequence[Slope]

    @property
    def compared(self) -> int:
        """The number of derivatives."""
        return len(self.slopes)

    @property
    def kinks(self) -> Sequence[Slope]:
        """The derivatives near a kink, which cannot be judged."""
        return [slope for slope in self.slopes if slope.kink]

    @property
    def worst(self) -> Slope:
        """The derivative with the largest relative error, among those that can be judged if there are any."""
        judged = [slope for slope in self.slopes if not slope.kink]
        return max(judged or self.slopes, key=lambda slope: slope.relative_error)

    @property
    def passed(self) -> bool:
        """True if the worst relative error is at most 1e-6. False if no derivative could be judged."""
        return not self.worst.kink and self.worst.relative_error <= TOLERANCE

    @property
    def verdict(self) -> str:
        """The result in words: "ok", "WRONG" or, if no derivative could be judged, "not judged"."""
        return "ok" if self.passed else "not judged" if self.worst.kink else "WRONG"

    def __str__(self) -> str:
        """Return a line with the worst error, and a second line if there are kinks.

        >>> print(check_layer(Activation("relu"), [[2.0, 0.0]]))
        Activation('relu'): 2 derivatives, worst relative error ... at input[0, 0]: ... measured: ok
        1 of 2 derivatives not judged: a kink within 7.6e-06 of input[0, 1], where there is no slope to measure
        """
        count, error = self.compared, self.worst.relative_error
        found = f"{count} derivative{'s' * (count > 1)}, worst relative error {error:.1e}"
        line = f"{self.subject}: {found} at {self.worst}: {self.verdict}"
        if not self.kinks:
            return line
        near = ", ".join(slope.place for slope in self.kinks[:4]) + ", ..." * (len(self.kinks) > 4)
        line += f"\n{len(self.kinks)} of {count} derivatives not judged: a kink within {STEP:.1e} of {near}"
        return f"{line}, where there is no slope to measure"


def check_layer(layer: Layer, x: Numbers, *, subject: str | None = None, seed: int | None = 0) -> Check:
    """Check the backward pass of a layer at x: the gradients of its inputs and of each parameter.

    The outputs are reduced to one number, L = Σ dy · y, with random dy. The layer is checked as in training. If it
    draws random numbers, as dropout does, they come from `seed` and are the same each time. With seed=None, it is
    checked as in use. Its parameters and buffers are restored. Raises ShapeError unless each parameter has a gradient
    of its shape.

    >>> check_layer(Linear(3, 2, Random(0)), [[1, -2, 3]]).passed
    True
    """
    inputs = _copy(as_rows(x))

    def forward() -> tuple[Matrix, Backward]:
        with _kept(layer.buffers):
            return layer.forward(inputs, training=seed is not None, rng=Random(seed))

    y, backward = forward()
    rng = Random(f"dy {seed}")
    dy = Matrix.from_function(y.rows, y.columns, lambda i, j: rng.uniform(-1.0, 1.0))
    dx, gradients = backward(dy)
    names, values = ["input", *_parameter_names(layer)], [inputs, *layer.parameters]
    return _check(subject or str(layer), names, values, [dx, *gradients], lambda: sum(map(sum, forward()[0] * dy)))


def check_loss(loss: HasGradient, outputs: Numbers, targets: Numbers, *, subject: str | None = None) -> Check:
    """Check the gradient of a loss at these outputs and targets. Raises ShapeError unless it has the outputs' shape.

    >>> class FourthPower:
    ...     def value(self, outputs, targets):
    ...         return sum((y - t) ** 4 for u, v in zip(outputs, targets) for y, t in zip(u, v))
    ...     def gradient(self, outputs, targets):
    ...         return 4.0 * (outputs - targets) * (outputs - targets)
    >>> print(check_loss(FourthPower(), outputs=[[3.0, 2.0]], targets=[[1.0, 1.0]]))
    FourthPower: 2 derivatives, worst relative error 5.0e-01 at output[0, 0]: 16 by the code, 32 measured: WRONG
    """
    y = _copy(as_rows(outputs))
    t = _copy(as_targets(targets, y.columns))
    return _check(subject or type(loss).__name__, ["output"], [y], [loss.gradient(y, t)], lambda: loss.value(y, t))


def check_network(
    network: Sequential, loss: HasGradient, x: Numbers, targets: Numbers, *, seed: int | None = 0
) -> Check:
    """Check the gradient of the loss with respect to every parameter of a network. Names are those in its state.

    seed: as for `check_layer`. Parameters and buffers are restored. Raises ValueError for a network without parameters.
    """
    inputs, wanted = _copy(as_rows(x)), _copy(as_targets(targets, network.widths[-1]))
    if not network.parameters:
        raise ValueError(f"{network} has no parameters to check")

    def forward() -> tuple[Matrix, Backward]:
        with _kept(network.buffers):
            return network.forward(inputs, training=seed is not None, rng=Random(seed))

    outputs, backward = forward()
    gradients = backward.parameters(loss.gradient(outputs, wanted))
    names = [f"{i}.{name}" for i, layer in enumerate(network.layers) for name in _parameter_names(layer)]
    subject = f"network with {type(loss).__name__}"
    return _check(subject, names, network.parameters, gradients, lambda: loss.value(forward()[0], wanted))


def standard_checks(seed: int = 0) -> Iterator[Check]:
    """Check every registered activation, layer and loss, away from the kinks where a slope is not defined."""
    rng = Random(seed)

    def numbers(rows: int, columns: int) -> Matrix:
        """Return random numbers of both signs, 0.1 to 3 in size, so that ±h does not reach the kink at 0."""
        return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(0.1, 3.0) * rng.choice((-1.0, 1.0)))

    for name in ACTIVATIONS:
        function = ACTIVATIONS[name]
        if function.name.partition("(")[0] == name:  # not an alias
            yield check_layer(Activation(function), numbers(4, 5), subject=function.name)
    for kind in LAYERS.values():
        layer = _made(kind, rng)
        for parameter in layer.parameters:
            _overwrite(parameter, numbers(*parameter.shape))  # no parameter is 0 or 1, which may hide a mistake
        yield check_layer(layer, numbers(5, 6))
        if layer.buffers:  # in use, such a layer computes with the buffers that training has filled
            layer.forward(numbers(5, 6), training=True, rng=rng)
            yield check_layer(layer, numbers(5, 6), subject=f"{layer} in use", seed=None)
    targets = Matrix([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
    for name in LOSSES:
        loss = LOSSES[name]()
        outputs = numbers(3, 3).map(lambda z: 0.2 + 0.2 * abs(z)) if loss.takes == "probabilities" else numbers(3, 3)
        yield check_loss(loss, outputs, targets, subject=name)
    hidden: list[Layer] = [Linear(4, 5, rng), BatchNorm(5), Activation("swish"), Linear(5, 3, rng), LayerNorm(3)]
    network = Sequential(Flatten(), *hidden, Activation("tanh"), Dropout(0.4), Linear(3, 3, rng))
    yield check_network(network, CrossEntropy(), numbers(3, 4), targets)


def _made(kind: type[Layer], rng: Random) -> Layer:
    """Make a layer for 6 features. Raises ValueError, naming what to define, if that needs more arguments."""
    try:
        return kind.for_features(6, rng)
    except TypeError as error:
        raise ValueError(f"{kind.__name__}.for_features cannot make a layer to check: {error}") from error


def _check(
    subject: str, names: list[str], values: list[Matrix], gradients: list[Matrix], scalar: Callable[[], float]
) -> Check:
    """Compare d(scalar)/d(values) with the gradients given, number by number.

    Raises ShapeError unless each matrix of values has a gradient of its shape: a missing one could not be found wrong.
    """
    found, expected = [gradient.shape for gradient in gradients], [matrix.shape for matrix in values]
    if found != expected:
        raise ShapeError(f"{subject}: gradients for {', '.join(names)} are {found}, expected {expected}")
    here = scalar()
    slopes = [
        Slope(name, i, j, gradient[i, j], *_measure(matrix, i, j, scalar, here))
        for name, matrix, gradient in zip(names, values, gradients)
        for i in range(matrix.rows)
        for j in range(matrix.columns)
    ]
    return Check(subject, slopes)


def _measure(values: Matrix, i: int, j: int, scalar: Callable[[], float], here: float) -> tuple[float, bool]:
    """Return the central difference for the number in row i, column j, and True if there is a kink within STEP of it.

    `here` is f(x). A kink moves the average of the two slopes by half of their difference. If that is within the
    tolerance, the kink does not matter, and is not looked for.
    """
    row, middle = values[i], values[i, j]

    def moved(by: float) -> float:
        row[j] = middle + by
        try:
            return scalar()
        finally:
            row[j] = middle

    def slopes(step: float) -> tuple[float, float]:
        """Return the slopes on the left and on the right."""
        return (here - moved(-step)) / step, (moved(step) - here) / step

    def bend(step: float) -> float:
        left, right = slopes(step)
        return abs(right - left)

    left, right = slopes(STEP)
    average = (left + right) / 2.0
    matters = abs(right - left) / 2.0 > TOLERANCE * max(abs(average), SMALL)
    return average, matters and bend(2.0 * STEP) > KINK * bend(4.0 * STEP)


def _parameter_names(layer: Layer) -> list[str]:
    """Return the names of a layer's parameters. Raises ShapeError unless every parameter and buffer has a name."""
    names, trained, kept = list(layer.tensor_shapes), len(layer.parameters), len(layer.buffers)
    if len(names) != trained + kept:
        raise ShapeError(
            f"{layer}: {trained} parameters and {kept} buffers, but its tensor_shapes are {', '.join(names)}"
        )
    return names[:trained]


def _copy(rows: Rows) -> Matrix:
    """Return a copy of all rows, whose numbers can be changed."""
    return rows.take(range(len(rows))).copy()


@contextmanager
def _kept(buffers: Sequence[Matrix]) -> Generator[None, None, None]:
    """Restore the buffers after the block: training changes a running mean, a check must not."""
    before = [buffer.copy() for buffer in buffers]
    try:
        yield
    finally:
        for buffer, numbers in zip(buffers, before):
            _overwrite(buffer, numbers)


def _overwrite(matrix: Matrix, numbers: Matrix) -> None:
    for row, values in zip(matrix, numbers):
        row[:] = values
