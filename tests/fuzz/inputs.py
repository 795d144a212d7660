"""How the inputs are made and tried: strategies of hypothesis, and the limits of time and memory for each input."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import pytest

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

__all__ = ["JUNK", "LARGEST", "changed", "fuzzed", "junk", "limited", "st"]

Input = TypeVar("Input")

INPUTS = int(os.environ.get("PURENN_FUZZ_INPUTS", "2000"))
SECONDS = 1.0  # of processor time, for one input
HANGS = 30  # seconds on the clock, after which an input is stopped
LARGEST = 32_000_000  # bytes, for one input: a few kB of gzip may hold some megabytes

# Texts that mean something to one parser or another.
JUNK = ["", "0", "-1", "-0", "1.5", "nan", "inf", "1e999", "9" * 30, "9" * 4301, "true", "null", "[]", "{}", "[" * 300]
JUNK += [
    '"',
    "\\",
    "\0",
    "\x1b[2J",
    "é",
    "😀",
    "\ud7ff",
    "\u202e",
    ",",
    ";",
    "..",
    "/",
    "%s",
    "a" * 300,
    "\n",
    "\r\n",
    " ",
]
NUMBERS = [0, 1, 2, 7, 8, 16, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1]
NUMBERS_AS_BYTES = [n.to_bytes(8, order)[-size:] for n in NUMBERS for order in ("big", "little") for size in (1, 4, 8)]


def fuzzed(inputs: object, check: Callable[[Input], None], share: int = 1) -> None:
    """Check many inputs of a strategy, or one part of `share`. A failure is made as small as it can be, and shown."""
    settings = hypothesis.settings(
        max_examples=INPUTS // share,
        deadline=None,  # the check has limits of its own, which do not depend on what else the machine does
        database=None,
        derandomize="PURENN_FUZZ_SEED" not in os.environ,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
    )
    test = settings(hypothesis.given(inputs)(check))
    if "PURENN_FUZZ_SEED" in os.environ:
        test = hypothesis.seed(int(os.environ["PURENN_FUZZ_SEED"]))(test)
    test()


@contextmanager
def limited(seconds: float = SECONDS, memory: int = LARGEST) -> Iterator[None]:
    """Fail if the block takes more time or memory than this, and break it off if it hangs.

    A memory of 0 is not measured: to measure it makes the block several times slower. The garbage collector waits:
    after 100,000 inputs, it would look through all that their makers have kept, which takes a second.
    """
    import tracemalloc  # PyPy has none

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"this hangs: {HANGS} seconds have gone by")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS)
    if memory:
        tracemalloc.start()
    gc.disable()
    start = time.process_time()
    try:
        yield
        taken, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1] if memory else -1
    finally:
        gc.enable()
        tracemalloc.stop()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert taken < seconds, f"it took {taken:.2f} seconds"
    assert peak < memory, f"it took {peak:,} bytes of memory"


def junk() -> object:
    """A strategy for texts: of JUNK, or any."""
    return st.one_of(st.sampled_from(JUNK), st.text(max_size=12))


def changed(seeds: Mapping[str, bytes], words: Sequence[bytes] = ()) -> object:
    """A strategy for bytes: one of the seeds with up to 6 changes, in which these words may be put in."""
    steps = st.tuples(st.integers(0, 7), st.integers(0, 2**16), st.integers(0, 2**16))
    return st.builds(_changed, st.sampled_from(list(seeds.values())), st.lists(steps, max_size=6), st.just(list(words)))


def _changed(raw: bytes, steps: Sequence[tuple[int, int, int]], words: Sequence[bytes]) -> bytes:
    """Return bytes after some changes. Each is a kind, a place and a value, all taken modulo what there is."""
    pieces = [*words, *NUMBERS_AS_BYTES]
    for kind, at, value in steps:
        i = at % (len(raw) + 1)
        j = min(len(raw), i + value % 9)
        if kind == 0:  # a bit flips
            raw = raw[:i] + bytes(byte ^ 1 << value % 8 for byte in raw[i : i + 1]) + raw[i + 1 :]
        elif kind == 1:  # a byte is another
            raw = raw[:i] + bytes([value % 256]) + raw[i + 1 :]
        elif kind == 2:  # some bytes are missing
            raw = raw[:i] + raw[j:]
        elif kind == 3:  # some are there twice
            raw = raw[:j] + raw[i:j] + raw[j:]
        elif kind == 4:  # the end is missing
            raw = raw[:i]
        elif kind == 5:  # a number or a word is put in
            raw = raw[:i] + pieces[value % len(pieces)] + raw[i:]
        elif kind == 6:  # or takes the place of other bytes
            piece = pieces[value % len(pieces)]
            raw = raw[:i] + piece + raw[i + len(piece) :]
        else:  # some bytes are there many times
            raw = raw[:i] + raw[i:j] * (value % 200) + raw[j:]
    return raw
