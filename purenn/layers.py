"""Layers: the parts a network is built from, each with its way back.

`forward` takes a batch, one sample a row, and returns the outputs together with a `Backward` that knows how to carry a
gradient from those outputs back to the inputs and to the layer's parameters. What the way back needs, it remembers by
itself; the layer holds parameters (and buffers, if it has some) and nothing else, so one layer can serve several
threads at once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol, Union, runtime_checkable

from purenn.activations import AnyActivation, Elementwise, activation
from purenn.errors import ShapeError
from purenn.initializers import Initializer, he_normal
from purenn.matrix import Matrix

__all__ = ["Activation", "Backward", "Dropout", "Flatten", "Gradients", "Layer", "Linear", "Options", "PReLU"]

Gradients = list[Matrix]
Options = dict[str, Union[int, float, str]]


@dataclass(frozen=True)
class Backward:
    """The way back through a layer, for dy = dL/dy of the shape of its outputs.

    `inputs(dy)` is dL/dx, `parameters(dy)` the gradient of each parameter in the order of the layer's `parameters`, and
    calling it returns both. They are apart because the first layer of a network needs no dL/dx: nobody trains the data.
    """

    inputs: Callable[[Matrix], Matrix]
    parameters: Callable[[Matrix], Gradients]

    def __call__(self, dy: Matrix) -> tuple[Matrix, Gradients]:
        return self.inputs(dy), self.parameters(dy)


@runtime_checkable
class Layer(Protocol):
    """What a network needs of a layer.

    A layer of one's own inherits from this class. `forward` is all that it must define; what else is here, a layer with
    parameters, or one that returns more or fewer features than it gets, defines as well. `purenn.gradcheck` has an
    example, and checks its derivative.
    """

    @property
    def parameters(self) -> list[Matrix]:
        """What training changes, in place. None, if not said otherwise."""
        return []

    @property
    def buffers(self) -> list[Matrix]:
        """Numbers that belong to the layer but are not trained, as a running mean. None, if not said otherwise."""
        return []

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Name and shape for each parameter, then for each buffer, as PyTorch's layer of this kind has them: weights
        transposed. Numbered, if not said otherwise."""
        return {f"tensor{i}": (m.columns, m.rows) for i, m in enumerate([*self.parameters, *self.buffers])}

    @property
    def options(self) -> Options:
        """The arguments that make an equal layer, apart from the numbers in its tensors."""
        return {}

    def output_columns(self, columns: int) -> int:
        """How many features come out when `columns` go in: as many, if not said otherwise. Raises ShapeError if the
        layer does not take so many."""
        return columns

    @abstractmethod
    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        """The outputs for a batch and the way back. With `rng` the layer is being trained, without it used."""
        ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.options.values()))})"


class Linear(Layer):
    """z = x W + b: every unit's weighted sum of all inputs. W is in × out, b is 1 × out, x is batch × in.

    A column of W holds the weights of one unit, a row those of one input. This way round, the zeros of x (background,
    silent units) stand on the left of both products with x, where they cost nothing. PyTorch keeps the transpose.

    >>> layer = Linear(2, 1, Random(0))
    >>> layer.weight, layer.bias = Matrix([[0.5], [0.25]]), Matrix([[-1.0]])
    >>> z, backward = layer.forward(Matrix([[2.0, 4.0]]))
    >>> z
    Matrix([[1.0]])
    >>> backward(Matrix([[1.0]]))
    (Matrix([[0.5, 0.25]]), [Matrix([[2.0], [4.0]]), Matrix([[1.0]])])
    """

    def __init__(
        self, in_features: int, out_features: int, rng: Random, *, initializer: Initializer = he_normal
    ) -> None:
        if in_features < 1 or out_features < 1:
            raise ShapeError(f"Linear({in_features}, {out_features}): a layer needs an input and an output at least")
        self.weight = initializer(in_features, out_features, rng)
        self.bias = Matrix.zeros(1, out_features)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.weight, self.bias]

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.weight.columns, self.weight.rows), "bias": (self.bias.columns,)}

    @property
    def options(self) -> Options:
        return {"in_features": self.weight.rows, "out_features": self.weight.columns}

    def output_columns(self, columns: int) -> int:
        if columns != self.weight.rows:
            raise ShapeError(f"{self}: expected {self.weight.rows} features, got {columns}")
        return self.weight.columns

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.output_columns(x.columns)
        return (x @ self.weight).add_row(self.bias), Backward(
            inputs=lambda dy: dy @ self.weight.T,
            parameters=lambda dy: [x.T @ dy, dy.sum_rows()],
        )


