"""Networks: forward and back, their answers, and their files, which come back bit for bit or are refused."""

from __future__ import annotations

import copy
import io
import json
import math
import re
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from random import Random

import pytest

import purenn
from purenn import activations
from purenn.activations import Elementwise
from purenn.errors import FormatError, ShapeError
from purenn.formats import Tensor, safetensors
from purenn.gradcheck import check_layer, check_network
from purenn.layers import LAYERS, Activation, Backward, Flatten, Layer, Linear, Options, PReLU, register
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError, register as register_loss
from purenn.matrix import Matrix
from purenn.network import LayerLike, Sequential, feed_forward
from purenn.normalization import BatchNorm, LayerNorm, Scaling
from purenn.optimizers import SGD
from purenn.preprocessing import standardize
from purenn.regularization import Dropout
from purenn.samples import Images, Numbers, classes, multilabel
from purenn.training import fit, partial_fit
from tests.conftest import ELEMENTWISE, ROWWISE, NumPyArray, line, normal


def every_layer(seed: int = 0) -> Sequential:
    """A network with each kind of layer, where no number is 0, 1 or 0.25, as they are at the start."""
    rng = Random(seed)
    hidden: list[Layer] = [Linear(3, 4, rng), PReLU(4), Dropout(0.3), BatchNorm(4, momentum=0.3, epsilon=1e-4)]
    last: list[Layer] = [Activation("leaky_relu(0.2)"), LayerNorm(2, epsilon=1e-3), Activation("softmax")]
    network = Sequential(*hidden, Linear(4, 2, rng), *last, Flatten())
    for parameter in network.parameters:
        for row in parameter:
            row[:] = [rng.gauss(0.0, 1.0) / 3.0 for _ in row]
    network.forward(normal(5, 3, seed), training=True, rng=rng)  # moves the running figures
    return network


def numbers_of(network: Sequential) -> list[Matrix]:
    return [*network.parameters, *network.buffers]


# Forward and back.


def test_layers_are_applied_in_order() -> None:
    first, second = Linear(2, 2, Random(0)), Linear(2, 1, Random(0))
    first.weight, first.bias = Matrix([[1, 2], [3, -4]]), Matrix([[0.5, 1]])
    second.weight, second.bias = Matrix([[10], [100]]), Matrix([[7]])
    # z = (1 + 3 + 0.5, 2 - 4 + 1) = (4.5, -1), relu(z) = (4.5, 0), 10 * 4.5 + 100 * 0 + 7 = 52
    assert Sequential(first, Activation("relu"), second)(Matrix([[1, 1]])) == Matrix([[52.0]])


def test_backward_agrees_with_central_differences() -> None:
    network, x, dy, h = every_layer(), normal(4, 3), normal(4, 2, seed=1), 1e-5

    def weighted_sum() -> float:
        return sum(map(sum, network.forward(x, training=True, rng=Random(7))[0] * dy))  # the same dropout every time

    dx, gradients = network.forward(x, training=True, rng=Random(7))[1](dy)
    assert len(gradients) == len(network.parameters)
    for values, gradient in zip([x, *network.parameters], [dx, *gradients]):
        for i, row in enumerate(values):
            for j, middle in enumerate(row):
                row[j] = middle + h
                above = weighted_sum()
                row[j] = middle - h
                slope = (above - weighted_sum()) / (2.0 * h)
                row[j] = middle
                assert gradient[i, j] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_gradients_alone_are_those_that_come_with_the_inputs() -> None:
    network, dy = every_layer(), normal(4, 2, seed=1)
    _, backward = network.forward(normal(4, 3), training=True, rng=Random(7))
    dx, gradients = backward(dy)
    assert backward.parameters(dy) == gradients
    assert backward.inputs(dy) == dx


def test_dropout_acts_in_training_only() -> None:
    network, x = every_layer(), normal(4, 3)
    assert network(x) == network(x)
    assert network.forward(x, rng=Random(1))[0] == network(x)
    assert network.forward(x, training=True, rng=Random(1))[0] != network(x)


def test_a_layer_that_does_not_fit_is_named_with_both_sizes() -> None:
    expected = r"layer 2, Linear\(4, 1\): expected 4 features, got 3 from Activation\('relu'\)"
    with pytest.raises(ShapeError, match=expected):
        Sequential(Linear(2, 3, Random(0)), Activation("relu"), Linear(4, 1, Random(0)))
    with pytest.raises(ShapeError, match=r"layer 1, PReLU\(5\): expected 5 features, got 3"):
        Sequential(Linear(2, 3, Random(0)), PReLU(5))


USES = ["forward", "outputs", "predict", "predict_proba", "predict_classes", "__call__"]


@pytest.mark.parametrize("method", USES)
def test_samples_that_do_not_fit_are_refused_with_both_sizes(method: str) -> None:
    network, flat = every_layer(), [1.0, 2.0]
    with pytest.raises(ShapeError, match=r"^the network takes 3 features, got rows of 2$"):
        getattr(network, method)(normal(1, 2))
    with pytest.raises(ShapeError, match=r"got a list of 2 numbers; one sample is a list of 3 numbers, and several"):
        getattr(network, method)(flat)
    with pytest.raises(ShapeError, match=r"^the network takes 3 features, got rows of 1$"):
        getattr(network, method)([[1.0], [2.0], [3.0]])  # three samples of one feature, and not one of three


def test_no_layers_are_no_network() -> None:
    with pytest.raises(
        ShapeError, match=r'at least one layer, as in Sequential\(Linear\(2, 8\), "relu", Linear\(8, 3\)\)$'
    ):
        Sequential()


@pytest.mark.parametrize(
    ("layer", "advice"),
    [
        ([Linear(2, 1)], r"layer 1 is \[.*\], expected a layer; pass them one by one, or all in one list"),
        (Linear, r"expected a layer; it is a class: call it, as in Linear\(…\)"),
        (Sequential(Linear(2, 1)), r"pass the layers of each: Sequential\(\*first, \*second\)"),
        (7, r"layer 1 is 7, .* inherits from purenn\.Layer"),
    ],
    ids=["list", "class", "network", "number"],
)
def test_an_argument_that_is_no_layer_is_refused_with_advice(layer: LayerLike, advice: str) -> None:
    with pytest.raises(TypeError, match=advice):
        Sequential(Linear(2, 2), layer)


def test_an_activation_or_its_name_stands_for_a_layer() -> None:
    network = Sequential(Linear(2, 3), "relu", Linear(3, 5), "prelu", activations.tanh, activations.softmax)
    expected = "Linear(2, 3), Activation('relu'), Linear(3, 5), PReLU(5), Activation('tanh'), Activation('softmax')"
    assert repr(network) == f"Sequential({expected})"
    with pytest.raises(ValueError, match="no activation is called 'rule'"):
        Sequential(Linear(2, 3), "rule")


def test_layers_can_be_given_in_a_list_and_are_found_by_their_numbers() -> None:
    layers = [Linear(2, 3), Activation("relu"), Linear(3, 1)]
    network = Sequential(layers)
    assert (len(network), network[0], network[-1], list(network)) == (3, layers[0], layers[2], layers)


