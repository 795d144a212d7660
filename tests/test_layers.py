"""Layers: one contract for all of them, and what each is for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from random import Random

import pytest

from purenn.activations import ACTIVATIONS, Elementwise, activation, identity, relu, tanh
from purenn.errors import ShapeError
from purenn.initializers import glorot_uniform
from purenn.layers import (
    LAYERS,
    Activation,
    Backward,
    Flatten,
    Layer,
    Linear,
    Options,
    PReLU,
    activation_layer,
    activation_names,
    initial_activation,
    register,
    sizes,
)
from purenn.matrix import Matrix
from purenn.normalization import BatchNorm, LayerNorm, Scaling
from purenn.regularization import Dropout
from tests.conftest import ELEMENTWISE, ROWWISE, linear

SEED = 11
EXAMPLES: list[Layer] = [
    Linear(4, 3, Random(1)),
    PReLU(4),
    Dropout(0.4),
    Flatten(),
    BatchNorm(4),
    LayerNorm(4),
    Scaling([1.0, -2.0, 0.5, 0.0], [2.0, 0.5, -4.0, 1.0]),
    *map(Activation, ELEMENTWISE),
    *map(Activation, ROWWISE),
]
each_layer = pytest.mark.parametrize("layer", EXAMPLES, ids=str)


def clear_of_kinks(rows: int, columns: int, seed: int) -> Matrix:
    """Numbers between 0.1 and 2 of either sign: a small step from any of them crosses no kink."""
    rng = Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.choice((-1, 1)) * rng.uniform(0.1, 2.0))


# The contract of every layer, in training, with equal random numbers each time.


@each_layer
def test_every_shape_is_as_promised(layer: Layer) -> None:
    x = clear_of_kinks(5, 4, 0)
    y, backward = layer.forward(x, training=True, rng=Random(SEED))
    assert y.shape == (5, layer.output_columns(4))
    dx, gradients = backward(clear_of_kinks(*y.shape, 1))
    assert dx.shape == x.shape
    assert [g.shape for g in gradients] == [p.shape for p in layer.parameters]
    assert backward.inputs(y) == backward(y)[0]
    assert backward.parameters(y) == backward(y)[1]


@each_layer
def test_each_parameter_and_then_each_buffer_has_a_tensor_of_as_many_numbers(layer: Layer) -> None:
    matrices = [*layer.parameters, *layer.buffers]
    assert [math.prod(shape) for shape in layer.tensor_shapes.values()] == [m.rows * m.columns for m in matrices]


@each_layer
def test_the_way_back_is_the_slope_of_the_way_there(layer: Layer) -> None:
    x = clear_of_kinks(5, 4, 0)
    y, backward = layer.forward(x, training=True, rng=Random(SEED))
    dy = clear_of_kinks(*y.shape, 1)

    def weighted() -> float:  # L = Σ y dy, so that dL/dy = dy
        return sum(map(sum, layer.forward(x, training=True, rng=Random(SEED))[0] * dy))

    dx, gradients = backward(dy)
    h = 1e-5
    for values, slopes in zip([x, *layer.parameters], [dx, *gradients]):
        for i in range(values.rows):
            for j in range(values.columns):
                here = values[i, j]
                values[i, j] = here + h
                up = weighted()
                values[i, j] = here - h
                down = weighted()
                values[i, j] = here
                assert slopes[i, j] == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-8)


@each_layer
def test_forward_and_backward_leave_everything_as_it_was(layer: Layer) -> None:
    x, before = clear_of_kinks(5, 4, 0), [parameter.copy() for parameter in layer.parameters]
    y, backward = layer.forward(x, training=True, rng=Random(SEED))
    dy = clear_of_kinks(*y.shape, 1)
    backward(dy)
    assert x == clear_of_kinks(5, 4, 0)
    assert dy == clear_of_kinks(*y.shape, 1)
    assert layer.parameters == before


@each_layer
def test_the_same_again_gives_the_same(layer: Layer) -> None:
    x = clear_of_kinks(5, 4, 0)
    (y, backward), (again, backward_again) = (
        layer.forward(x, training=True, rng=Random(SEED)),
        layer.forward(x, training=True, rng=Random(SEED)),
    )
    dy = clear_of_kinks(*y.shape, 1)
    assert again == y
    assert backward(dy) == backward(dy) == backward_again(dy)
    assert layer.forward(x)[0] == layer.forward(x)[0]


@each_layer
def test_two_forwards_in_turn_keep_their_own_way_back(layer: Layer) -> None:
    a, b = clear_of_kinks(5, 4, 2), clear_of_kinks(3, 4, 3)
    y_a, back_a = layer.forward(a, training=True, rng=Random(SEED))
    alone = back_a(y_a)
    y_a, back_a = layer.forward(a, training=True, rng=Random(SEED))
    y_b, back_b = layer.forward(b, training=True, rng=Random(SEED))
    assert back_b(y_b)[0].shape == (3, 4)
    assert back_a(y_a) == alone


@pytest.mark.parametrize("layer", [layer for layer in EXAMPLES if not isinstance(layer, Flatten)], ids=str)
def test_a_gradient_of_another_shape_is_refused(layer: Layer) -> None:
    y, backward = layer.forward(clear_of_kinks(5, 4, 0), training=True, rng=Random(SEED))
    with pytest.raises(ShapeError):
        backward(clear_of_kinks(5, y.columns + 1, 1))
    if not isinstance(layer, Linear):  # its dL/dx takes the gradient of any number of rows
        with pytest.raises(ShapeError):
            backward.inputs(clear_of_kinks(4, y.columns, 1))


@each_layer
def test_only_training_moves_buffers_and_it_moves_them_in_place(layer: Layer) -> None:
    buffers, before = layer.buffers, [buffer.copy() for buffer in layer.buffers]
    y, backward = layer.forward(clear_of_kinks(5, 4, 0))
    backward(y)
    assert layer.buffers == before
    layer.forward(clear_of_kinks(5, 4, 0), training=True, rng=Random(SEED))
    moved = [buffer != old for buffer, old in zip(buffers, before)]
    assert moved == ([True] * 3 if isinstance(layer, BatchNorm) else [False] * len(buffers))


@each_layer
def test_only_dropout_draws(layer: Layer) -> None:
    rng = Random(SEED)
    layer.forward(clear_of_kinks(5, 4, 0), training=True, rng=rng)
    assert (rng.random() != Random(SEED).random()) is isinstance(layer, Dropout)


# Linear.


def test_linear_by_hand() -> None:
    layer = linear([[1, 3, 5], [2, 4, 6]], [0.5, 0, -0.5])
    y, backward = layer.forward(Matrix([[1, -1], [2, 0]]))
    # 1*1 + 2*-1 + 0.5 = -0.5, 3 - 4 = -1, 5 - 6 - 0.5 = -1.5;  2.5, 6, 9.5
    assert y == Matrix([[-0.5, -1, -1.5], [2.5, 6, 9.5]])
    dx, (dw, db) = backward(Matrix([[1, 0, 0], [0, 1, 1]]))
    assert dx == Matrix([[1, 2], [8, 10]])  # rows of dy pick columns of W: the first; the second and the third
    assert dw == Matrix([[1, 2, 2], [-1, 0, 0]])  # xᵀ dy: 1*1 + 2*0, 1*0 + 2*1, …; -1*1 + 0*0, -1*0 + 0*1, …
    assert db == Matrix([[1, 1, 1]])


def test_linear_begins_as_its_initializer_says_with_no_bias() -> None:
    layer = Linear(5, 3, Random(4), initializer=glorot_uniform)
    assert layer.weight == glorot_uniform(5, 3, Random(4))
    assert layer.bias == Matrix.zeros(1, 3)
    assert layer.parameters == [layer.weight, layer.bias]


def test_three_stacked_linear_layers_are_one() -> None:
    rng = Random(6)
    layers = [Linear(4, 5, rng), Linear(5, 3, rng), Linear(3, 2, rng)]
    for layer in layers:
        layer.bias = Matrix.from_function(1, layer.bias.columns, lambda i, j: rng.gauss(0.0, 1.0))
    # ((x W1 + b1) W2 + b2) W3 + b3 = x W + b with W = W1 W2 W3 and b = b1 W2 W3 + b2 W3 + b3, x and b being rows.
    # With columns it is W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2): the same transposed, so in the other order.
    weight, bias = Matrix.identity(4), Matrix.zeros(1, 4)
    for layer in layers:
        weight, bias = weight @ layer.weight, bias @ layer.weight + layer.bias
    one = linear(weight.data, bias[0])

    x = y = clear_of_kinks(6, 4, 7)
    for layer in layers:
        y = layer.forward(y)[0]
    assert one.forward(x)[0].is_close(y)
    # with something bent between them they are not
    bent = layers[0].forward(x)[0].map(relu)
    assert not one.forward(x)[0].is_close(layers[2].forward(layers[1].forward(bent)[0])[0], relative=0.01)


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 3), (3, 0), (-1, 2)])
def test_a_linear_layer_of_no_size_is_refused_with_both_sizes(inputs: int, outputs: int) -> None:
    with pytest.raises(ShapeError, match=rf"Linear\({inputs}, {outputs}\)"):
        Linear(inputs, outputs, Random(0))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Linear(784, 128, Random(0)), r"Linear\(784, 128\): expected 784 features, got 3"),
        (PReLU(7), r"PReLU\(7\): expected 7 features, got 3"),
    ],
    ids=["Linear", "PReLU"],
)
def test_the_wrong_number_of_features_is_refused_by_the_layers_name_and_both_sizes(layer: Layer, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        layer.forward(Matrix.zeros(2, 3))
    with pytest.raises(ShapeError, match=message):
        layer.output_columns(3)


def test_the_wrong_gradient_is_refused_by_the_activations_name_and_both_shapes() -> None:
    _, backward = Activation("softmax").forward(Matrix.zeros(2, 3))
    with pytest.raises(ShapeError, match=r"Activation\('softmax'\).*\(2, 3\).*\(2, 4\)"):
        backward(Matrix.zeros(2, 4))


# Activation.


def test_an_activation_by_name_or_as_itself() -> None:
    x = Matrix([[-1, 0, 2]])
    assert Activation("relu").forward(x)[0] == Activation(relu).forward(x)[0] == Matrix([[0, 0, 2]])
    assert Activation("softmax").forward(Matrix([[5, 5], [1000, 0]]))[0] == Matrix([[0.5, 0.5], [1, 0]])
    with pytest.raises(ValueError, match="'rulu'"):
        Activation("rulu")


def test_an_activation_is_silent_where_its_slope_is_zero() -> None:
    _, backward = Activation("relu").forward(Matrix([[-1, 2], [3, -4]]))
    assert backward(Matrix([[10, 20], [30, 40]])) == (Matrix([[0, 20], [30, 0]]), [])


# PReLU.


def test_prelu_by_hand() -> None:
    layer = PReLU(2)
    layer.slope = Matrix([[0.5, 0.1]])
    y, backward = layer.forward(Matrix([[2, -3], [-4, -5], [0, 1]]))
    assert y.is_close(Matrix([[2, -0.3], [-2, -0.5], [0, 1]]))
    dx, (da,) = backward(Matrix([[1, 1], [1, 2], [1, 1]]))
    assert dx.is_close(Matrix([[1, 0.1], [0.5, 0.2], [0.5, 1]]))
    # Σ z dy over the z <= 0 of each column: -4*1 + 0*1 and -3*1 - 5*2
    assert da == Matrix([[-4, -13]])


def test_prelu_learns_its_slopes() -> None:
    # the targets are those of slopes 0.9 and -0.4; L = Σ (y - t)² / 2, so dL/dy = y - t
    layer, rng = PReLU(2), Random(8)
    assert layer.slope == Matrix([[0.25, 0.25]])
    wanted = PReLU(2)
    wanted.slope = Matrix([[0.9, -0.4]])
    for _ in range(200):
        x = Matrix.from_function(8, 2, lambda i, j: rng.gauss(0.0, 1.0))
        y, backward = layer.forward(x)
        _, (da,) = backward(y - wanted.forward(x)[0])
        layer.slope.add_scaled(da, -0.05)
    assert layer.slope.is_close(wanted.slope, relative=1e-6)


# Flatten.


def test_flatten_hands_on_what_it_gets_in_both_directions() -> None:
    x, dy = clear_of_kinks(3, 4, 0), clear_of_kinks(3, 4, 1)
    y, backward = Flatten().forward(x)
    assert y == x
    assert backward(dy) == (dy, [])


# Custom layers.


class Halved(Layer):
    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        return x * 0.5, Backward(lambda dy: dy * 0.5)


class Shifted(Layer):
    """y = x + a b, with a trained number a for each feature, and b, which is not trained."""

    def __init__(self) -> None:
        self.a, self.b = Matrix([[1.0, 2.0, 3.0]]), Matrix([[0.5]])

    @property
    def parameters(self) -> list[Matrix]:
        return [self.a]

    @property
    def buffers(self) -> list[Matrix]:
        return [self.b]

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        b = self.b[0, 0]
        return x.add_row(self.a * b), Backward(lambda dy: dy, lambda dy: [dy.sum_rows() * b])


class Scaled(Layer):
    """y = factor x for a width that is fixed."""

    def __init__(self, features: int, factor: float) -> None:
        self.features, self.factor = features, factor

    @property
    def in_features(self) -> int:
        return self.features

    @property
    def options(self) -> Options:
        return {"features": self.features, "factor": self.factor}

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        self.check_columns(x.columns)
        return x * self.factor, Backward(lambda dy: dy * self.factor)


def test_a_custom_layer_needs_forward_alone() -> None:
    layer = Halved()
    assert (layer.parameters, layer.buffers, layer.tensor_shapes, layer.options) == ([], [], {}, {})
    assert (layer.in_features, layer.output_columns(7)) == (None, 7)
    assert (layer.stands_for, layer.begins_as) == ("", identity)
    assert str(layer) == "Halved()"


def test_a_layer_without_forward_cannot_be_made() -> None:
    empty: type[Layer] = type("Empty", (Layer,), {})
    with pytest.raises(TypeError, match=r"Empty.*forward"):
        empty()


def test_tensors_that_are_not_named_are_numbered() -> None:
    assert Shifted().tensor_shapes == {"tensor0": (3,), "tensor1": (1,)}


def test_a_custom_layer_is_made_again_from_its_options() -> None:
    made = Scaled.from_options(Scaled(3, 0.5).options, {})
    assert isinstance(made, Scaled)
    assert (made.features, made.factor, str(made)) == (3, 0.5, "Scaled(3, 0.5)")
    assert isinstance(Halved.for_features(7, Random(0)), Halved)
    with pytest.raises(TypeError, match="colour"):
        Scaled.from_options({"colour": "red"}, {})
    with pytest.raises(TypeError, match="no arguments"):
        Halved.from_options({"colour": "red"}, {})


def test_a_custom_layer_that_says_what_it_takes_is_checked() -> None:
    assert Scaled(3, 2.0).output_columns(3) == 3
    with pytest.raises(ShapeError, match=r"^Scaled\(4, 2.0\): expected 4 features, got 3$"):
        Scaled(4, 2.0).output_columns(3)


# The way back.


def test_a_way_back_without_parameters_needs_no_function_for_them() -> None:
    backward, dy = Backward(lambda dy: dy * 2.0), Matrix([[1.0, -3.0]])
    assert backward(dy) == (Matrix([[2.0, -6.0]]), [])
    assert backward.parameters(dy) == []


def test_a_way_back_shows_the_gradients_it_computes() -> None:
    assert repr(Halved().forward(Matrix([[1.0]]))[1]) == "Backward(inputs)"
    assert repr(linear([[1.0]]).forward(Matrix([[1.0]]))[1]) == "Backward(inputs, parameters)"


# The number of input features, and layers made again from options and tensors.


@pytest.mark.parametrize(
    ("layer", "features"),
    [
        (Linear(4, 3, Random(0)), 4),
        (PReLU(5), 5),
        (BatchNorm(6), 6),
        (LayerNorm(7), 7),
        (Scaling([0.0], [1.0]), 1),
        (Dropout(0.5), None),
        (Flatten(), None),
        (Activation("tanh"), None),
    ],
    ids=str,
)
def test_a_layer_says_how_many_features_it_takes_or_that_any_number_will_do(layer: Layer, features: int | None) -> None:
    assert layer.in_features == features
    for columns in (4, 8):
        if features in (None, columns):
            assert layer.forward(Matrix.zeros(2, columns))[0].columns == layer.output_columns(columns)
        else:
            with pytest.raises(ShapeError, match=f"expected {features} features, got {columns}"):
                layer.check_columns(columns)


@each_layer
def test_every_layer_is_made_again_from_its_options_and_the_shapes_of_its_tensors(layer: Layer) -> None:
    made = type(layer).from_options(layer.options, layer.tensor_shapes)
    assert type(made) is type(layer)
    assert (made.options, made.tensor_shapes) == (layer.options, layer.tensor_shapes)
    assert made.output_columns(4) == layer.output_columns(4)


@pytest.mark.parametrize("layer", [Linear(4, 3, Random(1)), PReLU(4), BatchNorm(4), LayerNorm(4)], ids=str)
def test_sizes_come_from_tensors_that_are_there_and_not_from_options(layer: Layer) -> None:
    lies = {name: 10**12 if "features" in name else value for name, value in layer.options.items()}
    assert type(layer).from_options(lies, layer.tensor_shapes).options == layer.options
    with pytest.raises(ValueError, match=r"^its weight is missing, expected [12] dimension"):
        type(layer).from_options(layer.options, {})


@pytest.mark.parametrize("kind", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("features", [1, 6])
def test_every_registered_layer_is_made_for_a_number_of_features(kind: type[Layer], features: int) -> None:
    layer = kind.for_features(features, Random(0))
    assert type(layer) is kind
    assert layer.in_features in (None, features)
    y, _ = layer.forward(clear_of_kinks(3, features, 0))
    assert y.shape == (3, layer.output_columns(features))


def test_sizes_are_those_of_a_tensor_with_so_many_dimensions() -> None:
    shapes = {"weight": (3, 4), "bias": (3,)}
    assert sizes(shapes, "weight", 2) == (3, 4)
    with pytest.raises(ValueError, match=r"^its bias is of shape \(3,\), expected 2 dimensions$"):
        sizes(shapes, "bias", 2)
    with pytest.raises(ValueError, match=r"^its slope is missing, expected 1 dimension$"):
        sizes(shapes, "slope", 1)


# The registry, and the layers that follow a hidden one.


def test_a_layer_is_registered_under_the_name_of_its_class() -> None:
    assert all(name == kind.__name__ for name, kind in zip(LAYERS, LAYERS.values()))
    assert register(Halved) is Halved
    assert LAYERS["Halved"] is Halved
    with pytest.raises(ValueError, match=r"^another layer is called 'Halved' already"):
        register(type("Halved", (Flatten,), {}))
    assert LAYERS["Halved"] is Halved


def test_after_a_hidden_layer_comes_an_activation_or_a_layer_that_stands_for_one() -> None:
    assert activation_names()[: len(ACTIVATIONS)] == [*ACTIVATIONS]
    assert "prelu" in activation_names()
    for name in ("relu", "leaky_relu(0.2)", "softmax"):
        layer = activation_layer(name, 7)
        assert isinstance(layer, Activation)
        assert layer.function.name == initial_activation(name).name == name
    prelu = activation_layer("prelu", 7)
    assert isinstance(prelu, PReLU)
    assert (str(prelu), prelu.slope) == ("PReLU(7)", Matrix([[0.25] * 7]))


@pytest.mark.parametrize("name", [name for name in LAYERS if LAYERS[name].stands_for])
def test_a_layer_that_stands_for_an_activation_begins_as_it(name: str) -> None:
    word, x = LAYERS[name].stands_for, clear_of_kinks(5, 4, 0)
    begins_as = initial_activation(word)
    assert isinstance(begins_as, Elementwise)
    assert activation_layer(word, 4).forward(x)[0] == x.map(begins_as)


def test_a_registered_layer_can_stand_for_an_activation() -> None:
    @register
    class Bent(Halved):
        stands_for = "bent"
        begins_as = tanh

    assert activation_names()[-1] == "bent"
    assert isinstance(activation_layer("bent", 3), Bent)
    assert initial_activation("bent") is tanh


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rulu", "; did you mean relu?"),
        ("prelu(0.1)", "; did you mean prelu?"),
        ("logistic", "; did you mean sigmoid?"),
        ("Linear", "; did you mean identity?"),
        ("xyzzy", ""),
        ("", ""),
    ],
)
def test_an_unknown_hidden_layer_is_answered_with_the_names_there_are(name: str, hint: str) -> None:
    names = ", ".join(activation_names())
    expected = f"^{re.escape(f'no activation is called {name!r}; there are: {names}{hint}')}$"
    with pytest.raises(ValueError, match=expected):
        activation_layer(name, 3)
    with pytest.raises(ValueError, match=expected):
        initial_activation(name)


# In files and tables.


@pytest.mark.parametrize(
    ("layer", "text", "options", "tensors"),
    [
        (
            Linear(4, 3, Random(0)),
            "Linear(4, 3)",
            {"in_features": 4, "out_features": 3},
            {"weight": (3, 4), "bias": (3,)},
        ),
        (PReLU(4), "PReLU(4)", {"features": 4}, {"weight": (4,)}),
        (Dropout(0.5), "Dropout(0.5)", {"probability": 0.5}, {}),
        (Activation("tanh"), "Activation('tanh')", {"function": "tanh"}, {}),
        (Activation("elu"), "Activation('elu(1.0)')", {"function": "elu(1.0)"}, {}),
        (Flatten(), "Flatten()", {}, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_layer_tells_its_options_and_the_tensors_pytorch_would_have(
    layer: Layer, text: str, options: dict[str, object], tensors: dict[str, tuple[int, ...]]
) -> None:
    assert str(layer) == text
    assert layer.options == options
    assert layer.tensor_shapes == tensors


@pytest.mark.parametrize("name", ["leaky_relu(0.2)", "elu(1.5)", "softmax"])
def test_the_options_of_an_activation_find_it_again(name: str) -> None:
    assert activation(str(Activation(name).options["function"])).name == name


def test_an_argument_of_another_library_is_answered_with_ours() -> None:
    make: Callable[..., Linear] = Linear
    with pytest.raises(TypeError, match=r"^Linear\(\) has no argument kernel_initializer; purenn calls it init"):
        make(4, 8, kernel_initializer="glorot_uniform")
    with pytest.raises(TypeError, match=r"^Linear\(\) has no argument bias; a Linear has a bias in any case$"):
        make(4, 8, bias=False)


def test_sizes_are_whole_numbers() -> None:
    for size in (3.0, 2.5):
        with pytest.raises(ValueError, match=f"in_features must be a whole number, got {size}"):
            Linear(size, 8)  # type: ignore[arg-type]


def test_flatten_needs_no_shape() -> None:
    call: Callable[..., object] = Flatten
    for arguments, options in ([(28, 28)], {}), ([], {"input_shape": (28, 28)}):
        with pytest.raises(TypeError, match=r"^Flatten\(\) takes no arguments: the next layer says"):
            call(*arguments, **options)
