"""Gradient descent: every rule by hand, what all rules have in common, and where they get to."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
from collections.abc import Callable, Sequence
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.optimizers import (
    OPTIMIZERS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Optimizer,
    RMSProp,
    make_optimizer,
    register,
)

Maker = Callable[[], Optimizer]
RULES: list[Callable[..., Optimizer]] = [SGD, AdaGrad, RMSProp, Adam, AdamW]

# Each rule as it is by default, and with all that changes its course.
WITH_ALL: dict[str, dict[str, float]] = {
    "SGD": {"momentum": 0.8, "dampening": 0.2, "nesterov": False, "weight_decay": 0.1},
    "AdaGrad": {"epsilon": 1e-3, "learning_rate_decay": 2e-3, "initial_accumulator": 0.5, "weight_decay": 0.1},
    "RMSProp": {"alpha": 0.9, "epsilon": 1e-2, "momentum": 0.5, "centered": True, "weight_decay": 0.1},
    "Adam": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "amsgrad": True, "weight_decay": 0.1},
    "AdamW": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-3, "amsgrad": True, "weight_decay": 0.1},
}


def with_all(rule: Callable[..., Optimizer], rate: float) -> Maker:
    return lambda: rule(rate, **WITH_ALL[rule.__name__])


VARIANTS: dict[str, Maker] = {
    "sgd": lambda: SGD(0.05),
    "sgd with decay": lambda: SGD(0.05, weight_decay=0.1),
    "nesterov": lambda: SGD(0.05, momentum=0.8, nesterov=True),
    "sgd with all": with_all(SGD, 0.05),
    "adagrad": lambda: AdaGrad(0.5),
    "adagrad with all": with_all(AdaGrad, 1.0),
    "rmsprop": lambda: RMSProp(0.02),
    "rmsprop with all": with_all(RMSProp, 0.01),
    "adam": lambda: Adam(0.05),
    "adam with all": with_all(Adam, 0.05),
    "adamw": lambda: AdamW(0.05),
    "adamw with all": with_all(AdamW, 0.05),
}
every_variant = pytest.mark.parametrize("make", list(VARIANTS.values()), ids=list(VARIANTS))
remembering = pytest.mark.parametrize("make", list(VARIANTS.values())[2:], ids=list(VARIANTS)[2:])


def steps(optimizer: Optimizer, start: float, *gradients: float) -> list[float]:
    """Return the places of a single weight after each of these gradients."""
    weight, path = Matrix([[start]]), []
    for gradient in gradients:
        optimizer.step([weight], [Matrix([[gradient]])])
        path.append(weight[0, 0])
    return path


def random_matrices(rng: Random) -> list[Matrix]:
    return [Matrix.from_function(*shape, lambda i, j: rng.gauss(0.0, 1.0)) for shape in ((3, 2), (1, 2))]


# The rules by hand, for a single weight that starts at 1.


def test_a_plain_step_goes_the_rate_times_the_gradient_downhill() -> None:
    assert steps(SGD(0.1), 1.0, 2.0, -4.0) == pytest.approx([0.8, 1.2])


def test_momentum_gathers_the_gradients() -> None:
    # v = 1, 0.5*1 + 1 = 1.5, 0.5*1.5 + 0 = 0.75;  w = 1 - 0.1, - 0.15, - 0.075
    assert steps(SGD(0.1, momentum=0.5), 1.0, 1.0, 1.0, 0.0) == pytest.approx([0.9, 0.75, 0.675])


def test_dampening_keeps_a_part_of_every_gradient_but_the_first_out_of_the_velocity() -> None:
    # v = 1, 0.5*1 + 0.75*1 = 1.25, 0.5*1.25 + 0.75*2 = 2.125;  w = 1 - 0.1, - 0.125, - 0.2125
    assert steps(SGD(0.1, momentum=0.5, dampening=0.25), 1.0, 1.0, 1.0, 2.0) == pytest.approx([0.9, 0.775, 0.5625])


def test_nesterov_looks_one_step_ahead() -> None:
    # v = 1, 1.5, 0.75 as with momentum; g + 0.5 v = 1.5, 1.75, 0.375;  w = 1 - 0.15, - 0.175, - 0.0375
    optimizer = SGD(0.1, momentum=0.5, nesterov=True)
    assert steps(optimizer, 1.0, 1.0, 1.0, 0.0) == pytest.approx([0.85, 0.675, 0.6375])


def test_weight_decay_pulls_towards_zero() -> None:
    # g + 0.5 w = 0.5, then 0.5 * 0.95;  w = 1 - 0.1 * 0.5 = 0.95, then 0.95 - 0.1 * 0.475 = 0.9025
    assert steps(SGD(0.1, weight_decay=0.5), 1.0, 0.0, 0.0) == pytest.approx([0.95, 0.9025])


def test_weight_decay_is_part_of_what_momentum_gathers() -> None:
    # g = 1 + 0.5*1 = 1.5, v = 1.5, w = 0.85;  g = 0.5*0.85 = 0.425, v = 0.75 + 0.425 = 1.175, w = 0.85 - 0.1175
    assert steps(SGD(0.1, momentum=0.5, weight_decay=0.5), 1.0, 1.0, 0.0) == pytest.approx([0.85, 0.7325])


@pytest.mark.parametrize(
    ("optimizer", "second"),
    # PyTorch's rule: v = 1, 1.5 whatever the rate was.  RMSProp that forgets all has n = g² and g / √n = 1: the same v
    [(SGD(0.1, momentum=0.5), 1.5), (RMSProp(0.1, momentum=0.5, alpha=0.0), 1.5)],
    ids=["sgd", "rmsprop"],
)
def test_the_rate_multiplies_the_velocity_and_is_no_part_of_it(optimizer: Optimizer, second: float) -> None:
    weight = Matrix([[1.0]])
    optimizer.step([weight], [Matrix([[1.0]])])
    optimizer.learning_rate = 0.01
    optimizer.step([weight], [Matrix([[1.0]])])
    assert weight[0, 0] == pytest.approx(1.0 - 0.1 * 1.0 - 0.01 * second)


def test_adagrad_divides_by_the_root_of_all_squares_so_far() -> None:
    # s = 9, 9 + 16 = 25, 25 + 144 = 169;  w = 1 - 0.1*3/3, + 0.1*4/5, - 0.1*12/13
    assert steps(AdaGrad(0.1), 1.0, 3.0, -4.0, 12.0) == pytest.approx([0.9, 0.98, 0.98 - 1.2 / 13])


def test_adagrads_accumulator_may_start_above_zero() -> None:
    # s = 16 + 9 = 25, 25 + 144 = 169, the 16 once only;  w = 1 - 0.1*3/5, - 0.1*12/13
    assert steps(AdaGrad(0.1, initial_accumulator=16.0), 1.0, 3.0, 12.0) == pytest.approx([0.94, 0.94 - 1.2 / 13])


def test_adagrads_rate_decays_from_the_second_step_on() -> None:
    # rates 0.1, 0.1 / (1 + 0.5), 0.1 / (1 + 2*0.5);  w = 1 - 0.1*3/3, + 0.1/1.5 * 4/5, - 0.05*12/13
    path = steps(AdaGrad(0.1, learning_rate_decay=0.5), 1.0, 3.0, -4.0, 12.0)
    assert path == pytest.approx([0.9, 0.9 + 0.4 / 7.5, 0.9 + 0.4 / 7.5 - 0.6 / 13])


def test_rmsprop_divides_by_the_root_of_a_running_mean_of_squares() -> None:
    # n = 0.25*4 = 1, 0.75*1 + 0.25*25 = 7;  w = 1 - 0.1*2/1, + 0.1*5/√7
    assert steps(RMSProp(0.1, alpha=0.75), 1.0, 2.0, -5.0) == pytest.approx([0.8, 0.8 + 0.5 / math.sqrt(7)])


def test_rmsprop_centered_divides_by_the_spread() -> None:
    # n = 1, 7 as above;  m = 0.25*2 = 0.5, 0.75*0.5 - 0.25*5 = -0.875;  w = 1 - 0.2/√(1 - 0.25), + 0.5/√(7 - 0.875²)
    first = 1.0 - 0.2 / math.sqrt(0.75)
    expected = [first, first + 0.5 / math.sqrt(7 - 0.765625)]
    assert steps(RMSProp(0.1, alpha=0.75, centered=True), 1.0, 2.0, -5.0) == pytest.approx(expected)


def test_rmsprops_momentum_gathers_what_has_been_divided() -> None:
    # n = 1, 7;  v = 2/1, 0.5*2 - 5/√7
    path = steps(RMSProp(0.1, alpha=0.75, momentum=0.5), 1.0, 2.0, -5.0)
    assert path == pytest.approx([0.8, 0.8 - 0.1 * (1.0 - 5.0 / math.sqrt(7))])


def test_the_spread_of_equal_gradients_is_no_root_of_a_negative_number() -> None:
    # n - m² tends to 0.49 - 0.7², which floats make -5.6e-17; taken for 0, it makes a step of rate * 0.7 / (0 + ε)
    optimizer = RMSProp(1e-9, alpha=0.5, centered=True)
    path = steps(optimizer, 0.0, *[0.7] * 100)
    assert path[-2] - path[-1] == pytest.approx(1e-9 * 0.7 / 1e-8)


def test_adams_means_are_corrected_for_having_started_at_zero() -> None:
    # m = 0.5*2 = 1, 0.5*1 + 0.5*1 = 1;  v = 0.25*4 = 1, 0.75*1 + 0.25*1 = 1
    # m̂ = 1/0.5, 1/0.75;  v̂ = 1/0.25, 1/0.4375;  w = 1 - 0.1 * 2/2, - 0.1 * 1/0.75 * √0.4375
    path = steps(Adam(0.1, beta1=0.5, beta2=0.75), 1.0, 2.0, 1.0)
    assert path == pytest.approx([0.9, 0.9 - 0.1 * math.sqrt(0.4375) / 0.75])


@pytest.mark.parametrize("gradient", [1e-3, 1.0, 1e6])
def test_adams_first_step_is_the_rate_whatever_the_gradient(gradient: float) -> None:
    # m̂ = g, v̂ = g²: the step is rate * g / (|g| + ε)
    assert steps(Adam(0.1), 1.0, gradient) == pytest.approx([0.9], rel=1e-5)
    assert steps(Adam(0.1), 1.0, -gradient) == pytest.approx([1.1], rel=1e-5)


def test_amsgrad_divides_by_the_root_of_the_largest_mean_square_so_far() -> None:
    # m = 1, 0.5;  v = 1, 0.75, the largest 1;  w = 0.9 as above, - 0.1 * 0.5/0.75 * √(0.4375/1)
    path = steps(Adam(0.1, beta1=0.5, beta2=0.75, amsgrad=True), 1.0, 2.0, 0.0)
    assert path == pytest.approx([0.9, 0.9 - 0.1 * math.sqrt(0.4375) * 0.5 / 0.75])


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        # s = 2²: 2 / (√4 + 2)
        (AdaGrad(0.1, epsilon=2.0), 0.95),
        # n = 0.25 * 2²: 2 / (√1 + 3)
        (RMSProp(0.1, alpha=0.75, epsilon=3.0), 0.95),
        # m̂ = 2, v̂ = 2²: 2 / (√4 + 2);  added before the correction it would count for 2 / √0.001
        (Adam(0.1, epsilon=2.0), 0.95),
    ],
    ids=["adagrad", "rmsprop", "adam"],
)
def test_epsilon_stands_outside_the_root_and_is_not_corrected(optimizer: Optimizer, expected: float) -> None:
    assert steps(optimizer, 1.0, 2.0) == pytest.approx([expected])


def test_adams_weight_decay_is_a_gradient_and_adamws_a_share_of_the_weight() -> None:
    # Adam: g = 0 + 0.5*1, and the first step is the rate, 0.1.  AdamW: w - 0.1*0.5*w, and no step, for g = 0
    assert steps(Adam(0.1, weight_decay=0.5), 1.0, 0.0) == pytest.approx([0.9])
    assert steps(AdamW(0.1, weight_decay=0.5), 1.0, 0.0, 0.0) == pytest.approx([0.95, 0.9025])
    assert steps(AdamW(0.1), 1.0, 0.0) == pytest.approx([0.999])  # by default a hundredth of the rate
    # 1 * 0.95 - 0.1 * 8/8
    assert steps(AdamW(0.1, weight_decay=0.5), 1.0, 8.0) == pytest.approx([0.85])


# The contract of every rule.


@every_variant
def test_parameters_change_in_place_and_gradients_do_not(make: Maker) -> None:
    weight, bias, optimizer = Matrix([[1.0, 2.0], [3.0, 4.0]]), Matrix([[5.0, 6.0]]), make()
    rows = [*weight, *bias]
    gradients = [Matrix([[1.0, 1.0], [1.0, 1.0]]), Matrix([[2.0, 2.0]])]
    for _ in range(2):
        optimizer.step([weight, bias], gradients)
    assert all(now is before for now, before in zip([*weight, *bias], rows))
    assert all(value < start for row, start in zip([*weight, *bias], (1, 3, 5)) for value in (row[0], row[1] - 1))
    assert gradients == [Matrix([[1.0, 1.0], [1.0, 1.0]]), Matrix([[2.0, 2.0]])]


@every_variant
def test_each_weight_has_its_own_course(make: Maker) -> None:
    rng, together, alone = Random(1), make(), [make() for _ in range(8)]
    parameters = random_matrices(rng)
    weights = [Matrix([[value]]) for parameter in parameters for row in parameter for value in row]
    for _ in range(4):
        gradients = random_matrices(rng)
        together.step(parameters, gradients)
        slopes = [Matrix([[value]]) for gradient in gradients for row in gradient for value in row]
        for optimizer, weight, slope in zip(alone, weights, slopes):
            optimizer.step([weight], [slope])
    assert [value for parameter in parameters for row in parameter for value in row] == [w[0, 0] for w in weights]


@every_variant
def test_a_new_optimizer_with_the_same_memory_goes_on_with_the_same_bits(make: Maker) -> None:
    rng, optimizer = Random(2), make()
    parameters = random_matrices(rng)
    for rate in (0.0, 0.1, 0.2):
        optimizer.learning_rate = rate
        optimizer.step(parameters, random_matrices(rng))
    other, others = make(), copy.deepcopy(parameters)
    other.steps, other.memory = optimizer.steps, copy.deepcopy(optimizer.memory)
    for rate in (0.3, 0.15, 0.1):
        gradients = random_matrices(rng)
        for each, weights in ((optimizer, parameters), (other, others)):
            each.learning_rate = rate
            each.step(weights, gradients)
    assert (others, other.memory, other.steps) == (parameters, optimizer.memory, 6)


NAMES = {
    "nesterov": {"velocity"},
    "sgd with all": {"velocity"},
    "adagrad": {"sum_of_squares"},
    "adagrad with all": {"sum_of_squares"},
    "rmsprop": {"mean_square"},
    "rmsprop with all": {"mean_square", "mean", "velocity"},
    "adam": {"mean", "mean_square"},
    "adam with all": {"mean", "mean_square", "largest"},
    "adamw": {"mean", "mean_square"},
    "adamw with all": {"mean", "mean_square", "largest"},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_memory_is_empty_at_first_and_then_has_a_matrix_for_each_parameter(variant: str) -> None:
    optimizer, parameters = VARIANTS[variant](), random_matrices(Random(3))
    assert (optimizer.steps, optimizer.memory) == (0, {})
    for count in (1, 2):
        optimizer.step(parameters, random_matrices(Random(4)))
        assert optimizer.steps == count
        assert optimizer.memory.keys() == NAMES.get(variant, set())
        assert all([m.shape for m in matrices] == [(3, 2), (1, 2)] for matrices in optimizer.memory.values())


@pytest.mark.parametrize("rule", RULES)
def test_the_options_are_all_arguments_but_the_rate_with_the_values_given(rule: Callable[..., Optimizer]) -> None:
    given = WITH_ALL[rule.__name__]
    assert ["learning_rate", *given] == [*inspect.signature(rule).parameters]
    optimizer, weight = rule(0.3, **given), Matrix([[1.0]])
    for _ in range(2):  # before the first step, and after it
        assert repr(sorted(optimizer.options.items())) == repr(sorted(given.items()))  # by which True is not 1
        optimizer.step([weight], [Matrix([[1.0]])])


def test_every_rule_is_registered_under_its_name_in_small_letters() -> None:
    assert {"sgd", "adagrad", "rmsprop", "adam", "adamw"} <= {*OPTIMIZERS}
    for name, make in zip(OPTIMIZERS, OPTIMIZERS.values()):
        optimizer = make(0.25)
        assert type(optimizer).__name__.lower() == name
        assert optimizer.learning_rate == 0.25


@every_variant
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_not_finite_shows_in_the_weight(make: Maker, value: float) -> None:
    path = steps(make(), 1.0, 0.5, value, 0.5)
    assert [math.isfinite(weight) for weight in path] == [True, False, False]


@pytest.mark.parametrize("variant", ["sgd", "nesterov", "adagrad", "rmsprop", "adam"])
def test_a_weight_without_a_gradient_stays(variant: str) -> None:
    assert steps(VARIANTS[variant](), 1.0, 0.0, 0.0) == [1.0, 1.0]


# By name.


@pytest.mark.parametrize("rule", RULES)
def test_an_optimizer_made_by_name_has_the_options_given_and_its_own_defaults(rule: Callable[..., Optimizer]) -> None:
    name, given = rule.__name__.lower(), WITH_ALL[rule.__name__]
    made = make_optimizer(name, 0.3, **given)
    assert (type(made), made.learning_rate, made.options) == (rule, 0.3, given)
    usual = make_optimizer(name)
    assert (type(usual), usual.learning_rate, usual.options) == (rule, rule().learning_rate, rule().options)


@pytest.mark.parametrize(
    ("name", "option", "takers"),
    [
        ("sgd", "beta1", "adam, adamw"),
        ("adam", "momentum", "sgd, rmsprop"),
        ("adagrad", "nesterov", "sgd"),
        ("adamw", "centered", "rmsprop"),
        ("rmsprop", "no_such_option", "no optimizer"),
    ],
)
def test_an_option_that_an_optimizer_does_not_have_is_answered_with_those_that_do(
    name: str, option: str, takers: str
) -> None:
    with pytest.raises(ValueError, match=rf"^{name} has no option {option} \(.* would take it\)$") as error:
        make_optimizer(name, 0.1, **{option: 0.5})
    said = str(error.value).partition("(")[2][: -len(" would take it)")].split(", ")
    others = {*OPTIMIZERS} - {rule.__name__.lower() for rule in RULES}  # which may have any option
    assert [taker for taker in said if taker not in others] == takers.split(", ")


def test_an_optimizer_is_not_made_of_an_unknown_name_or_a_bad_option() -> None:
    known = ", ".join(OPTIMIZERS)
    with pytest.raises(ValueError, match=rf"^no optimizer is called 'adma'; there are: {known}; did you mean adam\?$"):
        make_optimizer("adma")
    with pytest.raises(ValueError, match=r"^momentum must be in \[0, 1\), got 1.5$"):
        make_optimizer("sgd", momentum=1.5)
    with pytest.raises(ValueError, match=r"^learning_rate must be a finite number above 0, got 0.0$"):
        make_optimizer("sgd", 0.0)


class Signs(Optimizer):
    """w ← w - rate · sign(g)."""

    def __init__(self, learning_rate: float = 0.5, *, deadband: float = 0.0) -> None:
        self.learning_rate, self.deadband = learning_rate, deadband
        self.steps, self.memory = 0, dict[str, list[Matrix]]()

    @property
    def options(self) -> dict[str, float]:
        return {"deadband": self.deadband}

    def step(self, parameters: Sequence[Matrix], gradients: Sequence[Matrix]) -> None:
        self.steps += 1
        for w, g in zip(parameters, gradients):
            w.add_scaled(g.map(lambda s: math.copysign(abs(s) > self.deadband, s)), -self.learning_rate)


def test_an_optimizer_says_whether_it_scales_the_gradients_itself() -> None:
    # rates that are too high for a gradient of 1 are no higher for one of 1000, where the gradients are scaled
    for make in (*OPTIMIZERS.values(), Signs):
        small, large = (abs(steps(make(0.1), 0.0, gradient)[0]) for gradient in (1.0, 1000.0))
        assert (make(0.1).adaptive > 0.0) is (make is not Signs and large == pytest.approx(small))
    assert Signs.adaptive == 0.0  # unless it says otherwise


def test_a_registered_optimizer_is_made_by_name_and_offered_for_its_options() -> None:
    assert register(Signs) is Signs
    assert steps(make_optimizer("signs", deadband=1.0), 1.0, -7.0, 0.5, 3.0) == [1.5, 1.5, 1.0]
    with pytest.raises(ValueError, match=r"^sgd has no option deadband \(signs would take it\)$"):
        make_optimizer("sgd", deadband=1.0)
    with pytest.raises(ValueError, match=r"^another optimizer is called 'sgd' already"):
        register(type("SGD", (Signs,), {}))


# Convergence.


@pytest.mark.parametrize("variant", ["sgd", "nesterov", "adagrad", "rmsprop", "adam", "adamw"])
def test_it_rolls_to_the_bottom_of_a_bowl(variant: str) -> None:
    # L = (w1 - 3)² + 4 (w2 + 1)², with its minimum at (3, -1), which RMSProp's steps and AdamW's decay miss by a little
    optimizer, w = VARIANTS[variant](), Matrix([[0.0, 0.0]])
    for _ in range(600):
        optimizer.step([w], [Matrix([[2 * (w[0, 0] - 3), 8 * (w[0, 1] + 1)]])])
    assert w.is_close(Matrix([[3.0, -1.0]]), relative=0.02 if variant in {"rmsprop", "adamw"} else 1e-4)


@every_variant
def test_it_comes_down_into_rosenbrocks_valley(make: Maker) -> None:
    # L = (1 - x)² + 100 (y - x²)²: 24.2 at (-1.2, 1), where it starts; 4 half-way round, at (-1, 1); 0 at (1, 1)
    def loss(x: float, y: float) -> float:
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    optimizer, w = make(), Matrix([[-1.2, 1.0]])
    rate = optimizer.learning_rate / (200 if isinstance(optimizer, SGD) else 1)
    for i in range(1000):
        optimizer.learning_rate = rate * (1 - i / 1000)
        x, y = w[0]
        optimizer.step([w], [Matrix([[-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]])])
    assert loss(*w[0]) < 4.0


def test_momentum_is_faster_in_a_long_valley() -> None:
    # L = w1² / 2 + 50 w2²: the steep side forbids a rate above 0.02, at which the flat side takes for ever
    def distance(optimizer: SGD) -> float:
        w = Matrix([[1.0, 1.0]])
        for _ in range(100):
            optimizer.step([w], [Matrix([[w[0, 0], 100 * w[0, 1]]])])
        return math.hypot(w[0, 0], w[0, 1])

    assert distance(SGD(0.01, momentum=0.8)) < 0.1 * distance(SGD(0.01))


# Refusals.

RANGES: dict[str, tuple[str, list[float]]] = {
    "learning_rate": ("a finite number above 0", [0.0, -0.1, math.nan, math.inf, -math.inf]),
    "epsilon": ("a finite number above 0", [0.0, -1e-8, math.nan, math.inf]),
    "weight_decay": ("a finite number of at least 0", [-1e-9, math.nan, math.inf]),
    "learning_rate_decay": ("a finite number of at least 0", [-1e-9, math.nan, math.inf]),
    "initial_accumulator": ("a finite number of at least 0", [-1e-9, math.nan, math.inf]),
    **{
        name: (r"in \[0, 1\)", [1.0, 1.5, -0.1, math.nan, math.inf])
        for name in ("momentum", "dampening", "alpha", "beta1", "beta2")
    },
}


@pytest.mark.parametrize("rule", RULES)
def test_an_option_out_of_range_is_named_with_its_value(rule: Callable[..., Optimizer]) -> None:
    known = inspect.signature(rule).parameters.items()
    numbers = [name for name, p in known if not isinstance(p.default, bool)]
    for name in numbers:
        expected, values = RANGES[name]
        for value in values:
            with pytest.raises(ValueError, match=f"^{name} must be {expected}, got {value}$"):
                rule(**{name: value})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nesterov": True}, "nesterov needs a momentum above 0, got 0.0"),
        ({"dampening": 0.5}, "dampening needs a momentum above 0, got 0.0"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.5}, "nesterov needs a dampening of 0, got 0.5"),
    ],
    ids=["nesterov", "dampening", "both"],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, float], message: str) -> None:
    rule: Callable[..., Optimizer] = SGD
    with pytest.raises(ValueError, match=f"^{message}$"):
        rule(0.1, **options)


def test_a_gradient_for_each_parameter_or_both_numbers_are_named() -> None:
    with pytest.raises(ShapeError, match="2 parameters, but 1 gradients"):
        SGD(0.1).step([Matrix([[1.0]]), Matrix([[1.0]])], [Matrix([[1.0]])])


@every_variant
def test_a_gradient_of_another_shape_is_refused_with_both_shapes_and_before_anything_changes(make: Maker) -> None:
    optimizer, parameters = make(), [Matrix([[1.0, 2.0]]), Matrix([[3.0, 4.0]])]
    with pytest.raises(ShapeError, match=r"^parameter 1 is 1 x 2, but its gradient 1 x 3$"):
        optimizer.step(parameters, [Matrix([[1.0, 1.0]]), Matrix([[1.0, 1.0, 1.0]])])
    assert (optimizer.steps, optimizer.memory) == (0, {})
    assert parameters == [Matrix([[1.0, 2.0]]), Matrix([[3.0, 4.0]])]


@remembering
@pytest.mark.parametrize("shapes", [[(1, 2), (2, 2)], [(1, 3)], [(2, 2)]], ids=str)
def test_a_memory_of_one_network_is_not_used_for_one_of_another_shape(
    make: Maker, shapes: list[tuple[int, int]]
) -> None:
    optimizer = make()
    optimizer.step([Matrix.zeros(1, 2)], [Matrix.zeros(1, 2)])
    others = [Matrix.zeros(*shape) for shape in shapes]
    with pytest.raises(ShapeError, match=r"\(1, 2\)") as caught:
        optimizer.step(others, others)
    assert str(shapes) in str(caught.value)
    assert optimizer.steps == 1


@remembering
def test_a_memory_of_one_network_is_not_used_for_one_of_the_same_shape(make: Maker) -> None:
    optimizer, weight = make(), Matrix([[1.0]])
    optimizer.step([weight], [Matrix([[1.0]])])
    with pytest.raises(ValueError, match="after 1 steps remembers other parameters"):
        optimizer.step([weight.copy()], [Matrix([[1.0]])])
    optimizer.step([weight], [Matrix([[1.0]])])


def test_without_a_memory_parameters_may_be_others() -> None:
    assert [steps(optimizer, 1.0, 2.0) for optimizer in [SGD(0.1)] * 2] == [[0.8], [0.8]]


@every_variant
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
def test_a_copy_serves_a_copy_of_the_network(make: Maker, duplicate: Callable[[Optimizer], Optimizer]) -> None:
    optimizer, weight = make(), Matrix([[1.0]])
    optimizer.step([weight], [Matrix([[1.0]])])
    other, copied = duplicate(optimizer), weight.copy()
    for each, parameter in ((optimizer, weight), (other, copied)):
        each.step([parameter], [Matrix([[1.0]])])
    assert copied == weight


@pytest.mark.parametrize(
    ("steps_done", "memory", "message"),
    [
        (3, ["mean"], r"Adam after 3 steps remembers \['mean', 'mean_square'\], but its memory is \['mean'\]"),
        (3, [], r"memory is \[\]"),
        (3, ["mean", "mean_square", "velocity"], r"memory is \['mean', 'mean_square', 'velocity'\]"),
        (0, ["mean", "mean_square"], r"Adam after 0 steps remembers \[\], but its memory is"),
    ],
    ids=["one missing", "all missing", "one too many", "too early"],
)
def test_a_memory_of_another_rule_is_refused(steps_done: int, memory: list[str], message: str) -> None:
    optimizer = Adam()
    optimizer.steps, optimizer.memory = steps_done, {name: [Matrix([[0.0]])] for name in memory}
    with pytest.raises(ValueError, match=message):
        optimizer.step([Matrix([[1.0]])], [Matrix([[1.0]])])


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_memory_from_elsewhere_is_for_whatever_parameters_come_next(make: Callable[[float], Optimizer]) -> None:
    # so one optimizer can serve a training that was cut short, and then the new network that goes on with it
    optimizer = make(0.1)
    optimizer.step([Matrix([[1.0]])], [Matrix([[2.0]])])
    optimizer.memory = {name: [matrix.copy() for matrix in matrices] for name, matrices in optimizer.memory.items()}
    optimizer.step([Matrix([[1.0]])], [Matrix([[2.0]])])
    assert optimizer.steps == 2


@pytest.mark.parametrize(
    ("make", "argument", "hint"),
    [
        (SGD, {"lr": 0.1}, "SGD() has no argument lr; purenn calls it learning_rate=0.1"),
        (Adam, {"beta_1": 0.9}, "Adam() has no argument beta_1; purenn calls it beta1=0.9"),
        (AdamW, {"betas": (0.9, 0.999)}, "AdamW() has no argument betas; purenn calls it beta1=0.9, beta2=0.999"),
        (RMSProp, {"epsilom": 1e-8}, "RMSProp() has no argument epsilom; did you mean epsilon?"),
        (AdaGrad, {"nonsense": 1}, "AdaGrad() has no argument nonsense"),
    ],
)
def test_an_argument_of_another_library_is_answered_with_ours(
    make: Callable[..., Optimizer], argument: dict[str, object], hint: str
) -> None:
    with pytest.raises(TypeError) as caught:
        make(**argument)
    assert str(caught.value) == hint


def test_an_optimizer_shows_the_call_that_makes_it() -> None:
    assert repr(Adam()) == "Adam(0.001)"
    assert repr(AdamW(0.01, weight_decay=0.1)) == "AdamW(0.01, weight_decay=0.1)"
    assert repr(SGD(0.1, momentum=0.9, nesterov=True)) == "SGD(0.1, momentum=0.9, nesterov=True)"