def test_layers_made_without_a_generator_get_different_weights_which_are_the_same_each_time() -> None:
    networks = [Sequential(Linear(3, 3), "relu", Linear(3, 3)) for _ in range(2)]
    first, second = networks[0][0], networks[0][2]
    assert isinstance(first, Linear)
    assert isinstance(second, Linear)
    assert first.weight != second.weight
    assert numbers_of(networks[0]) == numbers_of(networks[1])
    rng = Random(0)
    assert [first.weight, second.weight] == [Linear(3, 3, rng).weight, Linear(3, 3, rng).weight]


def test_weights_that_are_there_are_kept_by_a_network_that_is_made_of_the_layer() -> None:
    seen, changed, given = Linear(2, 1), Linear(2, 1), Linear(2, 1, 7)
    before = seen.weight.copy()
    changed.weight = Matrix([[5.0], [6.0]])
    drawn = given.weight.copy()
    for layer in (seen, changed, given):
        Sequential(layer)
    assert (seen.weight, changed.weight, given.weight) == (before, Matrix([[5.0], [6.0]]), drawn)


def test_looking_at_a_layer_does_not_draw_its_weights() -> None:
    alike = [Linear(2, 2), Linear(2, 2)]
    assert str(alike) == "[Linear(2, 2), Linear(2, 2)]"
    network = Sequential(alike)
    assert network.parameters[0] != network.parameters[2]


# The number of input features.


class Doubled(Layer):
    """Returns every feature twice, and does not say how many it takes."""

    def output_columns(self, columns: int) -> int:
        return 2 * columns

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        return Matrix([row + row for row in x]), Backward(
            lambda dy: Matrix([[a + b for a, b in zip(row[: x.columns], row[x.columns :])] for row in dy])
        )


class FirstHalf(Layer):
    """Returns the first half of the features. Unless `features` is given, any even number will do."""

    def __init__(self, features: int | None = None) -> None:
        self.features = features

    @property
    def in_features(self) -> int | None:
        return self.features

    def output_columns(self, columns: int) -> int:
        self.check_columns(columns)
        if columns % 2:
            raise ShapeError(f"{self}: expected an even number of features, got {columns}")
        return columns // 2

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        half = x.columns // 2
        return Matrix([row[:half] for row in x]), Backward(lambda dy: Matrix([row + [0.0] * half for row in dy]))


@pytest.mark.parametrize(
    ("layers", "in_features", "widths"),
    [
        ([Linear(3, 2, Random(0)), Activation("relu")], 3, [2, 2]),
        ([Dropout(0.5), Flatten(), PReLU(4), Linear(4, 1, Random(0))], 4, [4, 4, 4, 1]),
        ([Activation("relu"), Dropout(0.5)], 1, [1, 1]),  # any number will do
        ([Doubled(), Linear(6, 1, Random(0))], 3, [6, 1]),
        ([Doubled(), Activation("relu"), Doubled(), Linear(12, 1, Random(0))], 3, [6, 6, 12, 1]),
        ([FirstHalf(8), Linear(4, 1, Random(0))], 8, [4, 1]),
        ([Doubled(), FirstHalf(), PReLU(5)], 5, [5 * 2, 5, 5]),
    ],
    ids=str,
)
def test_a_network_finds_out_how_many_features_it_takes(
    layers: list[Layer], in_features: int, widths: list[int]
) -> None:
    network = Sequential(*layers)
    assert (network.in_features, network.widths) == (in_features, widths)
    assert network(normal(2, in_features)).columns == widths[-1]


@pytest.mark.parametrize("wanted", [5, 4])
def test_a_first_layer_that_has_to_say_how_many_it_takes_is_named(wanted: int) -> None:
    first, last = (Doubled(), 5) if wanted == 5 else (FirstHalf(), 4)
    message = (
        rf"^layer 0, {type(first).__name__}\(\): define its in_features; Linear\({last}, 1\) expects {last} features$"
    )
    with pytest.raises(ShapeError, match=message):
        Sequential(first, Linear(last, 1, Random(0)))


def test_a_custom_first_layer_learns_like_any_other() -> None:
    network, x, dy = Sequential(Doubled(), Linear(6, 2, Random(0))), normal(4, 3), normal(4, 2, seed=1)
    assert check_network(network, MeanSquaredError(), x, dy).passed
    assert check_layer(Doubled(), x).passed


# Use.


@pytest.mark.parametrize("batch_size", [1, 7, 100, 1000])
def test_predicting_in_batches_gives_the_same_as_all_at_once(batch_size: int) -> None:
    network, x = feed_forward([3, 8, 2], Random(0), dropout=0.5), normal(250, 3)
    assert network.outputs(x, batch_size).is_close(network(x), relative=1e-12)  # sums may be taken in another order
    assert network.predict(x, batch_size=batch_size) == network.outputs(x, batch_size)


@pytest.mark.parametrize("method", USES)
def test_one_sample_is_a_list_of_numbers(method: str) -> None:
    network = every_layer()
    one, rows = getattr(network, method)([0.5, 1.0, -1.0]), getattr(network, method)([[0.5, 1.0, -1.0]])
    assert str(one) == str(rows)  # `forward` returns the way back too, which is equal to nothing


def test_a_list_of_numbers_is_a_column_for_a_network_of_one_feature() -> None:
    network = line(2.0, 1.0)
    assert network([1, 2, 3]) == network.outputs([1, 2, 3]) == Matrix([[3.0], [5.0], [7.0]])


class Floats(NumPyArray):
    """An array of numbers, which a type checker can tell."""

    def __iter__(self) -> Iterator[float]:
        raise TypeError("purenn asks arrays for lists")


@pytest.mark.usefixtures("numpy")
def test_arrays_and_pictures_go_through_forward() -> None:
    network = every_layer()
    expected = network(Matrix([[1.0, 0.0, 1.0]]))
    assert network(Floats([[1, 0, 1]])) == network(Floats([1, 0, 1])) == expected
    assert network(Images(bytes([255, 0, 255]), height=1, width=3)) == expected


