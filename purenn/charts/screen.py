"""The screen behind a stream: whether it is a terminal, how large it is, and which characters and colours it has."""

from __future__ import annotations

import os
import re
import sys
from io import UnsupportedOperation
from typing import TextIO
from unicodedata import combining, east_asian_width

__all__ = ["can_redraw", "can_show", "columns", "harmless", "has_colours", "is_terminal", "lines", "padded", "width_of"]

# Set by the terminals of Windows that take escape sequences, and whose fonts have more than the old code pages.
MODERN = ("WT_SESSION", "TERM_PROGRAM", "TERM", "ANSICON")


# What a terminal acts on instead of showing it, but for tabs and ends of lines: control characters, of which Escape and
# its relative 9b begin commands, and the signs that change the direction of writing.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Return a text with all characters that a terminal would act on as escapes, which it shows: names and other texts
    in a file may hold commands that clear the screen, or change its title.

    >>> print(harmless("safe\x1b[2J"))
    safe\\x1b[2J
    """
    return _COMMANDS.sub(lambda found: ascii(found[0])[1:-1], text)


def is_terminal(stream: TextIO) -> bool:
    """Return whether what is written to a stream can be drawn over. IDLE's window says it is a terminal, but shows the
    signs that go back in a line; it has no file number."""
    try:
        stream.fileno()
    except (AttributeError, UnsupportedOperation):
        return False
    return stream.isatty()


def can_redraw(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can go back to the start of a line: a "dumb" one cannot."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def can_show(characters: str, stream: TextIO) -> bool:
    """Return whether a stream is a terminal that has these characters; those of a legacy code page do not.

    In the locale "C", Python writes UTF-8, but whoever sets it asks for plain text.
    """
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG")
    if not can_redraw(stream) or not _is_modern() or locale in ("C", "POSIX"):
        return False
    try:
        characters.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def has_colours(stream: TextIO) -> bool:
    """Return whether a stream is a terminal with colours that its user wants (see no-color.org)."""
    return can_redraw(stream) and _is_modern() and not os.environ.get("NO_COLOR")


def _is_modern() -> bool:
    return sys.platform != "win32" or any(os.environ.get(name) for name in MODERN)


def columns(stream: TextIO | None = None) -> int:
    """Return the width of the terminal behind a stream, by default stderr; 80 where there is none."""
    return _size("COLUMNS", 0, stream) or 80


def lines(stream: TextIO | None = None) -> int:
    """Return the height of the terminal behind a stream, by default stderr; 24 where there is none."""
    return _size("LINES", 1, stream) or 24


def _size(variable: str, index: int, stream: TextIO | None) -> int:
    """Return what the environment says or, if it says nothing, the terminal itself: 0 if neither does."""
    said = os.environ.get(variable, "")
    if said.isdecimal() and int(said):
        return int(said)
    try:
        return os.get_terminal_size((stream or sys.stderr).fileno())[index]
    except (AttributeError, OSError, ValueError):  # a stream that is closed, or has no file number
        return 0


def width_of(text: str) -> int:
    """Return how many columns a text takes: a Chinese or Japanese character takes two, an accent on another none.

    >>> width_of("loss"), width_of("損失"), width_of("e\u0301")
    (4, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return a text in so many columns, at the left of them or at the right; of one that is too wide, the beginning.

    >>> padded("loss", 6), padded("loss", 6, right=True), padded("accuracy", 6)
    ('loss  ', '  loss', 'accu..')
    """
    if width_of(text) > width:
        while text and width_of(text) > width - 2:
            text = text[:-1]
        text += ".."
    blank = " " * (width - width_of(text))
    return f"{blank}{text}" if right else f"{text}{blank}"
