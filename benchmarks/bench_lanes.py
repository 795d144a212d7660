"""The lanes engine against NumPy and scikit-learn, side by side in one run, on real MNIST.

    PURENN_DATA=FOLDER python benchmarks/bench_lanes.py [FIGURE …]

takes these figures, all of them if none is named (the `bench` group of pyproject.toml is needed, and Linux for memory):

    sample    training on a sample, on one core, against NumPy a sample at a time
    goal      from the start of the process to 97.42 % of the test pictures with 2 workers, against scikit-learn, and
              against NumPy and PyTorch where they are installed
    workers   training on the same samples with 2 workers, against 1
    predict   predicting the 10,000 test pictures on one core
    memory    the most that `train mnist --workers 2` holds at once, its workers included

`sample` and `predict` are times of the processor and bear some company; `goal` and `workers` are times of the clock and
want a machine with nothing else to do. Rounds alternate between the two that are compared, so that a machine that is
slow for a while is so for both; the figure is the median of the ratios.
"""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from random import Random
from statistics import median

from neighbours import GOAL
from peers import ONE_THREAD, NumpyNetwork, read

from purenn import CrossEntropy, Job, LanesEngine, ParallelEngine, Samples, constant, datasets, evaluate, feed_forward

__all__ = ["main"]

ROUNDS = 5
PART = 10_000  # samples of a round
RATE = 0.02
NEIGHBOURS = {"scikit-learn": "sklearn", "numpy": "numpy", "torch": "torch"}  # what each is imported as
TRAIN = [sys.executable, "-m", "purenn", "train", "mnist", "--workers", "2", "--json", "--force"]
QUICKLY = ["--augment", "none", "--epochs", "2", "--learning-rate", "0.025"]  # chosen in validation


def compare(name: str, unit: str, ours: Sequence[float], theirs: Sequence[float], bar: str) -> None:
    """Print the medians of both, and of their ratios round by round."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    spread = f"(from {min(ratios):.2f} to {max(ratios):.2f})"
    print(
        f"{name:<26} {median(ours):7.1f} to {median(theirs):7.1f} {unit}: {median(ratios):5.2f} {spread}; {bar}",
        flush=True,
    )


def silent(done: int, total: int) -> None:
    """Report no progress."""


def sample(folder: Path) -> None:
    """Microseconds a training sample, in a training of 5 epochs: a round is an epoch on the same 20,000 samples.

    NumPy gets floats of 64 and of 32 bits, and takes its samples at random and in their own order, in which fewer of
    them are missing in the cache. The fastest of these four counts, in each round.
    """
    mnist, part = datasets.load("mnist", folder), range(2 * PART)
    data = {dtype: read(folder, "train", dtype) for dtype in ("float64", "float32")}
    for hidden, bar in ((128, "at most 0.6, aim 0.4"), (30, "at most 1.0, aim 0.7")):
        network = feed_forward([784, hidden, 10], Random(0))
        w1, _, w2, _ = network.parameters  # NumPy gets a row for each unit
        peers = [(dtype, NumpyNetwork(w1.T.data, w2.T.data, dtype), mixed) for dtype in data for mixed in (True, False)]
        engine = LanesEngine(Job(network, mnist.train.select(part), CrossEntropy(), every_sample=True))
        ours: list[float] = []
        theirs: list[float] = []
        for epoch in range(ROUNDS):
            ours.append(microseconds(partial(engine.train, epoch, constant(RATE), silent), len(part)))
            orders = {True: Random(epoch).sample(part, len(part)), False: list(part)}
            times = [
                microseconds(partial(peer.train, *data[dtype], orders[mixed], RATE), len(part))
                for dtype, peer, mixed in peers
            ]
            theirs.append(min(times))
        engine.network()  # puts the weights into `network`
        compare(f"sample [784, {hidden}, 10]", "µs", ours, theirs, bar)
        ways = [f"{dtype} {'at random' if mixed else 'in order'} {t:.1f}" for (dtype, _, mixed), t in zip(peers, times)]
        print(f"    NumPy in the last round, µs: {', '.join(ways)}")
        right = evaluate(network, mnist.test, CrossEntropy()).accuracy
        best = max(peer.accuracy(*read(folder, "t10k", dtype)) for dtype, peer, _ in peers)
        print(f"    of the test pictures they then read {right:.2%} and at best {best:.2%}")


def microseconds(work: Callable[[], object], samples: int) -> float:
    """Return the microseconds of processor time that the work takes for each of the samples."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / samples * 1e6


