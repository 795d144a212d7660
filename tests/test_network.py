"""Sequential: forward and back, the names of its tensors, and files that come back bit for bit or are refused."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from random import Random

import pytest

from purenn import safetensors
from purenn.activations import ELEMENTWISE, ROWWISE, elu_with, leaky_relu_with
from purenn.errors import FormatError, ShapeError
from purenn.layers import Activation, Dropout, Layer, Linear, PReLU
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.safetensors import Tensor
from purenn.samples import Images


def numbers(rows: int, columns: int, seed: int = 0) -> Matrix:
    rng = Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.gauss(0.0, 1.0))


def every_layer(seed: int = 0) -> Sequential:
    """A network with each kind of layer, where no bias is 0 and no slope 0.25, as they are at the start."""
    rng = Random(seed)
    hidden: list[Layer] = [Linear(3, 4, rng), PReLU(4), Dropout(0.3)]
    network = Sequential(*hidden, Linear(4, 2, rng), Activation("leaky_relu(0.2)"), Activation("softmax"))
    for parameter in network.parameters:
        for row in parameter:
            row[:] = [rng.gauss(0.0, 1.0) / 3.0 for _ in row]
    return network


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


def test_summary_is_a_table_of_layers_outputs_and_parameters() -> None:
    rng = Random(0)
    network = Sequential(Linear(784, 128, rng), PReLU(128), Dropout(0.2), Linear(128, 10, rng))
    # 784 * 128 + 128 = 100,480; a slope for each of 128; 128 * 10 + 10 = 1,290
    assert network.summary().splitlines() == [
        "layer             outputs  parameters",
        "Linear(784, 128)      128     100,480",
        "PReLU(128)            128         128",
        "Dropout(0.2)          128           0",
        "Linear(128, 10)        10       1,290",
        "total                         101,898",
    ]


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
    assert shapes == {"0.weight": (4, 3), "0.bias": (4,), "1.weight": (4,), "3.weight": (2, 4), "3.bias": (2,)}


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
    other.load_state(network.state())
    assert other.parameters == network.parameters


def test_a_state_of_another_network_names_all_that_is_wrong_and_changes_nothing() -> None:
    network, before = every_layer(), every_layer().parameters
    state = network.state()
    del state["0.bias"]
    state["3.weight"] = Tensor((4, 2), [0.0] * 8)
    state["9.weight"] = Tensor((1,), [0.0])
    with pytest.raises(ShapeError) as caught:
        network.load_state(state)
    for complaint in ("0.bias is missing", "9.weight is unknown", "3.weight is (4, 2), expected (2, 4)"):
        assert complaint in str(caught.value)
    assert network.parameters == before


# Files.


def test_a_saved_network_comes_back_bit_for_bit(tmp_path: Path) -> None:
    network, x = every_layer(), numbers(5, 3)
    network.save(tmp_path / "model.safetensors")
    loaded = Sequential.load(tmp_path / "model.safetensors")
    assert repr(loaded) == repr(network)
    assert loaded.parameters == network.parameters
    assert loaded(x) == network(x)
    assert loaded.forward(x, Random(3))[0] == network.forward(x, Random(3))[0]


def test_a_file_holds_the_weights_as_pytorch_would_write_them(tmp_path: Path) -> None:
    # as in PyTorch, a row for each unit: 1*1 + 2*10 = 21 and 3*1 + 4*10 = 43
    tensors = {"0.weight": Tensor((2, 2), [1.0, 2.0, 3.0, 4.0]), "0.bias": Tensor((2,), [0.0, 0.0])}
    network = load(tmp_path / "theirs", {"0": {**LINEAR, "out_features": 2}}, tensors)
    assert network(Matrix([[1, 10]])) == Matrix([[21, 43]])
    network.save(tmp_path / "ours")
    assert list(safetensors.read(tmp_path / "ours")[0]["0.weight"].values) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("name", [f.name for f in (*ELEMENTWISE, *ROWWISE, leaky_relu_with(1e-7), elu_with(0.3))])
def test_every_activation_comes_back(tmp_path: Path, name: str) -> None:
    network = Sequential(Linear(2, 3, Random(0)), Activation(name))
    network.save(tmp_path / "model")
    assert Sequential.load(tmp_path / "model")(numbers(2, 2)) == network(numbers(2, 2))


@pytest.mark.parametrize("layer", [Dropout(0.0), Dropout(0), Dropout(0.999)])
def test_every_dropout_comes_back(tmp_path: Path, layer: Layer) -> None:
    network = Sequential(Linear(2, 3, Random(0)), layer)
    network.save(tmp_path / "model")
    assert repr(Sequential.load(tmp_path / "model")) == repr(network)


def test_metadata_is_kept_beside_the_architecture(tmp_path: Path) -> None:
    every_layer().save(tmp_path / "model", {"accuracy": "0.97", "architecture": "which is not for the caller to say"})
    metadata = safetensors.read_header(tmp_path / "model").metadata
    assert metadata["accuracy"] == "0.97"
    assert json.loads(metadata["architecture"])["0"] == {"layer": "Linear", "in_features": 3, "out_features": 4}


def test_tensors_of_another_program_without_architecture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "torch.safetensors"
    safetensors.write(path, {"0.weight": Tensor((1, 2), [0.5, 1.0], "F32"), "0.bias": Tensor((1,), [0.0], "F32")})
    with pytest.raises(FormatError, match=r"torch\.safetensors: the metadata has no architecture"):
        Sequential.load(path)


def test_tensors_of_single_precision_are_taken(tmp_path: Path) -> None:
    network = every_layer()
    halved = {name: Tensor(t.shape, [0.5] * len(t.values), "F32") for name, t in network.state().items()}
    network.save(tmp_path / "model")
    metadata = safetensors.read_header(tmp_path / "model").metadata
    safetensors.write(tmp_path / "single", halved, metadata)
    assert all(value == 0.5 for p in Sequential.load(tmp_path / "single").parameters for row in p for value in row)


LINEAR = {"layer": "Linear", "in_features": 2, "out_features": 1}
TENSORS = {"0.weight": Tensor((1, 2), [0.5, 1.0]), "0.bias": Tensor((1,), [0.0])}


def load(path: Path, architecture: object, tensors: dict[str, Tensor]) -> Sequential:
    """What comes of a file with these tensors and this architecture, as JSON or, if it is a string, as it is."""
    text = architecture if isinstance(architecture, str) else json.dumps(architecture)
    safetensors.write(path, tensors, {"architecture": text})
    return Sequential.load(path)


def test_the_file_that_the_bad_ones_are_made_of_is_good(tmp_path: Path) -> None:
    assert load(tmp_path / "model", {"0": LINEAR}, TENSORS)(Matrix([[2.0, 4.0]])) == Matrix([[5.0]])


@pytest.mark.parametrize(
    ("architecture", "complaint"),
    [
        ("Linear(2, 1)", "Expecting value"),
        ("", "Expecting value"),
        ("[" * 100_000, "no network can be made"),
        ([LINEAR], "at least one layer"),
        ({}, "at least one layer"),
        ("null", "at least one layer"),
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
        ({"0": LINEAR, "1": {"layer": "Activation"}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Activation", "function": "exec"}}, "no activation is called 'exec'"),
        ({"0": LINEAR, "1": {"layer": "Activation", "function": 1}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": 1.0}}, r"must be in \[0, 1\), got 1.0"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": "0.5"}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": float("nan")}}, "got nan"),
        ({"0": LINEAR, "1": LINEAR}, "1.weight is missing"),
        ({"0": LINEAR, "1": {"layer": "PReLU", "features": 1}}, "1.weight is missing"),
        ({"0": {"layer": "PReLU", "features": 2}}, r"0.weight is of shape \(1, 2\)"),
    ],
)
def test_an_architecture_that_is_none_is_refused_with_the_reason(
    tmp_path: Path, architecture: object, complaint: str
) -> None:
    with pytest.raises(FormatError, match=complaint) as caught:
        load(tmp_path / "model", architecture, TENSORS)
    assert str(tmp_path / "model") in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "complaints"),
    [
        ({"0.bias": None}, ["0.bias is missing"]),
        ({"0.weight": None}, ["0.weight is missing"]),
        ({"0.slope": Tensor((1,), [0.0])}, ["0.slope is unknown"]),
        ({"0.bias": Tensor((2,), [0.0, 0.0])}, ["0.bias is (2,), expected (1,)"]),
        ({"0.bias": Tensor((1, 1), [0.0])}, ["0.bias is (1, 1), expected (1,)"]),
        ({"0.weight": Tensor((2,), [0.0, 0.0])}, ["0.weight is of shape (2,)"]),
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
        {"0": LINEAR, "1": {"layer": "Linear", "in_features": 1, "out_features": 10**9}},
    ],
)
def test_sizes_in_the_description_are_not_trusted_with_memory(tmp_path: Path, lie: object) -> None:
    tracemalloc.start()
    with pytest.raises(FormatError):
        load(tmp_path / "model", lie, TENSORS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
