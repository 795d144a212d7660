"""A terminal for tests: a screen in memory, and programs that run in a pseudo-terminal of any size."""

from __future__ import annotations

import io
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from purenn.charts import screen
from tests.conftest import ROOT

__all__ = ["Screen", "Terminal", "run_in_terminal", "use_terminal"]


class Terminal(io.StringIO):
    """A stdout or stderr that is a terminal."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 2


def use_terminal(monkeypatch: pytest.MonkeyPatch, columns: int = 80, kind: type[Terminal] = Terminal) -> Terminal:
    """Make stderr a terminal of so many columns and 24 lines, with colours, and return it.

    Not a fixture, because pytest sets its own stderr again between fixtures and test.
    """
    terminal = kind()
    monkeypatch.setattr(sys, "stderr", terminal)
    for name, value in {"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm", "LANG": "C.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    return terminal


class Screen:
    """The lines that a terminal shows, of those signs that purenn uses; any other escape sequence is refused.

    wrapped: the lines that were wider than the screen.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.cells: list[list[str]] = [[]]
        self.column = 0
        self.wrapped: list[str] = []

    def write(self, text: str) -> None:
        """Take what a program writes."""
        for sign in re.findall(r"\x1b\[[\d;]*m|[\s\S]", text):
            if sign in ("\r", "\n"):
                self.column = 0
                self.cells += [[]] if sign == "\n" else []
            elif len(sign) == 1:
                assert sign.isprintable(), f"{sign!r} in {text!r}"
                self._put(sign, screen.width_of(sign))

    def _put(self, sign: str, width: int) -> None:
        if self.column + width > self.columns:
            self.wrapped.append("".join(self.cells[-1]))
            self.cells.append([])
            self.column = 0
        line = self.cells[-1]
        line += [" "] * (self.column + width - len(line))
        line[self.column : self.column + width] = [sign, *[""] * (width - 1)]
        self.column += width

    @property
    def lines(self) -> list[str]:
        """What is to be seen."""
        return ["".join(line).rstrip() for line in self.cells]


def run_in_terminal(
    folder: Path,
    command: list[str],
    columns: int,
    *,
    variables: Mapping[str, str] | None = None,
    ctrl_c_after: str = "\0",
    encoding: str = "utf-8",
) -> tuple[int, list[str], Screen]:
    """Run Python with this command in a terminal of so many columns. Press Ctrl-C as soon as a text is shown.

    Return the exit status, everything that was drawn over something else or in a line of its own, and the screen.
    """
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    missing = ("COLUMNS", "LINES", "NO_COLOR", "LC_ALL", "LC_CTYPE", "PURENN_DATA")
    environment = {name: value for name, value in os.environ.items() if name not in missing}
    environment |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", "LANG": "C.UTF-8", "PYTHONIOENCODING": encoding}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background ignores Ctrl-C
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**environment, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    signal.signal(signal.SIGINT, before)
    os.close(theirs)
    shown, pressed = b"", False
    try:
        while block := os.read(ours, 4096):
            shown += block
            if not pressed and ctrl_c_after in shown.decode(encoding, "replace"):
                pressed = True
                time.sleep(0.05)
                process.send_signal(signal.SIGINT)
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    text = shown.decode(encoding)
    drawn = Screen(columns)
    drawn.write(text)
    return process.wait(timeout=60), re.split(r"[\r\n]+", text), drawn
