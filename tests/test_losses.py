"""Losses: known values, gradients against formulas and differences, and logits far beyond what e^z can hold."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.losses import (
    LOSSES,
    BinaryCrossEntropy,
    BinaryCrossEntropyOfProbabilities,
    CrossEntropy,
    CrossEntropyOfProbabilities,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    find_loss,
    register,
)
from purenn.matrix import Matrix

each_loss = pytest.mark.parametrize("loss", [make() for make in LOSSES.values()], ids=LOSSES)


def example(loss: Loss, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Five rows of three outputs that suit this loss, and targets that sum to 1 by rows."""
    rng = Random(seed)
    low, high = (0.05, 0.95) if loss.takes == "probabilities" else (-3.0, 3.0)
    outputs = Matrix.from_function(5, 3, lambda i, j: rng.uniform(low, high))
    targets = Matrix.from_function(5, 3, lambda i, j: rng.random())
    return outputs, Matrix([[t / sum(row) for t in row] for row in targets])


# Known values.


def test_mean_squared_error_of_a_house_and_of_a_batch() -> None:
    assert MeanSquaredError().value(Matrix([[350_000]]), Matrix([[400_000]])) == 2_500_000_000.0
    y, t = Matrix([[1, 2], [3, 4]]), Matrix([[1, 0], [0, 8]])
    # (0² + 2² + 3² + 4²) / 4 = 29/4;  2 (y - t) / 4
    assert MeanSquaredError().value(y, t) == 7.25
    assert MeanSquaredError().gradient(y, t) == Matrix([[0, 1], [1.5, -2]])


def test_mean_absolute_error_counts_distance_only() -> None:
    y, t = Matrix([[1, 2], [3, 4]]), Matrix([[1, 0], [0, 8]])
    # (0 + 2 + 3 + 4) / 4;  ±1/4, and 0 where there is no error
    assert MeanAbsoluteError().value(y, t) == 2.25
    assert MeanAbsoluteError().gradient(y, t) == Matrix([[0, 0.25], [0.25, -0.25]])


def test_cross_entropy_of_equal_scores_is_the_logarithm_of_their_number() -> None:
    # softmax gives 1/10 to each class, so L = -ln(1/10) = ln 10
    one_hot = Matrix([[1.0 if j == 3 else 0.0 for j in range(10)]])
    assert CrossEntropy().value(Matrix.zeros(1, 10), one_hot) == pytest.approx(2.302585092994046, rel=1e-15)


def test_cross_entropy_averages_over_rows_and_sums_over_columns() -> None:
    # z = (ln 1, ln 3): p = (1/4, 3/4);  L = (ln 4 + ln(4/3)) / 2
    z = Matrix([[0, math.log(3)], [0, math.log(3)]])
    t = Matrix([[1, 0], [0, 1]])
    assert CrossEntropy().value(z, t) == pytest.approx((math.log(4) + math.log(4 / 3)) / 2)
    # (p - t) / n = (1/4 - 1, 3/4) / 2, (1/4, 3/4 - 1) / 2
    assert CrossEntropy().gradient(z, t).is_close(Matrix([[-0.375, 0.375], [0.125, -0.125]]))


def test_binary_cross_entropy_of_the_worked_iteration() -> None:
    # z = -0.1, t = 1: y = 1 / (1 + e^0.1) = 0.4750208;  L = -ln y = 0.7443967;  dL/dz = y - 1 = -0.5249792
    z, t = Matrix([[-0.1]]), Matrix([[1]])
    assert BinaryCrossEntropy().value(z, t) == pytest.approx(0.7443967, abs=1e-7)
    assert BinaryCrossEntropy().gradient(z, t)[0, 0] == pytest.approx(-0.5249792, abs=1e-7)
    # the same on y itself: dL/dy = -1/y = -2.1051709
    y = BinaryCrossEntropy().predictions(z)
    assert BinaryCrossEntropyOfProbabilities().value(y, t) == pytest.approx(0.7443967, abs=1e-7)
    assert BinaryCrossEntropyOfProbabilities().gradient(y, t)[0, 0] == pytest.approx(-2.1051709, abs=1e-7)


def test_cross_entropy_of_probabilities_by_hand() -> None:
    p, t = Matrix([[0.25, 0.75], [0.5, 0.5]]), Matrix([[1, 0], [0.5, 0.5]])
    # (ln 4 + ln 2) / 2;  -t / (p n)
    assert CrossEntropyOfProbabilities().value(p, t) == pytest.approx(math.log(8) / 2)
    assert CrossEntropyOfProbabilities().gradient(p, t).is_close(Matrix([[-2, 0], [-0.5, -0.5]]))


