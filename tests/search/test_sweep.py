"""The sweep: the same results whoever works, nothing done twice, and a failure is one line of many."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from purenn import SGD, History, datasets, feed_forward, fit, sweep
from purenn.errors import TrainingError
from purenn.lanes import ExecutorError
from purenn.search import Range, Sweep, Trial, Value
from tests.charts.pictures import check

MOONS = datasets.load("moons").train.select(range(60))
pytestmark = pytest.mark.filterwarnings("ignore::purenn.TrainingWarning")
ran: list[dict[str, object]] = []


def train(**options: float) -> History:
    """Train a small network, and remember with which options."""
    ran.append(dict(options))
    network = feed_forward([2, int(options.get("hidden", 4)), 2], Random(0))
    epochs, rate = int(options.get("epochs", 2)), options.get("rate", 0.1)
    return fit(network, MOONS, optimizer=SGD(rate), epochs=epochs, validation=0.3)


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    """Forget earlier trainings."""
    ran.clear()


GRID: dict[str, list[Value]] = {"rate": [0.01, 0.3], "hidden": [2, 8]}


def test_a_trial_is_the_training_with_its_options() -> None:
    found = sweep(train, GRID)
    assert ran == [{"rate": rate, "hidden": hidden} for rate in (0.01, 0.3) for hidden in (2, 8)]
    for trial in found.trials:
        best = min(
            train(rate=float(trial.options["rate"]), hidden=int(trial.options["hidden"])).epochs,
            key=lambda epoch: (-(epoch.validation_accuracy or 0.0), epoch.watched_loss),
        )
        assert (trial.accuracy, trial.loss, trial.best_epoch) == (
            best.validation_accuracy,
            best.validation_loss,
            best.number,
        )
    assert found.best == min(found.trials, key=lambda trial: (-(trial.accuracy or 0.0), trial.loss))


def test_workers_and_threads_find_the_same() -> None:
    alone = sweep(train, GRID, epochs=1)
    for found in (
        sweep(train, GRID, epochs=1, workers=2),
        sweep(train, GRID, epochs=1, workers=3, executor=ThreadPoolExecutor(2)),
    ):
        assert found.ranked == alone.ranked


def test_a_sweep_goes_on_after_the_trials_that_are_done(tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"

    def interrupted(trial: Trial) -> None:
        if trial.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(train, GRID, results=path, callbacks=[interrupted])
    assert len(ran) == 2
    seen: list[Trial] = []
    found = sweep(train, GRID, results=path, callbacks=[seen.append])
    assert [trial.number for trial in seen] == [3, 4]
    assert len(ran) == 4
    assert found.ranked == sweep(train, GRID).ranked


def test_halving_trains_the_better_half_for_twice_the_epochs(tmp_path: Path) -> None:
    vary: dict[str, list[Value]] = {"rate": [1e-6, 1e-5, 0.1, 0.3]}
    found = sweep(train, vary, search="halving", epochs=4, results=tmp_path / "h.jsonl")
    assert [(trial.number, trial.epochs) for trial in found.trials] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (3, 2),
        (4, 2),
        (found.best.number, 4),
    ]
    assert found.best.number in (3, 4)
    assert [trial.epochs for trial in found.ranked] == [4, 2, 1, 1]
    assert len(ran) == 7
    assert sweep(train, vary, search="halving", epochs=4, results=tmp_path / "h.jsonl").trials == found.trials
    assert len(ran) == 7


def test_random_search_draws_its_trials_from_ranges() -> None:
    found = sweep(train, {"rate": Range(0.01, 0.5), "hidden": Range(2, 8)}, search="random", trials=3, epochs=1, seed=5)
    assert len({trial.options["rate"] for trial in found.trials}) == 3


def diverging(rate: float, epochs: int = 2) -> History:
    """Raise an error for a rate above 1."""
    if rate > 1.0:
        raise TrainingError("the loss is nan")
    return train(rate=rate, epochs=epochs)


def test_a_trial_that_fails_is_the_last_of_the_table_and_its_reason_stands_below() -> None:
    found = sweep(diverging, {"rate": [10.0, 0.1, 0.2]})
    assert found.ranked[-1] == Trial(1, {"rate": 10.0}, error="the loss is nan")
    lines = str(found).splitlines()
    assert lines[0].split() == ["trial", "rate", "validation", "loss", "best", "epoch", "seconds"]
    assert lines[3].split()[:5] == ["1", "10.0", "failed", "-", "-"]
    assert lines[4] == "trial 1: the loss is nan"


def test_where_all_fail_there_is_no_best() -> None:
    found = sweep(diverging, {"rate": [10.0, 20.0, 30.0]}, search="halving", trials=3, epochs=1)
    with pytest.raises(TrainingError, match="no trial has ended well"):
        _ = found.best


def test_a_training_that_has_diverged_has_failed() -> None:
    """Its loss is finite."""
    assert "diverged" in sweep(train, {"rate": [1e8]}).trials[0].error


def without_validation(rate: float) -> History:
    """Train without validation."""
    return fit(feed_forward([2, 2], Random(0)), MOONS, optimizer=SGD(rate), epochs=1)


def nothing(rate: float) -> None:
    """Return nothing."""


def test_trials_without_validation_and_functions_without_a_history_are_refused() -> None:
    with pytest.raises(ValueError, match=r"judged in validation, but there was none: fit\(…, validation=0.2\)"):
        sweep(without_validation, {"rate": [0.1]})
    for workers in (1, 2):
        with pytest.raises(TypeError, match="must return a History, as `fit` does, got None"):
            sweep(nothing, {"rate": [0.1]}, workers=workers)  # type: ignore[arg-type]


def test_the_chart_leaves_out_what_failed() -> None:
    picture = sweep(diverging, {"rate": [0.1, 10.0, 0.2]}).plot()
    check(picture, ["Validation accuracy of 2 trials", "rate", "0.1", "0.2"])
    check(Sweep([]).plot())
    rounds = sweep(train, {"rate": [0.1, 0.2]}, search="halving", epochs=2).plot()
    check(rounds, ["1 epoch", "2 epochs"])


def losing_a_worker(rate: float) -> History:
    raise ExecutorError("a worker process ended unasked: process 5 was ended by SIGKILL")


def test_a_worker_that_is_lost_says_nothing_about_a_trial(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="ended unasked"):
        sweep(losing_a_worker, {"rate": [0.1, 0.3]}, results=tmp_path / "r.jsonl")
    found = sweep(train, {"rate": [0.1, 0.3]}, results=tmp_path / "r.jsonl")
    assert [trial.error for trial in found.trials] == ["", ""]


def test_an_executor_that_fails_is_told_by_its_name() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(TrainingError, match=r"^ThreadPoolExecutor failed: RuntimeError: .* after shutdown$"):
        sweep(train, GRID, workers=2, executor=pool)


@pytest.mark.parametrize(("workers", "error"), [(0, ValueError), ("2", TypeError), (1.5, ValueError)])
def test_workers_are_a_whole_number(workers: object, error: type[Exception]) -> None:
    search: Callable[..., Sweep] = sweep
    with pytest.raises(error, match=r"^workers must be "):
        search(train, GRID, workers=workers)