def test_predict_takes_lists_and_pictures() -> None:
    network = feed_forward([2, 3, 1], Random(0))
    assert network.predict([[0.2, 1.0]]) == network(Matrix([[0.2, 1.0]]))
    assert network.predict(Images(bytes([51, 255]), height=1, width=2)) == network(Matrix([[0.2, 1.0]]))


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_of_nothing_is_refused(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, got {batch_size}"):
        every_layer().outputs(normal(2, 3), batch_size)


@pytest.mark.parametrize(
    ("loss", "row", "expected"),
    [
        (None, [math.log(2.0), math.log(6.0)], [math.log(2.0), math.log(6.0)]),
        (CrossEntropy(), [math.log(2.0), math.log(6.0)], [0.25, 0.75]),  # softmax: 2 / 8 and 6 / 8
        (BinaryCrossEntropy(), [0.0, math.log(3.0)], [0.5, 0.75]),  # σ(ln 3) = 3 / (3 + 1)
        (MeanSquaredError(), [5.0, -2.0], [5.0, -2.0]),
    ],
)
def test_predict_answers_in_the_units_of_the_targets(
    loss: Loss | None, row: list[float], expected: list[float]
) -> None:
    network = Sequential(Activation("identity"))
    network.loss = loss
    assert network.predict([row]).is_close(Matrix([expected]))
    assert network.outputs([row]) == Matrix([row])


@pytest.mark.parametrize(
    ("last", "row", "expected"),
    [
        ("identity", [0.0, math.log(3.0)], [0.25, 0.75]),  # taken for logits
        ("identity", [math.log(3.0)], [0.25, 0.75]),
        ("log_softmax", [0.0, math.log(3.0)], [0.25, 0.75]),  # the softmax of logarithms of probabilities is these
        ("softmax", [0.0, math.log(3.0)], [0.25, 0.75]),  # and not the softmax of a softmax
        ("sigmoid", [math.log(3.0)], [0.25, 0.75]),
    ],
)
def test_a_network_of_an_unknown_loss_has_probabilities(last: str, row: list[float], expected: list[float]) -> None:
    assert Sequential(Activation(last)).predict_proba([row]).is_close(Matrix([expected]))


def test_classes_are_the_largest_outputs_or_over_the_threshold() -> None:
    rows = [[0.1, -2.0, 0.4], [3.0, 1.0, 2.0]]
    assert Sequential(Activation("identity")).predict_classes(rows) == [2, 0]
    logits = [[-1.0], [0.2], [0.7]]  # σ(0.2) = 0.55, σ(0.7) = 0.67
    assert Sequential(Activation("identity")).predict_classes(logits) == [0, 1, 1]
    assert Sequential(Activation("identity")).predict_classes(logits, threshold=0.6) == [0, 0, 1]
    assert Sequential(Activation("sigmoid")).predict_classes(logits) == [0, 1, 1]  # all sigmoids are above 0


@pytest.mark.parametrize(("threshold", "expected"), [(0.5, [[1, 0, 1], [0, 0, 0]]), (0.6, [[0, 0, 1], [0, 0, 0]])])
def test_labels_are_all_outputs_over_the_threshold(threshold: float, expected: list[list[int]]) -> None:
    rows = [[0.2, -2.0, 0.7], [-1.0, 0.0, -0.1]]
    assert Sequential(Activation("identity")).predict_multilabel(rows, threshold=threshold) == expected


def trained_on(loss: Loss, targets: list[list[float]], hidden: str = "tanh") -> Sequential:
    network = feed_forward([2, 3, len(targets[0])], Random(0), hidden=hidden)
    fit(network, [[0, 0], [0, 1], [1, 0]], targets, loss=loss, epochs=1)
    return network


ONE_HOT = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
SEVERAL = [[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
HEIGHTS = [[1.5, 0.5], [2.0, 0.25], [0.0, 3.0]]


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy(), MeanSquaredError()])
def test_a_network_trained_on_classes_predicts_classes_whatever_its_loss(loss: Loss) -> None:
    network, x = trained_on(loss, ONE_HOT), [[0.5, 1.0]]
    assert network.predict_classes(x) == classes(network.outputs(x))
    assert network.predict_names(x) == [str(network.predict_classes(x)[0])]


@pytest.mark.parametrize("loss", [CrossEntropy(), MeanSquaredError()])
def test_a_network_trained_on_classes_refuses_to_predict_labels(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"on classes, one for each sample: predict_classes\(inputs\) returns them"):
        trained_on(loss, ONE_HOT).predict_multilabel([[0, 1]])


@pytest.mark.parametrize("method", ["predict_classes", "predict_names"])
def test_a_network_trained_on_several_labels_refuses_to_predict_one_class(method: str) -> None:
    network = trained_on(BinaryCrossEntropy(), SEVERAL)
    assert network.predict_multilabel([[0, 1]]) == multilabel(network.predict_proba([[0, 1]]))
    with pytest.raises(ValueError, match=r"can have several: predict_multilabel\(inputs\) returns them"):
        getattr(network, method)([[0, 1]])


@pytest.mark.parametrize("method", ["predict_classes", "predict_names", "predict_multilabel"])
def test_a_network_trained_on_quantities_refuses_to_predict_classes(method: str) -> None:
    with pytest.raises(ValueError, match=r"on quantities, not on .*: predict\(inputs\) returns them"):
        getattr(trained_on(MeanSquaredError(), HEIGHTS), method)([[0, 1]])


def test_quantities_are_not_probabilities() -> None:
    with pytest.raises(
        ValueError, match=r"MeanSquaredError\(\), whose outputs are not probabilities: train with Cross"
    ):
        trained_on(MeanSquaredError(), HEIGHTS).predict_proba([[0, 1]])


def test_labels_learnt_with_a_sigmoid_and_a_squared_error_are_labels() -> None:
    network = Sequential(Linear(2, 2, Random(0)), Activation("sigmoid"))
    fit(network, [[0, 0], [0, 1], [1, 0]], SEVERAL, loss=MeanSquaredError(), epochs=1)
    assert network.predict_multilabel([[0, 1]]) == multilabel(network.outputs([[0, 1]]))
    with pytest.raises(ValueError, match="predict_multilabel"):
        network.predict_classes([[0, 1]])


def test_classes_have_names() -> None:
    network = Sequential(Activation("identity"))
    with pytest.raises(ValueError, match=r"the names of the 2 classes are not known: set network.classes"):
        network.predict_names([[0.0, 1.0]])
    network.classes = ("cat", "dog")
    assert network.predict_names([[0.0, 1.0], [1.0, 0.0]]) == ["dog", "cat"]
    with pytest.raises(ValueError, match=r"the names of the 3 classes are cat, dog: set"):
        network.predict_names([[0.0, 1.0, 2.0]])


def test_summary_is_a_table_of_layers_outputs_and_parameters() -> None:
    rng = Random(0)
    network = Sequential(Linear(784, 128, rng), BatchNorm(128), PReLU(128), Dropout(0.2), Linear(128, 10, rng))
    # 784 * 128 + 128 = 100,480; a factor and an offset, then a slope for each of 128; 128 * 10 + 10 = 1,290
    assert network.summary().splitlines() == [
        "layer             outputs  parameters",
        "Linear(784, 128)      128     100,480",
        "BatchNorm(128)        128         256",
        "PReLU(128)            128         128",
        "Dropout(0.2)          128           0",
        "Linear(128, 10)        10       1,290",
        "total                         102,154",
    ]


def test_weights_are_the_parameters_of_two_dimensions() -> None:
    network = every_layer()
    first, second = network.layers[0], network.layers[4]
    assert isinstance(first, Linear)
    assert isinstance(second, Linear)
    assert [id(weight) for weight in network.weights] == [id(first.weight), id(second.weight)]
    assert Sequential(Linear(1, 1, Random(0))).weights == [Linear(1, 1, Random(0)).weight]  # and not its 1 x 1 bias


def test_buffers_are_those_of_all_layers_in_order() -> None:
    a, b = BatchNorm(2), BatchNorm(3)
    network = Sequential(Linear(4, 2, Random(0)), a, Linear(2, 3, Random(0)), b)
    assert list(map(id, network.buffers)) == list(map(id, [*a.buffers, *b.buffers]))


def test_feed_forward_puts_activation_and_dropout_behind_each_hidden_layer() -> None:
    assert repr(feed_forward([4, 3, 2], Random(0), hidden="prelu", dropout=0.1)) == (
        "Sequential(Linear(4, 3), PReLU(3), Dropout(0.1), Linear(3, 2))"
    )
    assert repr(feed_forward([4, 2], Random(0))) == "Sequential(Linear(4, 2))"


def test_feed_forward_takes_a_seed_a_generator_or_nothing() -> None:
    expected = numbers_of(feed_forward([4, 3, 2], Random(0)))
    assert numbers_of(feed_forward([4, 3, 2])) == numbers_of(feed_forward([4, 3, 2], 0)) == expected
    assert numbers_of(feed_forward([4, 3, 2], 1)) != expected
    with pytest.raises(TypeError, match=r"rng is 0\.5, expected a seed such as 0, or random\.Random\(0\)"):
        feed_forward([4, 3, 2], 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", ["4, 8", "2, 8, 1", "[2, 8, 1], 'tanh'", "[2, 8, 1], 0, 'tanh'"])
def test_feed_forward_with_its_arguments_in_another_order_says_the_call_that_works(arguments: str) -> None:
    expected = 'the sizes go in one list, and options have names: feed_forward([4, 8, 3], hidden="tanh")'
    with pytest.raises(TypeError, match=f"^{re.escape(expected)}$"):
        eval(f"feed_forward({arguments})")
    eval(expected.partition(": ")[2])


def test_feed_forward_needs_inputs_outputs_and_a_known_activation() -> None:
    with pytest.raises(ShapeError, match=r"got sizes \[4\]"):
        feed_forward([4], Random(0))
    with pytest.raises(ValueError, match="no activation is called 'rule'"):
        feed_forward([4, 3, 2], Random(0), hidden="rule")


# State.


def test_tensors_are_named_and_shaped_as_in_a_pytorch_sequential() -> None:
    shapes = {name: tensor.shape for name, tensor in every_layer().state().items()}
    assert list(shapes.items()) == [
        ("0.weight", (4, 3)),
        ("0.bias", (4,)),
        ("1.weight", (4,)),
        ("3.weight", (4,)),
        ("3.bias", (4,)),
        ("3.running_mean", (4,)),
        ("3.running_var", (4,)),
        ("3.num_batches_tracked", ()),
        ("4.weight", (2, 4)),
        ("4.bias", (2,)),
        ("6.weight", (2,)),
        ("6.bias", (2,)),
    ]


def test_behind_a_flatten_tensors_are_numbered_as_behind_pytorchs() -> None:
    assert list(Sequential(Flatten(), Linear(2, 1, Random(0))).state()) == ["1.weight", "1.bias"]


def test_a_state_is_of_floats_but_for_the_batches_counted() -> None:
    state = every_layer().state()
    assert {name for name, tensor in state.items() if tensor.dtype != "F64"} == {"3.num_batches_tracked"}
    counted = state["3.num_batches_tracked"]
    assert counted == Tensor((), [1], "I64")
    assert type(counted.values[0]) is int


@pytest.mark.parametrize("dtype", ["I64", "F64", "F32", "I32"])
def test_batches_counted_are_taken_from_any_dtype(dtype: str) -> None:
    network = Sequential(BatchNorm(1))
    network.load_state({**network.state(), "0.num_batches_tracked": Tensor((), [7], dtype)})
    assert network.buffers[2] == Matrix([[7.0]])
    assert type(network.buffers[2][0, 0]) is float


@pytest.mark.parametrize("count", [-1.0, 0.5, float("nan"), float("inf"), 2.0**60])
def test_a_count_that_is_none_is_refused_and_changes_nothing(count: float) -> None:
    network, before = every_layer(), numbers_of(every_layer())
    with pytest.raises(ValueError, match=rf"3.num_batches_tracked is \[{re.escape(str(count))}\], expected a whole"):
        network.load_state({**every_layer(seed=1).state(), "3.num_batches_tracked": Tensor((), [count])})
    assert numbers_of(network) == before


@pytest.mark.parametrize(
    ("weight", "shape", "values"),
    [
        ([[1, 2], [3, 4], [5, 6]], (2, 3), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]),
        ([[1, 2], [3, 4]], (2, 2), [1.0, 3.0, 2.0, 4.0]),  # square: only the values tell it from its transpose
    ],
    ids=["3 inputs, 2 units", "square"],
)
def test_a_weight_is_stored_unit_after_unit_and_taken_over_so(
    weight: list[list[float]], shape: tuple[int, int], values: list[float]
) -> None:
    inputs, units = len(weight), len(weight[0])
    layer, other = Linear(inputs, units, Random(0)), Linear(inputs, units, Random(1))
    layer.weight = Matrix(weight)
    stored = Sequential(layer).state()["0.weight"]
    assert (stored.shape, list(stored.values)) == (shape, values)
    Sequential(other).load_state({"0.weight": Tensor(shape, values), "0.bias": Tensor((units,), [0.0] * units)})
    assert other.weight == Matrix(weight)


def test_a_state_loaded_makes_an_equal_network() -> None:
    network, other = every_layer(seed=1), every_layer(seed=2)
    assert all(a != b for a, b in zip(numbers_of(other)[:-1], numbers_of(network)))
    kept = list(map(id, numbers_of(other)))
    other.load_state(network.state())
    assert numbers_of(other) == numbers_of(network)
    assert list(map(id, numbers_of(other))) == kept  # in place: an optimizer may hold them
    assert other(normal(3, 3)) == network(normal(3, 3))


def test_a_state_of_another_network_names_all_that_is_wrong_and_changes_nothing() -> None:
    network, before = every_layer(), numbers_of(every_layer())
    state = every_layer(seed=1).state()
    del state["0.bias"], state["3.running_var"]
    state["4.weight"] = Tensor((4, 2), [0.0] * 8)
    state["3.num_batches_tracked"] = Tensor((1,), [0.0])
    state["9.weight"] = Tensor((1,), [0.0])
    with pytest.raises(ShapeError) as caught:
        network.load_state(state)
    complaints = ["0.bias is missing", "3.running_var is missing", "9.weight is unknown"]
    complaints += ["3.num_batches_tracked is (1,), expected ()", "4.weight is (4, 2), expected (2, 4)"]
    assert str(caught.value).endswith(f": {'; '.join(complaints)}")
    assert numbers_of(network) == before


def test_load_is_in_the_package_itself(tmp_path: Path) -> None:
    network = every_layer()
    network.save(tmp_path / "m")
    assert numbers_of(purenn.load(tmp_path / "m")) == numbers_of(network)


@pytest.mark.parametrize("inputs", [None, 5, "abc", {"a": 1}])
def test_inputs_that_are_no_rows_are_refused_with_what_they_may_be(inputs: Numbers) -> None:
    with pytest.raises(TypeError, match=r"the inputs are .*, expected a list of numbers for each sample, an array"):
        every_layer().predict(inputs)


def test_no_inputs_are_refused() -> None:
    with pytest.raises(ShapeError, match="there must be at least one sample, got none"):
        every_layer().predict([])


@pytest.mark.parametrize("size", ["8", None, 2.5, 0])
def test_sizes_that_are_no_counts_are_refused(size: int) -> None:
    with pytest.raises((TypeError, ValueError), match="size 1 must be"):
        feed_forward([4, size, 3])


def test_hidden_takes_an_activation_too() -> None:
    assert repr(feed_forward([2, 3, 1], hidden=activations.tanh)) == repr(feed_forward([2, 3, 1], hidden="tanh"))


# The meaning of the outputs: set by training, kept in files.


def test_fit_sets_the_loss_and_the_classes() -> None:
    network, inputs, loss = feed_forward([2, 3], Random(0)), [[0, 0], [0, 1], [1, 0]], CrossEntropy()
    fit(network, inputs, [0, 2, 1], loss=loss, epochs=1)
    assert (network.loss, network.classes) == (loss, ("0", "1", "2"))
    fit(network, inputs, [[1.5, 2.0, 0.5], [0.0, 3.0, 1.0], [1.0, 1.0, 1.0]], loss=MeanSquaredError(), epochs=1)
    assert network.classes == ()


def test_a_fit_that_is_refused_leaves_the_meaning_as_it_was() -> None:
    network = feed_forward([2, 3], Random(0))
    with pytest.raises(ValueError, match="target row 0"):
        fit(network, [[0, 0]], [[1.0, 2.0, 3.0]], loss=CrossEntropy())
    assert (network.loss, network.classes) == (None, ())


def test_partial_fit_sets_the_loss_and_keeps_the_names_of_the_classes() -> None:
    network, optimizer = feed_forward([2, 3], Random(0)), SGD()
    partial_fit(network, [[0, 0]], [2], loss=CrossEntropy(), optimizer=optimizer)
    assert (repr(network.loss), network.classes) == ("CrossEntropy()", ("0", "1", "2"))
    network.classes = ("a", "b", "c")
    partial_fit(network, [[0, 1]], [0], loss=CrossEntropy(), optimizer=optimizer)
    assert network.classes == ("a", "b", "c")


class Halved(MeanSquaredError):
    """A squared error with an option."""

    def __init__(self, factor: float = 0.5) -> None:
        self.factor = factor


def test_a_file_keeps_the_loss_with_its_options_and_the_classes(tmp_path: Path) -> None:
    register_loss(Halved)
    network = feed_forward([2, 3], Random(0))
    network.loss, network.classes = Halved(0.25), ("a", "b c", "ü")
    network.save(tmp_path / "m", {"made by": "me"})
    again = Sequential.load(tmp_path / "m")
    assert isinstance(again.loss, Halved)
    assert (again.loss.factor, again.classes) == (0.25, ("a", "b c", "ü"))
    assert safetensors.read_header(tmp_path / "m").metadata["made by"] == "me"


def test_a_loss_that_is_not_registered_is_left_out_of_the_file(tmp_path: Path) -> None:
    network = feed_forward([2, 3], Random(0))
    network.loss = Halved()
    network.save(tmp_path / "m")
    assert Sequential.load(tmp_path / "m").loss is None


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("loss", "Hinge", "it was trained with the loss 'Hinge': no loss is called 'Hinge'"),
        ("loss options", '{"factor": 2}', "it was trained with the loss 'CrossEntropy': .*arguments"),
        ("loss options", "[]", "the options of its loss are"),
        ("classes", "a\nb", "its classes are a, b, expected 3 for 3 outputs"),
    ],
)
def test_a_file_whose_outputs_mean_nothing_is_refused(tmp_path: Path, key: str, value: str, complaint: str) -> None:
    network = feed_forward([2, 3], Random(0))
    metadata = {"architecture": network.architecture, "loss": "CrossEntropy", key: value}
    safetensors.write(tmp_path / "m", network.state(), metadata)
    with pytest.raises(FormatError, match=complaint):
        Sequential.load(tmp_path / "m")