class Activation(Layer):
    """y = f(z) for an activation given by name or as itself; f may look at single numbers or at whole rows.

    Backwards, dL/dz = dL/dy · f'(z) entry by entry, or the product with f's Jacobian row by row.
    """

    def __init__(self, function: AnyActivation | str) -> None:
        self.function = activation(function) if isinstance(function, str) else function

    @property
    def options(self) -> Options:
        return {"function": self.function.name}

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        f = self.function
        if isinstance(f, Elementwise):
            return x.map(f.function), Backward(lambda dy: dy * x.map(f.derivative), lambda dy: [])

        def inputs(dy: Matrix) -> Matrix:
            if dy.shape != x.shape:
                raise ShapeError(f"{self}: outputs are {x.shape}, but their gradient is {dy.shape} (batch, features)")
            return Matrix.wrap(list(map(f.pullback, x, dy)))

        return Matrix.wrap(list(map(f.function, x))), Backward(inputs, parameters=lambda dy: [])


class PReLU(Layer):
    """Leaky ReLU whose slope is learned: y = z for z > 0 and a z below, with one a for each of `features` columns.

    dL/da = Σ z dL/dy over the z <= 0 of its column. Source: He et al. (2015), which starts a at 0.25.
    """

    def __init__(self, features: int, slope: float = 0.25) -> None:
        self.slope = Matrix.from_function(1, features, lambda i, j: slope)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.slope]

    @property
    def tensors(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.slope.columns,)}

    @property
    def options(self) -> Options:
        return {"features": self.slope.columns}

    def output_columns(self, columns: int) -> int:
        if columns != self.slope.columns:
            raise ShapeError(f"{self}: expected {self.slope.columns} features, got {columns}")
        return columns

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.output_columns(x.columns)
        slopes = Matrix.wrap([[1.0 if z > 0.0 else a for z, a in zip(row, self.slope[0])] for row in x])
        return x * slopes, Backward(
            inputs=lambda dy: dy * slopes,
            parameters=lambda dy: [(dy * x.map(lambda z: min(z, 0.0))).sum_rows()],
        )


class Dropout(Layer):
    """In training each number becomes 0 with this probability, and the others grow by 1 / (1 - probability), so that
    their mean stays the same and nothing needs to change in use. Source: Srivastava et al. (2014), section 10.
    """

    def __init__(self, probability: float) -> None:
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"a dropout probability must be in [0, 1), got {probability}")
        self.probability = probability

    @property
    def options(self) -> Options:
        return {"probability": self.probability}

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        if rng is None:
            return x, Backward(inputs=lambda dy: dy, parameters=lambda dy: [])
        draw, kept = rng.random, 1.0 / (1.0 - self.probability)
        mask = x.map(lambda _: kept if draw() >= self.probability else 0.0)
        return x * mask, Backward(inputs=lambda dy: dy * mask, parameters=lambda dy: [])


class Flatten(Layer):
    """y = x: inputs are rows already, so there is nothing to flatten.

    PyTorch's networks for pictures begin with one, to make a row of height × width pixels. It has a number there, as
    every layer has: in a network that begins with it, the first Linear layer's weight is called "1.weight". With a
    Flatten of ours in front, our tensors have the same names.
    """

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        return x, Backward(inputs=lambda dy: dy, parameters=lambda dy: [])
