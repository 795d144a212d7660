"""What a person sees in a terminal: a progress bar, tables, and pictures drawn with characters."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

__all__ = ["Bar", "draw", "gauge", "table"]


class Bar:
    """A progress bar on stderr: drawn over itself on a terminal, and not at all elsewhere, to keep logs readable."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.drawn = 0.0
        self.started = time.monotonic()

    def start(self) -> None:
        """Begin to measure the time left anew."""
        self.started = time.monotonic()

    def show(self, label: str, done: int, total: int) -> None:
        """Draw `done` of `total`, at most ten times a second and at the end."""
        now = time.monotonic()
        if not self.live or (now - self.drawn < 0.1 and done < total):
            return
        self.drawn = now
        left = (now - self.started) / max(done, 1) * (total - done)
        part = done / total if total else 1.0
        self._write(f"{label} {gauge(part, 30)} {part:4.0%} {left:4.0f} s left")

    def clear(self) -> None:
        """Take the bar away, to make room for a line."""
        if self.live:
            self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")  # back to the line's start, the text, and what stood behind it erased
        sys.stderr.flush()


def gauge(part: float, width: int) -> str:
    """A part from 0 to 1 as a row of characters.

    >>> gauge(0.3, 10)
    '[###.......]'
    """
    full = round(part * width)
    return f"[{'#' * full}{'.' * (width - full)}]"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of words in columns of equal width, the first aligned left and the others right.

    >>> print(table([["class", "precision"], ["0", "0.97"]]))
    class  precision
    0           0.97
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def draw(pixels: bytes, width: int) -> str:
    """A grey picture, a character for the darker of two pixels one above the other.

    >>> print(draw(bytes([0, 255, 0, 200, 90, 0]), width=3))
    *#
    """
    shades = " .:*#"
    rows = [pixels[i : i + width] for i in range(0, len(pixels), width)]
    if len(rows) % 2:
        rows.append(bytes(width))
    pairs = zip(rows[0::2], rows[1::2])
    lines = ["".join(shades[max(a, b) * len(shades) // 256] for a, b in zip(*pair)) for pair in pairs]
    return "\n".join(line.rstrip() for line in lines)
