"""Every activation and its derivative against the formulas of the textbooks, worked out to sixty digits."""

from __future__ import annotations

import math
import pickle
import warnings
from collections.abc import Callable
from decimal import Decimal, localcontext
from random import Random

import pytest

from purenn.activations import (
    ACTIVATIONS,
    Elementwise,
    Rowwise,
    activation,
    elu,
    elu_with,
    gelu,
    gelu_tanh,
    heaviside,
    identity,
    leaky_relu,
    leaky_relu_with,
    log_softmax,
    register,
    relu,
    sigmoid,
    softmax,
    softplus,
    swish,
    tanh,
)
from purenn.matrix import Matrix
from tests.conftest import ELEMENTWISE, ROWWISE

inf, nan = math.inf, math.nan
POINTS = (-8.0, -5.0, -2.5, -1.0, -0.3, -1e-9, 0.0, 1e-9, 0.125, 0.7, 1.0, 3.0, 8.0)
each_elementwise = pytest.mark.parametrize("f", ELEMENTWISE, ids=lambda f: f.name)
each_rowwise = pytest.mark.parametrize("f", ROWWISE, ids=lambda f: f.name)
SLOPE_DEPENDS_ON_Z = [f for f in ELEMENTWISE if f not in (heaviside, identity)]

# The formulas once more, as textbooks have them and not in the safe form the library needs: here sixty digits make up.
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
Exact = Callable[[Decimal], Decimal]


def exact_sigmoid(z: Decimal) -> Decimal:
    return 1 / (1 + (-z).exp())


def exact_tanh(z: Decimal) -> Decimal:
    return (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())


def density(z: Decimal) -> Decimal:
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def below(z: Decimal) -> Decimal:
    """Φ(z) = 1/2 + φ(z) (z + z³/3 + z⁵/(3·5) + z⁷/(3·5·7) + …)."""
    total = term = z
    for odd in range(3, 1000, 2):
        term = term * z * z / odd
        total += term
    return Decimal("0.5") + density(z) * total


def tanh_argument(z: Decimal) -> Decimal:
    return (2 / PI).sqrt() * (z + Decimal("0.044715") * z**3)


EXACT: list[tuple[Elementwise, Exact]] = [
    (heaviside, lambda z: Decimal(int(z >= 0))),
    (identity, lambda z: z),
    (sigmoid, exact_sigmoid),
    (tanh, exact_tanh),
    (relu, lambda z: max(z, Decimal(0))),
    (leaky_relu, lambda z: max(z, z * Decimal("0.01"))),
    (leaky_relu_with(0.2), lambda z: max(z, z * Decimal("0.2"))),
    (elu, lambda z: z if z > 0 else z.exp() - 1),
    (elu_with(0.5), lambda z: z if z > 0 else (z.exp() - 1) / 2),
    (softplus, lambda z: (1 + z.exp()).ln()),
    (gelu, lambda z: z * below(z)),
    (gelu_tanh, lambda z: z * (1 + exact_tanh(tanh_argument(z))) / 2),
    (swish, lambda z: z * exact_sigmoid(z)),
]
each_formula = pytest.mark.parametrize(("f", "exact"), EXACT, ids=[f.name for f, _ in EXACT])


@pytest.mark.parametrize("z", POINTS)
@each_formula
def test_the_value_is_that_of_the_formula(f: Elementwise, exact: Exact, z: float) -> None:
    with localcontext() as context:
        context.prec = 60
        expected = float(exact(Decimal(z)))
    assert f(z) == pytest.approx(expected, rel=1e-13, abs=0.0)


@pytest.mark.parametrize("z", [z for z in POINTS if z])
@each_formula
def test_the_derivative_is_the_slope_of_the_formula(f: Elementwise, exact: Exact, z: float) -> None:
    # a central difference is off by about h²: with sixty digits h can be so small that forty of them are right
    with localcontext() as context:
        context.prec = 60
        h = Decimal("1e-20")
        slope = float((exact(Decimal(z) + h) - exact(Decimal(z) - h)) / (2 * h))
    assert f.derivative(z) == pytest.approx(slope, rel=1e-12, abs=1e-25)


