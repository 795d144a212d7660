"""The loop of training: epochs on demand, when it ends, and which network is left at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from itertools import islice
from math import inf, nan
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from purenn.engine import ENGINES, Engine, FloatEngine, Job, Progress, State
from purenn.errors import TrainingError
from purenn.formats import Tensor
from purenn.history import Merit, high_accuracy, low_loss
from purenn.losses import CrossEntropy, MeanSquaredError
from purenn.metrics import Score
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.samples import Samples, as_rows
from purenn.schedules import Schedule, constant, linear_decay, reduce_on_plateau
from purenn.training import Plan, Training, train
from tests.conftest import Clock, bars, line, numbers, silent


class Scripted(Engine):
    """An engine that does not learn but has the scores of a script; its only weight is the number of epochs trained."""

    name = "scripted"
    learning_rate = 0.5
    batch_size = 1

    def __init__(self, losses: Sequence[float], accuracies: Sequence[float] = (), *, validation: bool = False) -> None:
        self.scores = [Score(loss, accuracy) for loss, accuracy in zip(losses, accuracies or [0.0] * len(losses))]
        self.validation = validation  # whether the script is of the validation samples
        self.trained = 0
        self.asked: list[float] = []  # rates
        self.closed = False
        self._network = line()

    @classmethod
    def for_job(cls, job: Job) -> Engine:
        return cls([0.0])

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        self.trained += 1
        self.asked.append(schedule(epoch))
        progress(1, 1)
        return Score(7.0, None) if self.validation else self.scores[epoch]

    def evaluate(self, samples: Samples) -> Score:
        return self.scores[self.trained - 1] if self.validation else Score(7.0, None)

    def network(self) -> Sequential:
        self._network.parameters[0][0, 0] = float(self.trained)
        return self._network

    def state(self) -> State:
        return State({"trained": Tensor((1,), [float(self.trained)])}, {})

    def restore(self, state: State) -> None:
        (trained,) = state.tensors["trained"].values
        self.trained = int(trained)

    def close(self) -> None:
        self.closed = True


ONE = Samples(as_rows([1.0]), as_rows([1.0]))


def weight(engine: Scripted) -> float:
    """The number of the epoch whose network it is."""
    return engine._network.parameters[0][0, 0]


# Epochs.


def float_engine() -> FloatEngine:
    return FloatEngine(Job(feed_forward([16, 8, 4], Random(1)), bars(), CrossEntropy(), SGD(0.1)))


def test_an_epoch_is_trained_when_it_is_asked_for() -> None:
    engine = Scripted([3.0, 2.0, 1.0])
    running = train(engine, 3)
    assert engine.trained == 0
    next(running)
    assert engine.trained == 1
    assert [epoch.number for epoch in islice(running, 10)] == [2, 3]
    assert engine.trained == 3


def test_breaking_out_of_the_loop_trains_no_further() -> None:
    engine, other = float_engine(), float_engine()
    for epoch in train(engine, 100, constant(0.1)):
        if epoch.number == 2:
            break
    assert [epoch.number for epoch in train(other, 2, constant(0.1))] == [1, 2]
    assert numbers(engine.network()) == numbers(other.network())


def test_an_epoch_records_its_time_its_scores_and_the_rate_of_its_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("purenn.training.time", SimpleNamespace(perf_counter=Clock(tick=0.5)))
    samples = bars().select(range(20))
    engine, other = float_engine(), float_engine()
    (epoch,) = train(engine, 1, linear_decay(0.1, epochs=2), validation=samples)
    score = other.train(0, linear_decay(0.1, epochs=2), silent)
    assert (epoch.loss, epoch.accuracy, epoch.learning_rate) == (*score, 0.1)
    assert (epoch.validation_loss, epoch.validation_accuracy) == other.evaluate(samples)
    assert (epoch.seconds, epoch.train_seconds, epoch.evaluate_seconds) == (1.0, 0.5, 1.0)
    assert epoch.metrics == {}


def test_without_validation_samples_nothing_is_validated() -> None:
    (epoch,) = train(Scripted([3.0]), 1)
    assert (epoch.loss, epoch.validation_loss, epoch.validation_accuracy) == (3.0, None, None)


def test_progress_is_that_of_the_engine() -> None:
    calls: list[tuple[int, int]] = []
    list(train(float_engine(), 1, progress=lambda done, total: calls.append((done, total))))
    assert calls == [(32, 100), (64, 100), (96, 100), (100, 100)]


def test_without_a_schedule_the_rate_is_that_of_the_engine() -> None:
    assert [epoch.learning_rate for epoch in train(Scripted([1.0, 1.0]), 2)] == [0.5, 0.5]


def test_figures_are_measured_on_the_network_after_each_epoch() -> None:
    engine = Scripted([3.0, 2.0])
    training = Training(engine, Plan(2), measure=lambda: {"weight": engine.network().parameters[0][0, 0]})
    assert [epoch.metrics for epoch in training.epochs()] == [{"weight": 1.0}, {"weight": 2.0}]


@pytest.mark.parametrize("validation", [None, ONE])
def test_a_plateau_multiplies_the_rate_of_the_schedule_and_goes_by_validation(validation: Samples | None) -> None:
    engine = Scripted([5.0, 4.0, 4.0, 4.0, 4.0], validation=validation is not None)
    schedule, plateau = linear_decay(0.01, epochs=10), reduce_on_plateau(factor=0.5, patience=0)
    epochs = list(train(engine, 5, schedule, plateau=plateau, validation=validation))
    factors = [1.0, 1.0, 1.0, 0.5, 0.25]
    rates = [factor * 0.001 * (10 - number) for number, factor in enumerate(factors)]
    assert [epoch.learning_rate for epoch in epochs] == engine.asked == pytest.approx(rates)


@pytest.mark.parametrize("count", [0, -1])
def test_no_epochs_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"^epochs must be at least 1, got {count}$"):
        Plan(count)
    with pytest.raises(ValueError, match=f"^epochs must be at least 1, got {count}$"):
        train(Scripted([]), count)


def test_a_diverging_training_names_its_epoch() -> None:
    with pytest.raises(TrainingError, match=r"^epoch \d+, batch \d+: .*\(the rate was 1e\+200\)$"):
        list(train(float_engine(), 5, constant(1e200)))


# When it ends.


def run(engine: Engine, plan: Plan) -> Training:
    with Training(engine, plan) as training:
        for _ in training.epochs():
            pass
    return training


@pytest.mark.parametrize("validation", [None, ONE])
@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [
        ([5.0, 4.0, 6.0, 3.0], 1, (3, 2)),
        ([5.0, 4.0, 6.0, 3.0], 2, (4, 4)),  # better just in time
        ([5.0, 4.0, 4.0, 4.0, 3.0], 2, (4, 2)),  # as good is not better, and of equals the first is kept
        ([5.0, 4.0, 6.0, 3.0, 6.0, 3.5, 1.0], 2, (6, 4)),  # each better epoch begins the count again
        ([nan, inf, 2.0, nan, nan, 1.0], 2, (5, 3)),  # a loss that is not a number is never the best
        ([3.0, 2.0, 1.0], 1, (3, 3)),
    ],
)
def test_patience_counts_the_epochs_since_the_best_whose_weights_come_back(
    losses: list[float], patience: int, expected: tuple[int, int], validation: Samples | None
) -> None:
    engine = Scripted(losses, validation=validation is not None)
    plan = Plan(len(losses), validation=validation, patience=patience, merit=low_loss)
    training = run(engine, plan)
    assert (len(training.done), weight(engine)) == expected
    assert training.best is training.done[expected[1] - 1]
    ended = expected[0] < len(losses) or training.done[-1].number - expected[1] >= patience
    assert training.stopped == (f"validation has not been better since epoch {expected[1]}" if ended else "")


@pytest.mark.parametrize(("merit", "best"), [(low_loss, 3), (high_accuracy, 4), (None, 5)])
def test_the_network_left_is_that_of_the_highest_merit_or_without_one_the_last(merit: Merit | None, best: int) -> None:
    # of the epochs with an accuracy of 0.75, the fourth has the lowest loss
    engine = Scripted([3.0, 2.0, 1.0, 1.5, 1.6], [0.1, 0.75, 0.5, 0.75, 0.75])
    training = run(engine, Plan(5, merit=merit))
    assert weight(engine) == best
    assert training.best is (training.done[best - 1] if merit else None)


def test_training_ends_when_validation_reaches_the_target() -> None:
    engine = Scripted([5.0, 4.0, 3.0, 2.0], [0.5, 0.97, 0.975, 0.99], validation=True)
    training = run(engine, Plan(4, validation=ONE, target_accuracy=0.9725))
    assert len(training.done) == 3
    assert training.stopped == "validation has reached 97.25 %"


def test_a_training_that_did_all_its_epochs_was_not_stopped() -> None:
    assert run(Scripted([3.0, 2.0]), Plan(2)).stopped == ""


def test_a_training_that_is_ended_does_no_further_epoch() -> None:
    engine = Scripted([3.0, 2.0, 1.0])
    training = Training(engine, Plan(3))
    for epoch in training.epochs():
        training.ended = epoch.number == 2
    assert (engine.trained, training.stopped) == (2, "a callback ended it")
    assert list(training.epochs()) == []


@pytest.mark.parametrize("patience", [0, -3])
def test_a_patience_of_nothing_is_refused(patience: int) -> None:
    with pytest.raises(ValueError, match=f"^patience must be at least 1, got {patience}$"):
        Plan(3, patience=patience, merit=low_loss)


def test_a_patience_that_nothing_would_judge_is_refused() -> None:
    with pytest.raises(ValueError, match="a patience of 3 needs a merit to judge epochs by"):
        Plan(9, patience=3)


# However it ends.


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, TrainingError])
def test_an_error_brings_back_the_best_weights_and_closes_the_engine(error: type[BaseException]) -> None:
    engine = Scripted([3.0, 1.0, 2.0, 2.0])

    def interrupted() -> None:
        with Training(engine, Plan(4, merit=low_loss)) as training:
            for epoch in training.epochs():
                assert not engine.closed
                if epoch.number == 3:
                    raise error

    with pytest.raises(error):
        interrupted()
    assert (engine.trained, weight(engine), engine.closed) == (3, 2.0, True)


def test_a_full_disk_brings_back_the_best_weights_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    engine = Scripted([1.0, 2.0])
    training = Training(engine, Plan(2, merit=low_loss), checkpoint=tmp_path / "c")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"), training:
        list(training.epochs())
    assert (weight(engine), engine.closed) == (1.0, True)


@pytest.mark.parametrize("name", ENGINES)
def test_the_best_weights_come_back_in_the_network_of_any_engine(name: str) -> None:
    job = Job(feed_forward([16, 4], Random(1)), bars(), CrossEntropy(), SGD(0.1))
    seen: list[list[float]] = []
    plan = Plan(5, lambda epoch: 0.05 if epoch < 3 else 1e-9, validation=bars(), merit=lambda epoch: (-epoch.number,))
    with Training(ENGINES[name].for_job(job), plan) as training:
        seen += [numbers(training.engine.network()) for _ in training.epochs()]
    assert numbers(job.network) == seen[0] != seen[1]


def test_the_optimizer_has_its_own_rate_back() -> None:
    optimizer = SGD(123.0)
    engine = FloatEngine(Job(line(), ONE, MeanSquaredError(), optimizer))
    run(engine, Plan(2, constant(0.01)))
    assert optimizer.learning_rate == 123.0


def test_no_time_is_negative_even_if_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000, 0, -1))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    job = Job(line(), Samples(as_rows([0.0, 1.0]), as_rows([0.0, 1.0])), MeanSquaredError())
    (epoch,) = train(FloatEngine(job), epochs=1)
    assert (epoch.seconds, epoch.train_seconds, epoch.evaluate_seconds) == (0.0, 0.0, 0.0)