def test_the_values_are_those_of_the_formulas_to_sixty_digits() -> None:
    z = [[Decimal("0.3"), Decimal("-1.7"), Decimal("25")], [Decimal("-12"), Decimal("4"), Decimal("0")]]
    t = [[Decimal("0.2"), Decimal("0.5"), Decimal("0.3")], [Decimal(0), Decimal(1), Decimal(0)]]
    with localcontext() as context:
        context.prec = 60
        categorical = binary = Decimal(0)
        for scores, targets in zip(z, t):
            total = sum(score.exp() for score in scores)
            for score, target in zip(scores, targets):
                p = 1 / (1 + (-score).exp())
                categorical -= target * (score.exp() / total).ln() / 2
                binary -= (target * p.ln() + (1 - target) * (1 - p).ln()) / 6
    outputs, wanted = Matrix([map(float, row) for row in z]), Matrix([map(float, row) for row in t])
    assert CrossEntropy().value(outputs, wanted) == pytest.approx(float(categorical), rel=1e-14)
    assert BinaryCrossEntropy().value(outputs, wanted) == pytest.approx(float(binary), rel=1e-14)


# Gradients.


@each_loss
def test_the_gradient_is_the_slope_of_the_value(loss: Loss) -> None:
    outputs, targets = example(loss)
    gradient = loss.gradient(outputs, targets)
    h = 1e-6
    for i in range(outputs.rows):
        for j in range(outputs.columns):
            up, down = outputs.copy(), outputs.copy()
            up[i, j] += h
            down[i, j] -= h
            slope = (loss.value(up, targets) - loss.value(down, targets)) / (2 * h)
            assert gradient[i, j] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(("loss", "divisor"), [(CrossEntropy(), 5), (BinaryCrossEntropy(), 15)], ids=["softmax", "σ"])
def test_on_logits_the_gradient_is_the_error_of_the_probabilities(loss: Loss, divisor: int) -> None:
    outputs, targets = example(loss)
    errors = loss.predictions(outputs) - targets
    assert loss.gradient(outputs, targets).is_close(errors / divisor)


def test_cross_entropy_takes_targets_that_do_not_sum_to_one() -> None:
    # L is linear in t, so twice the targets make twice the loss and twice the gradient
    outputs, targets = example(CrossEntropy())
    assert CrossEntropy().value(outputs, targets * 2) == pytest.approx(2 * CrossEntropy().value(outputs, targets))
    assert CrossEntropy().gradient(outputs, targets * 2).is_close(CrossEntropy().gradient(outputs, targets) * 2)


@each_loss
def test_a_batch_twice_over_has_the_same_loss_and_half_the_gradient(loss: Loss) -> None:
    outputs, targets = example(loss)
    twice, targets_twice = Matrix([*outputs, *outputs]), Matrix([*targets, *targets])
    assert loss.value(twice, targets_twice) == pytest.approx(loss.value(outputs, targets))
    assert loss.gradient(twice, targets_twice).take(range(5)).is_close(loss.gradient(outputs, targets) / 2)


@each_loss
def test_outputs_and_targets_stay_as_they_were(loss: Loss) -> None:
    outputs, targets = example(loss)
    loss.value(outputs, targets)
    loss.gradient(outputs, targets)
    loss.predictions(outputs)
    assert (outputs, targets) == example(loss)


# Far away.


def test_logits_of_a_thousand_cost_a_thousand_and_no_more() -> None:
    z = Matrix([[1000, -1000]])
    assert CrossEntropy().value(z, Matrix([[0, 1]])) == 2000.0
    assert CrossEntropy().gradient(z, Matrix([[0, 1]])) == Matrix([[1, -1]])
    assert BinaryCrossEntropy().value(z, Matrix([[0, 1]])) == 1000.0
    assert BinaryCrossEntropy().gradient(z, Matrix([[0, 1]])) == Matrix([[0.5, -0.5]])


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()], ids=lambda loss: loss.name)
def test_being_sure_and_right_costs_nothing(loss: Loss) -> None:
    value = loss.value(Matrix([[1000, -1000]]), Matrix([[1, 0]]))
    assert str(value) == "0.0"  # and not -0.0
    assert loss.gradient(Matrix([[1000, -1000]]), Matrix([[1, 0]])) == Matrix.zeros(1, 2)


def test_a_class_ruled_out_costs_nothing_where_it_is_not_the_target() -> None:
    z = Matrix([[0, -math.inf]])
    assert CrossEntropy().value(z, Matrix([[1, 0]])) == 0.0
    assert CrossEntropy().value(z, Matrix([[0, 1]])) == math.inf


