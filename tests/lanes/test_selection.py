"""Leaving out what is known: who takes part, what is noted, and what the engine reports."""

from __future__ import annotations

from random import Random

import pytest

from purenn.cli.main import parse_arguments
from purenn.cli.preparation import prepare_run
from purenn.cli.train_arguments import TrainArguments
from purenn.datasets import load
from purenn.engine import Job
from purenn.lanes.engine import BLOCK, LanesEngine
from purenn.lanes.outer import Outer
from purenn.lanes.selection import KEPT, KNOWN, WEIGHTS, Selection
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.metrics import evaluate
from purenn.network import feed_forward
from purenn.samples import Labels, Samples
from purenn.schedules import constant
from purenn.training import fit
from tests.conftest import bars, numbers, silent


def half_known(count: int) -> Selection:
    selection = Selection(count)
    selection.known[1::2] = bytes([1]) * (count // 2)
    return selection


def engine(count: int = 400, *, every_sample: bool = False, seed: int = 0) -> LanesEngine:
    network = feed_forward([16, 8, 4], Random(1))
    return LanesEngine(Job(network, bars(count), CrossEntropy(), seed=seed, every_sample=every_sample))


# Who takes part.


def test_at_first_all_samples_take_part_in_their_order() -> None:
    assert Selection(4).choose([2, 0, 3, 1], Random(1)) == [2, 0, 3, 1]


def test_all_that_are_not_known_take_part_and_some_that_are() -> None:
    chosen = half_known(20000).choose(range(20000), Random(1))
    assert [i for i in chosen if i % 2 == 0] == list(range(0, 20000, 2))
    # binomial: the mean is 10000 · KEPT, its standard deviation at most sqrt(10000) / 2 = 50
    assert len(chosen) - 10000 == pytest.approx(10000 * KEPT, abs=200)
    assert chosen == sorted(chosen)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_an_epoch_is_never_empty(count: int) -> None:
    selection = Selection(count)
    selection.known[:] = bytes([1]) * count
    chosen = [selection.choose(range(count), Random(seed)) for seed in range(50)]
    assert all(chosen)
    assert any(len(samples) < count for samples in chosen) is (count > 1)


def test_a_choice_comes_from_the_generator_alone() -> None:
    chosen = half_known(100).choose(range(100), Random(1))
    assert half_known(100).choose(range(100), Random(1)) == chosen
    assert half_known(100).choose(range(100), Random(2)) != chosen


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 1000])
def test_a_note_restores_what_was_known(count: int) -> None:
    for known in bytes(count), bytes([1]) * count, bytes(Random(count).choices([0, 1], k=count)):
        selection, other = Selection(count), Selection(count)
        selection.known[:] = known
        other.restore(selection.note)
        assert other.known == known


@pytest.mark.parametrize("note", ["", "x", "1f", "-1"])
def test_a_note_that_is_none_is_refused_and_changes_nothing(note: str) -> None:
    selection = half_known(4)
    with pytest.raises(ValueError, match=r"^'known' must be a bit for each of 4 samples, in hexadecimal digits, got "):
        selection.restore(note)
    assert selection.known == bytes([0, 1, 0, 1])


# In the engine.


def test_samples_are_known_by_their_last_loss() -> None:
    learner = engine()
    for epoch in range(6):
        learner.train(epoch, constant(0.005), silent)
    learner.learn(range(400), 1e-300)  # no step changes anything: these are the losses of one network
    losses = [
        learner.samples.judge(learner.packed.forward(groups)[1], i)[0]
        for i, groups in enumerate(learner.samples.groups)
    ]
    assert learner.selection.known == bytes(loss < KNOWN for loss in losses)
    assert 0 < sum(learner.selection.known) < 400


def test_an_epoch_of_known_samples_is_shorter_unless_every_sample_is_asked_for() -> None:
    def totals(*, every_sample: bool) -> list[int]:
        learner, seen = engine(every_sample=every_sample), list[int]()
        for epoch in range(8):
            learner.train(epoch, constant(0.05), lambda done, total: seen.append(total))
        return seen

    assert totals(every_sample=True) == [400] * 8
    chosen = totals(every_sample=False)
    assert chosen[0] == 400
    assert chosen[-1] < 300


@pytest.mark.parametrize("every_sample", [False, True])
def test_fit_and_the_command_line_ask_for_every_sample(every_sample: bool) -> None:
    seen = list[int]()
    network = feed_forward([16, 8, 4], Random(1))
    fit(network, bars(400), epochs=9, engine="lanes", every_sample=every_sample, progress=lambda _, n: seen.append(n))
    assert (seen == [400] * 9) is every_sample
    words = ["train", "strokes", "--limit", "20", *(["--every-sample"] if every_sample else [])]
    arguments = TrainArguments(**vars(parse_arguments(words)))
    assert prepare_run(arguments, load("strokes")).job.every_sample is every_sample


def test_the_score_of_an_epoch_estimates_that_of_all_samples() -> None:
    learner = engine(4000)
    learner.train(0, constant(0.02), silent)
    learner.velocity = learner.packed.at_rest
    truth = learner.evaluate(bars(4000))
    scores = [learner.train(epoch, constant(1e-300), silent) for epoch in range(20)]  # of one network
    assert 400 < sum(learner.selection.known) < 3600
    assert sum(score.loss for score in scores) / 20 == pytest.approx(truth.loss, rel=0.02)
    assert truth.accuracy is not None
    assert sum(score.accuracy or 0.0 for score in scores) / 20 == pytest.approx(truth.accuracy, abs=0.002)
    assert WEIGHTS == (1.0, 1.0 / KEPT)


def test_a_squared_error_is_no_sign_of_knowing() -> None:
    """0.05 is much or little, as its targets are large or small."""
    seen = list[int]()
    samples = Samples(bars(100).inputs, Labels([0] * 100, classes=4))
    learner = LanesEngine(Job(feed_forward([16, 4], Random(1)), samples, MeanSquaredError()))
    for epoch in range(3):
        learner.train(epoch, constant(0.05), lambda done, total: seen.append(total))
    assert learner.evaluate(samples).loss < KNOWN
    assert seen == [100] * 3


def test_a_restored_training_makes_the_same_choices_and_outer_steps() -> None:
    learner, other = engine(1100), engine(1100, seed=5)
    learner.outer = other.outer = Outer(BLOCK, momentum=8, rate=15)
    for epoch in range(3):
        learner.train(epoch, constant(0.05), silent)
    assert sum(learner.selection.known) > 0
    other.restore(learner.state())
    for epoch in range(3, 5):
        assert learner.train(epoch, constant(0.05), silent) == other.train(epoch, constant(0.05), silent)
    assert numbers(learner.network()) == numbers(other.network())
    assert learner.selection.known == other.selection.known
    assert evaluate(learner.network(), bars(1100), CrossEntropy()).accuracy
