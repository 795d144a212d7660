"""Layers: the parts a network is built from, each with its backward pass.

`forward` takes a batch, one sample a row, and returns the outputs together with a `Backward`, which carries a gradient
from those outputs back to the inputs and to the layer's parameters. The `Backward` remembers what it needs; the layer
holds parameters (and buffers, if it has some) and nothing else, so one layer can serve several threads at once.

To add a layer, write a class that inherits from `Layer` and `register` it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Protocol, TypeVar, Union, runtime_checkable

from purenn.activations import ACTIVATIONS, AnyActivation, Elementwise, Rowwise, activation, identity, leaky_relu_with
from purenn.errors import ShapeError, check_finite
from purenn.initializers import Initializer, he_normal, zeros
from purenn.matrix import Matrix
from purenn.registry import Registry

__all__ = [
    "LAYERS",
    "Activation",
    "Backward",
    "Flatten",
    "Gradients",
    "Layer",
    "Linear",
    "Options",
    "PReLU",
    "Shapes",
    "hidden_activation",
    "hidden_layer",
    "hidden_names",
    "register",
    "sizes",
]

Gradients = list[Matrix]
Options = dict[str, Union[int, float, str]]
Shapes = Mapping[str, tuple[int, ...]]


def _no_parameters(dy: Matrix) -> Gradients:
    return []


@dataclass(frozen=True)
class Backward:
    """The way back through a layer, for dy = dL/dy of the shape of its outputs.

    `inputs(dy)` is dL/dx, `parameters(dy)` the gradient of each parameter in the order of the layer's `parameters`;
    calling it returns both. They are apart because the first layer of a network needs no dL/dx: nobody trains the data.
    Default: no parameters.
    """

    inputs: Callable[[Matrix], Matrix]
    parameters: Callable[[Matrix], Gradients] = _no_parameters

    def __call__(self, dy: Matrix) -> tuple[Matrix, Gradients]:
        return self.inputs(dy), self.parameters(dy)

    def __repr__(self) -> str:
        """Say which gradients it computes."""
        return f"Backward({'inputs' if self.parameters is _no_parameters else 'inputs, parameters'})"


@runtime_checkable
class Layer(Protocol):
    """The layer as a network sees it.

    A custom layer inherits from this class. Only `forward` must be defined; the other members have defaults that suit
    a layer without parameters that returns as many features as it gets. `purenn.gradcheck` has an example, and checks
    its derivative.
    """

    stands_for: ClassVar[str] = ""  # the name by which it can follow a hidden layer in place of an activation,
    begins_as: ClassVar[AnyActivation] = identity  # and the activation that it is before training

    @property
    def parameters(self) -> list[Matrix]:
        """The matrices that training changes, in place. Default: none."""
        return []

    @property
    def buffers(self) -> list[Matrix]:
        """Numbers that belong to the layer but are not trained, such as a running mean. Default: none."""
        return []

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape in files of each parameter, then of each buffer, as PyTorch's layer of this kind has them:
        weights are transposed. Default: tensor0, tensor1, …"""
        return {f"tensor{i}": (m.columns, m.rows) for i, m in enumerate([*self.parameters, *self.buffers])}

    @property
    def options(self) -> Options:
        """The arguments that make an equal layer, apart from the numbers in its tensors. Default: none."""
        return {}

    @property
    def in_features(self) -> int | None:
        """The number of features that it takes, None if any number will do. Default: None."""
        return None

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> Layer:
        """Make a layer from its `options`, with any numbers for parameters: the network fills them in afterwards.

        `shapes` are the shapes of its tensors in the file, by name. Those tensors are really there, so take sizes from
        them: an option in a damaged file may ask for more memory than there is. Default: pass the options as arguments.
        Raises ValueError or TypeError if there is no such layer.
        """
        make: Callable[..., Layer] = cls
        return make(**options)

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Layer:
        """Make a layer for so many features: the gradient check does. Default: without arguments."""
        make: Callable[[], Layer] = cls
        return make()

    def output_columns(self, columns: int) -> int:
        """Return how many features come out when `columns` go in. Default: as many.

        Raises ShapeError unless the layer takes that many.
        """
        self.check_columns(columns)
        return columns

    def check_columns(self, columns: int) -> None:
        """Raise ShapeError unless the layer takes this many features."""
        if self.in_features not in (None, columns):
            raise ShapeError(f"{self}: expected {self.in_features} features, got {columns}")

    @abstractmethod
    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        """Return the outputs for a batch and the way back.

        `training` says whether the layer is being trained or used. A layer that draws random numbers in training takes
        them from `rng`, and raises ValueError if there is none.
        """
        ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.options.values()))})"


LAYERS: Registry[type[Layer]] = Registry("layer")

Defined = TypeVar("Defined", bound=Layer)


def register(layer: type[Defined]) -> type[Defined]:
    """Make a layer known by the name of its class, so that networks with it can be loaded. Used as a decorator.

    Raises ValueError for a name that is taken.
    """
    LAYERS.add(layer.__name__, layer)
    return layer


