"""`purenn bench`: what purenn's speed is on this machine, in about a minute.

All figures are for a network of 784 inputs, 128 hidden units and 10 outputs, trained on the built-in pictures. Each is
the best of a few rounds of processor time, so that other work on the machine disturbs it little; that of the workers is
wall-clock time, for that is what they save. NumPy and scikit-learn are measured too where they happen to be installed.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from random import Random

from purenn import datasets
from purenn.cli.arguments import Options
from purenn.cli.terminal import table
from purenn.float_engine import FloatEngine
from purenn.lanes.engine import LanesEngine
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.workers import ParallelEngine
from purenn.losses import CrossEntropy
from purenn.network import Sequential, feed_forward
from purenn.optimizers import SGD
from purenn.samples import Samples
from purenn.schedules import constant

__all__ = ["bench"]

INPUTS, HIDDEN, OUTPUTS = 784, 128, 10


def bench(options: Options) -> int:
    """Measure, and print a table."""
    samples = _strokes(4000)
    rows: list[tuple[str, float, str]] = []
    lanes = _best(lambda: _epoch(LanesEngine(_network(), samples, CrossEntropy(), Random(0))), 3) / len(samples) * 1e6
    rows.append(("lanes engine, training", lanes, "µs a sample"))
    few = samples.select(range(len(samples) // 8))
    floats = _best(lambda: _epoch(FloatEngine(_network(), few, CrossEntropy(), SGD(), 32, Random(0))), 2)
    rows.append(("float engine, training, batches of 32", floats / len(few) * 1e6, "µs a sample"))
    engine = LanesEngine(_network(), few, CrossEntropy(), Random(0))
    engine.evaluate(samples)  # the pictures are grouped the first time
    predicting = _best(lambda: _timed(lambda: engine.evaluate(samples)), 3)
    rows.append(("lanes engine, predicting", len(samples) / predicting, "pictures a second"))
    rows.append(("adding a weight, lanes of 32 bits", _addition(), "ns"))
    rows.append(("2 workers against 1", _speedup(), "times faster"))
    if find_spec("numpy"):
        rows.append(("NumPy, a sample at a time", _numpy(few) * 1e6, "µs a sample"))
    if find_spec("sklearn"):
        rows.append(("scikit-learn, batches of 200", _scikit_learn(samples) * 1e6, "µs a sample"))
    _print(rows, options.json)
    return 0


def _strokes(count: int) -> Samples:
    return datasets.load("strokes").train.select(range(count))


def _network() -> Sequential:
    return feed_forward([INPUTS, HIDDEN, OUTPUTS], Random(0))


def _timed(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _best(measure: Callable[[], float], rounds: int) -> float:
    return min(measure() for _ in range(rounds))


def _epoch(engine: LanesEngine | FloatEngine) -> float:
    """Seconds of processor time for the second epoch of a new engine: the first warms up."""
    schedule = constant(0.02)
    engine.train(0, schedule, _silent)
    return _timed(lambda: engine.train(1, schedule, _silent))


def _silent(done: int, total: int) -> None:
    """No progress bar while the clock runs."""


def _addition() -> float:
    """Nanoseconds to add one weight, in rows as long as the hidden layer."""
    layout, rng = Layout(HIDDEN, 32), Random(0)
    rows = [int(layout.pack([rng.randrange(-1000, 1000) for _ in range(HIDDEN)])) for _ in range(1000)]
    seconds = _best(lambda: _timed(lambda: Lanes(sum(rows))), 20)
    return seconds / len(rows) / HIDDEN * 1e9


def _speedup() -> float:
    """Wall-clock time of an epoch on one worker, divided by that on two. A first epoch starts and fills the workers."""
    source = partial(_strokes, 8000)
    seconds: list[float] = []
    for workers in (1, 2):
        with ParallelEngine(_network(), source(), CrossEntropy(), workers, seed=0, source=source) as engine:
            engine.train(0, constant(0.02), _silent)
            start = time.perf_counter()
            engine.train(1, constant(0.02), _silent)
            seconds.append(time.perf_counter() - start)
    return seconds[0] / seconds[1]


def _numpy(samples: Samples) -> float:
    """Seconds a sample of the same network in NumPy: one sample at a time, gradients of ten added up before a step."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    np = import_module("numpy")
    x, t = samples.take(range(len(samples)))
    inputs, targets = np.array(x.data), np.array(t.data)
    w1, _, w2, _ = (np.array(p.data) for p in _network().parameters)
    b1, b2 = np.zeros(HIDDEN), np.zeros(OUTPUTS)

    def epoch() -> None:
        for start in range(0, len(samples), 10):
            steps = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
            for row, target in zip(inputs[start : start + 10], targets[start : start + 10]):
                hidden = np.maximum(row.dot(w1) + b1, 0.0)
                z = hidden.dot(w2) + b2
                powers = np.exp(z - z.max())
                delta = powers / powers.sum() - target
                back = w2.dot(delta) * (hidden > 0.0)
                steps[0] += np.dot(row[:, None], back[None, :])
                steps[1] += back
                steps[2] += np.dot(hidden[:, None], delta[None, :])
                steps[3] += delta
            for parameter, step in zip((w1, b1, w2, b2), steps):
                np.subtract(parameter, 0.02 * step, out=parameter)

    return _best(lambda: _timed(epoch), 3) / len(samples)


def _scikit_learn(samples: Samples) -> float:
    """Seconds a sample of MLPClassifier with its default solver, after a first epoch."""
    np = import_module("numpy")
    x, t = samples.take(range(len(samples)))
    inputs, labels = np.array(x.data), np.array(t.data).argmax(axis=1)
    model = import_module("sklearn.neural_network").MLPClassifier((HIDDEN,))
    model.partial_fit(inputs, labels, classes=list(range(OUTPUTS)))
    return _best(lambda: _timed(lambda: model.partial_fit(inputs, labels)), 3) / len(samples)


def _print(rows: list[tuple[str, float, str]], json_lines: bool) -> None:
    machine = f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores"
    if json_lines:
        for what, figure, unit in rows:
            print(json.dumps({"event": "bench", "what": what, "figure": figure, "unit": unit, "machine": machine}))
        return
    print(f"{machine}, [{INPUTS}, {HIDDEN}, {OUTPUTS}]\n")
    print(
        table(
            [
                ["", "figure", "unit"],
                *([what, f"{figure:,.{0 if figure >= 100 else 2}f}", unit] for what, figure, unit in rows),
            ]
        )
    )
