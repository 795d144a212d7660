"""Normalization: layers that bring numbers to mean 0 and variance 1 on their way from one layer to the next.

While a layer learns, its outputs drift and spread, and the next layer has to follow. Normalized outputs stay in place,
so deep networks train faster and with higher learning rates. Batch normalization uses one feature of all samples, a
column; layer normalization uses all features of one sample, a row. As mean 0 and variance 1 may not suit the next
layer, both then learn a factor γ and an offset β for each feature: y = γ x̂ + β.

The inputs themselves come in all units, and a network learns little from square metres beside a share of 1. `Scaling`
is a scaler as a layer: its numbers are taken from the training data once, and saved with the network, which then takes
inputs in their own units.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from random import Random
from typing import Protocol, runtime_checkable

from purenn.errors import ShapeError, check_finite, check_positive, check_probability
from purenn.foreign import explained
from purenn.layers import Backward, Layer, Options, Shapes, register, sizes
from purenn.matrix import Matrix, dot

__all__ = ["BatchNorm", "ColumnScales", "LayerNorm", "Scaling"]


@dataclass(frozen=True)
class _Standard:
    """Numbers standardized to mean 0 and variance 1: x̂ = (x - mean) · scale, where scale = 1 / √(variance + ε)."""

    values: list[float]
    mean: float
    variance: float
    scale: float

    def pullback(self, slopes: Sequence[float]) -> list[float]:
        """dL/dx = scale · (g - mean(g) - x̂ · mean(g x̂)) for g = dL/dx̂.

        The first term is the direct effect of x on x̂. The other two take away its effect through the mean and the
        variance: pushing all numbers up, or all apart, changes nothing, because both are normalized away.
        """
        n = len(self.values)
        level, spread = sum(slopes) / n, dot(slopes, self.values) / n
        return [self.scale * (g - level - x * spread) for g, x in zip(slopes, self.values)]


def _standardize(numbers: Sequence[float], epsilon: float) -> _Standard:
    """Standardize these numbers by their own mean and biased variance, Σ (x - mean)² / n.

    The variance is computed from the deviations. The short form, the mean of x² minus the square of the mean, subtracts
    two numbers that are nearly equal when the mean is large, and its result can even be negative.
    """
    n = len(numbers)
    mean = sum(numbers) / n
    deviations = [x - mean for x in numbers]
    variance = dot(deviations, deviations) / n
    scale = 1.0 / math.sqrt(variance + epsilon)
    return _Standard([d * scale for d in deviations], mean, variance, scale)


class _Normalization(Layer):
    """The common part of the two layers: y = γ x̂ + β, with a factor γ (weight) and an offset β (bias) per feature."""

    def __init__(self, features: int, epsilon: float) -> None:
        if features < 1:
            raise ShapeError(f"{type(self).__name__}({features}): a layer needs at least one feature")
        check_positive(epsilon=epsilon)
        self.epsilon = float(epsilon)
        self.weight = Matrix.from_function(1, features, lambda i, j: 1.0)
        self.bias = Matrix.zeros(1, features)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.weight, self.bias]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.weight.columns,), "bias": (self.weight.columns,)}

    @property
    def options(self) -> Options:
        return {"features": self.weight.columns, "epsilon": self.epsilon}

    @property
    def in_features(self) -> int:
        return self.weight.columns

    def _scaled(self, normal: Matrix, pullback: Callable[[Matrix], Matrix]) -> tuple[Matrix, Backward]:
        """Return y = γ x̂ + β and its backward pass. `pullback` takes dL/dx̂ = γ dL/dy and returns dL/dx."""

        def inputs(dy: Matrix) -> Matrix:
            if dy.shape != normal.shape:
                raise ShapeError(f"{self}: outputs are {normal.shape}, but their gradient is {dy.shape}")
            return pullback(_times_row(dy, self.weight))

        return _times_row(normal, self.weight).add_row(self.bias), Backward(
            inputs=inputs,
            parameters=lambda dy: [(dy * normal).sum_rows(), dy.sum_rows()],
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.weight.columns})"


@register
class LayerNorm(_Normalization):
    """Normalize each sample by its own mean and variance: x̂ = (x - μ) / √(σ² + ε), y = γ x̂ + β.

    x, y: batch × features. μ and σ² are taken over the features of one row, with σ² = Σ (x - μ)² / features, so the
    layer computes the same in training and in use, and for a batch of any size. γ and β are 1 × features. Backward,
    with sums over the batch and means over the row:

        dL/dγ = Σ dL/dy · x̂,  dL/dβ = Σ dL/dy,  g = γ dL/dy,  dL/dx = (g - mean(g) - x̂ mean(g x̂)) / √(σ² + ε)

    Raises ShapeError for no features, ValueError unless epsilon is a finite number above 0. This is PyTorch's
    LayerNorm. Source: Ba et al. (2016).

    >>> y, _ = LayerNorm(2).forward(Matrix([[1.0, 3.0], [50.0, 10.0]]))
    >>> print(y.map(lambda value: round(value, 3)))
    -1.0   1.0
     1.0  -1.0
    """

    @explained("BatchNorm")
    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        super().__init__(features, epsilon)

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> LayerNorm:
        return LayerNorm(*sizes(shapes, "weight", 1), epsilon=_number(options, "epsilon"))

    @classmethod
    def for_features(cls, features: int, rng: Random) -> LayerNorm:
        return LayerNorm(features)

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        rows = [_standardize(row, self.epsilon) for row in x]
        normal = Matrix.wrap([row.values for row in rows])
        return self._scaled(normal, lambda g: Matrix.wrap([row.pullback(slopes) for row, slopes in zip(rows, g)]))


@register
class BatchNorm(_Normalization):
    """Normalize each feature by its mean and variance in the batch: x̂ = (x - μ) / √(σ² + ε), y = γ x̂ + β.

    x, y: batch × features. In training, μ and σ² are taken over the n numbers of one column, with σ² = Σ (x - μ)² / n.
    γ and β are 1 × features. Backward, with sums and means over the column:

        dL/dγ = Σ dL/dy · x̂,  dL/dβ = Σ dL/dy,  g = γ dL/dy,  dL/dx = (g - mean(g) - x̂ mean(g x̂)) / √(σ² + ε)

    In use, the output for one sample must not depend on the other samples in its batch. So training also keeps running
    averages of μ and of the unbiased variance, Σ (x - μ)² / (n - 1):

        running ← (1 - momentum) · running + momentum · new         (Keras's momentum is 1 minus this one)

    and in use they replace μ and σ². They do not depend on x, so in use dL/dx = g / √(running_var + ε). Only training
    changes them: in use one layer can serve several threads, in training it cannot.

    A batch of one sample has no spread: its x̂ would always be 0, and PyTorch raises an error. Here such a batch is
    normalized by the running averages, in training too, and does not change them, because the last batch of an epoch
    holds the samples that are left over, which may be only one.

    Raises ShapeError for no features, ValueError unless momentum is in [0, 1] and epsilon a finite number above 0. This
    is PyTorch's BatchNorm1d. Source: Ioffe and Szegedy (2015), algorithms 1 and 2.

    >>> layer = BatchNorm(2)
    >>> y, _ = layer.forward(Matrix([[1.0, 50.0], [3.0, 10.0]]), training=True)
    >>> print(y.map(lambda value: round(value, 3)))
    -1.0   1.0
     1.0  -1.0
    >>> layer.running_mean  # 0.9 · 0 + 0.1 · 2 and 0.9 · 0 + 0.1 · 30
    Matrix([[0.2, 3.0]])
    """

    @explained("BatchNorm")
    def __init__(self, features: int, *, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(features, epsilon)
        check_probability(momentum=momentum)
        self.momentum = float(momentum)
        self.running_mean = Matrix.zeros(1, features)
        self.running_var = Matrix.from_function(1, features, lambda i, j: 1.0)
        self.num_batches_tracked = Matrix.zeros(1, 1)

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> BatchNorm:
        momentum, epsilon = _number(options, "momentum"), _number(options, "epsilon")
        return BatchNorm(*sizes(shapes, "weight", 1), momentum=momentum, epsilon=epsilon)

    @classmethod
    def for_features(cls, features: int, rng: Random) -> BatchNorm:
        return BatchNorm(features)

    @property
    def buffers(self) -> list[Matrix]:
        return [self.running_mean, self.running_var, self.num_batches_tracked]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        features = self.weight.columns
        return {
            **super().tensor_shapes,
            "running_mean": (features,),
            "running_var": (features,),
            "num_batches_tracked": (),
        }

    @property
    def options(self) -> Options:
        return {"features": self.weight.columns, "momentum": self.momentum, "epsilon": self.epsilon}

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        if not training or x.rows == 1:
            return self._forward_by_running_averages(x)
        columns = [_standardize(column, self.epsilon) for column in x.T]
        self._track(columns, x.rows)
        normal = Matrix.wrap([column.values for column in columns]).T
        return self._scaled(normal, lambda g: Matrix.wrap([c.pullback(slopes) for c, slopes in zip(columns, g.T)]).T)

    def _track(self, columns: Sequence[_Standard], n: int) -> None:
        """Move the running averages toward the means and variances of a batch of n samples."""
        _move(self.running_mean, [column.mean for column in columns], self.momentum)
        _move(self.running_var, [column.variance * n / (n - 1) for column in columns], self.momentum)
        self.num_batches_tracked[0, 0] += 1.0

    def _forward_by_running_averages(self, x: Matrix) -> tuple[Matrix, Backward]:
        for j, variance in enumerate(self.running_var[0]):
            if variance < 0.0:  # which can only come from a file
                raise ValueError(f"{self}: running_var {j} is {variance}, expected a variance of at least 0")
        scales = self.running_var.map(lambda variance: 1.0 / math.sqrt(variance + self.epsilon))
        return self._scaled(_times_row(x.add_row(-self.running_mean), scales), lambda g: _times_row(g, scales))


@runtime_checkable
class ColumnScales(Protocol):
    """A shift and a scale for each column, as the scalers of `purenn.preprocessing` have them."""

    @property
    def shifts(self) -> Sequence[float]: ...

    @property
    def scales(self) -> Sequence[float]: ...


@register
class Scaling(Layer):
    """Shift and scale each feature by fixed numbers: y = (x - shift) / scale. Backward: dL/dx = dL/dy / scale.

    x, y: batch × features. Shifts and scales are buffers: training leaves them as they are, and files keep them. As the
    first layer, it brings inputs of any unit to the size that suits training; as the last one, made by `inverse_of`, it
    returns standardized outputs to the unit of the targets.

    PyTorch has no such layer; with positive scales it equals a BatchNorm1d in use that has ε = 0, the shifts as running
    mean and the squared scales as running variance. Raises ShapeError unless there are as many scales as shifts, at
    least one, and ValueError for a number that is not finite or a scale of 0.

    >>> from purenn.layers import Linear
    >>> from purenn.network import Sequential
    >>> from purenn.preprocessing import standardize
    >>> areas, rents = Matrix([[50], [150]]), Matrix([[4], [12]])
    >>> before, after = Scaling.of(standardize(areas)), Scaling.inverse_of(standardize(rents))
    >>> network = Sequential(before, Linear(1, 1, Random(0)), after)  # takes areas and returns rents
    >>> before.forward(areas)[0], after.forward(Matrix([[-1], [1]]))[0]
    (Matrix([[-1.0], [1.0]]), Matrix([[4.0], [12.0]]))
    """

    def __init__(self, shifts: Sequence[float], scales: Sequence[float]) -> None:
        if not shifts or len(shifts) != len(scales):
            found = f"got {len(shifts)} shifts and {len(scales)} scales"
            raise ShapeError(f"Scaling: expected a shift and a scale for each feature, {found}")
        for j, (shift, scale) in enumerate(zip(shifts, scales)):
            check_finite(**{f"shift {j}": shift, f"scale {j}": scale})
        self.shift = Matrix([list(shifts)])
        self.scale = Matrix([list(scales)])
        self._check_scales()

    @classmethod
    def of(cls, scaler: ColumnScales) -> Scaling:
        """Make the layer that does what a scaler does: `Scaling.of(standardize(x))`."""
        return cls(scaler.shifts, scaler.scales)

    @classmethod
    def inverse_of(cls, scaler: ColumnScales) -> Scaling:
        """Make the layer that undoes what a scaler does: y · scale + shift = (y - (-shift / scale)) / (1 / scale)."""
        pairs = list(zip(scaler.shifts, scaler.scales))
        return cls([-shift / scale for shift, scale in pairs], [1.0 / scale for _, scale in pairs])

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> Scaling:
        (features,) = sizes(shapes, "shift", 1)
        return Scaling([0.0] * features, [1.0] * features)

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Scaling:
        return Scaling([rng.gauss(0.0, 1.0) for _ in range(features)], [rng.uniform(0.5, 2.0) for _ in range(features)])

    @property
    def buffers(self) -> list[Matrix]:
        return [self.shift, self.scale]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"shift": (self.shift.columns,), "scale": (self.scale.columns,)}

    @property
    def options(self) -> Options:
        return {"features": self.shift.columns}

    @property
    def in_features(self) -> int:
        return self.shift.columns

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        self._check_scales()  # again, as they may have come from a file
        shifts, scales = self.shift[0], self.scale[0]
        y = Matrix.wrap([[(v - a) / b for v, a, b in zip(row, shifts, scales)] for row in x])

        def inputs(dy: Matrix) -> Matrix:
            if dy.shape != y.shape:
                raise ShapeError(f"{self}: outputs are {y.shape}, but their gradient is {dy.shape}")
            return Matrix.wrap([[slope / b for slope, b in zip(row, scales)] for row in dy])

        return y, Backward(inputs)

    def _check_scales(self) -> None:
        if not all(self.scale[0]):
            raise ValueError(f"{self}: scale {self.scale[0].index(0.0)} is 0, expected a number to divide by")


def _number(options: Mapping[str, object], name: str) -> float:
    """Return an option that must be a number. Raises ValueError if it is none, OverflowError if it is too large."""
    value = options.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"its {name} is {value!r}, expected a number")
    return float(value)


def _times_row(matrix: Matrix, row: Matrix) -> Matrix:
    """Return the matrix with each of its rows multiplied by this row, entry by entry."""
    return Matrix.wrap([list(map(mul, numbers, row[0])) for numbers in matrix])


def _move(running: Matrix, new: Sequence[float], momentum: float) -> None:
    """Set running ← (1 - momentum) · running + momentum · new, in place."""
    running[0][:] = [(1.0 - momentum) * old + momentum * value for old, value in zip(running[0], new)]
