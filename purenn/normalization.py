"""Normalisation: numbers brought to mean 0 and variance 1 on their way from one layer to the next.

While a layer learns, what it hands to the next one drifts and spreads, and the next one has to follow. Normalised, it
stays where it was, and deep networks train faster and at higher rates. Batch normalisation looks at one feature of all
samples, a column; layer normalisation at all features of one sample, a row. As mean 0 and variance 1 may not be what
suits the next layer, both then learn a factor γ and an offset β for each feature: y = γ x̂ + β.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import mul
from random import Random

from purenn.errors import ShapeError
from purenn.layers import Backward, Layer, Options
from purenn.matrix import Matrix, dot

__all__ = ["BatchNorm", "LayerNorm"]


@dataclass(frozen=True)
class _Standard:
    """Numbers brought to mean 0 and variance 1: x̂ = (x - mean) · scale, where scale = 1 / √(variance + ε)."""

    values: list[float]
    mean: float
    variance: float
    scale: float

    def pullback(self, slopes: Sequence[float]) -> list[float]:
        """dL/dx = scale · (g - mean(g) - x̂ · mean(g x̂)) for g = dL/dx̂.

        The first term is x moving x̂ directly. The others take away what x does by moving the mean and the variance of
        all: both are in the way of a change that would push all numbers up, or all apart.
        """
        n = len(self.values)
        level, spread = sum(slopes) / n, dot(slopes, self.values) / n
        return [self.scale * (g - level - x * spread) for g, x in zip(slopes, self.values)]


def _standardize(numbers: Sequence[float], epsilon: float) -> _Standard:
    """Standardise these numbers by their own mean and biased variance, Σ (x - mean)² / n.

    The variance is taken of deviations. The short form, mean of x² minus square of the mean, subtracts two numbers that
    are nearly equal when the mean is large, and can even come out negative.
    """
    n = len(numbers)
    mean = sum(numbers) / n
    deviations = [x - mean for x in numbers]
    variance = dot(deviations, deviations) / n
    scale = 1.0 / math.sqrt(variance + epsilon)
    return _Standard([d * scale for d in deviations], mean, variance, scale)


class _Normalization(Layer):
    """What the two layers share: y = γ x̂ + β, with a factor γ (weight) and an offset β (bias) for each feature."""

    def __init__(self, features: int, epsilon: float) -> None:
        if features < 1:
            raise ShapeError(f"{type(self).__name__}({features}): a layer needs a feature at least")
        if not (epsilon > 0.0 and math.isfinite(epsilon)):
            raise ValueError(f"epsilon must be a finite number above 0, got {epsilon}")
        self.epsilon = epsilon
        self.weight = Matrix.from_function(1, features, lambda i, j: 1.0)
        self.bias = Matrix.zeros(1, features)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.weight, self.bias]

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.weight.columns,), "bias": (self.weight.columns,)}

    @property
    def options(self) -> Options:
        return {"features": self.weight.columns, "epsilon": self.epsilon}

    def output_columns(self, columns: int) -> int:
        if columns != self.weight.columns:
            raise ShapeError(f"{self}: expected {self.weight.columns} features, got {columns}")
        return columns

    def _scaled(self, normal: Matrix, pullback: Callable[[Matrix], Matrix]) -> tuple[Matrix, Backward]:
        """y = γ x̂ + β and the way back from it. `pullback` leads on from dL/dx̂ = γ dL/dy to dL/dx."""

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


class LayerNorm(_Normalization):
    """Each sample by its own mean and variance: x̂ = (x - μ) / √(σ² + ε), y = γ x̂ + β.

    x, y: batch × features. μ and σ² are taken over the features of one row, σ² being Σ (x - μ)² / features; so the
    layer does the same in training and in use, and for a batch of any size. γ and β are 1 × features; backwards, with
    the sums over the batch and the means over the row:

        dL/dγ = Σ dL/dy · x̂,  dL/dβ = Σ dL/dy,  g = γ dL/dy,  dL/dx = (g - mean(g) - x̂ mean(g x̂)) / √(σ² + ε)

    Raises ShapeError for no features, ValueError unless epsilon is a finite number above 0. This is PyTorch's
    LayerNorm. Source: Ba et al. (2016).

    >>> y, _ = LayerNorm(2).forward(Matrix([[1.0, 3.0], [50.0, 10.0]]))
    >>> print(y.map(lambda value: round(value, 3)))
    -1.0   1.0
     1.0  -1.0
    """

    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        super().__init__(features, epsilon)

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.output_columns(x.columns)
        rows = [_standardize(row, self.epsilon) for row in x]
        normal = Matrix.wrap([row.values for row in rows])
        return self._scaled(normal, lambda g: Matrix.wrap([row.pullback(slopes) for row, slopes in zip(rows, g)]))


class BatchNorm(_Normalization):
    """Each feature by its mean and variance in the batch: x̂ = (x - μ) / √(σ² + ε), y = γ x̂ + β.

    x, y: batch × features. In training (with `rng`), μ and σ² are taken over the n numbers of one column, σ² being
    Σ (x - μ)² / n. γ and β are 1 × features; backwards, with the sums and the means over the column:

        dL/dγ = Σ dL/dy · x̂,  dL/dβ = Σ dL/dy,  g = γ dL/dy,  dL/dx = (g - mean(g) - x̂ mean(g x̂)) / √(σ² + ε)

    In use, a sample's answer must not depend on the others it comes with. So training also keeps running figures,
    running ← (1 - momentum) · running + momentum · new (Keras's momentum is 1 - this one), of μ and of the unbiased
    variance, Σ (x - μ)² / (n - 1), and
    without `rng` they take the place of μ and σ². Then they do not depend on x, and dL/dx = g / √(running_var + ε).
    Only training moves them, so in use one layer can serve several threads, in training it cannot.

    A batch of one sample has no spread: its x̂ would be 0 whatever it is. PyTorch raises an error there; here it goes by
    the running figures, in training too, and does not move them. For the last batch of an epoch is what is left over,
    and may well be one sample.

    Raises ShapeError for no features, ValueError unless momentum is in [0, 1] and epsilon a finite number above 0. This
    is PyTorch's BatchNorm1d. Source: Ioffe and Szegedy (2015), algorithms 1 and 2.

    >>> layer = BatchNorm(2)
    >>> y, _ = layer.forward(Matrix([[1.0, 50.0], [3.0, 10.0]]), Random(0))
    >>> print(y.map(lambda value: round(value, 3)))
    -1.0   1.0
     1.0  -1.0
    >>> layer.running_mean  # 0.9 · 0 + 0.1 · 2 and 0.9 · 0 + 0.1 · 30
    Matrix([[0.2, 3.0]])
    """

    def __init__(self, features: int, *, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(features, epsilon)
        if not 0.0 <= momentum <= 1.0:
            raise ValueError(f"momentum must be in [0, 1], got {momentum}")
        self.momentum = momentum
        self.running_mean = Matrix.zeros(1, features)
        self.running_var = Matrix.from_function(1, features, lambda i, j: 1.0)
        self.num_batches_tracked = Matrix.zeros(1, 1)

    @property
    def buffers(self) -> list[Matrix]:
        return [self.running_mean, self.running_var, self.num_batches_tracked]

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        features = self.weight.columns
        return {**super().tensors, "running_mean": (features,), "running_var": (features,), "num_batches_tracked": ()}

    @property
    def options(self) -> Options:
        return {"features": self.weight.columns, "momentum": self.momentum, "epsilon": self.epsilon}

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.output_columns(x.columns)
        if rng is None or x.rows == 1:
            return self._forward_by_running_figures(x)
        columns = [_standardize(column, self.epsilon) for column in x.T]
        self._track(columns, x.rows)
        normal = Matrix.wrap([column.values for column in columns]).T
        return self._scaled(normal, lambda g: Matrix.wrap([c.pullback(slopes) for c, slopes in zip(columns, g.T)]).T)

    def _track(self, columns: Sequence[_Standard], n: int) -> None:
        """Move the running figures by those of a batch of n samples."""
        _move(self.running_mean, [column.mean for column in columns], self.momentum)
        _move(self.running_var, [column.variance * n / (n - 1) for column in columns], self.momentum)
        self.num_batches_tracked[0, 0] += 1.0

    def _forward_by_running_figures(self, x: Matrix) -> tuple[Matrix, Backward]:
        for j, variance in enumerate(self.running_var[0]):
            if variance < 0.0:  # which only a file can have brought
                raise ValueError(f"{self}: running_var {j} is {variance}, expected a variance of at least 0")
        scales = self.running_var.map(lambda variance: 1.0 / math.sqrt(variance + self.epsilon))
        return self._scaled(_times_row(x.add_row(-self.running_mean), scales), lambda g: _times_row(g, scales))


def _times_row(matrix: Matrix, row: Matrix) -> Matrix:
    """Every row of a matrix times this one row, entry by entry."""
    return Matrix.wrap([list(map(mul, numbers, row[0])) for numbers in matrix])


def _move(running: Matrix, new: Sequence[float], momentum: float) -> None:
    """running ← (1 - momentum) · running + momentum · new, in place."""
    running[0][:] = [(1.0 - momentum) * old + momentum * value for old, value in zip(running[0], new)]
