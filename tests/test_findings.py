"""Findings: what went wrong in a training, told from losses before and after it."""

from __future__ import annotations

from dataclasses import replace
from math import inf, log, nan
from random import Random

import pytest

from purenn.engine import ADVICE, Job
from purenn.errors import TrainingError
from purenn.findings import EXPLODED, RISEN, Advice, Evidence, Watch, rank_sum
from purenn.history import (
    Epoch,
    History,
)
from purenn.layers import Layer, Linear
from purenn.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import Scaling
from purenn.regularization import Dropout, Penalty
from purenn.samples import Augmentation, Images, Labels, Rows, Samples


def epoch(number: int, loss: float, validation_loss: float | None = None, accuracy: float | None = None) -> Epoch:
    return Epoch(number, loss, accuracy, validation_loss, None, learning_rate=0.1, seconds=0.5)


def curves(training: list[float], validation: list[float]) -> History:
    return History([epoch(i, *losses) for i, losses in enumerate(zip(training, validation), start=1)])


def judged(last: float = 0.1, after: float = 0.1, surplus: float = 0.0) -> Evidence:
    """Evidence of a training that began with a loss of 0.8, where the best constant has 0.7."""
    return Evidence(before=0.8, last=last, after=after, constant=0.7, kept=2, surplus=surplus)


@pytest.mark.parametrize(("surplus", "told"), [(3.01, True), (3.0, False), (0.0, False), (-1.0, False)])
def test_a_surplus_that_chance_explains_is_not_overfitting(surplus: float, told: bool) -> None:
    """Chance explains three standard deviations of the ranks."""
    parted = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9])
    words = replace(parted, evidence=judged(surplus=surplus)).overfitting
    assert words.startswith("overfitting: since epoch 2 ") == told


def test_a_training_that_has_diverged_does_not_overfit() -> None:
    parted = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9])
    history = replace(parted, evidence=judged(last=1e3, surplus=9.0))
    assert history.overfitting == ""
    assert [finding.partition(":")[0] for finding in history.findings] == ["diverged in the end"]


def test_samples_learned_by_heart_are_told_once_where_validation_kept_a_network_that_knows_nothing() -> None:
    parted = curves([0.9, 0.5, 0.3, 0.2, 0.1], [0.8, 0.6, 0.65, 0.7, 0.9])
    (finding,) = replace(parted, evidence=judged(last=0.1, after=0.69, surplus=5.0)).findings
    assert finding.startswith("learned its samples by heart: the loss on 300 training samples fell to 0.1, but ")
    assert "not finished" not in finding


def test_more_epochs_are_not_advised_where_only_the_training_loss_still_falls() -> None:
    training = [0.69, 0.68, 0.67, 0.66, 0.65, 0.64]
    assert "not finished" in told(judged(last=0.64, after=0.64), list(curves(training, training).epochs))
    words = told(judged(last=0.64, after=0.64), list(curves(training, [0.69, 0.68, 0.68, 0.68, 0.69, 0.69]).epochs))
    assert words.startswith("learned little")


def test_losses_are_compared_by_their_ranks() -> None:
    # 3 of 3 above both: U = 6 and z = (6 - 3) / √(6 · 6 / 12)
    assert rank_sum([3.0, 4.0, 1e9], [1.0, 2.0]) == pytest.approx(3.0 / 3.0**0.5)
    assert rank_sum([1.0, 1.0], [1.0, 1.0, 1.0]) == 0.0
    assert rank_sum([1.0], [2.0]) == -rank_sum([2.0], [1.0])


# Findings, told from the losses before and after a training.

FIVE = [epoch(number, 0.9 / number) for number in range(1, 6)]


def told(evidence: Evidence, epochs: list[Epoch] | None = None) -> str:
    return "; ".join(History(epochs or FIVE, evidence=evidence).findings)


def test_a_training_without_evidence_is_not_judged() -> None:
    assert History(FIVE).findings == ()
    assert History(FIVE).failure == ""


def test_a_training_that_has_learned_is_not_talked_about() -> None:
    assert told(judged()) == ""
    assert told(judged(after=0.59)) == "", "below 85 % of the best constant's loss"


@pytest.mark.parametrize("after", [1.61, 1e30, inf, nan])
def test_twice_the_loss_of_knowing_nothing_has_diverged(after: float) -> None:
    words = told(judged(last=after, after=after))
    assert words.startswith(
        f"diverged: the loss on 300 training samples is {after:.4g}, but the untrained network has 0.8"
    )
    assert words.endswith("the learning rate of 0.1 is too high. Try optimizer=SGD(0.01) and a new network")
    assert History(FIVE, evidence=judged(last=after, after=after)).failure == words


