"""How many workers pay: each number of them trains on real MNIST, all in turn in one process.

    PURENN_DATA=FOLDER python benchmarks/bench_workers.py [WORKERS …]

takes 1, 2, 4, … 256 workers if none are named, in half an hour on one core. 50,000 training pictures are
learned from, and the other 10,000 are judged after each epoch; the test pictures are not looked at. Each number of
workers is given trainings of more and more epochs, until one ends with 97.42 % of those 10,000; in each, the learning
rate falls to a twentieth.

Seconds are what an epoch would take with a core for each worker: the work of the workers, divided by their number, and
that of the parent, which sends and receives the weights and averages them. It is processor time, without the network.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TypeVar

from neighbours import GOAL

from purenn import CrossEntropy, Job, ParallelEngine, Samples, datasets, feed_forward, linear_decay

__all__ = ["main"]

WORKERS = [1, 2, 4, 8, 16, 32, 64, 128, 256]
EPOCHS = [2, 3, 4]
RATE = 0.02

Answer = TypeVar("Answer")


class Turns(Executor):
    """Does each task at once, as another process would receive it, and counts bytes and processor time."""

    def __init__(self) -> None:
        self.bytes = 0
        self.seconds = 0.0

    def submit(self, fn: Callable[..., Answer], /, *args: object, **options: object) -> Future[Answer]:
        sent = pickle.dumps((fn, args, options))
        start = time.process_time()
        fn, args, options = pickle.loads(sent)
        answer = pickle.dumps(fn(*args, **options))
        self.seconds += time.process_time() - start
        self.bytes += len(sent) + len(answer)
        future: Future[Answer] = Future()
        future.set_result(pickle.loads(answer))
        return future


def trained(samples: Samples, judged: Samples, workers: int, epochs: int, seed: int, *, plain: bool = False) -> float:
    """Train, print a line, and return the accuracy after the last epoch.

    plain: every sample takes part, so that a single worker makes no outer step.
    """
    turns, rounds, accuracies = Turns(), list[int](), list[float]()
    network = feed_forward([784, 128, 10], Random(seed))
    executors = [turns] if workers > 1 else []
    job = Job(network, samples, CrossEntropy(), seed=seed, every_sample=plain)
    job = replace(job, workers=workers, executors=executors, rng=Random(seed))
    schedule = linear_decay(RATE, epochs, final=RATE / 20.0)
    with closing(ParallelEngine.for_job(job)) as engine:
        for epoch in range(epochs):
            rounds.clear()
            turns.bytes, turns.seconds, start = 0, 0.0, time.process_time()
            engine.train(epoch, schedule, lambda done, total: rounds.append(done))
            seconds = time.process_time() - start
            accuracies.append(engine.evaluate(judged).accuracy or 0.0)
    seconds += turns.seconds / workers - turns.seconds
    reached = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    name = f"{workers}{', plain' if plain else ''}"
    count = len(rounds) if workers > 1 else 0
    size = turns.bytes / max(count, 1) / 1e6
    print(f"{name:>9} | {epochs} | {reached} | {count} | {size:.1f} MB | {seconds:.1f} s", flush=True)
    return accuracies[-1]


def main() -> int:
    """Train with the numbers of workers in the arguments, or all."""
    folder, numbers = os.environ.get("PURENN_DATA"), sys.argv[1:]
    if not folder or not all(map(str.isdecimal, numbers)):
        print("set PURENN_DATA to a folder with mnist/ in it, and give numbers of workers only", file=sys.stderr)
        return 2
    pictures = datasets.load("mnist", Path(folder)).train
    samples, judged = pictures.select(range(50_000)), pictures.select(range(50_000, 60_000))
    print("  workers | epochs | accuracy after each | rounds in the last | bytes a round | the last epoch would take")
    for workers in map(int, numbers or WORKERS):
        for plain in [True, False] if workers == 1 else [False]:
            reached = (trained(samples, judged, workers, epochs, seed=0, plain=plain) for epochs in EPOCHS)
            any(accuracy >= GOAL for accuracy in reached)
    return 0


if __name__ == "__main__":
    sys.exit(main())
