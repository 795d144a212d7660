"""The range test: its end, its suggestion, its chart, and that it leaves everything as it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from purenn.errors import ShapeError, TrainingError
from purenn.layers import Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.rate_finder import RangeTest, find_learning_rate
from purenn.regularization import Dropout
from purenn.samples import Labels
from purenn.training import fit
from tests.charts.pictures import check
from tests.conftest import ANSWERS, XOR

# One unit on y = 3 x at x = ±2: L = mean (w x + b - 3 x)² = 4 (w - 3)² + b², so with b = 0 at its minimum, where it
# begins, the curvature that counts is λ = 8. A step takes w - 3 to (1 - 8 rate)(w - 3): it diverges from 2 / λ = 0.25.
INPUTS, TARGETS, LIMIT = [-2.0, 2.0], [-6.0, 6.0], 0.25


def one_unit() -> Sequential:
    return Sequential(Linear(1, 1, Random(0)))


def quadratic(lowest: float = 1e-5, highest: float = 10.0) -> RangeTest:
    return find_learning_rate(one_unit(), INPUTS, TARGETS, loss=MeanSquaredError(), lowest=lowest, highest=highest)


def blobs(seed: int) -> tuple[list[list[float]], list[int]]:
    """Three clouds of points, well apart, and the numbers of their clouds."""
    rng = Random(seed)
    labels = [i % 3 for i in range(150)]
    centres = [(0.0, 3.0), (3.0, -2.0), (-3.0, -2.0)]
    return [[rng.gauss(place, 0.5) for place in centres[label]] for label in labels], labels


def raw(test: RangeTest) -> list[float]:
    """Return the losses before smoothing: from a[n] = 0.9 a[n-1] + 0.1 loss[n], where a[n] = (1 - 0.9^n) smoothed."""
    averages = [loss * (1.0 - 0.9**n) for n, loss in enumerate(test.losses, 1)]
    return [(after - 0.9 * before) / 0.1 for before, after in zip([0.0, *averages], averages)]


# The rates, and the end of the test.


def test_the_rates_grow_by_equal_factors_from_the_lowest_to_the_highest() -> None:
    test = quadratic(lowest=1e-4, highest=1e-2)
    assert len(test.rates) == len(test.losses) == 100
    assert (test.rates[0], test.rates[-1]) == pytest.approx((1e-4, 1e-2))
    # two decades in 99 steps: 100^(1/99)
    assert [b / a for a, b in zip(test.rates, test.rates[1:])] == pytest.approx([1.0476157527897] * 99)


def test_a_loss_is_that_before_the_step_with_its_rate_and_smoothed() -> None:
    network = one_unit()
    test = find_learning_rate(network, INPUTS, TARGETS, loss=MeanSquaredError(), lowest=0.01, highest=0.1, steps=30)
    error = network.parameters[0][0, 0] - 3.0
    losses = []
    for rate in test.rates:
        losses.append(4.0 * error * error)
        error *= 1.0 - 8.0 * rate
    assert raw(test) == pytest.approx(losses)
    assert test.losses[0] == pytest.approx(losses[0])
    # (0.9 · 0.1 · first + 0.1 · second) / (1 - 0.81)
    assert test.losses[1] == pytest.approx((0.09 * losses[0] + 0.1 * losses[1]) / 0.19)


def test_divergence_begins_where_theory_says() -> None:
    test = quadratic(lowest=0.2, highest=0.3)
    losses = raw(test)
    first_too_large = next(i for i, rate in enumerate(test.rates) if rate > LIMIT)
    assert 0 < first_too_large < len(test.rates) - 1
    assert losses.index(min(losses)) == first_too_large  # its own step is the first to raise the loss again


def test_rates_just_below_the_limit_all_lower_the_loss() -> None:
    test = quadratic(lowest=0.24, highest=0.2499)
    assert len(test.rates) == 100
    assert list(test.losses) == sorted(test.losses, reverse=True)


def test_rates_just_above_the_limit_all_raise_it_until_the_test_ends() -> None:
    test = quadratic(lowest=0.251, highest=0.3)
    assert 20 < len(test.rates) < 100
    assert list(test.losses) == sorted(test.losses)
    # the smoothed loss is over four times that of step 11, the first to count, and was not before
    assert test.losses[-2] <= 4.0 * test.losses[10] < test.losses[-1]
    assert test.suggestion is None


def test_the_suggestion_lies_below_the_limit_and_above_rates_that_do_nothing() -> None:
    test = quadratic()
    assert test.suggestion is not None
    assert 0.001 < test.suggestion < LIMIT
    assert test.rates[-1] > LIMIT


def test_a_loss_that_is_no_longer_finite_ends_the_test_and_is_left_out() -> None:
    test = quadratic(lowest=1e30, highest=1e40)
    assert 1 < len(test.rates) < 10
    assert all(map(math.isfinite, test.losses))


# The suggestion.


def a_test(losses: list[float]) -> RangeTest:
    return RangeTest([0.001 * 1.1**i for i in range(len(losses))], losses)


def test_the_suggestion_is_the_middle_of_the_ten_steepest_steps() -> None:
    # flat for 30 steps, then by 0.1 down each for 10, then flat: the ten steps from 29 to 39 hold all of the fall
    test = a_test([2.0] * 30 + [2.0 - 0.1 * i for i in range(1, 11)] + [1.0, 0.999])
    assert test.suggestion == test.rates[34]


def test_neither_the_first_ten_steps_nor_those_after_the_lowest_count() -> None:
    wild = [0.5, 9.0, 7.0, 5.0, 3.0, 2.5, 2.4, 2.2, 2.1, 2.0]
    slow = [2.0 - 0.01 * i for i in range(30)]
    after = [8.0, *[1.8 - 0.001 * i for i in range(20)]]
    test = a_test(wild + slow + after)
    assert test.suggestion is not None
    assert test.rates[15] <= test.suggestion <= test.rates[34]


def test_without_a_fall_there_is_no_suggestion() -> None:
    assert a_test([1.0] * 50).suggestion is None
    assert a_test([1.0 + i for i in range(50)]).suggestion is None
    assert a_test([9.0 - i for i in range(9)]).suggestion is None  # over before it counted


@pytest.mark.parametrize("seed", range(3))
def test_training_at_the_suggested_rate_learns_xor(seed: int) -> None:
    network = feed_forward([2, 8, 1], Random(seed), hidden="tanh")
    rate = find_learning_rate(network, XOR, ANSWERS, loss=BinaryCrossEntropy()).suggestion
    assert rate is not None
    history = fit(network, XOR, ANSWERS, loss=BinaryCrossEntropy(), optimizer=SGD(rate), epochs=300)
    assert history.losses[-1] < 0.05
    assert network.predict_classes(XOR) == ANSWERS


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("batch_size", [8, 32])
def test_training_at_the_suggested_rate_tells_blobs_apart(batch_size: int, momentum: float) -> None:
    points, labels = blobs(seed=1)
    network = feed_forward([2, 16, 3], Random(0))
    optimizer = SGD(momentum=momentum)
    test = find_learning_rate(network, points, labels, loss=CrossEntropy(), optimizer=optimizer, batch_size=batch_size)
    assert test.suggestion is not None
    optimizer.learning_rate = test.suggestion
    fit(network, points, labels, loss=CrossEntropy(), optimizer=optimizer, batch_size=batch_size, epochs=20)
    right = sum(map(int.__eq__, network.predict_classes(points), labels))
    assert right >= 0.97 * len(labels)


def test_momentum_asks_for_a_smaller_rate() -> None:
    points, labels = blobs(seed=1)
    plain, heavy = (
        find_learning_rate(
            feed_forward([2, 16, 3], Random(0)), points, labels, loss=CrossEntropy(), optimizer=optimizer
        )
        for optimizer in (SGD(), SGD(momentum=0.9))
    )
    assert plain.suggestion is not None
    assert heavy.suggestion is not None
    assert heavy.suggestion < 0.5 * plain.suggestion


# Arguments, which are left as they were.


def test_the_network_and_the_optimizer_stay_as_they_are() -> None:
    points, labels = blobs(seed=1)
    network, optimizer = feed_forward([2, 4, 3], Random(0)), SGD(0.05, momentum=0.9)
    fit(network, points, labels, loss=CrossEntropy(), optimizer=optimizer, epochs=1)
    parameters = [parameter.copy() for parameter in network.parameters]
    velocities = [velocity.copy() for velocity in optimizer.memory["velocity"]]
    rate, steps = optimizer.learning_rate, optimizer.steps
    find_learning_rate(network, points, labels, loss=CrossEntropy(), optimizer=optimizer)
    assert network.parameters == parameters
    assert optimizer.memory["velocity"] == velocities
    assert (optimizer.learning_rate, optimizer.steps) == (rate, steps)


def test_the_copy_of_the_optimizer_goes_on_where_it_was() -> None:
    network, optimizer = one_unit(), SGD(momentum=0.9)
    optimizer.step(network.parameters, [Matrix([[1e6]]), Matrix([[0.0]])])
    test = find_learning_rate(
        network, INPUTS, TARGETS, loss=MeanSquaredError(), optimizer=optimizer, lowest=0.1, highest=0.2
    )
    before, after = raw(test)[:2]
    assert after > before  # a fresh one would lower the loss; the velocity of 10^6 carries this one away


def test_same_seed_same_test_and_another_seed_another() -> None:
    points, labels = blobs(seed=1)
    one, same, other = (
        find_learning_rate(feed_forward([2, 4, 3], Random(0)), points, labels, loss=CrossEntropy(), seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one.losses != other.losses


def test_targets_may_be_classes_labels_or_rows() -> None:
    points, labels = blobs(seed=1)
    rows = [[float(i == label) for i in range(3)] for label in labels]
    tests = [
        find_learning_rate(feed_forward([2, 4, 3], Random(0)), Matrix(points), targets, loss=CrossEntropy())
        for targets in (labels, Labels(labels, 3), rows)
    ]
    assert tests[0] == tests[1] == tests[2]


class Watch(MeanSquaredError):
    """A loss that remembers the targets it has seen."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []

    def value(self, outputs: Matrix, targets: Matrix) -> float:
        self.batches.append([row[0] for row in targets])
        return super().value(outputs, targets)


