"""Layers: the parts a network is built from, each with its backward pass.

`forward` takes a batch, one sample per row, and returns the outputs together with a `Backward`, which carries a
gradient from the outputs back to the inputs and to the layer's parameters. The `Backward` keeps the values it needs;
the layer itself holds only parameters and buffers, so one layer can serve several threads at once.

To add a layer, write a class that inherits from `Layer` and `register` it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import index
from random import Random
from typing import TYPE_CHECKING, ClassVar, NoReturn, Protocol, TypeVar, Union, runtime_checkable

from purenn.activations import ACTIVATIONS, AnyActivation, Elementwise, activation, identity, leaky_relu_with
from purenn.errors import ShapeError, check_finite, check_kind, check_whole
from purenn.foreign import explained, foreign_setting
from purenn.initializers import Initializer, generator, he_normal, zeros
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
    "activation_layer",
    "activation_names",
    "initial_activation",
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
    """The backward pass through a layer: functions of dy = dL/dy, which has the shape of the outputs.

    `inputs(dy)` is dL/dx, and `parameters(dy)` the gradient of each parameter, in the order of the layer's
    `parameters`. Calling the object returns both. They are separate because the first layer of a network needs no
    dL/dx: the data are not trained. Default: no parameters.
    """

    inputs: Callable[[Matrix], Matrix]
    parameters: Callable[[Matrix], Gradients] = _no_parameters

    def __call__(self, dy: Matrix) -> tuple[Matrix, Gradients]:
        return self.inputs(dy), self.parameters(dy)

    def __repr__(self) -> str:
        """Name the gradients it computes."""
        return f"Backward({'inputs' if self.parameters is _no_parameters else 'inputs, parameters'})"


@runtime_checkable
class Layer(Protocol):
    """The interface of a layer in a network.

    A custom layer inherits from this class. Only `forward` must be defined, and `for_features` if the layer cannot be
    made without arguments; the other members have defaults that suit a layer without parameters that returns as many
    features as it takes. `purenn.gradcheck` has an example, and checks its derivative.
    """

    # A layer like PReLU can take the place of an activation, by the name "prelu"; before training it is the activation
    # leaky_relu_with(0.25).
    stands_for: ClassVar[str] = ""
    begins_as: ClassVar[AnyActivation] = identity

    if not TYPE_CHECKING:
        __setattr__ = foreign_setting

    @property
    def parameters(self) -> list[Matrix]:
        """The matrices that training changes in place. Default: none."""
        return []

    @property
    def buffers(self) -> list[Matrix]:
        """Numbers that belong to the layer but are not trained, such as a running mean. Default: none."""
        return []

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """The name and the shape in files of each parameter, then of each buffer. Default: tensor0, tensor1, …

        They are those of the same layer in PyTorch: a weight matrix is transposed, a single row is a vector.
        """
        matrices = enumerate([*self.parameters, *self.buffers])
        return {f"tensor{i}": (m.columns, m.rows) if m.rows > 1 else (m.columns,) for i, m in matrices}

    @property
    def options(self) -> Options:
        """The arguments that make an equal layer, apart from the numbers in its tensors.

        Default: the numbers and texts among its attributes, which then have to be named as the arguments are.
        """
        return {name: value for name, value in vars(self).items() if isinstance(value, (int, float, str))}

    @property
    def in_features(self) -> int | None:
        """The number of features that it takes, None if it takes any number. Default: None."""
        return None

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> Layer:
        """Make a layer from its `options`. Its parameters can hold any numbers: the network fills them in later.

        `shapes` are the shapes of its tensors in the file, by name. Take sizes from them and not from the options: the
        tensors are in the file, whereas an option of a damaged file may ask for more memory than there is. Default:
        pass the options as arguments. Raises ValueError or TypeError if no such layer can be made.
        """
        make: Callable[..., Layer] = cls
        return make(**options)

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Layer:
        """Make a layer that takes this many features, for `activation_layer` and the gradient check.

        Default: without arguments.
        """
        make: Callable[[], Layer] = cls
        return make()

    def output_columns(self, columns: int) -> int:
        """Return the number of features that come out when `columns` go in. Default: `columns`.

        Raises ShapeError unless the layer takes this many features.
        """
        self.check_columns(columns)
        return columns

    def check_columns(self, columns: int) -> None:
        """Raise ShapeError unless the layer takes this many features."""
        if self.in_features not in (None, columns):
            raise ShapeError(f"{self}: expected {self.in_features} features, got {columns}")

    def draw(self, rng: Random) -> None:
        """Draw the first weights of a layer that was made without a generator. A network calls this when it is made,
        with the same generator for all its layers. Default: do nothing."""
        return

    @abstractmethod
    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        """Return the outputs for a batch and the backward pass.

        `training` says whether the layer is being trained or used. A layer that draws random numbers in training takes
        them from `rng`, and raises ValueError if `rng` is None.
        """
        ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.options.values()))})"


LAYERS: Registry[type[Layer]] = Registry("layer")

Defined = TypeVar("Defined", bound=Layer)


def register(layer: type[Defined]) -> type[Defined]:
    """Register a layer under the name of its class, so that networks with it can be loaded. Used as a decorator.

    Raises ValueError for a name that is taken.
    """
    LAYERS.add(layer.__name__, layer)
    return layer


@register
class Linear(Layer):
    """A fully connected layer, z = x W + b: each unit's weighted sum of all inputs, plus its bias.

    W is in × out, b is 1 × out, x is batch × in. A column of W holds the weights of one unit, a row those of one input.
    In this orientation x is on the left in both products, x W and xᵀ dy, where its zeros (background, silent units)
    cost nothing. PyTorch stores the transpose.

    Backward, by the chain rule: sample n has z[n][j] = Σ_i x[n][i] W[i][j] + b[j]. A small change of W[i][j] changes
    z[n][j] by x[n][i] times as much, and through it L. With dz for dL/dz, over all samples:

        dL/dW[i][j] = Σ_n x[n][i] dz[n][j] = (xᵀ dz)[i][j],   dL/db[j] = Σ_n dz[n][j],   dL/dx = dz Wᵀ

    rng: draws the weights; a generator or a seed. Default: the network that the layer becomes part of draws them, for
    all such layers from one generator with seed 0; a layer used alone draws them with seed 0.

    >>> layer = Linear(2, 1)
    >>> layer.weight, layer.bias = Matrix([[0.5], [0.25]]), Matrix([[-1.0]])
    >>> z, backward = layer.forward(Matrix([[2.0, 4.0]]))
    >>> z
    Matrix([[1.0]])
    >>> backward(Matrix([[1.0]]))
    (Matrix([[0.5, 0.25]]), [Matrix([[2.0], [4.0]]), Matrix([[1.0]])])
    """

    @explained("Linear")
    def __init__(
        self,
        in_features: int,
        out_features: int,
        rng: Random | int | None = None,
        *,
        initializer: Initializer = he_normal,
    ) -> None:
        check_finite(in_features=in_features, out_features=out_features)
        if in_features < 1 or out_features < 1:
            raise ShapeError(f"Linear({in_features}, {out_features}): a layer needs at least one input and one output")
        check_whole(1, in_features=in_features, out_features=out_features)
        self._size = in_features, out_features = index(in_features), index(out_features)  # NumPy's, too
        self.bias = Matrix.zeros(1, out_features)
        if rng is None:
            self._initializer = initializer
        else:
            self.weight = initializer(in_features, out_features, generator(rng))

    @cached_property
    def weight(self) -> Matrix:
        """The weights, in × out. This is called only if they are needed before a generator has drawn them."""
        return self._initializer(*self._size, Random(0))

    def draw(self, rng: Random) -> None:
        if "weight" not in vars(self):
            self.weight = self._initializer(*self._size, rng)

    @property
    def parameters(self) -> list[Matrix]:
        return [self.weight, self.bias]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight": (self._size[1], self._size[0]), "bias": (self._size[1],)}

    @property
    def options(self) -> Options:
        return {"in_features": self._size[0], "out_features": self._size[1]}

    @property
    def in_features(self) -> int:
        return self._size[0]

    @classmethod
    def from_options(cls, options: Mapping[str, object], shapes: Shapes) -> Linear:
        outputs, inputs = sizes(shapes, "weight", 2)
        return Linear(inputs, outputs, Random(0), initializer=zeros)

    @classmethod
    def for_features(cls, features: int, rng: Random) -> Linear:
        return Linear(features, 4, rng)

    def output_columns(self, columns: int) -> int:
        self.check_columns(columns)
        return self._size[1]

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        return (x @ self.weight).add_row(self.bias), Backward(
            inputs=lambda dy: dy @ self.weight.T,
            parameters=lambda dy: [x.T @ dy, dy.sum_rows()],
        )


@register
class Activation(Layer):
    """The layer y = f(z), for an activation f or its name. f takes single numbers or whole rows.

    Backward, dL/dz = dL/dy · f'(z) entry by entry, or dL/dy times the Jacobian of f row by row.
    """

    def __init__(self, function: AnyActivation | str) -> None:
        self.function = activation(function) if isinstance(function, str) else function
        check_kind("gain", "activations.relu, or its name", function=self.function)

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
    """Leaky ReLU with a learned slope: y = z for z > 0 and a z below, with one a for each of `features` columns.

    dL/da = Σ z dL/dy over the z <= 0 of its column. Source: He et al. (2015), where a starts at 0.25 too.
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
    """A layer that does nothing, y = x: inputs are rows already. It gives tensors the names they have in PyTorch.

    PyTorch's networks for pictures begin with a Flatten, which makes a row of height × width pixels. As every layer is
    numbered, the weight of the first Linear layer after it is called "1.weight". With this layer in front, it has the
    same name here.
    """

    def __init__(self, *shape: NoReturn, **foreign: NoReturn) -> None:
        if shape or foreign:
            raise TypeError("Flatten() takes no arguments: the next layer says how many numbers a picture has")

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        return x, Backward(inputs=lambda dy: dy)