@pytest.mark.parametrize("source", ["x", "[1]", ""])
def test_a_source_that_could_not_be_read_again_is_not_written(source: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the source of its data is "):
        feed_forward([2, 3], Random(0)).save(tmp_path / "m", {"source": source})
    assert list(tmp_path.iterdir()) == []


def test_a_height_of_thousands_of_digits_is_not_known(tmp_path: Path) -> None:
    feed_forward([4, 3], Random(0)).save(tmp_path / "m", {"height": "9" * 5000, "width": "1", "pixels": "yes"})
    assert Sequential.load(tmp_path / "m").picture_shape == (2, 2)


def test_what_the_network_writes_itself_is_no_metadata_of_the_caller(tmp_path: Path) -> None:
    network = feed_forward([2, 3], Random(0))
    with pytest.raises(ValueError, match=r"metadata has 'loss': set network.loss and network.classes instead"):
        network.save(tmp_path / "m", {"loss": "CrossEntropy"})
    network.classes = ("a", "b")
    with pytest.raises(ValueError, match="its classes are a, b, expected 3 for 3 outputs"):
        network.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()


# The architecture: an entry for each layer, which makes an equal one or is refused with a reason.

LINEAR = {"layer": "Linear", "in_features": 2, "out_features": 1}
BATCH_NORM = {"layer": "BatchNorm", "features": 1, "momentum": 0.1, "epsilon": 1e-5}
LAYER_NORM = {"layer": "LayerNorm", "features": 1, "epsilon": 1e-5}
SHAPES = {"0.weight": (1, 2), "1.weight": (1,)}

EVERY_LAYER: list[Layer] = [
    Linear(3, 4, Random(0)),
    PReLU(4),
    BatchNorm(4),
    BatchNorm(4, momentum=1, epsilon=1e-300),
    LayerNorm(4),
    LayerNorm(4, epsilon=0.5),
    Scaling([1.0, -2.0, 0.5, 0.0], [2.0, 0.5, -4.0, 1.0]),
    Activation("leaky_relu(0.2)"),
    Dropout(0.3),
    Flatten(),
]


def shapes_of(*layers: Layer) -> dict[str, tuple[int, ...]]:
    return {f"{i}.{name}": shape for i, layer in enumerate(layers) for name, shape in layer.tensor_shapes.items()}


def test_layers_are_numbered_and_told_with_their_options() -> None:
    assert json.loads(Sequential(Linear(2, 1, Random(0)), BatchNorm(1), LayerNorm(1), Flatten()).architecture) == {
        "0": LINEAR,
        "1": BATCH_NORM,
        "2": LAYER_NORM,
        "3": {"layer": "Flatten"},
    }


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: Sequential(layer).architecture)
def test_every_layer_comes_back_with_its_options(layer: Layer) -> None:
    (made,) = Sequential.blank(Sequential(layer).architecture, shapes_of(layer)).layers
    assert type(made) is type(layer)
    assert made.options == layer.options
    assert made.tensor_shapes == layer.tensor_shapes


