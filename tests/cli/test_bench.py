"""`purenn bench`: each figure is that of the work it names. The clock here moves only when an engine works."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from purenn import datasets
from purenn.cli import bench, main
from purenn.engine import Progress
from purenn.metrics import Score
from purenn.samples import Samples
from purenn.schedules import Schedule
from tests.cli.conftest import Captured, json_lines, number
from tests.conftest import Clock

TICK = 1.28e-3  # seconds from one look at the clock to the next, if no engine works meanwhile


class TimedEngine:
    """An engine that moves the clock instead of working. Its first epoch takes a hundred times as long as others."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self.seconds = seconds

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        self.clock.now += self.seconds * (100.0 if epoch == 0 else 1.0)
        return Score(0.0, None)

    def evaluate(self, samples: Samples) -> Score:
        self.clock.now += self.seconds / 2.0
        return Score(0.0, None)

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take 400 pictures instead of thousands."""
    pictures = datasets.load("strokes").train.select(range(400))
    monkeypatch.setattr(bench, "_strokes", lambda count: pictures)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Take engines that move a clock: lanes by 20 ms an epoch, by half of it with two workers, floats by 500 ms."""
    clock = Clock(TICK)

    def engine(name: str, samples: Samples, workers: int = 1) -> TimedEngine:
        return TimedEngine(clock, 0.02 / workers if name == "lanes" else 0.5)

    monkeypatch.setattr(bench, "_engine", engine)
    monkeypatch.setattr(bench, "time", SimpleNamespace(process_time=clock, perf_counter=clock))
    return clock


def figures(capsys: Captured) -> dict[str, float]:
    """Return the figures that `bench --json` prints, by their names."""
    assert main(["bench", "--json"]) == 0
    lines = json_lines(capsys)
    assert {line["event"] for line in lines} == {"bench"}
    return {str(line["what"]): number(line, "figure") for line in lines}


def test_every_figure_is_the_time_of_its_work(clock: Clock, capsys: Captured) -> None:
    assert figures(capsys) == pytest.approx(
        {
            "lanes engine, training": (0.02 + TICK) / 400 * 1e6,  # the second epoch of all 400
            "float engine, training, batches of 32": (0.5 + TICK) / 50 * 1e6,  # the second epoch of an eighth
            "lanes engine, predicting": 400 / (0.01 + TICK),
            "adding a weight, lanes of 32 bits": TICK / 1000 / 128 * 1e9,  # 1000 rows of 128 weights
            "2 workers against 1": (0.02 + TICK) / (0.01 + TICK),
        }
    )


def test_people_are_shown_a_table(clock: Clock, capsys: Captured) -> None:
    assert main(["bench"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "[784, 128, 10]" in lines[0]
    assert len(lines) == 3 + 5
    assert lines[3].split() == ["lanes", "engine,", "training", "53.20", "µs", "a", "sample"]
    assert lines[-1].split() == ["2", "workers", "against", "1", "1.89", "times", "faster"]


def test_both_engines_and_the_workers_are_really_measured(capsys: Captured) -> None:
    found = figures(capsys)
    assert len(found) == 5
    assert all(figure > 0.0 for figure in found.values())


def test_its_help_says_where_the_comparisons_are(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", "--help"])
    assert caught.value.code == 0
    assert "benchmarks/README.md" in capsys.readouterr().out