@pytest.mark.parametrize(
    ("f", "value", "slope"),
    [
        (heaviside, 1.0, 0.0),
        (identity, 0.0, 1.0),
        (sigmoid, 0.5, 0.25),  # 1 / (1 + 1);  1/2 · 1/2
        (tanh, 0.0, 1.0),
        (relu, 0.0, 0.0),  # the slope from the left, here and in the next two
        (leaky_relu, 0.0, 0.01),
        (elu_with(0.5), 0.0, 0.5),
        (softplus, 0.6931471805599453, 0.5),  # ln 2
        (gelu, 0.0, 0.5),  # Φ(0) + 0
        (gelu_tanh, 0.0, 0.5),
        (swish, 0.0, 0.5),  # σ(0) + 0
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_value_and_slope_at_zero(f: Elementwise, value: float, slope: float) -> None:
    assert (f(0.0), f.derivative(0.0)) == pytest.approx((value, slope), rel=1e-15)
    assert (f(-0.0), f.derivative(-0.0)) == pytest.approx((value, slope), rel=1e-15)


def test_constants_anyone_can_look_up() -> None:
    assert [relu(-5.0), relu(3.0), relu(0.7)] == [0.0, 3.0, 0.7]
    # 1 / (1 + e^-1), with e = 2.718281828459045
    assert sigmoid(1.0) == pytest.approx(0.7310585786300049, rel=1e-15)
    # (e - 1/e) / (e + 1/e)
    assert tanh(1.0) == pytest.approx(0.7615941559557649, rel=1e-15)
    # 1 · Φ(1): 84.13 % of a normal distribution lie below one standard deviation above the mean
    assert gelu(1.0) == pytest.approx(0.8413447460685429, rel=1e-15)
    # 1/e - 1
    assert elu(-1.0) == pytest.approx(-0.6321205588285577, rel=1e-15)


# f(-1000), f(1000), f'(-1000), f'(1000); at ±inf the same, but for the values in ±1000 themselves, which grow on.
FAR: list[tuple[Elementwise, float, float, float, float]] = [
    (heaviside, 0.0, 1.0, 0.0, 0.0),
    (identity, -1000.0, 1000.0, 1.0, 1.0),
    (sigmoid, 0.0, 1.0, 0.0, 0.0),
    (tanh, -1.0, 1.0, 0.0, 0.0),
    (relu, 0.0, 1000.0, 0.0, 1.0),
    (leaky_relu, -10.0, 1000.0, 0.01, 1.0),
    (elu, -1.0, 1000.0, 0.0, 1.0),
    (softplus, 0.0, 1000.0, 0.0, 1.0),
    (gelu, 0.0, 1000.0, 0.0, 1.0),
    (gelu_tanh, 0.0, 1000.0, 0.0, 1.0),
    (swish, 0.0, 1000.0, 0.0, 1.0),
]
far_from_zero = pytest.mark.parametrize(
    ("f", "left", "right", "left_slope", "right_slope"), FAR, ids=[row[0].name for row in FAR]
)


@far_from_zero
def test_far_from_zero_nothing_overflows(
    f: Elementwise, left: float, right: float, left_slope: float, right_slope: float
) -> None:
    assert (f(-1000.0), f(1000.0)) == (left, right)
    assert (f.derivative(-1000.0), f.derivative(1000.0)) == (left_slope, right_slope)


@far_from_zero
def test_at_infinity_stands_the_limit(
    f: Elementwise, left: float, right: float, left_slope: float, right_slope: float
) -> None:
    def limit(value: float) -> float:
        return value if abs(value) <= 1.0 else math.copysign(inf, value)

    assert (f(-inf), f(inf)) == (limit(left), limit(right))
    assert (f.derivative(-inf), f.derivative(inf)) == (left_slope, right_slope)


@each_elementwise
@pytest.mark.parametrize("z", [-1.7e308, -1e200, -1e7, -800.0, -40.0, 40.0, 800.0, 1e7, 1e200, 1.7e308])
def test_any_finite_input_has_a_finite_answer(f: Elementwise, z: float) -> None:
    assert math.isfinite(f(z))
    assert math.isfinite(f.derivative(z))


@each_elementwise
def test_nan_in_nan_out(f: Elementwise) -> None:
    assert math.isnan(f(nan))


@pytest.mark.parametrize("f", SLOPE_DEPENDS_ON_Z, ids=lambda f: f.name)
def test_nan_in_nan_out_of_every_slope_that_depends_on_z(f: Elementwise) -> None:
    assert math.isnan(f.derivative(nan))


@each_elementwise
def test_nan_in_nan_out_after_thousands_of_other_numbers(f: Elementwise) -> None:
    """PyPy has compiled the function by then, for numbers like those that it has seen."""
    for function in (f, f.derivative):
        before = [math.isnan(function(nan))] * 2
        assert [math.isnan(function(z)) for z in [*[-1.0] * 5000, nan, *[2.0] * 5000, nan]][5000::5001] == before


def test_no_digits_are_lost_where_the_s_shaped_ones_saturate() -> None:
    # e^-40 / (1 + e^-40)², and e^-40 = 4.248354255291589e-18; 1 - sigmoid(40) is 0 in floating point
    assert sigmoid.derivative(40.0) == pytest.approx(4.248354255291589e-18, rel=1e-13)
    # 4 e^-40 / (1 + e^-40)²
    assert tanh.derivative(20.0) == pytest.approx(4 * 4.248354255291589e-18, rel=1e-13)


# Softmax and its logarithm, by rows.

ROWS = [[0.0], [1.0, 2.0, 3.0], [-4.0, 0.0, 0.0, 7.5], [0.1, 0.1], [30.0, -30.0, 29.0]]


def exact_softmax(z: list[Decimal]) -> list[Decimal]:
    return [value.exp() / sum(other.exp() for other in z) for value in z]


def exact_log_softmax(z: list[Decimal]) -> list[Decimal]:
    return [value.ln() for value in exact_softmax(z)]


def kronecker(i: int, j: int) -> int:
    return int(i == j)


def softmax_jacobian(z: list[Decimal]) -> list[list[Decimal]]:
    """J[i][j] = ∂y[i]/∂z[j] = y[i] ([i = j] - y[j])."""
    y = exact_softmax(z)
    return [[y[i] * (kronecker(i, j) - y[j]) for j in range(len(z))] for i in range(len(z))]


def log_softmax_jacobian(z: list[Decimal]) -> list[list[Decimal]]:
    """J[i][j] = [i = j] - p[j]."""
    p = exact_softmax(z)
    return [[kronecker(i, j) - p[j] for j in range(len(z))] for i in range(len(z))]


ExactRow = Callable[[list[Decimal]], list[Decimal]]
ExactJacobian = Callable[[list[Decimal]], list[list[Decimal]]]
EXACT_ROWS: list[tuple[Rowwise, ExactRow, ExactJacobian]] = [
    (softmax, exact_softmax, softmax_jacobian),
    (log_softmax, exact_log_softmax, log_softmax_jacobian),
]
each_row_formula = pytest.mark.parametrize(("f", "exact", "jacobian"), EXACT_ROWS, ids=["softmax", "log_softmax"])


@pytest.mark.parametrize("row", ROWS, ids=str)
@each_row_formula
def test_the_row_is_that_of_the_formula(f: Rowwise, exact: ExactRow, jacobian: ExactJacobian, row: list[float]) -> None:
    with localcontext() as context:
        context.prec = 60
        expected = [float(value) for value in exact([Decimal(z) for z in row])]
    assert f(row) == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("row", ROWS, ids=str)
@each_row_formula
def test_the_pullback_is_the_product_with_the_whole_jacobian(
    f: Rowwise, exact: ExactRow, jacobian: ExactJacobian, row: list[float]
) -> None:
    rng = Random(1)
    dy = [rng.uniform(-2.0, 2.0) for _ in row]
    full = jacobian([Decimal(z) for z in row])
    expected = [sum(g * float(full[i][j]) for i, g in enumerate(dy)) for j in range(len(row))]
    assert f.pullback(row, dy) == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("row", ROWS, ids=str)
@each_row_formula
def test_each_row_of_the_jacobian_is_the_slope_of_one_output(
    f: Rowwise, exact: ExactRow, jacobian: ExactJacobian, row: list[float]
) -> None:
    with localcontext() as context:
        context.prec = 60
        z, h = [Decimal(value) for value in row], Decimal("1e-20")
        moved = [[value + h * kronecker(i, j) for i, value in enumerate(z)] for j in range(len(z))]
        moved_back = [[value - h * kronecker(i, j) for i, value in enumerate(z)] for j in range(len(z))]
        slopes = [
            [float((a - b) / (2 * h)) for a, b in zip(exact(up), exact(down))] for up, down in zip(moved, moved_back)
        ]
    for i in range(len(row)):
        unit = [float(kronecker(i, k)) for k in range(len(row))]
        assert f.pullback(row, unit) == pytest.approx([slopes[j][i] for j in range(len(row))], rel=1e-12, abs=1e-14)


def test_softmax_sums_to_one_and_does_not_care_for_a_common_shift() -> None:
    rng = Random(2)
    for _ in range(20):
        row = [rng.gauss(0.0, 5.0) for _ in range(10)]
        assert sum(softmax(row)) == pytest.approx(1.0, rel=1e-14)
        assert softmax([z + 64.0 for z in row]) == pytest.approx(softmax(row), rel=1e-12)


def test_rows_of_a_thousand_do_not_overflow() -> None:
    assert softmax([1000.0, -1000.0]) == [1.0, 0.0]
    assert softmax([-1000.0, -1000.0]) == [0.5, 0.5]
    assert softmax([1000.0] * 4) == [0.25] * 4
    assert log_softmax([1000.0, -1000.0]) == [0.0, -2000.0]
    # ln(1/2)
    assert log_softmax([-1000.0, -1000.0]) == pytest.approx([-0.6931471805599453] * 2, rel=1e-12)
    assert softmax.pullback([1000.0, -1000.0], [1.0, 2.0]) == [0.0, 0.0]
    assert log_softmax.pullback([1000.0, -1000.0], [1.0, 2.0]) == [-2.0, 2.0]


@pytest.mark.parametrize("slope", [0.0, -0.0])
def test_without_a_slope_leaky_relu_is_relu_at_infinity_too(slope: float) -> None:
    assert list(map(leaky_relu_with(slope), [-inf, -1.0, 0.0, 2.0, inf])) == [0.0, 0.0, 0.0, 2.0, inf]
    assert math.isnan(leaky_relu_with(slope)(nan))
    assert leaky_relu_with(0.1)(-inf) == -inf


@pytest.mark.parametrize("row", [[inf, 0.0, -3.0], [1000.0, -inf, -inf], [inf, -inf, -inf]], ids=str)
def test_one_infinite_score_takes_everything(row: list[float]) -> None:
    assert softmax(row) == [1.0, 0.0, 0.0]
    assert log_softmax(row) == [0.0, -inf, -inf]
    assert softmax.pullback(row, [1.0, 2.0, 3.0]) == [0.0, 0.0, 0.0]


def test_a_score_of_minus_infinity_is_a_class_ruled_out() -> None:
    assert softmax([0.0, -inf, 0.0]) == [0.5, 0.0, 0.5]
    assert log_softmax([0.0, -inf, 0.0]) == pytest.approx([-0.6931471805599453, -inf, -0.6931471805599453])


@pytest.mark.parametrize("row", [[nan, 1.0], [1.0, nan], [nan, inf], [inf, nan], [nan, -inf], [inf, 0.0, nan]], ids=str)
@each_rowwise
def test_one_nan_makes_the_whole_row_nan(f: Rowwise, row: list[float]) -> None:
    assert all(map(math.isnan, f(row)))
    assert all(map(math.isnan, f.pullback(row, [1.0] * len(row))))


@pytest.mark.parametrize("row", [[inf, inf, 0.0], [-inf, -inf]], ids=str)
@each_rowwise
def test_without_a_limit_the_answer_is_nan(f: Rowwise, row: list[float]) -> None:
    assert all(map(math.isnan, f(row)))


# Names.


@pytest.mark.parametrize("f", [*ELEMENTWISE, *ROWWISE], ids=lambda f: f.name)
def test_every_activation_is_found_by_its_own_name(f: Elementwise | Rowwise) -> None:
    assert activation(f.name) is f


@pytest.mark.parametrize("f", [*ELEMENTWISE, leaky_relu_with(0.2), elu_with(0.5)], ids=lambda f: f.name)
def test_every_activation_can_be_sent_to_another_process(f: Elementwise) -> None:
    sent: Elementwise = pickle.loads(pickle.dumps(f))
    assert [sent(z) for z in POINTS] == [f(z) for z in POINTS]
    assert [sent.derivative(z) for z in POINTS] == [f.derivative(z) for z in POINTS]


def test_a_family_takes_a_parameter() -> None:
    assert activation("leaky_relu") is leaky_relu
    assert activation("elu") is elu
    assert activation("silu") is swish
    leaky, soft = activation("leaky_relu(0.2)"), activation("elu(1.5)")
    assert isinstance(leaky, Elementwise)
    assert isinstance(soft, Elementwise)
    assert (leaky.name, leaky(-5.0), leaky.derivative(-5.0)) == ("leaky_relu(0.2)", -1.0, 0.2)
    assert soft(-1.0) == pytest.approx(1.5 * -0.6321205588285577)


@pytest.mark.parametrize("name", ["", "rulu", "ReLU", "leaky_relu(", "leaky_relu()", "leaky_relu(0.25", "relu(0.2)"])
def test_an_unknown_name_is_answered_with_the_names_there_are(name: str) -> None:
    with pytest.raises(ValueError, match=r"sigmoid.*softmax") as caught:
        activation(name)
    assert repr(name) in str(caught.value)


# Facts: what other modules read off an activation.

IN_USE = [*ELEMENTWISE, leaky_relu_with(0.2), leaky_relu_with(-3.0), elu_with(0.5), elu_with(2.5)]
each_in_use = pytest.mark.parametrize("f", IN_USE, ids=lambda f: f.name)
GRID = [step / 1000 for step in range(-12_000, 12_001)]


@each_in_use
def test_the_steepest_slope_is_never_exceeded_and_nearly_reached(f: Elementwise) -> None:
    slopes = [abs(f.derivative(z)) for z in GRID]
    assert max(slopes) <= f.steepest <= 1.01 * max(slopes)
    if f is not heaviside:  # whose jump has no slope
        values = [f(z) for z in GRID]
        assert max(abs(b - a) for a, b in zip(values, values[1:])) <= f.steepest * 0.001 * (1.0 + 1e-9)


@each_in_use
def test_an_activation_saturates_if_it_flattens_out_at_both_ends(f: Elementwise) -> None:
    flat = [abs(f.derivative(z)) < 0.01 * f.steepest for z in (-40.0, 40.0)]
    assert f.saturates is all(flat)


@pytest.mark.parametrize(
    ("f", "gain", "initializer", "slope_below"),
    [
        (heaviside, 1.0, "glorot_uniform", 0.0),
        (identity, 1.0, "lecun_normal", 0.0),
        (sigmoid, 1.0, "glorot_uniform", 0.0),
        (tanh, 5 / 3, "glorot_uniform", 0.0),
        (relu, 2**0.5, "he_normal", 0.0),
        (leaky_relu, (2 / 1.0001) ** 0.5, "he_normal", 0.01),
        (leaky_relu_with(3.0), 0.2**0.5, "he_normal", 3.0),
        (elu, 2**0.5, "he_normal", 0.0),
        (elu_with(2.5), 2**0.5, "he_normal", 0.0),
        (softplus, 2**0.5, "he_normal", 0.0),
        (gelu, 2**0.5, "he_normal", 0.0),
        (gelu_tanh, 2**0.5, "he_normal", 0.0),
        (swish, 2**0.5, "he_normal", 0.0),
        (softmax, 1.0, "lecun_normal", 0.0),
        (log_softmax, 1.0, "lecun_normal", 0.0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_an_activation_knows_how_the_weights_that_feed_it_begin(
    f: Elementwise | Rowwise, gain: float, initializer: str, slope_below: float
) -> None:
    assert f.gain == pytest.approx(gain, rel=1e-15)
    assert (f.initializer, f.slope_below) == (initializer, slope_below)


def test_a_custom_activation_claims_nothing_it_was_not_told() -> None:
    sine = Elementwise("sine", math.sin, math.cos)
    assert (sine.gain, sine.initializer, sine.slope_below) == (1.0, "glorot_uniform", 0.0)
    assert (sine.steepest, sine.saturates) == (inf, False)


# The registry.


def test_a_registered_activation_is_found_by_its_name_and_its_aliases() -> None:
    sine = Elementwise("sine", math.sin, math.cos)
    assert register(sine, "sin") is sine
    assert activation("sine") is activation("sin") is sine
    assert list(ACTIVATIONS)[-2:] == ["sine", "sin"]
    with pytest.raises(
        ValueError, match=r"no activation is called 'sine\(2\)'; there are: .*, sine, sin; did you mean sine"
    ):
        activation("sine(2)")


@pytest.mark.parametrize(("theirs", "ours"), [("linear", "identity"), ("logistic", "sigmoid"), ("ReLU", "relu")])
def test_the_name_of_another_library_is_answered_with_ours(theirs: str, ours: str) -> None:
    with pytest.raises(ValueError, match=rf"no activation is called '{theirs}'; there are: .*; did you mean {ours}\?$"):
        activation(theirs)


def test_a_registered_family_is_found_with_any_parameter() -> None:
    def sine_of(frequency: float) -> Elementwise:
        return Elementwise(f"sine({frequency})", lambda z: math.sin(frequency * z), lambda z: 0.0)

    register(sine_of(1.0), "sin", family=sine_of)
    for name in ("sine(2)", "sin(2.0)"):
        found = activation(name)
        assert isinstance(found, Elementwise)
        assert (found.name, found(0.25)) == ("sine(2.0)", math.sin(0.5))
    assert activation("sine").name == "sine(1.0)"
    ACTIVATIONS.remove("sine")
    with pytest.raises(ValueError, match="no activation is called"):
        activation("sine(2)")


def test_a_taken_name_is_refused_and_keeps_its_meaning() -> None:
    with pytest.raises(ValueError, match=r"^another activation is called 'relu' already"):
        register(Elementwise("relu", math.sin, math.cos))
    assert activation("relu") is relu


# Lists and matrices.


def test_an_activation_of_numbers_takes_lists_rows_and_matrices() -> None:
    assert relu([-1.0, 2.0]) == [0.0, 2.0]
    assert relu([[-1.0, 2.0], [3.0, -4.0]]) == [[0.0, 2.0], [3.0, 0.0]]
    assert relu(Matrix([[-1.0, 2.0]])) == Matrix([[0.0, 2.0]])
    assert relu(-1.0) == 0.0


def test_softmax_of_rows_is_row_by_row() -> None:
    rows = [[1.0, 2.0], [0.0, 0.0], [-3.0, 5.0]]
    expected = [softmax(row) for row in rows]
    assert softmax(rows) == expected
    assert softmax(Matrix(rows)) == Matrix(expected)


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_softmax_of_probabilities_is_warned_of(function: Rowwise) -> None:
    rows = [[0.25, 0.75], [0.1, 0.9]]
    with pytest.warns(UserWarning, match=r"softmax is for logits, but these rows are prob.* network\.outputs"):
        function(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        function([[0.25, 0.75], [0.1, 0.8]])  # does not sum to 1
        function([[0.25, 0.75], [-0.5, 1.5]])  # does, but not every number is a probability
        function(rows[0])  # a single row that sums to 1 may be by chance


def test_activations_are_shown_by_their_names() -> None:
    assert repr([activation("relu"), activation("softmax"), elu_with(0.5)]) == "[relu, softmax, elu(0.5)]"
