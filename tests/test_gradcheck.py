"""The gradient check passes right derivatives, names the wrong entry among many, and judges none near a kink."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest

from purenn import activations, layers, losses
from purenn.activations import Elementwise, heaviside, relu
from purenn.errors import ShapeError
from purenn.gradcheck import STEP, Check, Slope, check_layer, check_loss, check_network, standard_checks
from purenn.layers import LAYERS, Activation, Backward, Gradients, Layer, Linear, PReLU
from purenn.losses import LOSSES, MeanAbsoluteError, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.normalization import BatchNorm, LayerNorm
from purenn.regularization import Dropout
from tests.conftest import ELEMENTWISE, ROWWISE


def numbers(rows: int, columns: int, seed: int = 0) -> Matrix:
    rng = Random(seed)
    return Matrix.from_function(rows, columns, lambda i, j: rng.uniform(-2.0, 2.0))


def place(check: Check) -> tuple[str, int, int]:
    """Return the place of the largest error."""
    return check.worst.of, check.worst.row, check.worst.column


def test_all_of_the_library_passes() -> None:
    for seed in range(3):
        for check in standard_checks(seed):
            assert check.passed, str(check)
            assert not check.kinks, str(check)


def test_the_standard_checks_leave_out_no_activation_layer_or_loss() -> None:
    *subjects, last = [check.subject for check in standard_checks()]
    made = [kind.for_features(6, Random(0)) for kind in LAYERS.values()]
    in_use = [f"{layer} in use" for layer in made if layer.buffers]
    names = [*(f.name for f in ELEMENTWISE), *(f.name for f in ROWWISE), *map(str, made), *in_use, *LOSSES]
    assert {*subjects} == {*names}
    assert {"tanh", "softmax", "Linear(6, 4)", "PReLU(6)", "BatchNorm(6) in use", "CrossEntropy"} <= {*subjects}
    assert len(subjects) == len({*subjects})
    assert last == "network with CrossEntropy"


class Sloped(Layer):
    """y = factor · x, whose derivative is said to be 1."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        return x * self.factor, Backward(lambda dy: dy)


def test_the_standard_checks_include_and_judge_all_that_is_registered() -> None:
    layers.register(Sloped)
    losses.register(type("Halved", (HalfForgotten,), {}))
    activations.register(Elementwise("sine", math.sin, math.cos), "sin")
    activations.register(Elementwise("cosine", math.cos, math.sin))
    checks = {check.subject: check for check in standard_checks()}
    assert "sin" not in checks  # another name of the sine
    assert checks["sine"].passed
    assert [subject for subject, check in checks.items() if not check.passed] == ["cosine", "Sloped(2.0)", "Halved"]


def test_batch_norm_is_checked_in_use_by_its_running_figures() -> None:
    checks = {check.subject: check for check in standard_checks()}
    for subject, in_use in (("BatchNorm(6)", False), ("BatchNorm(6) in use", True)):
        column = [s.analytic for s in checks[subject].slopes if (s.of, s.column) == ("input", 0)]
        # in training, the batch's mean is taken away: raising all of a column changes nothing
        assert (abs(sum(column)) > 1e-3) is in_use


def test_every_number_is_compared() -> None:
    # 5 x 3 inputs, 3 x 2 weights and 2 biases
    assert check_layer(Linear(3, 2, Random(0)), numbers(5, 3)).compared == 15 + 6 + 2


def test_the_central_difference_is_the_slope() -> None:
    # loss = (y - 1)² of a single output y = 4: slope 2 * 3
    worst = check_loss(MeanSquaredError(), Matrix([[4.0]]), Matrix([[1.0]])).worst
    assert worst.analytic == 6.0
    assert worst.numeric == pytest.approx(6.0, rel=1e-9)


def test_a_check_leaves_inputs_and_parameters_as_they_were() -> None:
    layer, x, targets = BatchNorm(3), numbers(4, 3), numbers(4, 3, seed=1)
    layer.forward(x, training=True)
    before = [matrix.copy() for matrix in (x, targets, *layer.parameters, *layer.buffers)]
    for seed in (0, None):
        check_layer(layer, x, seed=seed)
        check_network(Sequential(layer), MeanSquaredError(), x, targets, seed=seed)
    check_loss(MeanSquaredError(), x, targets)
    assert [x, targets, *layer.parameters, *layer.buffers] == before