def test_layers_come_back_in_order() -> None:
    network = Sequential(*EVERY_LAYER)
    assert repr(Sequential.blank(network.architecture, shapes_of(*EVERY_LAYER))) == repr(network)


def test_the_architecture_that_the_bad_ones_are_made_of_is_good() -> None:
    for second in (BATCH_NORM, LAYER_NORM):
        assert len(Sequential.blank(json.dumps({"0": LINEAR, "1": second}), SHAPES).layers) == 2


@pytest.mark.parametrize("architecture", ["null", "[]", "{}", "3", json.dumps([LINEAR])])
def test_json_without_layers_is_no_network(architecture: str) -> None:
    with pytest.raises(ShapeError, match="at least one layer"):
        Sequential.blank(architecture, SHAPES)


@pytest.mark.parametrize(
    ("architecture", "complaint"),
    [
        ({"1": LINEAR}, "layer 0 is '1'"),
        ({"0": "Linear"}, "layer 0 is '0': 'Linear', expected '0' and an object"),
        ({"0": {}}, "layer 0 is {}"),
        ({"0": {**LINEAR, "layer": "Conv2d"}}, "Conv2d"),
        ({"0": {**LINEAR, "layer": None}}, "None"),
        ({"0": {**LINEAR, "layer": ["Linear"]}}, "layer 0"),
        ({"0": {"layer": "Linear"}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {**LINEAR, "in_features": 3}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {**LINEAR, "in_features": "2"}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {**LINEAR, "bias": 0}}, r"its tensors make Linear\(2, 1\)"),
        (
            {"0": {"layer": "PReLU", "features": 2}},
            r"layer 0 is .*: its weight is of shape \(1, 2\), expected 1 dimension$",
        ),
        (
            {"0": {**BATCH_NORM, "features": 2}},
            r"layer 0 is .*: its weight is of shape \(1, 2\), expected 1 dimension$",
        ),
        (
            {"0": {**LAYER_NORM, "features": 2}},
            r"layer 0 is .*: its weight is of shape \(1, 2\), expected 1 dimension$",
        ),
        ({"0": LINEAR, "1": LINEAR}, r"layer 1 is .*: its weight is of shape \(1,\), expected 2 dimensions$"),
        ({"0": LINEAR, "1": {"layer": "PReLU", "features": 2}}, r"its tensors make PReLU\(1\)"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "features": 2}}, r"its tensors make BatchNorm\(1\)"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "affine": False}}, r"its tensors make BatchNorm\(1\)"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "momentum": None}}, "its momentum is None, expected a number"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "momentum": True}}, "its momentum is True, expected a number"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "momentum": -1}}, r"momentum must be in \[0, 1\], got -1"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "epsilon": "0"}}, "its epsilon is '0', expected a number"),
        ({"0": LINEAR, "1": {**LAYER_NORM, "features": 2}}, r"its tensors make LayerNorm\(1\)"),
        ({"0": LINEAR, "1": {"layer": "LayerNorm", "features": 1}}, "its epsilon is None, expected a number"),
        ({"0": LINEAR, "1": {**LAYER_NORM, "epsilon": 0}}, "epsilon must be a finite number above 0, got 0"),
        ({"0": LINEAR, "1": {"layer": "Activation"}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Activation", "function": "exec"}}, "no activation is called 'exec'"),
        ({"0": LINEAR, "1": {"layer": "Activation", "function": 1}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": 1.0}}, r"must be in \[0, 1\), got 1.0"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": "0.5"}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": float("nan")}}, "got nan"),
        ({"0": LINEAR, "1": {"layer": "Flatten", "start_dim": 1}}, r"Flatten\(\) takes no arguments"),
        ({"0": LINEAR, "1": BATCH_NORM, "2": LINEAR}, "layer 2 is .*: its weight is missing, expected 2 dimensions$"),
    ],
    ids=str,
)
def test_an_entry_that_makes_no_layer_is_refused_with_the_reason(architecture: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Sequential.blank(json.dumps(architecture), SHAPES)


# Files.


def test_a_network_is_saved_to_and_loaded_from_an_open_file() -> None:
    network, file = every_layer(), io.BytesIO()
    network.save(file)
    again = Sequential.load(io.BytesIO(file.getvalue()))
    assert (str(again), again.state()) == (str(network), network.state())


def test_a_saved_network_comes_back_bit_for_bit(tmp_path: Path) -> None:
    network, x = every_layer(), normal(5, 3)
    network.save(tmp_path / "model.safetensors")
    loaded = Sequential.load(tmp_path / "model.safetensors")
    assert loaded.architecture == network.architecture
    assert numbers_of(loaded) == numbers_of(network)
    assert loaded(x) == network(x)
    assert loaded.forward(x, training=True, rng=Random(3))[0] == network.forward(x, training=True, rng=Random(3))[0]


def test_a_file_holds_the_weights_as_pytorch_would_write_them(tmp_path: Path) -> None:
    # as in PyTorch, a row for each unit: 1*1 + 2*10 = 21 and 3*1 + 4*10 = 43
    tensors = {"0.weight": Tensor((2, 2), [1.0, 2.0, 3.0, 4.0]), "0.bias": Tensor((2,), [0.0, 0.0])}
    network = load(tmp_path / "theirs", {"0": {**LINEAR, "out_features": 2}}, tensors)
    assert network(Matrix([[1, 10]])) == Matrix([[21, 43]])
    network.save(tmp_path / "ours")
    assert list(safetensors.read(tmp_path / "ours")[0]["0.weight"].values) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "name", [*(f.name for f in ELEMENTWISE), *(f.name for f in ROWWISE), "leaky_relu(1e-07)", "elu(0.3)"]
)
def test_every_activation_comes_back(tmp_path: Path, name: str) -> None:
    network = Sequential(Linear(2, 3, Random(0)), Activation(name))
    network.save(tmp_path / "model")
    assert Sequential.load(tmp_path / "model")(normal(2, 2)) == network(normal(2, 2))


@pytest.mark.parametrize("layer", [Dropout(0.0), Dropout(0), Dropout(0.999)])
def test_every_dropout_comes_back(tmp_path: Path, layer: Layer) -> None:
    network = Sequential(Linear(2, 3, Random(0)), layer)
    network.save(tmp_path / "model")
    assert repr(Sequential.load(tmp_path / "model")) == repr(network)


@pytest.mark.parametrize("dtype", ["F64", "F32", "F16", "BF16"])
def test_a_network_is_saved_in_the_dtype_asked_for(tmp_path: Path, dtype: str) -> None:
    network = every_layer()
    network.save(tmp_path / "model", {"key": "text"}, dtype=dtype)
    header = safetensors.read_header(tmp_path / "model")
    assert header.metadata["key"] == "text"
    assert {entry.dtype for name, entry in header.entries.items() if "num" not in name} == {dtype}
    assert header.entries["3.num_batches_tracked"].dtype == "I64"
    # the steps between neighbours below 1: 2**-53, 2**-24, 2**-11 and 2**-8 of the number; rounding is half of one
    within = {"F64": 0.0, "F32": 2.0**-24, "F16": 2.0**-11, "BF16": 2.0**-8}[dtype]
    for loaded, own in zip(numbers_of(Sequential.load(tmp_path / "model")), numbers_of(network)):
        assert loaded.is_close(own, relative=within, absolute=1e-7 if dtype == "F16" else 0.0)
        assert within == 0.0 or own.columns == 1 or loaded != own


@pytest.mark.parametrize("dtype", ["F8", "f32", "I64", ""])
def test_another_dtype_is_refused_with_the_choices(tmp_path: Path, dtype: str) -> None:
    with pytest.raises(ValueError, match=f"dtype must be one of F64, F32, F16, BF16, got '{dtype}'"):
        every_layer().save(tmp_path / "model", dtype=dtype)
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_does_not_fit_the_dtype_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    network = Sequential(Linear(2, 1, Random(0)))
    network.parameters[0][1, 0] = 70000.0  # an F16 ends at 65504
    with pytest.raises(ValueError, match=r"'0\.weight': value 1 is 70000\.0, which F16 cannot hold"):
        network.save(tmp_path / "model", dtype="F16")
    assert list(tmp_path.iterdir()) == []


class Power(Layer):
    """y = x^n, with a trained exponent."""

    def __init__(self, exponent: float) -> None:
        self.exponent, self.n = exponent, Matrix([[exponent]])

    @property
    def parameters(self) -> list[Matrix]:
        return [self.n]

    @property
    def options(self) -> Options:
        return {"exponent": self.exponent}

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        n = self.n[0, 0]
        return x.map(lambda value: value**n), Backward(lambda dy: dy * x.map(lambda value: n * value ** (n - 1.0)))


def test_a_registered_custom_layer_comes_back_with_its_options_and_its_numbers(tmp_path: Path) -> None:
    register(Power)
    network = Sequential(Linear(2, 3, Random(0)), Activation("sigmoid"), Power(2.0))
    network.parameters[2][0, 0] = 2.5
    network.save(tmp_path / "model")
    loaded = Sequential.load(tmp_path / "model")
    assert repr(loaded) == repr(network)
    assert loaded(normal(2, 2)) == network(normal(2, 2))
    LAYERS.remove("Power")
    with pytest.raises(
        FormatError, match=r"no layer is called 'Power'; a custom layer must be registered to be .*loaded"
    ):
        Sequential.load(tmp_path / "model")


def test_a_custom_layer_that_is_not_registered_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"layer 1 is {'layer': 'Power'.*a custom layer must be registered to be saved"
    ):
        Sequential(Linear(2, 1, Random(0)), Power(2.0)).save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_custom_layer_with_the_name_of_a_registered_one_is_not_saved(tmp_path: Path) -> None:
    class Flatten(Power):
        @property
        def options(self) -> Options:
            return {}

        @property
        def parameters(self) -> list[Matrix]:
            return []

    with pytest.raises(ValueError, match="cannot be saved: made again from its description, it computes"):
        Sequential(Flatten(2.0)).save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_its_options_do_not_make_again_is_not_saved(tmp_path: Path) -> None:
    @register
    class Forgetful(Power):
        @property
        def options(self) -> Options:
            return {}

    with pytest.raises(ValueError, match=r"layer 0 is {'layer': 'Forgetful'}: .*exponent"):
        Sequential(Forgetful(2.0)).save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_custom_activation_is_saved_if_it_is_registered(tmp_path: Path) -> None:
    sine = Elementwise("sine", math.sin, math.cos)
    network = Sequential(Linear(2, 3, Random(0)), Activation(sine))
    with pytest.raises(ValueError, match=r"layer 1 is .*no activation is called 'sine'"):
        network.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
    activations.register(sine)
    network.save(tmp_path / "model")
    assert Sequential.load(tmp_path / "model")(normal(2, 2)) == network(normal(2, 2))


