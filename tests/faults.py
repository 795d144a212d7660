"""Count how often a fault of the system costs more than it must: `python -m tests.faults`, with the numbers of tries.

A try starts `purenn` in a folder of its own, does it some harm, and looks at what is left. It is lost if the command
hangs, ends with a traceback, or damages or forgets what it had saved. The table of docs/faults.md is made by this.
"""

from __future__ import annotations

import argparse
import atexit
import multiprocessing
import os
import random
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from purenn import checkpoints, datasets
from purenn.engine import Job
from purenn.errors import TrainingError
from purenn.lanes import ParallelEngine
from purenn.losses import CrossEntropy
from purenn.network import Sequential, feed_forward
from purenn.training import Plan, Training
from tests.processes import emptied, members

ROOT = Path(__file__).parent.parent
HANGS = 30.0  # seconds after which a command hangs: the longest needs two
NOBODY = 65534  # a user whose processes are limited: those of root are not
NEAR = 0.03  # seconds around the end of an epoch
EPOCHS = 3
TRAIN = ["train", "strokes", "--limit", "200", "--hidden", "64", "--epochs", str(EPOCHS), "--json", "--out", "m"]
SAVED = "m"

Fault = Callable[[Path, random.Random], str]  # one try, in an empty folder; returns why it is lost, or nothing
FAULTS: dict[str, tuple[str, Fault]] = {}


def fault(name: str, what: str) -> Callable[[Fault], Fault]:
    """Register a fault by a name for the command line and in words for the table."""

    def registered(tried: Fault) -> Fault:
        FAULTS[name] = what, tried
        return tried

    return registered


class Lost(Exception):
    """The reason why a try is lost."""


def started(folder: Path, *words: str, stderr: int = -1, limit: tuple[int, int] | None = None) -> subprocess.Popen[str]:
    """`purenn` in a folder, in a process group of its own, with a limit of the system."""
    user = f"import os; os.setuid({NOBODY}); " if limit and limit[0] == resource.RLIMIT_NPROC else ""
    limiting = f"{user}import resource; resource.setrlimit({limit[0]}, {limit[1:] * 2}); " if limit else ""
    code = f"import sys; from purenn.__main__ import run; import purenn.cli; {limiting}sys.exit(run())"
    # a child of one who ignores a signal would too
    ctrl_c = signal.signal(signal.SIGINT, signal.default_int_handler)
    closed = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, ctrl_c)
        signal.signal(signal.SIGHUP, closed)