def test_a_forward_that_fails_halfway_leaves_the_parameters_as_they_were() -> None:
    class Fragile(Linear):
        calls = 0

        def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
            self.calls += 1
            if self.calls == 30:  # 12 inputs take 24 calls, so this is at a weight
                raise ArithmeticError("halfway")
            return super().forward(x, training=training, rng=rng)

    layer = Fragile(3, 2, Random(0))
    before = [matrix.copy() for matrix in layer.parameters]
    with pytest.raises(ArithmeticError, match="halfway"):
        check_layer(layer, numbers(4, 3))
    assert layer.parameters == before


def test_lists_will_do_for_numbers() -> None:
    layer = Linear(2, 1, Random(0))
    assert check_layer(layer, [[1, 2], [3, 4]]) == check_layer(layer, Matrix([[1, 2], [3, 4]]))
    loss = MeanSquaredError()
    assert check_loss(loss, [[1, 2]], [[3, 5]]) == check_loss(loss, Matrix([[1, 2]]), Matrix([[3, 5]]))
    network = Sequential(Linear(2, 3, Random(0)))
    classes = check_network(network, loss, [[1, 2], [3, 4]], [2, 0])  # class numbers, as `fit` takes them
    assert classes == check_network(network, loss, [[1, 2], [3, 4]], [[0, 0, 1], [1, 0, 0]])


def test_with_a_seed_a_layer_is_checked_as_in_training_and_with_none_as_in_use() -> None:
    seen: list[bool] = []

    class Watched(Dropout):
        def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
            seen.append(training)
            return super().forward(x, training=training, rng=rng)

    x, network = numbers(2, 3), Sequential(Linear(3, 3, Random(0)), Watched(0.5))
    for seed, training in ((0, True), (5, True), (None, False)):
        assert check_layer(Watched(0.5), x, seed=seed).passed
        assert check_network(network, MeanSquaredError(), x, x, seed=seed).passed
        assert {*seen} == {training}
        seen.clear()


# Printing.


def test_a_slope_tells_its_place_and_both_values() -> None:
    slope = Slope("weight", 2, 1, analytic=0.512, numeric=0.51200063)
    assert str(slope) == "weight[2, 1]: 0.512 by the code, 0.5120006 measured"


def test_a_check_is_a_line() -> None:
    good, bad = Slope("weight", 2, 1, 0.5, 0.5000000001), Slope("bias", 0, 0, -0.25, 0.75)
    assert str(Check("Linear(3, 2)", [good])) == (
        "Linear(3, 2): 1 derivative, worst relative error 2.0e-10 at weight[2, 1]: 0.5 by the code, 0.5 measured: ok"
    )
    assert str(Check("Linear(3, 2)", [good, bad])) == (
        "Linear(3, 2): 2 derivatives, worst relative error 1.3e+00 at "
        "bias[0, 0]: -0.25 by the code, 0.75 measured: WRONG"
    )


def test_kinks_are_a_second_line_that_names_the_first_four() -> None:
    good = Slope("input", 9, 9, 1.0, 1.0)
    kinks = [Slope("input", 0, j, 0.0, 0.5, kink=True) for j in range(5)]
    assert str(Check("relu", [good, *kinks[:2]])).splitlines()[1] == (
        "2 of 3 derivatives not judged: a kink within 7.6e-06 of input[0, 0], input[0, 1], "
        "where there is no slope to measure"
    )
    assert "of input[0, 0], input[0, 1], input[0, 2], input[0, 3], ..., where" in str(Check("relu", [good, *kinks]))
    assert str(Check("relu", kinks[:1])).splitlines()[0] == (
        "relu: 1 derivative, worst relative error 1.0e+00 at input[0, 0]: 0 by the code, 0.5 measured: not judged"
    )


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
def test_a_derivative_that_is_not_finite_is_caught(slope: float) -> None:
    check = check_layer(Activation(Elementwise("broken", math.sin, lambda z: slope)), numbers(2, 2))
    assert not check.passed
    assert check.worst.relative_error == math.inf


