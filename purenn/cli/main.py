"""The command line: `python -m purenn COMMAND`, and `purenn COMMAND` once installed.

Here a call is handed to its command, and what happens is turned into an exit status: 0 done, 1 failed for a reason that
is named in a line, 2 the words of the call are off, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import TextIO

from purenn.cli import bench, commands
from purenn.cli import train as train_command
from purenn.cli.arguments import Options, parse

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, Callable[[Options], int]] = {
    "train": train_command.train,
    "evaluate": commands.evaluate,
    "predict": commands.predict,
    "check": commands.check,
    "fetch": commands.fetch,
    "inspect": commands.inspect,
    "bench": bench.bench,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments (those of the process, if None) ask for, and return the exit status."""
    sys.stdout, sys.stderr = _opened(sys.stdout), _opened(sys.stderr)
    _forgive(sys.stdout)
    options = parse(arguments)
    try:
        status = COMMANDS[options.command](options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print(f"purenn {options.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough; Python would complain once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ArithmeticError, OSError, ValueError, IndexError, MemoryError) as error:
        if options.debug:
            raise
        print(f"purenn {options.command}: {_words(error)}", file=sys.stderr)
        return 1


def _opened(stream: TextIO | None) -> TextIO:
    """The stream itself or, where the caller has closed it, one that swallows everything."""
    return stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _forgive(stream: object) -> None:
    """Let a terminal show a question mark for what it has no character for, such as the kana of KMNIST's classes."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


def _words(error: Exception) -> str:
    """An error in a person's words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__