def test_every_sample_has_its_turn_before_any_has_another() -> None:
    watch = Watch()
    numbers = [float(i) for i in range(7)]
    find_learning_rate(one_unit(), numbers, numbers, loss=watch, highest=1e-4, steps=35, batch_size=3)
    assert [len(batch) for batch in watch.batches] == [3] * 35
    seen = [number for batch in watch.batches for number in batch]
    rounds = [seen[i : i + 7] for i in range(0, len(seen), 7)]
    assert [sorted(turn) for turn in rounds] == [numbers] * 15
    assert len(set(map(tuple, rounds))) > 10


@pytest.mark.parametrize(("samples", "expected"), [(5, 5), (32, 32), (50, 32)])
def test_a_batch_is_32_samples_or_all(samples: int, expected: int) -> None:
    watch = Watch()
    numbers = [i / samples for i in range(samples)]
    find_learning_rate(one_unit(), numbers, numbers, loss=watch, highest=1e-4)
    assert {len(batch) for batch in watch.batches} == {expected}


def test_dropout_acts() -> None:
    # at rates of nearly 0 nothing else could make one loss differ from the next
    network = Sequential(Linear(1, 8, Random(0)), Dropout(0.5), Linear(8, 1, Random(1)))
    test = find_learning_rate(network, INPUTS, TARGETS, loss=MeanSquaredError(), lowest=1e-12, highest=1e-11)
    assert max(raw(test)) > 1.1 * min(raw(test))


