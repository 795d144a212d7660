"""Normalization against PyTorch in 64-bit floats, and networks with it: both ways, in memory and through files."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from purenn.formats import safetensors
from purenn.layers import Activation, Flatten, Layer, Linear, PReLU
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import BatchNorm, LayerNorm, Scaling
from tests.conftest import normal
from tests.pytorch import Module, Tensor, agree, tensor, torch

official = pytest.importorskip("safetensors.torch")

pytestmark = pytest.mark.interop

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


NEAR = 1e-11  # of 0: deviations from a mean are small differences of larger numbers


def to_theirs(network: Sequential) -> dict[str, Tensor]:
    """Return a state for PyTorch: the counts in whole numbers, the others in 64-bit floats."""
    types = {"F64": torch.float64, "I64": torch.int64}
    state = network.state().items()
    return {name: torch.tensor(list(t.values), dtype=types[t.dtype]).reshape(t.shape) for name, t in state}


def to_ours(state: dict[str, Tensor]) -> dict[str, safetensors.Tensor]:
    return {
        name: safetensors.Tensor(tuple(t.shape), [value for (value,) in t.reshape((-1, 1)).tolist()])
        for name, t in state.items()
    }


def check_forward_and_backward(ours: Sequential, theirs: Module, x: Matrix, rng: Random, *, training: bool) -> None:
    """Compare outputs, all gradients, and the buffers afterwards."""
    theirs.train(training)
    theirs.zero_grad()
    y, backward = ours.forward(x, training=training, rng=rng)
    z = tensor(x, grad=True)
    expected = theirs(z)
    assert agree(y, expected, NEAR)
    dy = normal(*y.shape, rng)
    expected.backward(tensor(dy))
    dx, gradients = backward(dy)
    assert agree(dx, z.grad, NEAR)
    names = [name for name, _ in theirs.named_parameters()]
    assert names == [name for name in ours.state() if "running" not in name and "num" not in name]
    for gradient, (_, parameter) in zip(gradients, theirs.named_parameters()):
        assert agree(gradient.T, parameter.grad, NEAR)
    for name, tensor_of_ours in ours.state().items():
        assert agree(Matrix([tensor_of_ours.values]), theirs.state_dict()[name], NEAR)


def shake(network: Sequential, rng: Random) -> None:
    """Give every parameter a value that none has at the start, and the running figures too."""
    for parameter in network.parameters:
        for row in parameter:
            row[:] = [rng.gauss(0.0, 0.7) for _ in row]
    for layer in network.layers:
        if isinstance(layer, BatchNorm):
            features = layer.weight.columns
            layer.running_mean = normal(1, features, rng)
            layer.running_var = Matrix.from_function(1, features, lambda i, j: rng.uniform(0.1, 4.0))
            layer.num_batches_tracked[0, 0] = rng.randrange(1000)


def test_batch_norm_over_several_batches_and_then_in_use() -> None:
    rng = Random(0)
    for _ in range(200):
        features, momentum, epsilon = rng.randint(1, 6), rng.random(), 10 ** rng.uniform(-5, -1)
        ours = Sequential(BatchNorm(features, momentum=momentum, epsilon=epsilon))
        theirs = torch.nn.Sequential(
            torch.nn.BatchNorm1d(features, eps=epsilon, momentum=momentum, dtype=torch.float64)
        )
        shake(ours, rng)
        theirs.load_state_dict(to_theirs(ours))
        for _ in range(4):
            x = normal(rng.randint(2, 9), features, rng, spread=rng.uniform(0.1, 10), mean=rng.gauss(0, 5))
            check_forward_and_backward(ours, theirs, x, rng, training=True)
        for rows in (1, rng.randint(2, 5)):
            check_forward_and_backward(ours, theirs, normal(rows, features, rng), rng, training=False)


def test_default_options_are_pytorchs() -> None:
    theirs = torch.nn.BatchNorm1d(3)
    assert (BatchNorm(3).momentum, BatchNorm(3).epsilon) == (theirs.momentum, theirs.eps)
    assert LayerNorm(3).epsilon == torch.nn.LayerNorm(3).eps
    for ours, module in ((BatchNorm(3), theirs), (LayerNorm(3), torch.nn.LayerNorm(3))):
        assert [name for name, _ in module.state_dict().items()] == list(ours.tensor_shapes)
        assert [tuple(t.shape) for t in module.state_dict().values()] == list(ours.tensor_shapes.values())
        for matrix, t in zip([*ours.parameters, *ours.buffers], module.state_dict().values()):
            assert matrix == Matrix(t.reshape((1, -1)).tolist())


def test_scaling_is_a_batch_norm_in_use_without_epsilon() -> None:
    rng = Random(2)
    for _ in range(50):
        features = rng.randint(1, 6)
        shifts = [rng.gauss(0.0, 3.0) for _ in range(features)]
        scales = [rng.uniform(0.1, 4.0) for _ in range(features)]
        theirs = torch.nn.BatchNorm1d(features, eps=0.0, dtype=torch.float64).eval()
        theirs.running_mean.copy_(torch.tensor(shifts, dtype=torch.float64))
        theirs.running_var.copy_(torch.tensor([s * s for s in scales], dtype=torch.float64))
        x, dy = normal(4, features, rng, spread=5.0), normal(4, features, rng)
        y, backward = Scaling(shifts, scales).forward(x)
        z = tensor(x, grad=True)
        expected = theirs(z)
        assert agree(y, expected, NEAR)
        expected.backward(tensor(dy))
        assert agree(backward.inputs(dy), z.grad, NEAR)


def test_layer_norm() -> None:
    rng = Random(1)
    for case in range(200):
        features, epsilon = rng.randint(1, 8), 10 ** rng.uniform(-5, -1)
        ours = Sequential(LayerNorm(features, epsilon=epsilon))
        theirs = torch.nn.Sequential(torch.nn.LayerNorm(features, eps=epsilon, dtype=torch.float64))
        shake(ours, rng)
        theirs.load_state_dict(to_theirs(ours))
        x = normal(rng.randint(1, 6), features, rng, spread=rng.uniform(0.1, 10), mean=rng.gauss(0, 5))
        check_forward_and_backward(ours, theirs, x, rng, training=case % 2 == 0)


def test_flatten_numbers_the_tensors_of_a_network_for_pictures_as_pytorch_does() -> None:
    rng = Random(2)
    ours = Sequential(Flatten(), Linear(12, 5, rng))
    theirs = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 5, dtype=torch.float64))
    theirs.load_state_dict(to_theirs(ours))
    x = normal(7, 12, rng)
    assert agree(ours(x), theirs(tensor(x).reshape((7, 3, 4))), NEAR)


def random_pair(rng: Random) -> tuple[Sequential, Module]:
    """Return one architecture in both libraries: up to 12 layers, in any order, with different numbers in them."""
    width = rng.randint(1, 6)
    ours: list[Layer] = [Flatten()] if rng.random() < 0.5 else []
    theirs = [torch.nn.Flatten()] if ours else []
    first = len(ours)
    ours.append(Linear(width, width, rng))
    theirs.append(torch.nn.Linear(width, width))
    for _ in range(rng.randint(1, 12 - first)):
        kind = rng.choice(["linear", "batch", "layer", "prelu", "relu", "tanh"])
        epsilon, momentum = 10 ** rng.uniform(-3, -1), rng.random()
        if kind == "linear":
            before, width = width, rng.randint(1, 6)
            ours.append(Linear(before, width, rng))
            theirs.append(torch.nn.Linear(before, width))
        elif kind == "batch":
            ours.append(BatchNorm(width, momentum=momentum, epsilon=epsilon))
            theirs.append(torch.nn.BatchNorm1d(width, eps=epsilon, momentum=momentum))
        elif kind == "layer":
            ours.append(LayerNorm(width, epsilon=epsilon))
            theirs.append(torch.nn.LayerNorm(width, eps=epsilon))
        elif kind == "prelu":
            ours.append(PReLU(width))
            theirs.append(torch.nn.PReLU(width))
        else:
            ours.append(Activation(kind))
            theirs.append(torch.nn.ReLU() if kind == "relu" else torch.nn.Tanh())
    network, module = Sequential(*ours), torch.nn.Sequential(*theirs).to(torch.float64)
    shake(network, rng)
    return network, module


def inputs_of(network: Sequential, rng: Random, rows: int) -> Matrix:
    return normal(rows, network.in_features, rng)


def test_random_networks_learn_and_answer_the_same() -> None:
    rng = Random(3)
    for _ in range(200):
        ours, theirs = random_pair(rng)
        theirs.load_state_dict(to_theirs(ours))
        for rows in (3, 6):
            check_forward_and_backward(ours, theirs, inputs_of(ours, rng, rows), rng, training=True)
        check_forward_and_backward(ours, theirs, inputs_of(ours, rng, 2), rng, training=False)


def test_random_states_go_both_ways() -> None:
    rng = Random(4)
    for _ in range(300):
        ours, theirs = random_pair(rng)
        x = inputs_of(ours, rng, 3)
        state = theirs.state_dict()
        assert [(name, t.shape) for name, t in ours.state().items()] == [(n, tuple(t.shape)) for n, t in state.items()]
        assert [t.dtype for t in to_theirs(ours).values()] == [t.dtype for t in state.values()]
        theirs.load_state_dict(to_theirs(ours))
        theirs.train(False)
        assert agree(ours(x), theirs(tensor(x)), NEAR)

        other = Sequential.blank(ours.architecture, {name: t.shape for name, t in ours.state().items()})
        assert repr(other) == repr(ours)
        other.load_state(to_ours(theirs.state_dict()))
        assert other(x) == ours(x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_random_files_of_ours_are_read_by_pytorch(tmp_path: Path, dtype: str) -> None:
    rng = Random(5)
    for _ in range(60):
        ours, theirs = random_pair(rng)
        ours.save(tmp_path / "ours", dtype=dtype)
        state = official.load_file(tmp_path / "ours")
        for name, t in to_theirs(ours).items():
            counts = name.endswith("num_batches_tracked")
            assert state[name].dtype == (torch.int64 if counts else DTYPES[dtype])
            assert torch.equal(state[name], t if counts else t.to(DTYPES[dtype]))
        theirs.load_state_dict(state)
        theirs.train(False)
        x = inputs_of(ours, rng, 3)
        loaded = Sequential.load(tmp_path / "ours")
        assert agree(loaded(x), theirs(tensor(x)), NEAR)
        assert dtype != "F64" or loaded(x) == ours(x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_random_files_of_pytorch_are_read_by_ours(tmp_path: Path, dtype: str) -> None:
    rng = Random(6)
    for _ in range(60):
        ours, theirs = random_pair(rng)
        theirs.load_state_dict(to_theirs(ours))
        narrow = theirs.to(DTYPES[dtype]).state_dict()
        official.save_file(narrow, tmp_path / "theirs", {"architecture": ours.architecture})
        theirs.to(torch.float64).train(False)
        x = inputs_of(ours, rng, 3)
        assert agree(Sequential.load(tmp_path / "theirs")(x), theirs(tensor(x)), NEAR)

        shake(ours, rng)
        ours.load_state(safetensors.read(tmp_path / "theirs")[0])
        assert agree(ours(x), theirs(tensor(x)), NEAR)


def test_a_state_of_another_network_of_pytorch_is_refused_with_every_difference() -> None:
    ours = Sequential(Linear(3, 4, Random(0)), BatchNorm(4))
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4, bias=False), torch.nn.BatchNorm1d(4), torch.nn.PReLU(2))
    with pytest.raises(ValueError, match=r": 0\.bias is missing; 2\.weight is unknown$"):
        ours.load_state(to_ours(theirs.state_dict()))
