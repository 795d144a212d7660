"""Standard streams that may be closed, full, or unable to show a character, which is no reason to end a training."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TextIO

__all__ = ["open_streams"]


def open_streams() -> None:
    """Make stdout and stderr streams that can be written to, and stdin one that can be read.

    A stream that the caller of the process has closed discards everything, or is empty. stderr raises no error where
    its reader has gone, its disk is full or its terminal is closed: words about a training are worth less than the
    training. stdout gets a question mark for a character that the terminal cannot show, such as the kana of KMNIST's
    classes.
    """
    sys.stdout, sys.stderr = _opened(sys.stdout), _forgiving(_opened(sys.stderr))
    sys.stdin = sys.stdin or os.fdopen(os.open(os.devnull, os.O_RDONLY))
    _replace_unknown_characters(sys.stdout)


def _opened(stream: TextIO | None) -> TextIO:
    """Return the stream or, if there is none, one that discards everything."""
    return stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _replace_unknown_characters(stream: object) -> None:
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


class _Forgiving(TextIOWrapper):
    """A stream to the file of another, without its errors."""

    def __init__(self, other: TextIO) -> None:
        self.other = other  # which would close the file if nobody kept it
        buffer = BufferedWriter(FileIO(other.fileno(), "wb", closefd=False))
        super().__init__(buffer, encoding=other.encoding, errors=other.errors, line_buffering=True)

    def write(self, text: str, /) -> int:
        """Write what can be written."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is left, if it can be written."""
        with suppress(OSError):
            super().flush()


def _forgiving(stream: TextIO) -> TextIO:
    """Return a stream without errors to the same file; a stream to anything else, such as a notebook, as it is."""
    buffer: object = getattr(stream, "buffer", None)
    is_file = type(getattr(buffer, "raw", buffer)) is FileIO
    return _Forgiving(stream) if is_file and not isinstance(stream, _Forgiving) else stream
