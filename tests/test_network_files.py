"""A network's files: they come back bit for bit, or are refused with the reason."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from random import Random

import pytest

from purenn.activations import ELEMENTWISE, ROWWISE, elu_with, leaky_relu_with
from purenn.errors import FormatError
from purenn.formats import Tensor, safetensors
from purenn.layers import Activation, Dropout, Flatten, Layer, Linear
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from tests.test_network import every_layer, numbers, numbers_of


def test_a_saved_network_comes_back_bit_for_bit(tmp_path: Path) -> None:
    network, x = every_layer(), numbers(5, 3)
    network.save(tmp_path / "model.safetensors")
    loaded = Sequential.load(tmp_path / "model.safetensors")
    assert loaded.architecture == network.architecture
    assert numbers_of(loaded) == numbers_of(network)
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


def test_a_layer_of_ones_own_is_not_saved(tmp_path: Path) -> None:
    class Own(Flatten):
        pass

    with pytest.raises(ValueError, match=r"layer 1 is {'layer': 'Own'}.*no layer of this version"):
        Sequential(Linear(2, 1, Random(0)), Own()).save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


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
    network = feed_forward([3, 4, 2], Random(0))
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
        ("[" * 100_000, "nested too deep"),
        ("{}", "at least one layer"),
        ({"0": {**LINEAR, "layer": "Conv2d"}}, "Conv2d"),
        ({"0": {**LINEAR, "in_features": 3}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": LINEAR, "1": LINEAR}, "1.weight is missing"),
        ({"0": {"layer": "LayerNorm", "features": 1, "epsilon": 10**400}}, "0.weight is of shape"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": 10**400}}, r"\[0, 1\)"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_architecture_that_is_none_is_refused_with_the_file_and_the_reason(
    tmp_path: Path, architecture: object, complaint: str
) -> None:
    with pytest.raises(FormatError, match=complaint) as caught:
        load(tmp_path / "model", architecture, TENSORS)
    assert f"{tmp_path / 'model'}: no network can be made of its architecture: " in str(caught.value)


def test_a_number_too_large_for_a_float_is_refused(tmp_path: Path) -> None:
    norm = {"layer": "LayerNorm", "features": 1, "epsilon": 10**400}
    with pytest.raises(FormatError, match="too large"):
        load(tmp_path / "model", {"0": norm}, {"0.weight": Tensor((1,), [1.0]), "0.bias": Tensor((1,), [0.0])})


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
        {"0": LINEAR, "1": {"layer": "BatchNorm", "features": 10**9, "momentum": 0.1, "epsilon": 1e-5}},
        {"0": LINEAR, "1": {"layer": "LayerNorm", "features": 10**9, "epsilon": 1e-5}},
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


def test_a_checkpoint_is_told_from_a_model(tmp_path: Path) -> None:
    safetensors.write(tmp_path / "c", {}, {"purenn checkpoint": "1"})
    with pytest.raises(FormatError, match="c: a checkpoint of a training, expected a model"):
        Sequential.load(tmp_path / "c")