def test_a_network_from_before_the_explosion_that_knows_nothing_has_diverged_too() -> None:
    assert told(judged(last=2.0, after=0.71)).startswith("diverged: the loss on 300 training samples is 0.71")
    assert not told(judged(last=0.71, after=0.71)).startswith("diverged")


def test_a_loss_below_that_of_the_untrained_network_has_not_diverged() -> None:
    # unscaled samples: the untrained network is a million times worse than the mean of the targets
    unscaled = Evidence(before=1e9, last=1e6, after=1e6, constant=100.0, kept=5)
    assert not told(unscaled).startswith("diverged")


def test_a_network_that_answers_well_is_kept_though_its_loss_has_exploded() -> None:
    sure = replace(judged(last=30.0, after=30.0), wrong=0.03, wrong_constant=0.9)
    assert told(sure).startswith("diverged: ")
    assert History(FIVE, evidence=sure).failure == ""
    assert History(FIVE, evidence=replace(sure, wrong=0.19)).failure != "", "0.18 is a fifth of 0.9"


def test_a_good_network_from_before_the_explosion_is_kept_and_the_explosion_told() -> None:
    evidence = judged(last=1e9, after=0.2)
    assert told(evidence).startswith("diverged in the end: the last loss is 1e+09, but the untrained network has 0.8")
    assert told(evidence).endswith("The network of epoch 2 is kept, with a loss of 0.2")
    assert History(FIVE, evidence=evidence).failure == ""


def test_a_loss_that_jumped_is_told_unless_the_network_is_good_in_the_end() -> None:
    jump = [epoch(1, 0.7), epoch(2, 50.0), epoch(3, 0.6), epoch(4, 0.55), epoch(5, 0.5)]
    assert told(judged(after=0.5), jump).startswith("unsteady: the loss was 50 in epoch 2 and is 0.5 now, but ")
    assert told(judged(after=0.3), jump) == ""


def test_a_loss_no_better_than_the_best_constant_has_learned_nothing() -> None:
    flat = [epoch(number, 0.7) for number in range(1, 6)]
    assert told(judged(after=0.7), flat).startswith("learned nothing: the loss on 300 training samples is 0.7, and ")
    assert told(judged(after=0.65), flat).startswith("learned little: ")
    assert told(judged(after=0.65), flat[:2]) == "", "nobody expects much after two epochs"


def test_answers_no_better_than_the_most_frequent_are_told_though_the_loss_has_fallen() -> None:
    alike = replace(judged(after=0.1), wrong=0.5, wrong_constant=0.5)
    assert told(alike).startswith("answers no better: 50% of the answers on 300 training samples are right, no more ")
    assert told(replace(alike, wrong=0.4)) == "", "some are right that the most frequent answer would get wrong"
    assert told(replace(alike, wrong=0.0, wrong_constant=0.0)) == "", "all have the same answer"
    assert told(alike, FIVE[:2]) == "", "nobody expects much of two epochs"


def test_a_loss_that_is_still_falling_wants_more_epochs() -> None:
    words = told(judged(after=0.71))
    assert words.startswith("not finished: ")
    assert words.endswith("it is still falling. Try epochs=15 or a higher learning rate")


def test_a_rate_that_makes_it_worse_is_lowered_and_never_called_too_low() -> None:
    """As with pictures of digits at a rate of 1: the loss falls, but only back to that of knowing nothing."""
    back = [epoch(number, 0.85 - 0.01 * number) for number in range(1, 10)]
    words = told(replace(judged(after=0.76), risen=RISEN, before=0.79), back)
    assert words.startswith(
        "unsteady: the loss was 0.84 in epoch 1 and is 0.76 now, but the untrained network has 0.79"
    )
    assert words.endswith("is too high. Try optimizer=SGD(0.01)")
    assert "a higher learning rate" in told(replace(judged(after=0.76), risen=RISEN, before=0.84), back)


def test_an_epoch_may_have_a_higher_loss_if_more_than_the_samples_is_in_it() -> None:
    samples = Samples(Images(bytes(range(12)), 2, 2), Labels([0, 1, 0], 2))
    plain = Job(Sequential(Linear(4, 2, Random(0))), samples, CrossEntropy())
    disturbed = [
        replace(plain, penalty=Penalty(l2=0.1)),
        replace(plain, augment=Augmentation(shift=1)),
        replace(plain, network=Sequential(Dropout(0.5), *plain.network.layers)),
    ]
    assert Watch(plain, None).risen == RISEN
    assert [Watch(job, None).risen for job in disturbed] == [EXPLODED] * 3


