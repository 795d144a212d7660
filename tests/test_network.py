"""Sequential: forward and back, its answers, and the names of its tensors."""

from __future__ import annotations

import re
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.formats import Tensor
from purenn.layers import Activation, Dropout, Flatten, Layer, Linear, PReLU
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm, LayerNorm
from purenn.samples import Images


def numbers(rows: int, columns: int, seed: int = 0) -> Matrix:
    rng = Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(0.0, 1.0))


def every_layer(seed: int = 0) -> Sequential:
    """A network with each kind of layer, where no number is 0, 1 or 0.25, as they are at the start."""
    rng = Random(seed)
    hidden: list[Layer] = [Linear(3, 4, rng), PReLU(4), Dropout(0.3), BatchNorm(4, momentum=0.3, epsilon=1e-4)]
    last: list[Layer] = [Activation("leaky_relu(0.2)"), LayerNorm(2, epsilon=1e-3), Activation("softmax")]
    network = Sequential(*hidden, Linear(4, 2, rng), *last, Flatten())
    for parameter in network.parameters:
        for row in parameter:
            row[:] = [rng.gauss(0.0, 1.0) / 3.0 for _ in row]
    network.forward(numbers(5, 3, seed), rng)  # moves the running figures
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
    network, x, dy, h = every_layer(), numbers(4, 3), numbers(4, 2, seed=1), 1e-5

    def weighted_sum() -> float:
        return sum(map(sum, network.forward(x, Random(7))[0] * dy))  # the same dropout every time

    dx, gradients = network.forward(x, Random(7))[1](dy)
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
    network, dy = every_layer(), numbers(4, 2, seed=1)
    _, backward = network.forward(numbers(4, 3), Random(7))
    dx, gradients = backward(dy)
    assert backward.parameters(dy) == gradients
    assert backward.inputs(dy) == dx


def test_dropout_acts_in_training_only() -> None:
    network, x = every_layer(), numbers(4, 3)
    assert network(x) == network(x)
    assert network.forward(x, Random(1))[0] != network(x)


def test_a_layer_that_does_not_fit_is_named_with_both_sizes() -> None:
    expected = r"layer 2, Linear\(4, 1\): expected 4 features, got 3 from Activation\('relu'\)"
    with pytest.raises(ShapeError, match=expected):
        Sequential(Linear(2, 3, Random(0)), Activation("relu"), Linear(4, 1, Random(0)))
    with pytest.raises(ShapeError, match=r"layer 1, PReLU\(5\): expected 5 features, got 3"):
        Sequential(Linear(2, 3, Random(0)), PReLU(5))


def test_samples_that_do_not_fit_name_the_layer_and_both_sizes() -> None:
    with pytest.raises(ShapeError, match=r"Linear\(3, 4\): expected 3 features, got 2"):
        every_layer()(numbers(1, 2))


def test_no_layers_are_no_network() -> None:
    with pytest.raises(ShapeError, match="at least one layer"):
        Sequential()


# Use.


@pytest.mark.parametrize("batch_size", [1, 7, 100, 1000])
def test_predicting_in_batches_gives_the_same_as_all_at_once(batch_size: int) -> None:
    network, x = feed_forward([3, 8, 2], Random(0), dropout=0.5), numbers(250, 3)
    assert network.predict(x, batch_size).is_close(network(x), relative=1e-12)  # sums may be taken in another order


def test_predict_takes_lists_and_pictures() -> None:
    network = feed_forward([2, 3, 1], Random(0))
    assert network.predict([[0.2, 1.0]]) == network(Matrix([[0.2, 1.0]]))
    assert network.predict(Images(bytes([51, 255]), height=1, width=2)) == network(Matrix([[0.2, 1.0]]))


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_of_nothing_is_refused(batch_size: int) -> None:
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, got {batch_size}"):
        every_layer().predict(numbers(2, 3), batch_size)


def test_classes_are_the_largest_outputs_or_over_the_threshold() -> None:
    rows = [[0.1, -2.0, 0.4], [3.0, 1.0, 2.0]]
    assert Sequential(Activation("identity")).predict_classes(rows) == [2, 0]
    logits = [-1.0, 0.2, 0.7]
    assert Sequential(Activation("identity")).predict_classes(logits) == [0, 1, 1]
    assert Sequential(Activation("identity")).predict_classes(logits, threshold=0.5) == [0, 0, 1]


@pytest.mark.parametrize(("threshold", "expected"), [(0.0, [[1, 0, 1], [0, 0, 0]]), (0.5, [[0, 0, 1], [0, 0, 0]])])
def test_labels_are_all_outputs_over_the_threshold(threshold: float, expected: list[list[int]]) -> None:
    rows = [[0.2, -2.0, 0.7], [-1.0, 0.0, -0.1]]
    assert Sequential(Activation("identity")).predict_labels(rows, threshold=threshold) == expected


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
    assert other(numbers(3, 3)) == network(numbers(3, 3))


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


def test_what_is_no_layer_is_refused_with_what_would_be() -> None:
    with pytest.raises(TypeError, match=r"layer 0 is \[.*\], expected a layer; pass them one by one"):
        Sequential([Linear(2, 1, Random(0))])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"layer 1 is 'relu', .* inherits from purenn\.Layer"):
        Sequential(Linear(2, 1, Random(0)), "relu")  # type: ignore[arg-type]