def test_metadata_is_kept_beside_the_architecture(tmp_path: Path) -> None:
    every_layer().save(tmp_path / "model", {"accuracy": "0.97", "architecture": "which is not for the caller to say"})
    metadata = safetensors.read_header(tmp_path / "model").metadata
    assert metadata["accuracy"] == "0.97"
    assert json.loads(metadata["architecture"])["0"] == {"layer": "Linear", "in_features": 3, "out_features": 4}


def test_the_shape_of_the_pictures_of_a_training_is_kept_in_the_file(tmp_path: Path) -> None:
    network = feed_forward([6, 2], Random(0))
    assert network.picture_shape is None
    fit(network, Images(bytes(range(12)), height=2, width=3), [0, 1], epochs=1)
    network.save(tmp_path / "model")
    again = Sequential.load(tmp_path / "model")
    assert network.picture_shape == again.picture_shape == (2, 3)
    fit(again, [[0.0] * 6, [1.0] * 6], [0, 1], epochs=1)  # on rows that nobody says are pictures
    assert again.picture_shape is None


@pytest.mark.parametrize(
    ("features", "metadata", "shape"),
    [
        (6, {"height": "3", "width": "2"}, (3, 2)),  # as `purenn train` writes them
        (9, {"pixels": "yes"}, (3, 3)),  # of an older file
        (6, {"pixels": "yes"}, None),
        (9, {}, None),
        (6, {"height": "3", "width": "3"}, None),
        (6, {"height": "three", "width": "2"}, None),
    ],
)
def test_the_shape_of_pictures_in_a_file_fits_the_inputs_or_is_not_known(
    tmp_path: Path, features: int, metadata: dict[str, str], shape: tuple[int, int] | None
) -> None:
    feed_forward([features, 2], Random(0)).save(tmp_path / "model", metadata)
    assert Sequential.load(tmp_path / "model").picture_shape == shape


