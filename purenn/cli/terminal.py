"""Progress that a person sees in a terminal: a bar, or a line that changes."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

from purenn.charts import gauge, is_terminal

__all__ = ["Bar", "columns", "room", "tracked", "wrapped"]

Item = TypeVar("Item")


class Bar:
    """A progress bar on stderr. On a terminal each drawing replaces the last; elsewhere, such as in a log file, nothing
    is drawn.

    after: seconds to wait before the first drawing, so that what is done at once needs no bar.
    """

    def __init__(self, after: float = 0.0) -> None:
        self.live = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self.drawn = 0.0
        self.started = time.monotonic()
        self.hidden_until = self.started + after

    def start(self) -> None:
        """Restart the clock from which the time left is estimated."""
        self.started = time.monotonic()

    def show(self, label: str, done: int, total: int) -> None:
        """Draw the bar with `done` of `total` filled: at most ten times a second, and always at the end."""
        now = time.monotonic()
        if not self.live or now < self.hidden_until or (now - self.drawn < 0.1 and done < total):
            return
        self.drawn = now
        left = (now - self.started) / max(done, 1) * (total - done)
        part = done / total if total else 1.0
        figures = f"{part:4.0%} {left:4.0f} s left"
        room = columns() - len(f"{label}  {figures}") - 5  # the bar has two ends, and the last three columns stay free
        self._write(f"{label} {gauge(part, min(30, room))} {figures}" if room >= 5 else f"{label} {part:4.0%}")

    def note(self, text: str) -> None:
        """Show a text in place of a bar, where nobody knows how long it will take."""
        if self.live and time.monotonic() >= self.hidden_until:
            self._write(text)

    def clear(self) -> None:
        """Erase the bar, to make room for a line of text."""
        if self.live:
            self._write("")

    def _write(self, text: str) -> None:
        # to the start of the line, the text, and erase the rest; a text that wraps could not be replaced, nor could one
        # that does with the ^C of the terminal behind it
        sys.stderr.write(f"\r{text[: columns() - 3]}\x1b[K")
        sys.stderr.flush()


def columns() -> int:
    """Return the width of the terminal."""
    return shutil.get_terminal_size().columns


def room(stream: TextIO) -> int | None:
    """Return the width that a table may have: that of the terminal, None for a file, which has room."""
    return columns() if is_terminal(stream) else None


def wrapped(text: str, stream: TextIO | None = None) -> str:
    """Return a text for a stream, by default stderr, with its lines broken between words where they are wider than the
    terminal, if it is one: programs get a message in one line."""
    if not is_terminal(stream or sys.stderr):
        return text
    fitting = [
        textwrap.fill(line, columns(), break_long_words=False, break_on_hyphens=False)
        if len(line) > columns()
        else line
        for line in text.split("\n")
    ]
    return "\n".join(fitting)


def tracked(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items, with a bar from the first second on, and erase it at the end.

    If the caller prints to the same terminal, its lines show the progress, and no bar is drawn.
    """
    bar = Bar(after=1.0)
    bar.live = bar.live and not is_terminal(sys.stdout)
    try:
        for done, item in enumerate(items):
            bar.show(label, done, len(items))
            yield item
    finally:
        bar.clear()