@register
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
            raise ShapeError(f"Linear({in_features}, {out_features}): a layer needs at least one input and one output")
        self.weight = initializer(in_features, out_features, rng)
        self.bias = Matrix.zeros(1, out_features)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.weight, self.bias]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.weight.columns, self.weight.rows), "bias": (self.bias.columns,)}

    @property
    def options(self) -> Options:
        return {"in_features": self.weight.rows, "out_features": self.weight.columns}

    @property
    def in_features(self) -> int:
        return self.weight.rows

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> Linear:
        outputs, inputs = sizes(shapes, "weight", 2)
        return Linear(inputs, outputs, Random(0), initializer=zeros)

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Linear:
        return Linear(features, 4, rng)

    def output_columns(self, columns: int) -> int:
        self.check_columns(columns)
        return self.weight.columns

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        return (x @ self.weight).add_row(self.bias), Backward(
            inputs=lambda dy: dy @ self.weight.T,
            parameters=lambda dy: [x.T @ dy, dy.sum_rows()],
        )


@register
class Activation(Layer):
    """y = f(z) for an activation given by name or as itself; f may look at single numbers or at whole rows.

    Backwards, dL/dz = dL/dy · f'(z) entry by entry, or the product with f's Jacobian row by row.
    """

    def __init__(self, function: AnyActivation | str) -> None:
        self.function = activation(function) if isinstance(function, str) else function
        if not isinstance(self.function, (Elementwise, Rowwise)):
            raise TypeError(f"function is {function!r}, expected an activation or its name")

    @property
    def options(self) -> Options:
        return {"function": self.function.name}

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Activation:
        return Activation("tanh")

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        f = self.function
        if isinstance(f, Elementwise):
            return x.map(f.function), Backward(lambda dy: dy * x.map(f.derivative))

        def inputs(dy: Matrix) -> Matrix:
            if dy.shape != x.shape:
                raise ShapeError(f"{self}: outputs are {x.shape}, but their gradient is {dy.shape} (batch, features)")
            return Matrix.wrap(list(map(f.pullback, x, dy)))

        return Matrix.wrap(list(map(f.function, x))), Backward(inputs)


@register
class PReLU(Layer):
    """Leaky ReLU whose slope is learned: y = z for z > 0 and a z below, with one a for each of `features` columns.

    dL/da = Σ z dL/dy over the z <= 0 of its column. Source: He et al. (2015), which starts a at 0.25.
    """

    stands_for = "prelu"
    begins_as = leaky_relu_with(0.25)

    def __init__(self, features: int, slope: float = 0.25) -> None:
        check_finite(slope=slope)
        self.slope = Matrix.from_function(1, features, lambda i, j: slope)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.slope]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.slope.columns,)}

    @property
    def options(self) -> Options:
        return {"features": self.slope.columns}

    @property
    def in_features(self) -> int:
        return self.slope.columns

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> PReLU:
        return PReLU(*sizes(shapes, "weight", 1))

    @classmethod
    def for_features(cls, features: int, rng: Random) -> PReLU:
        return PReLU(features)

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        slopes = Matrix.wrap([[1.0 if z > 0.0 else a for z, a in zip(row, self.slope[0])] for row in x])
        return x * slopes, Backward(
            inputs=lambda dy: dy * slopes,
            parameters=lambda dy: [(dy * x.map(lambda z: min(z, 0.0))).sum_rows()],
        )


@register
class Flatten(Layer):
    """y = x: inputs are rows already, so there is nothing to flatten.

    PyTorch's networks for pictures begin with one, to make a row of height × width pixels. There every layer has a
    number, so the weight of the first Linear layer after a Flatten is called "1.weight". With a Flatten in front, our
    tensors have the same names.
    """

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        return x, Backward(inputs=lambda dy: dy)


def sizes(shapes: Shapes, name: str, dimensions: int) -> tuple[int, ...]:
    """Return the sizes of a layer's tensor. Raises ValueError if it is missing or has other dimensions."""
    shape = shapes.get(name)
    if shape is None or len(shape) != dimensions:
        found = "missing" if shape is None else f"of shape {shape}"
        raise ValueError(f"its {name} is {found}, expected {dimensions} dimension{'s' * (dimensions > 1)}")
    return shape


# What follows a hidden Linear layer is an activation, or a layer that stands for one: both go by one list of names.


def hidden_names() -> list[str]:
    """Return the names that `hidden_layer` knows."""
    return [*ACTIVATIONS, *(layer.stands_for for layer in LAYERS.values() if layer.stands_for)]


def hidden_layer(name: str, features: int) -> Layer:
    """Make the layer that follows a hidden layer of so many units: Activation("relu"), or PReLU(128) for "prelu".

    Raises ValueError, listing the names there are.
    """
    standing = _standing_for(name)
    return standing.for_features(features, Random(0)) if standing else Activation(hidden_activation(name))


def hidden_activation(name: str) -> AnyActivation:
    """Return the activation of this name or, for a layer that stands for one, the activation that it begins as.

    Raises ValueError, listing the names there are.
    """
    standing = _standing_for(name)
    try:
        return standing.begins_as if standing else activation(name)
    except ValueError:
        raise ValueError(f"no activation is called {name!r}; there are: {', '.join(hidden_names())}") from None


def _standing_for(name: str) -> type[Layer] | None:
    return next((layer for layer in LAYERS.values() if name and layer.stands_for == name), None)