def test_the_penalty_that_large_first_weights_have_is_no_jump_of_the_loss() -> None:
    shrinking = [epoch(1, 2.0), epoch(2, 0.9), epoch(3, 0.6)]
    assert told(judged(after=0.5), shrinking).startswith("unsteady: the loss was 2 in epoch 1 ")
    assert told(replace(judged(after=0.5), penalty=1.3), shrinking) == ""
    samples = Samples(Images(bytes(range(12)), 2, 2), Labels([0, 1, 0], 2))
    network = Sequential(Linear(4, 2, Random(0)))
    watch = Watch(Job(network, samples, CrossEntropy(), penalty=Penalty(l2=0.1)), None)
    assert watch.evidence(network, lambda: network, 1).penalty == Penalty(l2=0.1).value(network.weights)


def test_a_loss_that_was_low_and_rises_above_that_of_knowing_nothing_is_unsteady() -> None:
    swings = [epoch(1, 0.6), epoch(2, 0.08), epoch(3, 0.92), epoch(4, 0.16)]
    words = told(judged(), swings)
    assert words.startswith("unsteady: the loss was 0.08 in epoch 2 and 0.92 in epoch 3, but the untrained network")
    assert words.endswith("Try optimizer=SGD(0.01). The network of epoch 2 is kept, with a loss of 0.1")
    assert told(judged(), [epoch(1, 0.6), epoch(2, 0.08), epoch(3, 0.69), epoch(4, 0.16)]) == ""
    assert told(judged(), [epoch(1, 0.92), epoch(2, 0.36), epoch(3, 0.71), epoch(4, 0.16)]) == ""


def test_a_network_without_a_hidden_layer_that_learned_nothing_is_told_so() -> None:
    words = told(replace(judged(after=0.7), flat=True), [epoch(number, 0.7) for number in range(1, 6)])
    assert "without a hidden layer a network separates by straight lines only, too little for XOR" in words
    assert "Try a hidden layer, " in words


def test_right_answers_of_a_network_that_learned_nothing_are_luck() -> None:
    flat = [epoch(number, 0.7) for number in range(1, 6)]
    assert "; that 75 % are right is luck" in told(replace(judged(after=0.7), wrong=0.25, wrong_constant=0.5), flat)
    assert "luck" not in told(replace(judged(after=0.7), wrong=0.5, wrong_constant=0.5), flat)


def test_where_all_targets_are_equal_there_is_nothing_to_learn() -> None:
    assert told(replace(judged(after=0.01), constant=0.0)) == ""


def test_causes_come_first_and_scaled_targets_only_where_it_failed() -> None:
    healthy = replace(judged(), causes=("no training sample has class 7",), targets="targets: badly scaled")
    assert History(FIVE, evidence=healthy).findings == ("no training sample has class 7",)
    failed = History(FIVE, evidence=replace(healthy, after=9.0)).findings
    assert failed[:2] == ("no training sample has class 7", "targets: badly scaled")
    assert failed[2].endswith("Try optimizer=SGD(0.01) and a new network, after what is said above")


@pytest.mark.parametrize(("rate", "lower"), [(0.05, "0.005"), (1.0, "0.1"), (5.0, "0.1"), (1e10, "0.1")])
def test_a_tenth_of_the_rate_is_suggested_and_never_more_than_a_usual_one(rate: float, lower: str) -> None:
    assert Advice().lower(rate) == f"optimizer=SGD({lower})"
    assert Advice(rate="--learning-rate {:.2g}").lower(rate) == f"--learning-rate {lower}"


# The measurements.


def watched(inputs: Rows, targets: Rows, *layers: Layer, validation: Samples | None = None) -> Watch:
    network = Sequential(*(layers or [Linear(inputs.columns, targets.columns, Random(0))]))
    loss = CrossEntropy() if isinstance(targets, Labels) else MeanSquaredError()
    return Watch(Job(network, Samples(inputs, targets), loss), validation)


def linear(*weights: float, bias: tuple[float, ...] = (0.0,)) -> Linear:
    """A layer of one input, with a weight and a bias for each output."""
    layer = Linear(1, len(weights), Random(0))
    layer.weight, layer.bias = Matrix([list(weights)]), Matrix([list(bias)])
    return layer