def attempt(
    *,
    inputs: Sequence[float] = INPUTS,
    targets: Sequence[float] = TARGETS,
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int | None = None,
) -> RangeTest:
    return find_learning_rate(
        one_unit(),
        inputs,
        targets,
        loss=MeanSquaredError(),
        lowest=lowest,
        highest=highest,
        steps=steps,
        batch_size=batch_size,
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: attempt(lowest=0.0), "the rates must rise from above 0, got lowest 0.0 and highest 10.0"),
        (lambda: attempt(lowest=1.0, highest=1.0), "got lowest 1.0 and highest 1.0"),
        (lambda: attempt(highest=math.inf), "got lowest 1e-05 and highest inf"),
        (lambda: attempt(lowest=math.nan), "got lowest nan and highest 10.0"),
        (lambda: attempt(steps=29), "steps must be at least 30, got 29"),
        (lambda: attempt(batch_size=0), "batch_size must be from 1 to the 2 training samples, got 0"),
        (lambda: attempt(batch_size=3), "batch_size must be from 1 to the 2 training samples, got 3"),
        (lambda: attempt(inputs=[1.0, math.inf]), "input row 1, column 0 is inf, expected a finite number"),
        (lambda: attempt(targets=[math.nan, 1.0]), "target row 0, column 0 is nan, expected a finite number"),
        (lambda: attempt(targets=[1.0]), "2 inputs, but 1 targets"),
    ],
)
def test_bad_arguments_are_refused(make: Callable[[], RangeTest], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_inputs_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="the network takes 1 feature, got rows of 2"):
        find_learning_rate(one_unit(), [[1.0, 2.0]], [1.0], loss=MeanSquaredError())