def test_tensors_of_another_program_without_architecture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "torch.safetensors"
    safetensors.write(path, {"0.weight": Tensor((1, 2), [0.5, 1.0], "F32"), "0.bias": Tensor((1,), [0.0], "F32")})
    with pytest.raises(FormatError, match=r"torch\.safetensors: the metadata has no architecture"):
        Sequential.load(path)


def test_tensors_of_single_precision_are_taken(tmp_path: Path) -> None:
    network = feed_forward([3, 4, 2], Random(0))
    halved = {name: Tensor(t.shape, [0.5] * len(t.values), "F32") for name, t in network.state().items()}
    network.save(tmp_path / "model")
    metadata = safetensors.read_header(tmp_path / "model").metadata
    safetensors.write(tmp_path / "single", halved, metadata)
    assert all(value == 0.5 for p in Sequential.load(tmp_path / "single").parameters for row in p for value in row)


TENSORS = {"0.weight": Tensor((1, 2), [0.5, 1.0]), "0.bias": Tensor((1,), [0.0])}


def load(path: Path, architecture: object, tensors: dict[str, Tensor]) -> Sequential:
    """Load a file with these tensors and this architecture, written as JSON unless it is a string."""
    text = architecture if isinstance(architecture, str) else json.dumps(architecture)
    safetensors.write(path, tensors, {"architecture": text})
    return Sequential.load(path)


def test_the_file_that_the_bad_ones_are_made_of_is_good(tmp_path: Path) -> None:
    assert load(tmp_path / "model", {"0": LINEAR}, TENSORS)(Matrix([[2.0, 4.0]])) == Matrix([[5.0]])