def test_columns_that_are_badly_scaled_are_named_before_a_training() -> None:
    (said,) = watched(Matrix([[850, 1], [2400, 2]]), Matrix([[0], [1]])).causes
    assert said.startswith("inputs: badly scaled: column 0 with mean 1625 and standard deviation 775: no learning rate")
    assert "Sequential(standardize(X), *network)" in said


def test_whole_numbers_up_to_255_may_be_pixels_to_divide() -> None:
    pixels = Matrix([[float(37 * i * j % 256) for j in range(16)] for i in range(10)])
    assert "if they are pixels, divide them by 255" in watched(pixels, Matrix([[0.5]] * 10), Linear(16, 1)).causes[0]
    halves = watched(pixels * 0.5, Matrix([[0.5]] * 10), Linear(16, 1)).causes[0]
    assert halves.startswith("inputs: badly scaled: column 6 with mean")


def test_pictures_and_networks_that_scale_are_not_blamed() -> None:
    assert watched(Images(bytes([0, 255]), 1, 1), Matrix([[0], [1]])).causes == ()
    houses, prices = Matrix([[850], [2400]]), Matrix([[170_000], [480_000]])
    assert watched(houses, prices, Scaling([1625], [775]), Linear(1, 1, Random(0))).causes == ()


def test_badly_scaled_targets_are_remembered_for_a_failure() -> None:
    assert watched(Matrix([[0], [1]]), Matrix([[0], [1]])).targets == ""
    watch = watched(Matrix([[0], [1]]), Matrix([[170_000], [480_000]]))
    assert watch.causes == ()
    assert watch.targets.startswith("targets: badly scaled: column 0 with mean 3.25e+05")
    error = watch.explained(TrainingError(f"epoch 1: {ADVICE} (the rate was 0.5)"), 0.5)
    assert (
        str(error)
        == f"epoch 1: {ADVICE} (the rate was 0.5); for example optimizer=SGD(0.05) and a new network; {watch.targets}"
    )
    other = TrainingError("a worker process ended unasked")
    assert watch.explained(other, 0.5) is other


@pytest.mark.parametrize("weight", [2.9e154, inf, nan])
def test_a_network_that_has_diverged_before_is_named_as_the_cause(weight: float) -> None:
    watch = watched(Matrix([[0], [1]]), Matrix([[0], [1]]), linear(weight))
    (cause,) = watch.causes
    said = f"the network begins with a weight of {weight:.3g}, as one that has diverged: start with a new network"
    assert cause == said
    assert str(watch.explained(TrainingError(ADVICE), 0.5)) == f"{ADVICE}; {said}"
    assert watched(Matrix([[0], [1]]), Matrix([[0], [1]]), linear(1e8)).causes == ()


# Before: x = 1 and 2 give 0.75 and 1.25, but should give 2 and 3: (1.25² + 1.75²) / 2 = 2.3125, so 2312.5 is the limit.
@pytest.mark.parametrize(
    ("losses", "hopeless"),
    [
        ([1e30] * 10, True),
        ([10.0**i for i in range(4, 14)], True),
        ([nan] * 10, True),
        ([1e30] * 9, False),  # it may come back
        ([1e30] * 5 + [1.2e3] + [1e30] * 4, False),
        ([1e30] * 9 + [1e29], False),  # it falls
    ],
)
def test_a_loss_that_stays_a_thousand_times_too_high_leaves_no_hope(losses: list[float], hopeless: bool) -> None:
    watch = watched(Matrix([[1], [2]]), Matrix([[2], [3]]), linear(0.5, bias=(0.25,)))
    assert watch.before == pytest.approx(2.3125)
    assert bool(watch.hopeless([epoch(number, loss) for number, loss in enumerate(losses, 1)])) == hopeless


def test_a_class_that_training_lacks_is_named_and_whether_validation_has_it() -> None:
    inputs = Matrix([[0], [1]])
    assert watched(inputs, Labels([0, 1], 2)).causes == ()
    assert watched(inputs, Labels([0, 2], 4)).causes == (
        "no training sample has classes 1, 3: the network cannot learn them",
    )
    validation = Samples(inputs, Labels([0, 3], 4))
    assert watched(inputs, Labels([0, 2], 4), validation=validation).causes == (
        "no training sample has classes 1, 3, but validation samples have class 3: the network cannot learn them",
    )


