"""Activations, losses and layers against PyTorch in 64-bit floats: the same values and gradients."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from purenn import activations, losses
from purenn.activations import Elementwise, Rowwise
from purenn.formats import safetensors
from purenn.layers import Activation, Linear, PReLU
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from tests.conftest import ELEMENTWISE, ROWWISE, normal
from tests.pytorch import Tensor, agree, tensor, torch

functional = torch.nn.functional

pytestmark = pytest.mark.interop


THEIRS: list[tuple[Elementwise | Rowwise, Callable[[Tensor], Tensor]]] = [
    (activations.identity, torch.clone),
    (activations.sigmoid, torch.sigmoid),
    (activations.tanh, torch.tanh),
    (activations.relu, torch.relu),
    (activations.leaky_relu, functional.leaky_relu),
    (activations.leaky_relu_with(0.2), lambda z: functional.leaky_relu(z, 0.2)),
    (activations.elu, functional.elu),
    (activations.elu_with(0.5), lambda z: functional.elu(z, 0.5)),
    (activations.softplus, lambda z: functional.softplus(z, threshold=700)),  # by default it turns straight at 20
    (activations.gelu, functional.gelu),
    (activations.gelu_tanh, lambda z: functional.gelu(z, approximate="tanh")),
    (activations.swish, functional.silu),
    (activations.softmax, lambda z: torch.softmax(z, dim=1)),
    (activations.log_softmax, lambda z: torch.log_softmax(z, dim=1)),
]


@pytest.mark.parametrize(("ours", "theirs"), THEIRS, ids=[f.name for f, _ in THEIRS])
def test_activations_and_their_gradients(ours: Elementwise | Rowwise, theirs: Callable[[Tensor], Tensor]) -> None:
    rng = Random(0)
    # besides ordinary numbers: the kink, both zeros, tails, and what would overflow without care
    special = [[0.0, -0.0, 1e-9, -1e-9, 5.0, -5.0], [1000.0, -1000.0, 30.0, -30.0, 0.0, 8.0]]
    x = Matrix([*normal(20, 6, rng, spread=2.0), *special])
    dy = normal(*x.shape, rng, spread=2.0)
    y, backward = Activation(ours).forward(x)
    z = tensor(x, grad=True)
    expected = theirs(z)
    expected.backward(tensor(dy))
    assert agree(y, expected)
    assert agree(backward(dy)[0], z.grad)


def test_heaviside_which_has_no_gradient_there() -> None:
    x = Matrix([[-2.0, -1e-9, -0.0, 0.0, 1e-9, 3.0]])
    assert agree(x.map(activations.heaviside), torch.heaviside(tensor(x), torch.tensor(1.0, dtype=torch.float64)))


def test_every_activation_is_compared() -> None:
    names = {f.name for f, _ in THEIRS} | {"heaviside"}
    assert names >= {f.name for f in ELEMENTWISE} | {f.name for f in ROWWISE}


# Outputs that are logits or plain numbers, and outputs that are probabilities.
LOSSES: list[tuple[Loss, Callable[[Tensor, Tensor], Tensor], bool]] = [
    (losses.MeanSquaredError(), functional.mse_loss, False),
    (losses.MeanAbsoluteError(), functional.l1_loss, False),
    (losses.CrossEntropy(), functional.cross_entropy, False),
    (losses.BinaryCrossEntropy(), functional.binary_cross_entropy_with_logits, False),
    (losses.CrossEntropyOfProbabilities(), lambda p, t: torch.sum(torch.mul(t, torch.log(p))) / -p.shape[0], True),
    (losses.BinaryCrossEntropyOfProbabilities(), functional.binary_cross_entropy, True),
]


def one_hot(rows: int, columns: int, rng: Random) -> Matrix:
    return Matrix.identity(columns).take([rng.randrange(columns) for _ in range(rows)])


def mixed(rows: int, columns: int, rng: Random) -> Matrix:
    return Matrix.from_function(rows, columns, lambda i, j: rng.random())


@pytest.mark.parametrize("targets", [one_hot, mixed], ids=["one-hot", "mixed"])
@pytest.mark.parametrize(("loss", "theirs", "of_probabilities"), LOSSES, ids=[loss.name for loss, _, _ in LOSSES])
def test_losses_and_their_gradients(
    loss: Loss,
    theirs: Callable[[Tensor, Tensor], Tensor],
    of_probabilities: bool,
    targets: Callable[[int, int, Random], Matrix],
) -> None:
    rng = Random(1)
    if of_probabilities:
        outputs = Matrix.from_function(12, 5, lambda i, j: rng.uniform(0.01, 0.99))
    else:
        outputs = Matrix([*normal(11, 5, rng, spread=2.0), [1000.0, -1000.0, 1.0, 0.0, 30.0]])
    t = targets(*outputs.shape, rng)
    y = tensor(outputs, grad=True)
    expected = theirs(y, tensor(t))
    expected.backward()
    assert loss.value(outputs, t) == pytest.approx(expected.item(), rel=1e-9)
    assert agree(loss.gradient(outputs, t), y.grad)


def test_the_gradient_of_an_absolute_error_of_zero() -> None:
    outputs, targets = Matrix([[1.0, 2.0]]), Matrix([[1.0, 3.0]])
    y = tensor(outputs, grad=True)
    functional.l1_loss(y, tensor(targets)).backward()
    assert agree(losses.MeanAbsoluteError().gradient(outputs, targets), y.grad)


def test_every_loss_is_compared() -> None:
    assert {loss.name for loss, _, _ in LOSSES} == set(losses.LOSSES)


# A weight that lies the wrong way round is refused for its shape; if it is square, only its values tell.
oblong_and_square = pytest.mark.parametrize(("inputs", "outputs"), [(7, 4), (5, 5)])


@oblong_and_square
@pytest.mark.parametrize("share_of_zeros", [0.0, 0.7])
def test_linear_forward_and_backward(share_of_zeros: float, inputs: int, outputs: int) -> None:
    rng = Random(2)
    layer = Linear(inputs, outputs, rng)
    layer.bias = normal(1, outputs, rng, spread=2.0)
    x = normal(9, inputs, rng, spread=2.0).map(lambda value: 0.0 if rng.random() < share_of_zeros else value)
    dy = normal(9, outputs, rng, spread=2.0)
    y, backward = layer.forward(x)
    dx, (dw, db) = backward(dy)

    theirs = torch.nn.Linear(inputs, outputs, dtype=torch.float64)
    theirs.load_state_dict({"weight": tensor(layer.weight.T), "bias": tensor(layer.bias).reshape((outputs,))})
    z = tensor(x, grad=True)
    expected = theirs(z)
    expected.backward(tensor(dy))
    assert agree(y, expected)
    assert agree(dx, z.grad)
    assert agree(dw.T, theirs.weight.grad)
    assert agree(db, theirs.bias.grad)


@oblong_and_square
def test_a_state_goes_both_ways(inputs: int, outputs: int) -> None:
    ours, x = Sequential(Linear(inputs, outputs, Random(0)), PReLU(outputs)), normal(3, inputs, Random(1), spread=2.0)
    theirs = torch.nn.Sequential(torch.nn.Linear(inputs, outputs), torch.nn.PReLU(outputs)).to(torch.float64)
    taken = {name: safetensors.Tensor(tuple(t.shape), t.flatten().tolist()) for name, t in theirs.state_dict().items()}
    ours.load_state(taken)
    assert agree(ours(x), theirs(tensor(x)))

    other = Sequential(Linear(inputs, outputs, Random(2)), PReLU(outputs, slope=0.5))
    given = {name: torch.tensor(t.values, dtype=torch.float64).reshape(t.shape) for name, t in other.state().items()}
    theirs.load_state_dict(given)
    assert agree(other(x), theirs(tensor(x)))


def test_prelu_forward_and_backward() -> None:
    rng = Random(3)
    layer = PReLU(5)
    layer.slope = normal(1, 5, rng, spread=2.0)
    x, dy = Matrix([*normal(8, 5, rng, spread=2.0), [0.0] * 5]), normal(9, 5, rng, spread=2.0)
    y, backward = layer.forward(x)
    dx, (da,) = backward(dy)

    theirs = torch.nn.PReLU(5, dtype=torch.float64)
    theirs.load_state_dict({"weight": tensor(layer.slope).reshape(layer.tensor_shapes["weight"])})
    z = tensor(x, grad=True)
    expected = theirs(z)
    expected.backward(tensor(dy))
    assert agree(y, expected)
    assert agree(dx, z.grad)
    assert agree(da, theirs.weight.grad)