def goal(folder: Path) -> None:
    """Seconds from the start of a process to the goal: ours and, in the same rounds, those of the others."""
    others = {name: [sys.executable, str(Path(__file__).with_name("neighbours.py")), name] for name in NEIGHBOURS}
    others = {name: command for name, command in others.items() if find_spec(NEIGHBOURS[name])}
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in others}
    with tempfile.TemporaryDirectory() as out:
        for _ in range(3):
            ours.append(seconds_to_goal([*TRAIN, *QUICKLY, "--out", f"{out}/mnist.safetensors"]))
            for name, command in others.items():
                theirs[name].append(seconds_to_goal(command))
    for name, seconds in theirs.items():
        bar = "at most 1.0, aim 0.8" if name == "scikit-learn" else "no bar"
        compare(f"goal, against {name}", "s", ours, seconds, bar)


def seconds_to_goal(command: Sequence[str]) -> float:
    """Return the seconds from the start of a process to its report of the goal, infinite if it never reports it.

    The process is left to end by itself. Raises CalledProcessError if it fails.
    """
    environment = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    seconds = math.inf
    start = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for line in process.stdout or ():
            record = json.loads(line)
            if record["event"] == "epoch" and record["test_accuracy"] >= GOAL:
                seconds = min(seconds, time.perf_counter() - start)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds


def part(folder: Path, numbers: Sequence[int]) -> Samples:
    """Return MNIST's training samples with these numbers. At the top of the module, for worker processes call it."""
    return datasets.load("mnist", folder).train.select(numbers)


def workers(folder: Path) -> None:
    """Seconds of an epoch of all 60,000 samples. The first does not count: there the workers read them."""
    network, samples, loss = feed_forward([784, 128, 10], Random(0)), part(folder, range(60_000)), CrossEntropy()
    job = Job(network, samples, loss, workers=2, every_sample=True)
    alone = LanesEngine(replace(job, workers=1))
    ones: list[float] = []
    twos: list[float] = []
    with closing(ParallelEngine(job, load=partial(part, folder))) as together:
        together.train(0, constant(RATE), silent)
        alone.train(0, constant(RATE), silent)
        for epoch in range(1, ROUNDS + 1):
            start = time.perf_counter()
            alone.train(epoch, constant(RATE), silent)
            ones.append(time.perf_counter() - start)
            start = time.perf_counter()
            together.train(epoch, constant(RATE), silent)
            twos.append(time.perf_counter() - start)
    compare("workers, 1 to 2", "s", ones, twos, "at least 1.8, aim 1.95")


def predict(folder: Path) -> None:
    """Pictures a second: first with the work of grouping their pixels, then when that is done."""
    mnist = datasets.load("mnist", folder)
    network = feed_forward([784, 128, 10], Random(0))
    engine = LanesEngine(Job(network, mnist.train.select(range(PART)), CrossEntropy()))
    engine.train(0, constant(RATE), silent)
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        pictures = mnist.test.select(range(PART))  # new to the engine
        for seconds in times:
            start = time.process_time()
            engine.evaluate(pictures)
            seconds.append(time.process_time() - start)
    first, again = (PART / median(seconds) for seconds in times)
    print(
        f"predict   {again:,.0f} pictures a second, at least 30,000, aim 40,000; "
        f"{first:,.0f} with grouping, at least 20,000, aim 30,000",
        flush=True,
    )


def memory(folder: Path) -> None:
    """Megabytes, as the kernel counts them: a page that several processes share counts once (PSS in /proc)."""
    with tempfile.TemporaryDirectory() as out:
        command = [*TRAIN, "--out", f"{out}/mnist.safetensors"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            highest = 0
            while process.poll() is None:
                highest = max(highest, sum(map(kilobytes, family(process.pid))))
                time.sleep(0.1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    print(f"memory    {highest * 1024 / 1e6:.0f} MB at most, parent and 2 workers; at most 300, aim 200", flush=True)


def family(process: int) -> list[int]:
    """A process and all that descend from it; empty when it has ended."""
    try:
        lines = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return []
    return [process, *(member for line in lines for child in line.split() for member in family(int(child)))]


def kilobytes(process: int) -> int:
    """The memory of a process in units of 1024 bytes, each page divided by the number of those that share it; 0 when
    it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


FIGURES = {"sample": sample, "goal": goal, "workers": workers, "predict": predict, "memory": memory}


def main() -> int:
    """Take the figures named in the arguments, or all."""
    names = sys.argv[1:] or list(FIGURES)
    if not os.environ.get("PURENN_DATA") or not FIGURES.keys() >= set(names):
        print(f"set PURENN_DATA to a folder with mnist/ in it, and name any of {', '.join(FIGURES)}", file=sys.stderr)
        return 2
    packages = ", ".join(f"{package} {version(package)}" for package in ("numpy", "scikit-learn"))
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{platform.python_implementation()} {platform.python_version()}, {packages}, {machine}", flush=True)
    for name in names:
        FIGURES[name](Path(os.environ["PURENN_DATA"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
