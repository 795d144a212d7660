"""Numbers worked out by hand, which the library must come to as well. Each stands with its derivation."""

from __future__ import annotations

import pytest

from purenn.activations import relu
from purenn.layers import Activation
from purenn.losses import BinaryCrossEntropy, BinaryCrossEntropyOfProbabilities, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.optimizers import SGD
from tests.conftest import linear


def three_decimals(matrix: Matrix) -> float:
    """The only number of a 1 × 1 matrix."""
    ((value,),) = matrix
    return round(value, 3)


# The worked iteration: one input x = 0.5, a hidden neuron with ReLU (w1 = 0.8, b1 = 0.2), an output neuron with sigmoid
# (w2 = -1, b2 = 0.5), target 1, binary cross-entropy, learning rate 0.1.
X, TARGET = Matrix([[0.5]]), Matrix([[1.0]])


def test_worked_iteration_forward_and_backward() -> None:
    z1, hidden_back = linear([[0.8]], [0.2]).forward(X)
    h1, relu_back = Activation("relu").forward(z1)
    z2, output_back = linear([[-1.0]], [0.5]).forward(h1)
    y1, sigmoid_back = Activation("sigmoid").forward(z2)
    assert three_decimals(z1) == 0.6  # 0.8 * 0.5 + 0.2
    assert three_decimals(h1) == 0.6  # max(0, 0.6)
    assert three_decimals(z2) == -0.1  # -1 * 0.6 + 0.5
    assert three_decimals(y1) == 0.475  # 1 / (1 + e^0.1) = 0.4750208

    loss = BinaryCrossEntropyOfProbabilities()
    assert round(loss.value(y1, TARGET), 3) == 0.744  # -ln 0.4750208 = 0.7443967

    dy1 = loss.gradient(y1, TARGET)
    assert three_decimals(dy1) == -2.105  # -1 / 0.4750208 = -2.1051709
    dz2 = sigmoid_back.inputs(dy1)
    assert three_decimals(dz2) == -0.525  # -2.1051709 * 0.4750208 * (1 - 0.4750208) = y1 - 1 = -0.5249792
    dh1, (dw2, db2) = output_back(dz2)
    assert three_decimals(dw2) == -0.315  # -0.5249792 * h1 = -0.3149875
    assert three_decimals(db2) == -0.525  # -0.5249792 * 1
    assert three_decimals(dh1) == 0.525  # -0.5249792 * w2
    dz1 = relu_back.inputs(dh1)
    assert three_decimals(dz1) == 0.525  # z1 > 0, where the slope is 1
    dw1, db1 = hidden_back.parameters(dz1)
    assert three_decimals(dw1) == 0.262  # 0.5249792 * x = 0.2624896
    assert three_decimals(db1) == 0.525  # 0.5249792 * 1


def test_worked_iteration_step() -> None:
    network = Sequential(linear([[0.8]], [0.2]), Activation("relu"), linear([[-1.0]], [0.5]), Activation("sigmoid"))
    outputs, backward = network.forward(X)
    gradients = backward.parameters(BinaryCrossEntropyOfProbabilities().gradient(outputs, TARGET))
    SGD(learning_rate=0.1).step(network.parameters, gradients)
    w1, b1, w2, b2 = map(three_decimals, network.parameters)
    assert w1 == 0.774  # 0.8 - 0.1 * 0.2624896 = 0.7737510
    assert b1 == 0.148  # 0.2 - 0.1 * 0.5249792 = 0.1475021
    assert w2 == -0.969  # -1 + 0.1 * 0.3149875 = -0.9685012
    assert b2 == 0.552  # 0.5 + 0.1 * 0.5249792 = 0.5524979


def test_worked_iteration_on_the_logit_is_the_same() -> None:
    # sigmoid and loss together: L = ln(1 + e^-z) for target 1, and dL/dz = sigmoid(z) - 1
    z2 = Matrix([[-0.1]])
    assert round(BinaryCrossEntropy().value(z2, TARGET), 3) == 0.744
    assert three_decimals(BinaryCrossEntropy().gradient(z2, TARGET)) == -0.525


def test_house_price_squared_error() -> None:
    # (350,000 - 400,000)² = 50,000² = 2,500,000,000, and its slope 2 * (350,000 - 400,000)
    predicted, actual = Matrix([[350_000]]), Matrix([[400_000]])
    assert MeanSquaredError().value(predicted, actual) == 2_500_000_000
    assert MeanSquaredError().gradient(predicted, actual) == Matrix([[-100_000.0]])


@pytest.mark.parametrize(("z", "y"), [(-5.0, 0.0), (3.0, 3.0), (0.7, 0.7), (0.0, 0.0)])
def test_relu_values(z: float, y: float) -> None:
    assert relu(z) == y
    assert Activation("relu").forward(Matrix([[z]]))[0] == Matrix([[y]])


def test_stacked_linear_layers_are_one() -> None:
    # (x W1 + b1) W2 + b2 = x (W1 W2) + (b1 W2 + b2): without an activation between them, depth adds nothing. Where x is
    # a column, it is written W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2): the same, transposed.
    first, second = linear([[1, 3, 0.5], [2, -4, 1]], [1, 0, -2]), linear([[2, 0], [-1, 3], [4, 1]], [10, 20])
    # W1 W2 = [[1, 9.5], [12, -11]]: 1*2 + 3*(-1) + 0.5*4, 3*3 + 0.5*1; 2*2 - 4*(-1) + 1*4, -4*3 + 1*1
    # b1 W2 + b2 = (1*2 + 0*(-1) - 2*4 + 10, 0*3 - 2*1 + 20) = (4, 18)
    one = linear([[1, 9.5], [12, -11]], [4, 18])
    assert first.weight @ second.weight == one.weight
    assert first.bias @ second.weight + second.bias == one.bias
    x = Matrix([[1, 0], [0, 1], [-2, 5]])
    assert Sequential(first, second)(x) == Sequential(one)(x)
