"""Text for people: as wide as their terminal, and a bar where they would wait without a word."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TextIO, TypeVar

from purenn.charts import screen
from purenn.progress import Bar

__all__ = ["room", "tracked", "wrapped"]

Item = TypeVar("Item")


def room(stream: TextIO) -> int | None:
    """Return the width that a table may have: that of the terminal, None for a file, which has room."""
    return screen.columns(stream) if screen.is_terminal(stream) else None


def wrapped(text: str, stream: TextIO | None = None) -> str:
    """Return a text for a stream, by default stderr, with its lines broken between words where they are wider than the
    terminal, if it is one: programs get a message in one line. What a terminal would act on is shown as escapes."""
    text = screen.harmless(text)
    width = room(stream or sys.stderr)
    if width is None:
        return text
    return "\n".join(line if screen.width_of(line) <= width else _filled(line, width) for line in text.split("\n"))


def _filled(line: str, width: int) -> str:
    """Break a line between words. A word that is too wide, such as a path, stays whole, so that it can be copied."""
    filled: list[str] = []
    for word in line.split():
        if filled and screen.width_of(f"{filled[-1]} {word}") <= width:
            filled[-1] += f" {word}"
        else:
            filled.append(word)
    return "\n".join(filled)


def tracked(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yield the items, with a bar from the first second on, and erase it at the end.

    If the caller prints to the same terminal, its lines show the progress, and no bar is drawn.
    """
    bar = Bar(after=1.0)
    bar.line.live = bar.line.live and not screen.is_terminal(sys.stdout)
    try:
        for done, item in enumerate(items):
            bar.show(label, done, len(items))
            yield item
    finally:
        bar.clear()
