"""Runs: the same steps as `fit`, and back to any moment."""

from __future__ import annotations

import pytest

from purenn.playground.data import points_of
from purenn.playground.networks import make_network, make_samples
from purenn.playground.run import Run
from purenn.playground.settings import OptimizerSettings
from purenn.regularization import Penalty
from purenn.schedules import SCHEDULES
from purenn.training import fit
from tests.conftest import numbers
from tests.playground.helpers import changed, run_of, trained

LONG: dict[str, object] = {
    "data": {"name": "moons", "samples": 50},
    "layers": [{"units": 4, "dropout": 0.25, "normalization": "batch"}],
    "optimizer": {"name": "adam", "learning_rate": 0.05},
    "l2": 0.01,
    "batch_size": 8,
    "seed": 3,
}


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_run_makes_the_steps_of_fit_bit_for_bit(schedule: str) -> None:
    run = trained(6, **LONG, schedule={"name": schedule, "epochs": 4})
    settings = run.settings
    network = make_network(settings)
    tested = make_samples(settings, points_of(settings.data), "test")
    preset = SCHEDULES[schedule]
    history = fit(
        network,
        run.samples,
        loss=run.loss,
        optimizer=settings.optimizer.make(),
        schedule=preset.schedule(0.05, 4),
        plateau=preset.plateau,
        penalty=Penalty(l2=0.01),
        validation=tested,
        epochs=6,
        batch_size=8,
        engine="float",
        seed=3,
    )
    assert numbers(network) == numbers(run.network)
    for ours, theirs in zip(run.epochs, history.epochs):
        assert (ours.loss, ours.accuracy, ours.learning_rate) == (theirs.loss, theirs.accuracy, theirs.learning_rate)
        assert (ours.validation_loss, ours.validation_accuracy) == (theirs.validation_loss, theirs.validation_accuracy)


def test_a_run_goes_on_from_a_moment_with_the_same_bits() -> None:
    run = trained(2, **LONG)
    run.step()  # in the middle of an epoch
    moment = run.moment()
    for _ in range(9):
        run.step()
    after = numbers(run.network), run.epochs, run.trail
    again = run_of(**LONG)
    again.restore(moment)
    for _ in range(9):
        again.step()
    assert (numbers(again.network), again.epochs, again.trail) == after


def test_epochs_and_batches_are_counted() -> None:
    run = run_of(data={"samples": 30, "test": 0.0}, batch_size=12)
    seen: list[tuple[int, int]] = []
    for _ in range(4):
        run.step()
        seen.append((run.epoch, run.batch))
    assert seen == [(0, 1), (0, 2), (1, 0), (1, 1)]
    assert run.epochs[0].validation_loss is None


def test_a_run_that_diverges_stops_and_says_what_to_try() -> None:
    run = trained(50, optimizer={"learning_rate": 1e6}, loss="MeanSquaredError", layers=[])
    assert "try a lower learning rate" in run.failure
    assert "for example a learning rate of 0.1 and a reset" in run.finding
    epochs, before = run.epoch, numbers(run.network)
    run.step()
    assert (run.epoch, numbers(run.network)) == (epochs, before)


def test_other_settings_of_the_training_keep_the_network_and_the_memory() -> None:
    run = trained(2, optimizer={"name": "sgd", "options": {"momentum": 0.9}})
    before, velocity = numbers(run.network), run.engine.optimizer.memory["velocity"]
    faster = changed(optimizer={"learning_rate": 0.5, "options": {"momentum": 0.9}}, batch_size=3, l1=0.1)
    run.retune(faster)
    assert (numbers(run.network), run.rate, run.engine.batch_size) == (before, 0.5, 3)
    assert run.engine.optimizer.memory["velocity"] is velocity
    run.retune(changed(optimizer={"options": {"momentum": 0.5}}))
    assert run.engine.optimizer.memory == {}
    run.step()
    assert run.failure == ""


def test_other_points_begin_another_epoch() -> None:
    run = trained(1)
    run.step()
    points = points_of(run.settings.data)[:20]
    run.retune(run.settings, points)
    assert (run.place, len(run.samples), run.tested) == (0, 20, None)
    with pytest.raises(ValueError, match="fewer than 2 points are left to train on"):
        run.retune(run.settings, points[:1])
    assert len(run.samples) == 20


def test_the_update_of_a_sample_is_what_learning_it_changes() -> None:
    run = trained(1, **LONG)
    sample = run.samples.select([4])
    expected, before = run.update(sample), [p.copy() for p in run.network.parameters]
    assert run.network.parameters == before  # it was made to a copy
    run.learn(sample)
    changes = [after - p for after, p in zip(run.network.parameters, before)]
    assert changes == expected
    assert any(any(any(row) for row in change) for change in changes)


def test_a_step_of_plain_descent_is_the_rate_times_the_gradient() -> None:
    """One neuron, z = w x + b = 2 · 3 + 1 = 7 for the target 5: dL/dz = 2 (7 - 5) = 4, dL/dw = 12, dL/db = 4."""
    points = [[3.0, 0.0, 5.0, "train"], [1.0, 0.0, 3.0, "train"]]
    settings = changed(
        data={"name": "own", "points": points, "inputs": ["x"]}, layers=[], optimizer={"learning_rate": 0.1}
    )
    run = Run(settings, points_of(settings.data))
    for parameter, value in zip(run.network.parameters, (2.0, 1.0)):
        parameter[0, 0] = value
    assert [change[0, 0] for change in run.update(run.samples.select([0]))] == pytest.approx([-1.2, -0.4])


def test_the_finding_tells_of_a_training_that_learned_little() -> None:
    run = trained(5, data={"name": "xor"}, layers=[], optimizer={"learning_rate": 0.01})
    assert run.settings.optimizer == OptimizerSettings("sgd", 0.01)
    assert "without a hidden layer a network separates by straight lines only" in run.finding
    assert run_of().finding == ""


def test_changes_by_hand_are_kept_in_words() -> None:
    run = trained(1)
    run.note("a weight set by hand")
    run.note("a weight set by hand")
    assert run.changes == ("a weight set by hand after 1 epoch",)
