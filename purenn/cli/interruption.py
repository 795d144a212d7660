"""Signals that end a command: Ctrl-C, a request of the system (SIGTERM), a terminal that is closed (SIGHUP).

All are answered alike, by a KeyboardInterrupt: what a training has learned is saved. Some press Ctrl-C many times; the
first is enough, and the others must not disturb the saving.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from math import inf
from pathlib import Path

__all__ = ["answering_signals", "hold", "status_of"]

PAUSE = 1.0  # seconds after a KeyboardInterrupt in which there is no other one
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


class _Answer:
    """The answer to a signal: a KeyboardInterrupt with its number, unless there was one just now or the end is near."""

    def __init__(self) -> None:
        self.held = False
        self.raised_at = -inf

    def __call__(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if not self.held and now - self.raised_at > PAUSE:
            self.raised_at = now
            raise KeyboardInterrupt(number)


_answer = _Answer()


@contextmanager
def answering_signals() -> Generator[None, None, None]:
    """Answer signals in this block, and ignore them after it, when the process is about to end.

    A signal that somebody handles or ignores already, as `nohup` ignores SIGHUP, is left alone.
    """
    _answer.held = False
    ignored = _ignored()
    try:
        for number in SIGNALS:
            if signal.getsignal(number) in DEFAULTS and number not in ignored:
                signal.signal(number, _answer)
        yield
    finally:
        hold()


def _ignored() -> set[int]:
    """Return the numbers of the signals that are ignored, where Linux tells; PyPy forgets those of its start.

    In the line SigIgn, a hexadecimal number, bit 0 is for signal 1.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # not on Linux
        return set()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith("SigIgn:")]
    return {number for mask in masks for number in range(1, mask.bit_length() + 1) if mask >> (number - 1) & 1}


def hold() -> None:
    """Ignore all further signals: the command is ending.

    The system ignores them. A handler would be taken away before the process has ended, in Python's own end, and then
    a signal would change the exit status of what is saved.
    """
    _answer.held = True  # at once, for a signal that comes in the next lines
    for number in SIGNALS:
        if signal.getsignal(number) is _answer:
            signal.signal(number, signal.SIG_IGN)


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Return the exit status for an interruption, as shells count: 128 and the number of the signal, 130 for Ctrl-C."""
    number = interrupt.args[0] if interrupt.args else signal.SIGINT
    return 128 + int(number)