class WrongLinear(Linear):
    """A layer whose way back is right until `spoil` changes it."""

    def spoil(self, dx: Matrix, gradients: Gradients) -> tuple[Matrix, Gradients]:
        return dx, gradients

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        y, back = super().forward(x, training=training, rng=rng)
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
    with pytest.raises(ShapeError, match=r"gradients for input, weight, bias are .*, expected .*\(3, 2\), \(1, 2\)\]"):
        check_layer(wrong, numbers(4, 3))
    with pytest.raises(ShapeError, match=r"gradients for 0\.weight, 0\.bias are"):
        check_network(Sequential(wrong), MeanSquaredError(), numbers(4, 3), numbers(4, 2))


class Power(Layer):
    """y = x^n, with an exponent n that is trained and has no name. The derivative by it is ln x · x^n."""

    def __init__(self, factor: float, names: list[str] | None = None) -> None:
        self.n, self.factor, self.names = Matrix([[1.5]]), factor, names

    @property
    def parameters(self) -> list[Matrix]:
        return [self.n]

    @property
    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        return super().tensor_shapes if self.names is None else dict.fromkeys(self.names, (1,))

    def forward(self, x: Matrix, *, training: bool = False, rng: Random | None = None) -> tuple[Matrix, Backward]:
        n = self.n[0, 0]
        y = x.map(lambda value: value**n)
        by_n = x.map(math.log) * y * self.factor
        return y, Backward(lambda dy: dy * y / x * n, lambda dy: [Matrix([[sum(map(sum, dy * by_n))]])])


def test_a_parameter_without_a_name_is_named_by_its_number() -> None:
    assert check_layer(Power(1.0), [[2.0, 3.0]]).passed
    assert place(check_layer(Power(1.1), [[2.0, 3.0]])) == ("tensor0", 0, 0)


@pytest.mark.parametrize("names", [[], ["n", "m"]])
def test_not_as_many_names_as_parameters_and_buffers_are_an_error(names: list[str]) -> None:
    said = rf"Power\(1\.0\): 1 parameters and 0 buffers, but its tensor_shapes are {', '.join(names)}$"
    with pytest.raises(ShapeError, match=said):
        check_layer(Power(1.0, names), [[2.0, 3.0]])


class OnlyValueAndGradient:
    """The sum of cubes, with no more than the check needs of a loss."""

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return sum((y - t) ** 3 for u, v in zip(outputs, targets) for y, t in zip(u, v))

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return 3.0 * (outputs - targets) * (outputs - targets)


def test_a_custom_loss_needs_a_value_and_a_gradient_to_be_checked() -> None:
    check = check_loss(OnlyValueAndGradient(), numbers(3, 2), numbers(3, 2, seed=1))
    assert check.passed
    assert check.subject == "OnlyValueAndGradient"


def test_large_numbers_are_no_mistake() -> None:
    # the square of an error of 50,000, whose slope is 100,000: x + h must not be rounded
    assert check_loss(MeanSquaredError(), [[350_000.123]], [[400_000.456]]).passed


def test_outputs_may_be_the_targets_themselves() -> None:
    class OffByOne(MeanSquaredError):
        def value(self, outputs: Matrix, targets: Matrix) -> float:
            return super().value(outputs, targets.map(lambda t: t + 1.0))

        def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
            return super().gradient(outputs, targets.map(lambda t: t + 1.0))

    same = numbers(3, 2)
    assert check_loss(OffByOne(), same, same).passed


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
        check = check_network(network, LOSSES[loss](), numbers(3, 3), targets)
        assert check.passed, str(check)
        assert check.compared == sum(p.rows * p.columns for p in network.parameters)