@pytest.mark.parametrize(("p", "t"), [(0.0, 1.0), (1.0, 0.0)])
def test_a_probability_of_zero_for_the_truth_is_clipped(p: float, t: float) -> None:
    # -ln 1e-12 = 12 ln 10 = 27.631021
    outputs, targets = Matrix([[p, 1 - p]]), Matrix([[t, 1 - t]])
    assert CrossEntropyOfProbabilities().value(outputs, targets) == pytest.approx(27.631021, abs=1e-4)
    assert BinaryCrossEntropyOfProbabilities().value(outputs, targets) == pytest.approx(27.631021, abs=1e-4)


@pytest.mark.parametrize("p", [0.0, 1e-12, 1e-13, -0.5])
def test_the_clip_lies_at_a_millionth_of_a_millionth(p: float) -> None:
    loss, one = CrossEntropyOfProbabilities(), Matrix([[1]])
    assert loss.value(Matrix([[p]]), one) == pytest.approx(12 * math.log(10), rel=1e-12)
    assert loss.gradient(Matrix([[p]]), one)[0, 0] == pytest.approx(-1e12, rel=1e-12)
    binary = BinaryCrossEntropyOfProbabilities()
    assert binary.value(Matrix([[p]]), one) == pytest.approx(12 * math.log(10), rel=1e-12)
    # (p - 1) / (p (1 - p)) = -1/p
    assert binary.gradient(Matrix([[p]]), one)[0, 0] == pytest.approx(-1e12, rel=1e-12)


def test_just_inside_the_clip_nothing_is_clipped() -> None:
    # 2e-12 is not moved:  -ln 2e-12 = 12 ln 10 - ln 2
    expected = 12 * math.log(10) - math.log(2)
    assert CrossEntropyOfProbabilities().value(Matrix([[2e-12]]), Matrix([[1]])) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_the_probability_forms_stay_finite_when_saturated_and_right(p: float) -> None:
    outputs, targets = Matrix([[p]]), Matrix([[p]])
    loss = BinaryCrossEntropyOfProbabilities()
    assert loss.value(outputs, targets) == pytest.approx(1e-12, rel=1e-3)
    assert math.isfinite(loss.gradient(outputs, targets)[0, 0])


@each_loss
def test_nan_is_seen_in_the_value_and_in_the_gradient(loss: Loss) -> None:
    outputs, targets = example(loss)
    outputs[2, 1] = math.nan
    assert math.isnan(loss.value(outputs, targets))
    assert math.isnan(loss.gradient(outputs, targets)[2, 1])


# The contract of every loss.


@each_loss
@pytest.mark.parametrize("shape", [(5, 2), (4, 3), (1, 3), (5, 1)])
def test_shapes_that_differ_are_both_named(loss: Loss, shape: tuple[int, int]) -> None:
    outputs, targets = Matrix.zeros(5, 3), Matrix.zeros(*shape)
    message = rf"outputs are \(5, 3\), but targets are \({shape[0]}, {shape[1]}\)"
    with pytest.raises(ShapeError, match=message):
        loss.value(outputs, targets)
    with pytest.raises(ShapeError, match=message):
        loss.gradient(outputs, targets)


@each_loss
def test_the_gradient_has_the_shape_of_the_outputs(loss: Loss) -> None:
    outputs, targets = example(loss)
    assert loss.gradient(outputs, targets).shape == outputs.shape


def test_predictions_of_logits_are_probabilities() -> None:
    z = Matrix([[0, math.log(3)]])
    assert CrossEntropy().predictions(z).is_close(Matrix([[0.25, 0.75]]))
    assert BinaryCrossEntropy().predictions(z).is_close(Matrix([[0.5, 0.75]]))


@each_loss
def test_predictions_are_the_outputs_unless_those_are_logits(loss: Loss) -> None:
    z = Matrix([[0.1, 0.7]])
    assert (loss.predictions(z) == z) is (loss.takes != "logits")


@each_loss
def test_a_loss_is_listed_under_the_name_of_its_class(loss: Loss) -> None:
    assert LOSSES[loss.name] is type(loss)
    assert (type(loss).__name__, repr(loss)) == (loss.name, f"{loss.name}()")