def test_a_loss_that_is_not_finite_from_the_start_is_an_error() -> None:
    with pytest.raises(TrainingError, match="the loss of the first batch is inf, before any step; try"):
        attempt(targets=[1e200, 1.0])


# The chart.


def chart(test: RangeTest) -> list[str]:
    """The 12 lines between the title and the axis, without their labels."""
    lines = str(test).splitlines()[1:13]
    assert {line[9] for line in lines} == {"|"}
    return [line[10:] for line in lines]


def test_a_chart_has_a_title_twelve_lines_an_axis_and_its_rates() -> None:
    test = quadratic(lowest=1e-4, highest=1e-2)
    lines = str(test).splitlines()
    assert len(lines) == 1 + 12 + 2
    assert max(map(len, lines)) <= 80
    assert all(line == line.rstrip() for line in lines)
    assert test.suggestion is not None
    assert lines[0] == f"smoothed loss by learning rate; o is the suggestion, {test.suggestion:.2g}"
    assert lines[1].split("|")[0].strip() == f"{max(test.losses):.3g}"
    assert lines[12].split("|")[0].strip() == f"{min(test.losses):.3g}"
    assert lines[13] == "         +--------------+--------------+--------------+--------------+"
    # two decades in four equal steps on a logarithmic axis, each label under its mark
    assert lines[14] == "          0.0001         0.00032        0.001          0.0032         0.01"


def test_a_chart_falls_from_the_upper_left_to_the_lower_right() -> None:
    # 61 losses on 61 columns, from 1 to 0 in a line
    falling = chart(a_test([1.0 - i / 60 for i in range(61)]))
    assert falling[0].startswith("***")
    assert falling[11].rstrip() == " " * 58 + "***"
    assert [sum(line.ljust(61)[x] != " " for line in falling) for x in range(61)] == [1] * 61


def test_the_suggestion_is_the_one_o_of_the_chart() -> None:
    # 61 losses on 61 columns. Steps 27 to 37 fall from 2 to 1; their middle is step 32, at 1.5, three quarters of the
    # way down from 3 to 1: 0.75 · 11 = 8.25
    lines = chart(a_test([3.0] + [2.0] * 27 + [2.0 - 0.1 * i for i in range(1, 11)] + [1.0] * 23))
    assert [(y, line.index("o")) for y, line in enumerate(lines) if "o" in line] == [(8, 32)]
    assert "".join(lines).count("o") == 1


def test_a_chart_without_a_suggestion_says_so() -> None:
    test = a_test([1.0 + i for i in range(50)])
    assert str(test).startswith("smoothed loss by learning rate; it did not fall: no suggestion\n")
    assert "o" not in "".join(chart(test))


def test_a_last_loss_beyond_all_others_is_drawn_at_the_top() -> None:
    lines = chart(a_test([2.0, 1.5, 1.0, 1e9]))
    assert lines[0] == "*" + " " * 59 + "*"
    assert (lines[5], lines[6], lines[11]) == ("", " " * 20 + "*", " " * 40 + "*")
    assert str(a_test([2.0, 1.5, 1.0, 1e9])).splitlines()[1].startswith("       2 |")


@pytest.mark.parametrize("losses", [[1.0], [1.0, 1.0], [0.0] * 100])
def test_a_chart_of_nearly_nothing_is_a_chart(losses: list[float]) -> None:
    lines = chart(a_test(losses))
    assert len(lines) == 12
    assert lines[0].startswith("*")


# The picture.


def test_a_range_test_draws_itself_with_a_mark_at_the_suggestion(tmp_path: Path) -> None:
    test = quadratic(lowest=1e-4, highest=1e-2)
    assert test.suggestion is not None
    picture = test.plot(tmp_path / "rates.svg")
    check(picture, ["Smoothed loss by learning rate", f"chosen rate: {test.suggestion:.2g}"])
    assert (tmp_path / "rates.svg").read_text(encoding="utf-8") == picture == test._repr_svg_()


def test_a_picture_without_a_suggestion_has_no_mark() -> None:
    picture = a_test([1.0 + i for i in range(50)]).plot()
    check(picture)
    assert "chosen rate" not in picture


def test_a_range_test_of_one_step_is_no_picture_and_a_notebook_shows_its_text() -> None:
    assert a_test([1.0])._repr_svg_() is None
    with pytest.raises(ShapeError, match="at least 2 rates, got 1 rates"):
        a_test([1.0]).plot()
