"""The cost of reading IDX: its time against `gzip.decompress` alone, and its peak of memory against the data's size.

    PURENN_DATA=FOLDER python -m benchmarks.bench_idx

reads FOLDER/mnist/train-images-idx3-ubyte.gz, the 60,000 pictures. The aims are at most 1.3 times the time and 1.5
times the memory. Seen on Linux, x86-64 (Intel Xeon), 2 cores:

    Python   gzip.decompress   idx.read   times the time   times the memory
    3.9.18           0.166 s    0.127 s             0.77               1.07
    3.11.7           0.137 s    0.122 s             0.89               1.06
    3.13.0           0.141 s    0.125 s             0.89               1.04
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from purenn.formats import idx

__all__ = ["best_seconds", "main", "peak_ratio"]

ROUNDS = 9

# The peak is for ever the highest that a process ever had, so each reading gets a process of its own.
PEAK = """
import resource, sys
from purenn.formats import idx
idx.read_header(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
data = idx.read(sys.argv[1])
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * (1 if sys.platform == "darwin" else 1024) / len(data.values))
"""


def best_seconds(work: Callable[[], object]) -> float:
    """Return the least of several times: what disturbs a measurement only ever adds to it."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        seconds.append(perf_counter() - start)
    return min(seconds)


def peak_ratio(path: Path) -> float:
    """Return how far memory rises while `path` is read, in sizes of its values."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    path = Path(os.environ["PURENN_DATA"], "mnist", "train-images-idx3-ubyte.gz")
    memory = peak_ratio(path)  # first: on Linux a new process starts with the peak of the one that started it
    alone = best_seconds(lambda: gzip.decompress(path.read_bytes()))
    ours = best_seconds(lambda: idx.read(path))
    print(f"gzip.decompress {alone:.3f} s, idx.read {ours:.3f} s: {ours / alone:.2f} times the time")
    print(f"peak of memory: {memory:.2f} times the values")


if __name__ == "__main__":
    main()
