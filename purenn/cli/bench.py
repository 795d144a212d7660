"""`purenn bench`: measure purenn's speed on this machine, in about a minute.

All figures are for a network of 784 inputs, 128 hidden units and 10 outputs, trained on the built-in pictures. Each is
the best of a few rounds of processor time, on which other work on the machine has little influence; the figure for two
workers is clock time, because that is what they save. Comparisons with other libraries are in benchmarks/ of purenn's
repository.
"""

from __future__ import annotations

import os
import platform
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import closing
from random import Random

from purenn import datasets
from purenn.charts import table
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json
from purenn.engine import ENGINES, Engine, Job
from purenn.lanes import Layout
from purenn.losses import CrossEntropy
from purenn.network import feed_forward
from purenn.progress import Bar
from purenn.samples import Samples
from purenn.schedules import constant

__all__ = ["BenchArguments", "bench"]

INPUTS, HIDDEN, OUTPUTS = 784, 128, 10
SCHEDULE = constant(0.02)
Figure = tuple[str, float, str]  # what was measured, how much, in which unit


class BenchArguments(Arguments):
    """Arguments of `purenn bench`: none of its own."""

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.epilog = "Comparisons with NumPy and scikit-learn are in benchmarks/README.md of purenn's repository."


def bench(arguments: BenchArguments) -> int:
    """Take all figures, and print them in a table."""
    bar = Bar()  # it takes a minute for certain
    try:
        figures = _measure(_strokes(4000), bar)
    finally:
        bar.clear()
    machine = f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores"
    if arguments.json:
        for what, figure, unit in figures:
            print_json("bench", {"what": what, "figure": figure, "unit": unit, "machine": machine})
        return 0
    rows = [[what, f"{figure:,.{0 if figure >= 100 else 2}f}", unit] for what, figure, unit in figures]
    print(f"{machine}, [{INPUTS}, {HIDDEN}, {OUTPUTS}]\n\n{table([['', 'figure', 'unit'], *rows])}")
    return 0


def _measure(samples: Samples, bar: Bar) -> list[Figure]:
    """Take the figures one after the other, and show in the terminal which is being taken."""
    few = samples.select(range(len(samples) // 8))
    engine = _engine("lanes", few)

    def predict() -> float:
        return _processor_time(lambda: engine.evaluate(samples))

    measures: list[tuple[str, Callable[[], float], str]] = [
        (
            "lanes engine, training",
            lambda: _best(lambda: _epoch(_engine("lanes", samples)), 3) / len(samples) * 1e6,
            "µs a sample",
        ),
        (
            "float engine, training, batches of 32",
            lambda: _best(lambda: _epoch(_engine("float", few)), 2) / len(few) * 1e6,
            "µs a sample",
        ),
        # one round more: the first time, the pixels of the pictures are grouped
        ("lanes engine, predicting", lambda: len(samples) / _best(predict, 4), "pictures a second"),
        ("adding a weight, lanes of 32 bits", _addition, "ns"),
        ("2 workers against 1", _speedup, "times faster"),
    ]
    figures: list[Figure] = []
    for number, (what, measure, unit) in enumerate(measures, start=1):
        bar.note(f"measuring {number} of {len(measures)}: {what}")
        figures.append((what, measure(), unit))
    return figures


def _strokes(count: int) -> Samples:
    return datasets.load("strokes").train.select(range(count))


def _engine(name: str, samples: Samples, workers: int = 1) -> Engine:
    network = feed_forward([INPUTS, HIDDEN, OUTPUTS], Random(0))
    return ENGINES[name].for_job(Job(network, samples, CrossEntropy(), workers=workers))


def _processor_time(work: Callable[[], object]) -> float:
    """Return the seconds of processor time that the work takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _best(measure: Callable[[], float], rounds: int) -> float:
    return min(measure() for _ in range(rounds))


def _epoch(engine: Engine) -> float:
    """Return the seconds of processor time for the second epoch of a new engine: the first warms up."""
    engine.train(0, SCHEDULE, _silent)
    return _processor_time(lambda: engine.train(1, SCHEDULE, _silent))


def _silent(done: int, total: int) -> None:
    """Draw no progress bar while the clock runs."""


def _addition() -> float:
    """Return the nanoseconds to add one weight, in rows as long as the hidden layer."""
    layout, rng = Layout(HIDDEN, 32), Random(0)
    rows = [int(layout.pack([rng.randrange(-1000, 1000) for _ in range(HIDDEN)])) for _ in range(1000)]
    seconds = _best(lambda: _processor_time(lambda: sum(rows)), 20)
    return seconds / len(rows) / HIDDEN * 1e9


def _speedup() -> float:
    """Return the clock time of an epoch with one worker, divided by the clock time with two.

    The epoch is the second: in the first, workers start and read their samples.
    """
    seconds: list[float] = []
    for workers in (1, 2):
        with closing(_engine("lanes", _strokes(8000), workers)) as engine:
            engine.train(0, SCHEDULE, _silent)
            start = time.perf_counter()
            engine.train(1, SCHEDULE, _silent)
            seconds.append(time.perf_counter() - start)
    return seconds[0] / seconds[1]


register(
    Command(
        "bench", "measure purenn's speed on this machine, in about a minute", BenchArguments, bench, examples=["bench"]
    )
)