def test_many_classes_without_a_sample_are_counted_and_the_first_are_named() -> None:
    (said,) = watched(Matrix([[0], [1]]), Labels([0, 1], 400)).causes
    assert said.startswith("no training sample has classes 2, 3, 4, 5, ")
    assert said.endswith(", 12, 13, … (398 in all): the network cannot learn them")


def test_a_class_is_named_by_its_name() -> None:
    network = Sequential(Linear(1, 3, Random(0)))
    network.classes = ("cat", "dog", "owl")
    job = Job(network, Samples(Matrix([[0], [1]]), Labels([0, 2], 3)), CrossEntropy())
    assert Watch(job, None).causes == ("no training sample has class dog: the network cannot learn it",)


def test_classes_that_take_turns_are_all_among_the_few_samples_that_judge() -> None:
    samples = Samples(Matrix([[i % 2] for i in range(600)]), Matrix([[i % 2] for i in range(600)]))
    watch = Watch(Job(Sequential(Linear(1, 1, 0)), samples, BinaryCrossEntropy()), None)
    assert watch.constant == pytest.approx(log(2.0), rel=0.01)


def test_evidence_is_measured_on_a_few_hundred_samples_and_by_hand() -> None:
    # y = w x, with w = 0 before, 1 in the end, and 2 kept; the targets are 2 x: a loss is (w - 2)² x²
    x, t = Matrix([[1], [2]]), Matrix([[2], [4]])
    last, kept = Sequential(linear(1.0)), Sequential(linear(2.0))
    watch = watched(x, t, linear(0.0), validation=Samples(Matrix([[3], [3]]), Matrix([[6], [8]])))
    evidence = watch.evidence(last, lambda: kept, 7)
    assert (evidence.before, evidence.last, evidence.after, evidence.kept) == (10.0, 2.5, 0.0, 7)
    assert (evidence.constant, evidence.count, evidence.wrong) == (1.0, 2, None)  # about the mean, 3
    # the losses of 9 and 25 are both above those of 1 and 4: U = 4, and z = (4 - 2) / √(4 · 5 / 12)
    assert evidence.surplus == pytest.approx(2.0 / (20.0 / 12.0) ** 0.5)
    many = Matrix([[float(i)] for i in range(1000)])
    assert 200 < len(watched(many, many).samples) <= 300


def test_a_classifier_is_compared_with_the_most_frequent_class() -> None:
    watch = watched(Matrix([[0], [1], [2], [3]]), Labels([0, 0, 0, 1], 2))
    network = Sequential(linear(0.0, 0.0, bias=(0.0, 1.0)))  # it always answers 1
    evidence = watch.evidence(network, lambda: network, 1)
    assert (evidence.wrong, evidence.wrong_constant) == (0.75, 0.25)


def test_classes_for_a_single_output_are_doubted() -> None:
    def causes(targets: list[float]) -> tuple[str, ...]:
        samples = Samples(Matrix([[i / 10] for i in range(len(targets))]), Matrix([[target] for target in targets]))
        return Watch(Job(Sequential(Linear(1, 1, 0)), samples, MeanSquaredError()), None).causes

    (said,) = causes([0, 1, 2] * 3)
    assert said.endswith("learned as a quantity by a single output: if they are classes, the network needs 3 outputs")
    assert causes([0, 1] * 3) == causes([0, 1, 2.5] * 3) == causes([0, 1, 3] * 3) == causes([0, 1, 2]) == ()


def test_inputs_that_are_all_equal_say_nothing() -> None:
    said = "the inputs of all samples are equal: nothing tells the samples apart"
    assert watched(Matrix([[0.5, 1.0]] * 4), Labels([0, 1, 0, 1], 2)).causes == (said,)
    assert watched(Images(bytes(16), 2, 2), Labels([0, 1, 0, 1], 2)).causes == (said,)
    assert watched(Matrix([[0.5, 1.0]] * 3 + [[0.5, 0.5]]), Labels([0, 1, 0, 1], 2)).causes == ()


def test_pictures_that_were_scaled_before_they_became_bytes_are_doubted() -> None:
    (said,) = watched(Images(bytes([0, 1] * 8), 2, 2), Labels([0, 1, 0, 1], 2)).causes
    assert said == "the darkest pixel of the pictures is 1, of 255: if they are scaled already, pass them as floats"
    assert watched(Images(bytes([0, 1] * 7 + [2, 0]), 2, 2), Labels([0, 1, 0, 1], 2)).causes == ()