@contextmanager
def running(folder: Path, *words: str, limit: tuple[int, int] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Such a command, of which nothing is left in the end."""
    process = started(folder, *words, limit=limit)
    try:
        yield process
    finally:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The status and the last line on stderr. Raises Lost for a hang, a traceback or processes that are left."""
    try:
        _, err = process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        raise Lost("hangs") from None
    if "Traceback" in err:
        raise Lost(f"traceback: {err.splitlines()[-1]}")
    if not emptied(process.pid, HANGS):
        raise Lost("processes are left")
    return process.returncode, err.splitlines()[-1] if err else ""


def epoch_ended(process: subprocess.Popen[str]) -> None:
    """Wait for the line of the next epoch. Raises Lost if there is none."""
    assert process.stdout is not None
    for line in process.stdout:
        if '"event": "epoch"' in line:
            return
    raise Lost(f"no epoch ended: {end_of(process)[1]}")


def check_saved(folder: Path) -> None:
    """Raise Lost unless there is a network, and nothing but it."""
    try:
        Sequential.load(folder / SAVED)
    except (OSError, ValueError) as error:
        raise Lost(f"no network: {error}") from None
    others = [name for name in os.listdir(folder) if name != SAVED]
    if others:
        raise Lost(f"left behind: {', '.join(others)}")


def near_the_end_of_an_epoch(process: subprocess.Popen[str], rng: random.Random) -> None:
    """Wait until about the end of one of the epochs after the first."""
    epoch_ended(process)
    for _ in range(rng.randrange(EPOCHS - 1)):
        epoch_ended(process)
    before = time.monotonic()
    epoch_ended(process)
    lasts = time.monotonic() - before
    time.sleep(max(0.0, rng.choice([0.0, lasts]) + rng.uniform(-NEAR, NEAR)))


@fault("kill", "`train --workers 2`: a worker is killed within 30 ms of an epoch's end")
def kill(folder: Path, rng: random.Random) -> str:
    """A try with the command."""
    with running(folder, *TRAIN, "--workers", "2") as process:
        near_the_end_of_an_epoch(process, rng)
        workers = members(process.pid)[-2:]
        if len(workers) == 2:  # otherwise, it has ended in time
            os.kill(rng.choice(workers), signal.SIGKILL)
        status, said = end_of(process)
        if status == 1 and "a worker process ended unasked" not in said:
            return f"says {said}"
        check_saved(folder)
        return "" if status in (0, 1) else f"status {status}"


def interrupted(name: str, times: int = 1) -> Fault:
    """Tries with a signal in the middle of a training that has two workers and a checkpoint."""
    number: int = getattr(signal, name)

    def tried(folder: Path, rng: random.Random) -> str:
        words = [*TRAIN, "--epochs", "1000", "--workers", "2", "--checkpoint", "checkpoint"]
        with running(folder, *words) as process:
            for _ in range(3):
                epoch_ended(process)
            time.sleep(rng.uniform(0.0, 0.1))
            for _ in range(times):
                process.send_signal(number)
                time.sleep(rng.uniform(0.0, 0.02))
            status, said = end_of(process)
            if status != 128 + number:
                return f"status {status}: {said}"
            if len(checkpoints.load(folder / "checkpoint").epochs) < 2:
                return "the checkpoint is old"
            (folder / "checkpoint").unlink()
            check_saved(folder)
            return ""

    return tried


fault("ctrl-c", "Ctrl-C in training")(interrupted("SIGINT"))
fault("ctrl-c-20", "Ctrl-C twenty times in training")(interrupted("SIGINT", 20))
fault("sigterm", "SIGTERM in training")(interrupted("SIGTERM"))
fault("sighup", "SIGHUP in training: the terminal is closed")(interrupted("SIGHUP"))


@fault("sigkill", "SIGKILL in training, then `--resume`")
def sigkill(folder: Path, rng: random.Random) -> str:
    """The network is there, the checkpoint is whole, and the next run clears up."""
    words = [*TRAIN, "--epochs", "1000", "--checkpoint", "checkpoint"]
    with running(folder, *words) as process:
        for _ in range(3):
            epoch_ended(process)
        time.sleep(rng.uniform(0.0, 0.1))
        process.kill()
        process.communicate()
    with running(folder, *words, "--resume") as process:
        epoch_ended(process)
        process.terminate()
        status, said = end_of(process)
    (folder / "checkpoint").unlink()
    check_saved(folder)
    return "" if status == 128 + signal.SIGTERM else f"status {status}: {said}"


def limited(what: int, least: int, most: int) -> Fault:
    """Tries with a limit of the system, each time another one, so that it strikes elsewhere."""

    def tried(folder: Path, rng: random.Random) -> str:
        folder.chmod(0o777)
        with running(folder, *TRAIN, "--workers", "2", limit=(what, rng.randrange(least, most))) as process:
            status, said = end_of(process)
        if status == 0:
            check_saved(folder)
        return "" if status in (0, 1) else f"status {status}: {said}"

    return tried


MB = 1_000_000
fault("memory", "`ulimit -v`: memory ends somewhere in a training with 2 workers")(
    limited(resource.RLIMIT_AS, 60 * MB, 300 * MB)
)
if os.geteuid() == 0:
    fault("processes", "`ulimit -u`: no further process or thread somewhere in a training with 2 workers")(
        limited(resource.RLIMIT_NPROC, 1, 8)
    )
fault("files", "`ulimit -n`: files end somewhere in a training with 2 workers")(limited(resource.RLIMIT_NOFILE, 6, 30))


@fault("stderr", "a full stderr, 2 workers")
def full_stderr(folder: Path, rng: random.Random) -> str:
    """All goes well without a word."""
    with open("/dev/full", "w") as full:
        process = started(folder, *TRAIN, "--workers", "2", stderr=full.fileno())
        status = process.wait(timeout=HANGS)
        process.communicate()
    check_saved(folder)
    return "" if status == 0 else f"status {status}"


@fault("two", "two trainings with one `--out`, at the same time")
def two_at_once(folder: Path, rng: random.Random) -> str:
    """One trains; the other is told, or comes so late that the file is there."""
    with running(folder, *TRAIN) as one:
        time.sleep(rng.uniform(0.0, 0.5))
        with running(folder, *TRAIN) as other:
            ends = [end_of(process) for process in (one, other)]
    check_saved(folder)
    statuses = sorted(status for status, _ in ends)
    return "" if statuses == [0, 1] else f"status {statuses}: {ends}"


# Many trainings in one process, of a tenth of a second each: so hundreds of kills take a minute.


def kills_of(method: str) -> Fault:
    """Tries with workers that are started in this way. They share a process, until it hangs."""
    process: list[subprocess.Popen[str]] = []

    def tried(folder: Path, rng: random.Random) -> str:
        if not process:
            command = [sys.executable, "-m", "tests.faults", "--trainings", method]
            process.append(subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, text=True, start_new_session=True))
            atexit.register(process[0].kill)
        stdin, stdout = process[0].stdin, process[0].stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{rng.random()}\n")
        stdin.flush()
        if select.select([stdout], [], [], HANGS)[0]:
            return "" if stdout.readline() == "ended\n" else "no answer"
        os.killpg(process.pop().pid, signal.SIGKILL)
        return "hangs"

    return tried


