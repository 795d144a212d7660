"""The gradient check must pass what is right and catch what is wrong: one wrong entry among many, and name it."""

from __future__ import annotations

import math
from random import Random

import pytest

from purenn.activations import ELEMENTWISE, ROWWISE, Elementwise, heaviside
from purenn.errors import ShapeError
from purenn.gradcheck import Check, check_layer, check_loss, check_network, standard_checks
from purenn.layers import Activation, Backward, Gradients, Linear, PReLU
from purenn.losses import LOSSES, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward


def numbers(rows: int, columns: int, seed: int = 0) -> Matrix:
    rng = Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(-2.0, 2.0))


def place(check: Check) -> tuple[str, int, int]:
    """Where the derivative is most wrong."""
    return check.worst.of, check.worst.row, check.worst.column


def test_all_of_the_library_passes() -> None:
    for seed in range(3):
        for check in standard_checks(seed):
            assert check.passed, check


def test_the_standard_checks_leave_out_no_activation_layer_or_loss() -> None:
    subjects = [check.subject for check in standard_checks()]
    for name in [*(f.name for f in (*ELEMENTWISE, *ROWWISE)), "Linear(6, 4)", "PReLU(6)", "Dropout(0.4)", *LOSSES]:
        assert name in subjects
    assert subjects[-1] == "network with CrossEntropy"


def test_every_number_is_compared() -> None:
    # 5 x 3 inputs, 3 x 2 weights and 2 biases
    assert check_layer(Linear(3, 2, Random(0)), numbers(5, 3)).compared == 15 + 6 + 2


def test_the_central_difference_is_the_slope() -> None:
    # loss = (y - 1)² of a single output y = 4: slope 2 * 3
    worst = check_loss(MeanSquaredError(), Matrix([[4.0]]), Matrix([[1.0]])).worst
    assert worst.analytic == 6.0
    assert worst.numeric == pytest.approx(6.0, rel=1e-9)


def test_a_check_leaves_inputs_and_parameters_as_they_were() -> None:
    layer, x = Linear(3, 2, Random(0)), numbers(4, 3)
    before = [matrix.copy() for matrix in (x, *layer.parameters)]
    check_layer(layer, x)
    assert [x, *layer.parameters] == before


# Wrong on purpose.


def test_a_wrong_derivative_is_caught_where_it_is_wrong() -> None:
    # right up to 3, and a thousandth too large above
    bent = Elementwise("bent", math.sin, lambda z: math.cos(z) if z < 3.0 else 1.001 * math.cos(z))
    x = numbers(4, 5)
    assert check_layer(Activation(bent), x).passed
    x[2, 3] = 3.5
    check = check_layer(Activation(bent), x)
    assert not check.passed
    assert check.subject == "Activation('bent')"
    assert place(check) == ("input", 2, 3)


@pytest.mark.parametrize("slope", [math.nan, math.inf, -math.inf])
def test_a_derivative_that_is_no_number_is_caught(slope: float) -> None:
    check = check_layer(Activation(Elementwise("broken", math.sin, lambda z: slope)), numbers(2, 2))
    assert not check.passed
    assert check.worst.relative_error == math.inf


class WrongLinear(Linear):
    """A layer whose way back, right in itself, is changed by `spoil`."""

    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        return dx, gradients

    def forward(self, x: Matrix, rng: Random | None = None) -> tuple[Matrix, Backward]:
        y, back = super().forward(x, rng)
        return y, Backward(inputs=lambda dy: self.spoil(*back(dy))[0], parameters=lambda dy: self.spoil(*back(dy))[1])


class OneWeightWrong(WrongLinear):
    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        weight, bias = gradients
        weight[2, 1] *= 1.00001
        return dx, [weight, bias]


class BiasForgotten(WrongLinear):
    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        weight, bias = gradients
        return dx, [weight, bias * 0.0]


class OneInputWrong(WrongLinear):
    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        dx[3, 0] += 0.01
        return dx, gradients


class GradientMissing(WrongLinear):
    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        return dx, gradients[:1]


class GradientTransposed(WrongLinear):
    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        return dx, [gradients[0].T, gradients[1]]


def test_the_layer_that_the_wrong_ones_are_made_of_is_right() -> None:
    assert check_layer(WrongLinear(3, 2, Random(0)), numbers(4, 3)).passed


def test_one_wrong_weight_gradient_is_named() -> None:
    check = check_layer(OneWeightWrong(3, 2, Random(0)), numbers(4, 3))
    assert not check.passed
    assert place(check) == ("weight", 2, 1)


def test_a_forgotten_bias_is_named() -> None:
    check = check_layer(BiasForgotten(3, 2, Random(0)), numbers(4, 3))
    assert not check.passed
    assert check.worst.of == "bias"
    assert check.worst.analytic == 0.0


def test_one_wrong_input_gradient_is_named() -> None:
    check = check_layer(OneInputWrong(3, 2, Random(0)), numbers(4, 3))
    assert not check.passed
    assert place(check) == ("input", 3, 0)


@pytest.mark.parametrize("wrong", [GradientMissing(3, 2, Random(0)), GradientTransposed(3, 2, Random(0))])
def test_a_gradient_that_is_missing_or_misshapen_is_an_error(wrong: Linear) -> None:
    with pytest.raises(ShapeError, match=r"gradients by input, weight, bias are .*, expected .*\(3, 2\), \(1, 2\)\]"):
        check_layer(wrong, numbers(4, 3))
    with pytest.raises(ShapeError, match=r"gradients by 0\.weight, 0\.bias are"):
        check_network(Sequential(wrong), MeanSquaredError(), numbers(4, 3), numbers(4, 2))


class HalfForgotten(MeanSquaredError):
    """The square's slope without its factor 2."""

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return super().gradient(outputs, targets) * 0.5


class OneOutputWrong(MeanSquaredError):
    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        gradient = super().gradient(outputs, targets)
        gradient[2, 1] += 1e-4
        return gradient


def test_a_wrong_loss_is_caught_where_it_is_wrong() -> None:
    outputs, targets = numbers(3, 2), numbers(3, 2, seed=1)
    assert check_loss(MeanSquaredError(), outputs, targets).passed
    assert not check_loss(HalfForgotten(), outputs, targets).passed
    check = check_loss(OneOutputWrong(), outputs, targets)
    assert not check.passed
    assert place(check) == ("output", 2, 1)


# Whole networks.


@pytest.mark.parametrize("hidden", ["prelu", *(f.name for f in ELEMENTWISE if f is not heaviside)])
def test_gradients_of_whole_networks(hidden: str) -> None:
    network = feed_forward([3, 4, 4, 2], Random(1), hidden=hidden, dropout=0.5)
    targets = Matrix([[1.0, 0.0], [0.0, 1.0], [0.25, 0.75]])
    for loss in ("MeanSquaredError", "CrossEntropy", "BinaryCrossEntropy"):
        check = check_network(network, LOSSES[loss], numbers(3, 3), targets)
        assert check.passed, check
        assert check.compared == sum(p.rows * p.columns for p in network.parameters)


def test_in_a_network_the_wrong_parameter_is_named_as_in_its_state() -> None:
    network = Sequential(Linear(2, 3, Random(1)), PReLU(3), OneWeightWrong(3, 2, Random(2)))
    check = check_network(network, MeanSquaredError(), numbers(4, 2), numbers(4, 2, seed=1))
    assert not check.passed
    assert place(check) == ("2.weight", 2, 1)
