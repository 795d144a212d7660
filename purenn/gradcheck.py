"""The gradient check: why the derivatives in this library can be trusted, and how to find a mistake in a custom one.

A derivative is what happens to f when x moves a little, so it can be measured without any calculus: move x by h to
either side and compare, (f(x + h) - f(x - h)) / 2h. The error of this central difference is of the order of h², plus
rounding of the order of 1e-16 / h; at h near 1e-5 both are small. Every layer, activation and loss is checked so.

A custom layer is checked in one line, and so is a loss. `Layer` says what a layer needs; here is a square whose
derivative has been given as 2|x|:

>>> class Square(Layer):
...     def forward(self, x, *, training=False, rng=None):
...         return x * x, Backward(inputs=lambda dy: dy * 2.0 * x.map(abs))
>>> print(check_layer(Square(), [[1.0, -2.0, 3.0]]))
Square(): 3 derivatives, worst relative error 2.0e+00 at input[0, 1]: ... by the code, ... measured: WRONG

At a kink, as ReLU has at 0, there is nothing to measure: the slopes to the two sides differ, and the central difference
is their average. So the bend is measured too: the slope to the right less the slope to the left, both with a step s,
(f(x + s) - 2 f(x) + f(x - s)) / s. Where f is smooth it is near s f''(x), so that for half the step it is half as much.
At a kink at a distance d from x it is (1 - d/s) times the jump of the slope: for s = 2h, two thirds or more of that for
s = 4h, if d is within h. Slopes whose bend shrinks that little are not judged, unless it is too small to matter.
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

STEP = 2.0**-17  # 7.6e-6; being a power of two, it can be added to numbers up to some billions without rounding
TOLERANCE = 1e-6
SMALL = 1e-3  # below this a slope is compared by its absolute error: relative to nearly nothing, rounding looks large
KINK = 0.6  # between 1/2 and 2/3


class HasGradient(Protocol):
    """What the check needs of a loss: that of a batch, and dL/d(outputs), of the shape of outputs."""

    def value(self, outputs: Matrix, targets: Matrix) -> float: ...

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix: ...


@dataclass(frozen=True)
class Slope:
    """One derivative, by the code under test and by central difference: of the loss by `of[row, column]`.

    `kink` is true if there is a kink or a jump so near that the measured one means nothing.
    """

    of: str
    row: int
    column: int
    analytic: float
    numeric: float
    kink: bool = False

    @property
    def place(self) -> str:
        """Where it is, as in "weight[2, 1]"."""
        return f"{self.of}[{self.row}, {self.column}]"

    @property
    def relative_error(self) -> float:
        """|analytic - numeric| by the larger of the two; infinite if either is not a number."""
        error = abs(self.analytic - self.numeric) / max(abs(self.analytic), abs(self.numeric), SMALL)
        return error if error == error else float("inf")

    def __str__(self) -> str:
        return f"{self.place}: {self.analytic:.7g} by the code, {self.numeric:.7g} measured"


@dataclass(frozen=True)
class Check:
    """The outcome for one subject: every derivative that was compared, of which those near a kink are not judged."""

    subject: str
    slopes: Sequence[Slope]

    @property
    def compared(self) -> int:
        """How many derivatives there are."""
        return len(self.slopes)

    @property
    def kinks(self) -> Sequence[Slope]:
        """Those that cannot be judged."""
        return [slope for slope in self.slopes if slope.kink]

    @property
    def worst(self) -> Slope:
        """The one where code and measurement disagree most, of those that can be judged if there are any."""
        judged = [slope for slope in self.slopes if not slope.kink]
        return max(judged or self.slopes, key=lambda slope: slope.relative_error)

    @property
    def passed(self) -> bool:
        """True if even the worst relative error is within 1e-6. False if no derivative could be judged."""
        return not self.worst.kink and self.worst.relative_error <= TOLERANCE

    @property
    def verdict(self) -> str:
        """In a word: "ok", "WRONG" or, if no derivative could be judged, "not judged"."""
        return "ok" if self.passed else "not judged" if self.worst.kink else "WRONG"

    def __str__(self) -> str:
        """A line with the worst error, and one more if there are kinks.

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
    """Check a layer's way back at x, to its inputs and to each of its parameters.

    The layer is made into one number, L = Σ dy · y, with random dy. It is checked as it is in training, and one that
    draws (dropout) gets the same draws every time, those of `seed`; if that is None, it is checked as it is in use. All
    its numbers are left as they were. Raises ShapeError if there is not a gradient for each parameter, of its shape.

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
    """Check a loss's gradient at these outputs and targets. Raises ShapeError if it is not of the outputs' shape.

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
    """Check the gradient of the loss by every parameter of a whole network, named as in its state.

    `seed` is that of `check_layer`, and all is left as it was. Raises ValueError for a network without parameters.
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
        """Numbers of either sign between 0.1 and 3, so that ±h stays clear of the kink at 0."""
        return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(0.1, 3.0) * rng.choice((-1.0, 1.0)))

    for name in ACTIVATIONS:
        function = ACTIVATIONS[name]
        if function.name.partition("(")[0] == name:  # other names are aliases
            yield check_layer(Activation(function), numbers(4, 5), subject=function.name)
    for kind in LAYERS.values():
        layer = kind.for_features(6, rng)
        for parameter in layer.parameters:
            _overwrite(parameter, numbers(*parameter.shape))  # nothing is 0 or 1, where a mistake may not show
        yield check_layer(layer, numbers(5, 6))
        if layer.buffers:  # in use, such a layer goes by what it has gathered in training
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


def _check(
    subject: str, names: list[str], values: list[Matrix], gradients: list[Matrix], scalar: Callable[[], float]
) -> Check:
    """Compare d(scalar)/d(values) with the gradient given for them, number by number.

    Raises ShapeError unless there is a gradient for each of the values, of its shape: what is missing cannot be wrong.
    """
    found, expected = [gradient.shape for gradient in gradients], [matrix.shape for matrix in values]
    if found != expected:
        raise ShapeError(f"{subject}: gradients by {', '.join(names)} are {found}, expected {expected}")
    here = scalar()
    slopes = [
        Slope(name, i, j, gradient[i, j], *_measure(matrix, i, j, scalar, here))
        for name, matrix, gradient in zip(names, values, gradients)
        for i in range(matrix.rows)
        for j in range(matrix.columns)
    ]
    return Check(subject, slopes)


def _measure(values: Matrix, i: int, j: int, scalar: Callable[[], float], here: float) -> tuple[float, bool]:
    """The central difference by the number in row i, column j, and whether there is a kink within STEP of it.

    `here` is f(x). A kink that bends the slopes of the two sides apart moves their average by half of that; a bend too
    small to matter so is not looked at further.
    """
    row, middle = values[i], values[i, j]

    def moved(by: float) -> float:
        row[j] = middle + by
        try:
            return scalar()
        finally:
            row[j] = middle

    def slopes(step: float) -> tuple[float, float]:
        """To the left and to the right."""
        return (here - moved(-step)) / step, (moved(step) - here) / step

    def bend(step: float) -> float:
        left, right = slopes(step)
        return abs(right - left)

    left, right = slopes(STEP)
    average = (left + right) / 2.0
    matters = abs(right - left) / 2.0 > TOLERANCE * max(abs(average), SMALL)
    return average, matters and bend(2.0 * STEP) > KINK * bend(4.0 * STEP)


def _parameter_names(layer: Layer) -> list[str]:
    """The names of a layer's parameters. Raises ShapeError unless every parameter and buffer has one."""
    names, trained, kept = list(layer.tensor_shapes), len(layer.parameters), len(layer.buffers)
    if len(names) != trained + kept:
        raise ShapeError(
            f"{layer}: {trained} parameters and {kept} buffers, but its tensor_shapes are {', '.join(names)}"
        )
    return names[:trained]


def _copy(rows: Rows) -> Matrix:
    """All rows, in lists of their own, in which numbers can be moved."""
    return rows.take(range(len(rows))).copy()


@contextmanager
def _kept(buffers: Sequence[Matrix]) -> Generator[None, None, None]:
    """Put buffers back to what they were before the block: training moves a running mean, a check must not."""
    before = [buffer.copy() for buffer in buffers]
    try:
        yield
    finally:
        for buffer, numbers in zip(buffers, before):
            _overwrite(buffer, numbers)


def _overwrite(matrix: Matrix, numbers: Matrix) -> None:
    for row, values in zip(matrix, numbers):
        row[:] = values