def trainings(method: str) -> None:
    """For each number on stdin, train, kill a worker near the end of an epoch, and tell when all has ended."""
    multiprocessing.set_start_method(method)
    samples = datasets.load("strokes").train.select(range(120))
    for line in sys.stdin:
        rng = random.Random(float(line))
        job = Job(feed_forward([784, 64, 10], rng), samples, CrossEntropy(), workers=2)
        last, timer = rng.randrange(1, EPOCHS + 1), threading.Thread()
        with Training(ParallelEngine(job), Plan(EPOCHS)) as training, suppress(TrainingError):
            for epoch in training.epochs():
                if epoch.number == last:
                    delay = rng.choice([0.0, epoch.seconds]) + rng.uniform(-NEAR, NEAR)
                    timer = threading.Timer(max(0.0, delay), rng.choice(multiprocessing.active_children()).kill)
                    timer.start()
        if timer.is_alive():
            timer.join()
        print("ended", flush=True)


for _method in multiprocessing.get_all_start_methods():
    fault(_method, f"`fit(workers=2)`: a worker is killed within 30 ms of an epoch's end ({_method})")(
        kills_of(_method)
    )


def count(names: Sequence[str], times: int, seed: int) -> bool:
    """Try each fault so many times, and print a row of the table for each. Return True if nothing was lost."""
    python = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    all_held = True
    for name in names:
        what, tried = FAULTS[name]
        lost: Counter[str] = Counter()
        for number in range(times):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    reason = tried(Path(folder), random.Random(f"{seed} {name} {number}"))
                except Lost as loss:
                    reason = str(loss)
            if reason:
                lost[reason] += 1
                print(f"{name}, try {number}: {reason}", file=sys.stderr, flush=True)
        all_held = all_held and not lost
        print(f"| {what} | {python} | {times} | {sum(lost.values())} |", flush=True)
    return all_held


def main() -> int:
    """Count the faults that are named, by default all, and return 1 if something was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help=f"default: all of {', '.join(FAULTS)}")
    parser.add_argument("--times", type=int, default=20, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--trainings", metavar="METHOD", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.trainings:
        trainings(words.trainings)
        return 0
    return 0 if count(words.faults or list(FAULTS), words.times, words.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