def sizes(shapes: Shapes, name: str, dimensions: int) -> tuple[int, ...]:
    """Return the shape of the tensor `name`. Raises ValueError if it is missing or has another number of dimensions."""
    shape = shapes.get(name)
    if shape is None or len(shape) != dimensions:
        found = "missing" if shape is None else f"of shape {shape}"
        raise ValueError(f"its {name} is {found}, expected {dimensions} dimension{'s' * (dimensions > 1)}")
    return shape


# A hidden Linear layer is followed by an activation or by a layer that stands for one. Both are in one list of names.


def activation_names() -> list[str]:
    """Return all names that `activation_layer` takes."""
    return [*ACTIVATIONS, *(layer.stands_for for layer in LAYERS.values() if layer.stands_for)]


def activation_layer(name: str, features: int) -> Layer:
    """Make the layer to follow a hidden layer of `features` units: Activation("relu"), or PReLU(128) for "prelu".

    Raises ValueError, listing all names, for an unknown one.
    """
    standing = _standing_for(name)
    return standing.for_features(features, Random(0)) if standing else Activation(initial_activation(name))


def initial_activation(name: str) -> AnyActivation:
    """Return the activation with this name or, for a layer that stands for one, the activation that it begins as.

    Raises ValueError, listing all names, for an unknown one.
    """
    standing = _standing_for(name)
    try:
        return standing.begins_as if standing else activation(name)
    except ValueError:
        raise ACTIVATIONS.unknown(name, activation_names()) from None


def _standing_for(name: str) -> type[Layer] | None:
    return next((layer for layer in LAYERS.values() if name and layer.stands_for == name), None)
