"""The progress bar that a person sees in a terminal."""

from __future__ import annotations

import sys
import time

from purenn.charts import gauge

__all__ = ["Bar"]


class Bar:
    """A progress bar on stderr. On a terminal each drawing replaces the last; elsewhere, such as in a log file, nothing
    is drawn."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.drawn = 0.0
        self.started = time.monotonic()

    def start(self) -> None:
        """Restart the clock from which the time left is estimated."""
        self.started = time.monotonic()

    def show(self, label: str, done: int, total: int) -> None:
        """Draw the bar with `done` of `total` filled: at most ten times a second, and always at the end."""
        now = time.monotonic()
        if not self.live or (now - self.drawn < 0.1 and done < total):
            return
        self.drawn = now
        left = (now - self.started) / max(done, 1) * (total - done)
        part = done / total if total else 1.0
        self._write(f"{label} {gauge(part, 30)} {part:4.0%} {left:4.0f} s left")

    def clear(self) -> None:
        """Erase the bar, to make room for a line of text."""
        if self.live:
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")  # to the start of the line, the text, and erase the rest of the line
        sys.stderr.flush()