def test_in_a_network_buffers_have_no_derivative_and_names_still_fit() -> None:
    parts: list[Layer] = [Linear(2, 3, Random(1)), BatchNorm(3), OneWeightWrong(3, 3, Random(2)), LayerNorm(3)]
    check = check_network(Sequential(*parts), MeanSquaredError(), numbers(4, 2), numbers(4, 3, seed=1))
    names = ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias", "3.weight", "3.bias"]
    assert list(dict.fromkeys(slope.of for slope in check.slopes)) == names
    assert place(check) == ("2.weight", 2, 1)


def test_a_network_without_parameters_has_nothing_to_check() -> None:
    with pytest.raises(ValueError, match=r"Sequential\(Dropout\(0.5\)\) has no parameters to check"):
        check_network(Sequential(Dropout(0.5)), MeanSquaredError(), numbers(1, 1), numbers(1, 1))


def test_in_a_network_the_wrong_parameter_is_named_as_in_its_state() -> None:
    network = Sequential(Linear(2, 3, Random(1)), PReLU(3), OneWeightWrong(3, 2, Random(2)))
    check = check_network(network, MeanSquaredError(), numbers(4, 2), numbers(4, 2, seed=1))
    assert not check.passed
    assert place(check) == ("2.weight", 2, 1)


# Near kinks: no slope is judged that cannot be measured, and no other is excused for it.


def places(check: Check) -> list[str]:
    return [slope.place for slope in check.kinks]


def check_function(f: Callable[[float], float], derivative: Callable[[float], float], *numbers: float) -> Check:
    return check_layer(Activation(Elementwise("f", f, derivative)), [list(numbers)])


@pytest.mark.parametrize("distance", [0.0, 0.1, 1 / 3, 0.5, 2 / 3, 0.9, 0.999])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_kink_within_a_step_is_listed_and_not_judged(distance: float, side: float) -> None:
    near = side * distance * STEP
    check = check_layer(Activation("relu"), [[1.0, near], [-2.0, 3.0]])
    assert check.passed
    assert places(check) == ["input[0, 1]"]
    assert check.compared == 4
    assert check.worst not in check.kinks


@pytest.mark.parametrize("distance", [1.5, 2.0, 3.0, 4.0, 5.0, 10.0])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_kink_further_off_excuses_nothing(distance: float, side: float) -> None:
    x = [[side * distance * STEP]]
    assert check_layer(Activation("relu"), x).passed
    assert places(check_layer(Activation("relu"), x)) == []
    wrong = Elementwise("wrong", relu.function, lambda z: 1.01 if z > 0.0 else 0.01)
    assert not check_layer(Activation(wrong), x).passed


def test_a_wrong_derivative_elsewhere_is_found_beside_a_kink() -> None:
    wrong = Elementwise("wrong", relu.function, lambda z: 2.0 if z > 2.5 else 1.0 if z > 0.0 else 0.0)
    check = check_layer(Activation(wrong), [[1.0, 0.0, 3.0]])
    assert not check.passed
    assert check.verdict == "WRONG"
    assert check.worst.place == "input[0, 2]"
    assert places(check) == ["input[0, 1]"]


def test_a_check_of_kinks_alone_has_not_passed() -> None:
    check = check_layer(Activation("relu"), [[0.0, 0.0]])
    assert len(check.kinks) == check.compared == 2
    assert not check.passed
    assert check.verdict == "not judged"
    # nor has it where the code and the average of the two slopes are both 0
    assert not check_loss(MeanAbsoluteError(), [[1.0]], [[1.0]]).passed


def test_a_kink_is_not_judged_even_where_the_code_says_the_average() -> None:
    average = Elementwise("average", relu.function, lambda z: 0.5 if z == 0.0 else float(z > 0.0))
    assert places(check_layer(Activation(average), [[0.0, 1.0]])) == ["input[0, 0]"]


def test_a_jump_is_not_judged_either() -> None:
    assert places(check_layer(Activation(heaviside), [[0.0, 1.0]])) == ["input[0, 0]"]