@pytest.mark.parametrize(
    ("loss", "row", "complaint"),
    [
        (CrossEntropy(), [1.0], "CrossEntropy needs an output for each class; .* BinaryCrossEntropy"),
        (CrossEntropy(), [1.0, 1.0], r"target row 3 is \[1\.0, 1\.0\], expected a probability for each class"),
        (CrossEntropy(), [1.5, -0.5], "expected a probability for each class, summing to 1"),
        (CrossEntropyOfProbabilities(), [0.5, 0.4], "summing to 1"),
        (BinaryCrossEntropy(), [0.0, 2.0], r"target row 3, column 1 is 2\.0, expected a probability from 0 to 1"),
        (BinaryCrossEntropyOfProbabilities(), [-1.0], r"column 0 is -1\.0"),
    ],
)
def test_targets_that_mean_nothing_to_a_loss_are_refused(loss: Loss, row: list[float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        loss.check_target(row, "target row 3")


@each_loss
def test_only_targets_that_mean_nothing_are_refused(loss: Loss) -> None:
    def refused(row: list[float]) -> bool:
        try:
            loss.check_target(row, "row 0")
        except ValueError as error:
            return "row 0" in str(error)
        return False

    # probabilities of classes; probabilities that do not sum to 1, of labels; and quantities
    rows = [[0.2, 0.3, 0.5000001], [1.0, 1.0, 0.25], [1e6, -3.0, 0.0]]
    expected = {"classes": [False, True, True], "multilabel": [False, False, True], "quantities": [False] * 3}
    assert list(map(refused, rows)) == expected[loss.kind]


# Facts and options.


@pytest.mark.parametrize(
    ("loss", "kind", "takes"),
    [
        (MeanSquaredError(), "quantities", "quantities"),
        (MeanAbsoluteError(), "quantities", "quantities"),
        (CrossEntropy(), "classes", "logits"),
        (BinaryCrossEntropy(), "multilabel", "logits"),
        (CrossEntropyOfProbabilities(), "classes", "probabilities"),
        (BinaryCrossEntropyOfProbabilities(), "multilabel", "probabilities"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_loss_knows_the_kind_of_its_targets_and_the_meaning_of_its_outputs(loss: Loss, kind: str, takes: str) -> None:
    assert (loss.kind, loss.takes) == (kind, takes)


class Quantile(Loss):
    """Of an error e = t - y, share · e above 0 and (share - 1) e below."""

    def __init__(self, share: float = 0.5, *, mode: str = "mean") -> None:
        self.share, self.mode, self.seen = share, mode, list[float]()

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        return sum(max(self.share * e, (self.share - 1.0) * e) for row in targets - outputs for e in row)

    def gradient(self, outputs: Matrix, targets: Matrix) -> Matrix:
        return (targets - outputs).map(lambda e: -self.share if e > 0.0 else 1.0 - self.share)


def test_a_custom_loss_needs_value_and_gradient_and_is_one_of_quantities() -> None:
    loss = Quantile()
    assert (loss.name, loss.kind, loss.takes) == ("Quantile", "quantities", "quantities")
    assert loss.predictions(Matrix([[7.0]])) == Matrix([[7.0]])
    assert loss.value(Matrix([[7.0, 1.0]]), Matrix([[5.0, 5.0]])) == 0.5 * 2.0 + 0.5 * 4.0
    empty: type[Loss] = type("Empty", (Loss,), {})
    with pytest.raises(TypeError, match=r"Empty.*gradient"):
        empty()


def test_the_options_of_a_loss_are_the_numbers_and_words_that_make_an_equal_one() -> None:
    loss = Quantile(0.9, mode="sum")
    assert loss.options == {"share": 0.9, "mode": "sum"}
    assert repr(loss) == "Quantile(share=0.9, mode='sum')"
    make: Callable[..., Quantile] = Quantile
    assert make(**loss.options).options == loss.options


def test_a_registered_loss_is_found_and_a_taken_name_refused() -> None:
    assert register(Quantile) is Quantile
    assert LOSSES["Quantile"] is Quantile
    with pytest.raises(ValueError, match=r"^another loss is called 'Quantile' already"):
        register(Quantile)
    with pytest.raises(ValueError, match=r"^no loss is called 'MSE'; there are: MeanSquaredError, .*, Quantile$"):
        LOSSES["MSE"]


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        ("mse", MeanSquaredError),
        ("mean_squared_error", MeanSquaredError),
        ("MAE", MeanAbsoluteError),
        ("cross-entropy", CrossEntropy),
        ("CrossEntropyLoss", CrossEntropy),
        ("sparse_categorical_crossentropy", CrossEntropy),
        ("log_loss", CrossEntropy),
        ("bce", BinaryCrossEntropy),
        ("binary_crossentropy", BinaryCrossEntropy),
        ("BCEWithLogitsLoss", BinaryCrossEntropy),
    ],
)
def test_a_loss_is_found_by_the_names_that_people_write(name: str, loss: type[Loss]) -> None:
    assert find_loss(name) is loss


def test_every_loss_is_found_by_its_own_name() -> None:
    assert [find_loss(name) for name in LOSSES] == LOSSES.values()
