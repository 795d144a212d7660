"""The gradient check: why the derivatives in this library can be trusted.

A derivative is what happens to f when x moves a little, so it can be measured without any calculus: move x by h to
either side and compare, (f(x + h) - f(x - h)) / 2h. The error of this central difference is of the order of h², plus
rounding of the order of 1e-16 / h; at h = 1e-5 both are small. Every layer, activation and loss is checked so, number
by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from purenn.activations import ELEMENTWISE, ROWWISE
from purenn.errors import ShapeError
from purenn.layers import Activation, Dropout, Layer, Linear, PReLU
from purenn.losses import LOSSES, Loss
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward

__all__ = ["Check", "Slope", "check_layer", "check_loss", "check_network", "standard_checks"]

STEP = 1e-5
TOLERANCE = 1e-6
SMALL = 1e-3  # below this a slope is compared by its absolute error: relative to nearly nothing, rounding looks large


@dataclass(frozen=True)
class Slope:
    """One derivative, by the code under test and by central difference: of the loss by `of[row, column]`."""

    of: str
    row: int
    column: int
    analytic: float
    numeric: float

    @property
    def relative_error(self) -> float:
        """|analytic - numeric| by the larger of the two; infinite if either is not a number."""
        error = abs(self.analytic - self.numeric) / max(abs(self.analytic), abs(self.numeric), SMALL)
        return error if error == error else float("inf")


@dataclass(frozen=True)
class Check:
    """The outcome for one subject: how many slopes were compared, and the one where the two disagree most."""

    subject: str
    compared: int
    worst: Slope

    @property
    def passed(self) -> bool:
        """True if even the worst relative error is within 1e-6."""
        return self.worst.relative_error <= TOLERANCE


def check_layer(layer: Layer, x: Matrix, *, subject: str | None = None, seed: int = 0) -> Check:
    """Check a layer's way back at x, to its inputs and to each of its parameters.

    The layer is made into one number, L = Σ dy · y, with random dy. A layer that draws (dropout) gets the same draws
    every time.

    >>> check_layer(Linear(3, 2, Random(0)), Matrix([[1, -2, 3]])).passed
    True
    """
    y, backward = layer.forward(x, Random(seed))
    rng = Random(seed + 1)
    dy = Matrix.from_function(y.rows, y.columns, lambda i, j: rng.uniform(-1.0, 1.0))

    def scalar() -> float:
        weighted = layer.forward(x, Random(seed))[0] * dy
        return sum(map(sum, weighted))

    dx, gradients = backward(dy)
    names, values = ["input", *layer.tensors], [x, *layer.parameters]
    return _check(subject or str(layer), names, values, [dx, *gradients], scalar)


def check_loss(loss: Loss, outputs: Matrix, targets: Matrix) -> Check:
    """Check a loss's gradient at these outputs and targets."""
    gradient = loss.gradient(outputs, targets)
    return _check(loss.name, ["output"], [outputs], [gradient], lambda: loss.value(outputs, targets))


def check_network(network: Sequential, loss: Loss, x: Matrix, targets: Matrix) -> Check:
    """Check the gradient of the loss by every parameter of a whole network."""
    outputs, backward = network.forward(x)
    gradients = backward.parameters(loss.gradient(outputs, targets))
    names, values = list(network.state()), network.parameters
    return _check(f"network with {loss.name}", names, values, gradients, lambda: loss.value(network(x), targets))


def standard_checks(seed: int = 0) -> Iterator[Check]:
    """Check every activation, layer and loss of the library, away from the kinks where a slope is not defined."""
    rng = Random(seed)

    def numbers(rows: int, columns: int) -> Matrix:
        """Numbers of either sign between 0.1 and 3, so that ±h stays clear of the kink at 0."""
        return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(0.1, 3.0) * rng.choice((-1.0, 1.0)))

    for function in (*ELEMENTWISE, *ROWWISE):
        yield check_layer(Activation(function), numbers(4, 5), subject=function.name)
    for layer in (Linear(6, 4, rng), PReLU(6), Dropout(0.4)):
        yield check_layer(layer, numbers(5, 6))
    targets = Matrix([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5]])
    for name, loss in LOSSES.items():
        outputs = numbers(3, 3).map(lambda z: 0.2 + 0.2 * abs(z)) if name.endswith("Probabilities") else numbers(3, 3)
        yield check_loss(loss, outputs, targets)
    network = feed_forward([4, 5, 3, 3], rng, hidden="swish")
    yield check_network(network, LOSSES["CrossEntropy"], numbers(3, 4), targets)


def _check(
    subject: str, names: list[str], values: list[Matrix], gradients: list[Matrix], scalar: Callable[[], float]
) -> Check:
    """Compare d(scalar)/d(values) with the gradient given for them, number by number.

    Raises ShapeError unless there is a gradient for each of the values, of its shape: what is missing cannot be wrong.
    """
    found, expected = [gradient.shape for gradient in gradients], [matrix.shape for matrix in values]
    if found != expected:
        raise ShapeError(f"{subject}: gradients by {', '.join(names)} are {found}, expected {expected}")
    slopes = [
        Slope(name, i, j, gradient[i, j], _central_difference(matrix, i, j, scalar))
        for name, matrix, gradient in zip(names, values, gradients)
        for i in range(matrix.rows)
        for j in range(matrix.columns)
    ]
    return Check(subject, len(slopes), max(slopes, key=lambda slope: slope.relative_error))


def _central_difference(values: Matrix, i: int, j: int, scalar: Callable[[], float]) -> float:
    """(f(x + h) - f(x - h)) / 2h for the number in row i, column j, which is put back afterwards."""
    middle = values[i, j]
    values[i, j] = middle + STEP
    above = scalar()
    values[i, j] = middle - STEP
    below = scalar()
    values[i, j] = middle
    return (above - below) / (2.0 * STEP)