def test_kinks_of_losses_parameters_and_networks() -> None:
    loss = check_loss(MeanAbsoluteError(), [[1.0, 2.0, 3.0]], [[1.0, 5.0, 3.0]])
    assert (places(loss), loss.passed) == (["output[0, 0]", "output[0, 2]"], True)
    # y = max(z, 0) + a min(z, 0) is smooth in a, even at z = 0
    assert places(check_layer(PReLU(2), [[0.0, 1.0], [-1.0, 2.0]])) == ["input[0, 0]"]
    # |y - t| = |a z - t| has a kink where a z = t: 0.25 · -4 = -1
    network = check_network(Sequential(PReLU(2)), MeanAbsoluteError(), [[-4.0, -4.0]], [[-1.0, -3.0]])
    assert (places(network), network.passed) == (["0.weight[0, 0]"], True)


def test_a_small_kink_that_changes_nothing_is_none() -> None:
    # slopes 1 and 1 + 1e-9: their average is within tolerance of either
    check = check_function(lambda z: z + 1e-9 * max(z, 0.0), lambda z: 1.0, 0.0)
    assert check.passed
    assert not check.kinks


@pytest.mark.parametrize(
    ("f", "derivative", "x"),
    [
        (lambda z: math.sin(1000.0 * z), lambda z: 1000.0 * math.cos(1000.0 * z), 0.3),
        (lambda z: math.exp(20.0 * z), lambda z: 20.0 * math.exp(20.0 * z), 1.0),
        (lambda z: 1e6 * z * z, lambda z: 2e6 * z, 0.01),
        (lambda z: z * z, lambda z: 2.0 * z, 0.0),
        (lambda z: z**4, lambda z: 4.0 * z**3, 1e-4),
        (math.sqrt, lambda z: 0.5 / math.sqrt(z), 0.02),
        (lambda z: math.log1p(math.exp(300.0 * z)), lambda z: 300.0 / (1.0 + math.exp(-300.0 * z)), 0.0),
        (lambda z: 1e-3 * math.tanh(1000.0 * z), lambda z: 1.0 - math.tanh(1000.0 * z) ** 2, 5e-4),
    ],
    ids=["sine of 1000 z", "steep", "square", "its foot", "fourth power", "root", "sharp softplus", "sharp tanh"],
)
def test_strong_curvature_is_no_kink_and_excuses_no_mistake(
    f: Callable[[float], float], derivative: Callable[[float], float], x: float
) -> None:
    wrong = check_function(f, lambda z: 1.001 * derivative(z) + 1e-5, x)
    assert not wrong.kinks
    assert wrong.verdict == "WRONG"
    right = check_function(f, derivative, x)
    assert not right.kinks
    assert right.worst.relative_error < 2e-5  # central differences are off by h² / 6 times the third derivative


def test_random_kinks_among_random_curves() -> None:
    rng, excused, far = Random(0), 0, 0
    for _ in range(3000):
        x, jump, curve = rng.uniform(-3, 3), 10 ** rng.uniform(-2, 2) * rng.choice((-1, 1)), rng.gauss(0, 3)
        there = x + rng.uniform(-4, 4) * STEP

        def f(z: float, at: float = there, jump: float = jump, curve: float = curve) -> float:
            return jump * max(z - at, 0.0) + curve * math.sin(z)

        def derivative(z: float, at: float = there, jump: float = jump, curve: float = curve) -> float:
            return jump * (z > at) + curve * math.cos(z)

        check = check_function(f, derivative, x)
        assert check.passed or check.kinks, (x, jump, curve)
        if abs(there - x) < 0.99 * STEP:
            assert check.kinks, (x, there, jump, curve)
        if abs(there - x) > 1.3 * STEP:
            far += 1
            excused += bool(check.kinks)
    assert far > 1000
    assert excused < 0.01 * far  # where a curve happens to undo, 4 steps away, what a kink does there


def test_the_second_look_is_taken_only_where_slopes_bend() -> None:
    calls: list[float] = []

    def counted(z: float) -> float:
        calls.append(z)
        return 3.0 * z

    check_function(counted, lambda z: 3.0, 2.0)
    assert len(calls) == 4  # forward for its way back, f(x), and a step to either side


def test_a_network_far_from_kinks_has_none() -> None:
    x = Matrix([[1.0, -2.0], [-0.5, 3.0]])
    assert not check_network(Sequential(PReLU(2)), MeanSquaredError(), x, x * 0.3).kinks