@pytest.mark.parametrize(
    ("architecture", "complaint"),
    [
        ("Linear(2, 1)", "Expecting value"),
        ("[" * 100_000, "nested too deep"),
        ("{}", "at least one layer"),
        ({"0": {**LINEAR, "layer": "Conv2d"}}, "Conv2d"),
        ({"0": {**LINEAR, "in_features": 3}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": LINEAR, "1": LINEAR}, "layer 1 is .*: its weight is missing, expected 2 dimensions$"),
        ({"0": {"layer": "LayerNorm", "features": 1, "epsilon": 10**400}}, "layer 0 is .*: its weight is of shape"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": 10**400}}, r"\[0, 1\)"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_architecture_is_refused_with_the_file_and_the_reason(
    tmp_path: Path, architecture: object, complaint: str
) -> None:
    with pytest.raises(FormatError, match=complaint) as caught:
        load(tmp_path / "model", architecture, TENSORS)
    assert f"{tmp_path / 'model'}: no network can be made from its architecture: " in str(caught.value)


def test_a_number_too_large_for_a_float_is_refused(tmp_path: Path) -> None:
    norm = {"layer": "LayerNorm", "features": 1, "epsilon": 10**400}
    with pytest.raises(FormatError, match="too large"):
        load(tmp_path / "model", {"0": norm}, {"0.weight": Tensor((1,), [1.0]), "0.bias": Tensor((1,), [0.0])})


@pytest.mark.parametrize(
    ("changed", "complaints"),
    [
        ({"0.bias": None}, ["0.bias is missing"]),
        ({"0.weight": None}, ["layer 0 is", "its weight is missing"]),
        ({"0.slope": Tensor((1,), [0.0])}, ["0.slope is unknown"]),
        ({"0.bias": Tensor((2,), [0.0, 0.0])}, ["0.bias is (2,), expected (1,)"]),
        ({"0.bias": Tensor((1, 1), [0.0])}, ["0.bias is (1, 1), expected (1,)"]),
        ({"0.weight": Tensor((2,), [0.0, 0.0])}, ["layer 0 is", "its weight is of shape (2,)"]),
        ({"0.weight": Tensor((0, 2), [])}, ["Linear(2, 0)"]),
        ({"0.bias": None, "1.bias": Tensor((1,), [0.0])}, ["0.bias is missing", "1.bias is unknown"]),
    ],
)
def test_tensors_that_are_missing_or_too_many_or_misshapen_are_all_named(
    tmp_path: Path, changed: dict[str, Tensor | None], complaints: list[str]
) -> None:
    tensors = {name: tensor for name, tensor in {**TENSORS, **changed}.items() if tensor}
    with pytest.raises(FormatError) as caught:
        load(tmp_path / "model", {"0": LINEAR}, tensors)
    assert [complaint for complaint in complaints if complaint not in str(caught.value)] == []


@pytest.mark.parametrize(
    "lie",
    [
        {"0": {**LINEAR, "in_features": 10**9}},
        {"0": {**LINEAR, "in_features": 10**9, "out_features": 10**9}},
        {"0": LINEAR, "1": {"layer": "PReLU", "features": 10**9}},
        {"0": LINEAR, "1": {"layer": "BatchNorm", "features": 10**9, "momentum": 0.1, "epsilon": 1e-5}},
        {"0": LINEAR, "1": {"layer": "LayerNorm", "features": 10**9, "epsilon": 1e-5}},
        {"0": LINEAR, "1": {"layer": "Linear", "in_features": 1, "out_features": 10**9}},
    ],
)
def test_sizes_in_the_description_are_not_trusted_with_memory(tmp_path: Path, lie: object) -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy has none
    tracemalloc.start()
    with pytest.raises(FormatError):
        load(tmp_path / "model", lie, TENSORS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_checkpoint_is_told_from_a_model(tmp_path: Path) -> None:
    safetensors.write(tmp_path / "c", {}, {"purenn checkpoint": "1"})
    with pytest.raises(FormatError, match="c: a checkpoint of a training, expected a model"):
        Sequential.load(tmp_path / "c")


def test_a_layer_whose_options_do_not_make_it_again_is_not_saved(tmp_path: Path) -> None:
    @register
    class Forgetful(Layer):
        """Multiplies by a factor that is not among its attributes under the name of its argument."""

        def __init__(self, factor: float = 2.0) -> None:
            self.kept = [factor]

        def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
            return x * self.kept[0], Backward(lambda dy: dy * self.kept[0])

    Sequential(Forgetful(), Linear(3, 1, Random(0))).save(tmp_path / "usual")
    with pytest.raises(ValueError, match="made again from its description, it computes something else"):
        Sequential(Forgetful(5.0), Linear(3, 1, Random(0))).save(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["usual"]


def test_an_activation_that_is_not_the_registered_one_is_not_saved(tmp_path: Path) -> None:
    impostor = Elementwise("relu", math.sin, math.cos)
    with pytest.raises(ValueError, match="made again from its description, it computes something else"):
        Sequential(Linear(3, 1, Random(0)), Activation(impostor)).save(tmp_path / "model")


@pytest.mark.parametrize(
    "description",
    ['{"0": {"layer": "Activation", "function": null}}', '{"0": {"layer": "Dropout", "probability": false}}'],
)
def test_an_option_of_another_kind_is_refused(description: str) -> None:
    with pytest.raises(ValueError, match=r"^layer 0 is "):
        Sequential.blank(description, {})


# Names of other libraries.


class Named(Sequential):
    """A network of somebody else."""


@pytest.mark.parametrize("kind", [Sequential, Named])
def test_a_method_of_another_library_is_answered_with_the_call_that_works(kind: type[Sequential]) -> None:
    network = kind(Linear(2, 3), Linear(3, 1))
    with pytest.raises(AttributeError) as caught:
        attrgetter("state_dict")(network)
    assert (
        str(caught.value) == f"'{kind.__name__}' object has no attribute 'state_dict'; purenn calls it network.state()"
    )
    assert not hasattr(network, "nonsense")
    assert copy.deepcopy(network).outputs([[1.0, 2.0]]) == network.outputs([[1.0, 2.0]])


def test_an_argument_of_another_library_is_answered_with_ours() -> None:
    make: Callable[..., Sequential] = feed_forward
    with pytest.raises(TypeError, match=r"^feed_forward\(\) has no argument activation; purenn calls it hidden="):
        make([4, 8, 3], activation="relu")
    with pytest.raises(TypeError, match=r"^feed_forward\(\) has no argument hiden; did you mean hidden\?$"):
        make([4, 8, 3], hiden="relu")


def test_a_scaler_stands_for_the_layer_that_does_the_same() -> None:
    scaler = standardize([[0.0, 10.0], [2.0, 30.0]])
    network = Sequential(scaler, Linear(2, 1))
    assert type(network[0]) is Scaling
    assert network.layers[0].forward(Matrix([[2.0, 10.0]]))[0] == scaler([[2.0, 10.0]])


@pytest.mark.parametrize("name", ["trainable", "requires_grad"])
def test_what_would_change_nothing_cannot_be_set(name: str) -> None:
    network = Sequential(Linear(2, 1))
    for part in (network, network[0]):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'; every layer of a network is trained"):
            setattr(part, name, False)


def test_a_name_of_a_class_that_no_file_can_keep_is_refused_before_a_training_and_before_a_file_is_written() -> None:
    network = feed_forward([2, 3])
    with pytest.raises(ValueError, match=r"^the name of the class 'a\\nb' has a line break, expected"):
        fit(network, [[0, 1], [1, 0], [1, 1]], ["a\nb", "c", "d"])
    network.classes = ("a", "b", "\udce9")
    with pytest.raises(ValueError, match=r"^the name of the class '\\udce9' is no text in UTF-8: rename it, or set"):
        network.save(io.BytesIO())


@pytest.mark.parametrize("path", [5, None, b"x"])
def test_what_is_no_path_and_no_file_is_refused(path: object) -> None:
    load: Callable[..., object] = purenn.load
    save: Callable[..., object] = feed_forward([2, 3]).save
    for use in (load, save):
        with pytest.raises(TypeError, match=r"^file is .*, expected an object such as the path"):
            use(path)
    with pytest.raises(FileNotFoundError, match="expected the name of a file, got an empty one"):
        save("")


def test_a_class_is_told_of_numbers_only() -> None:
    network = feed_forward([2, 4, 3])
    with pytest.raises(
        ValueError, match=r"^the outputs for sample 1 are \[nan, .*, which tell no class: is an input NaN"
    ):
        network.predict_classes([[0.0, 0.0], [math.nan, 0.0]])


def test_bytes_are_no_targets() -> None:
    train: Callable[..., object] = fit
    with pytest.raises(TypeError, match=r"^target 0 is b'a', expected a number or a text: decode bytes first$"):
        train(feed_forward([1, 2]), [[1], [2]], [b"a", b"b"])
