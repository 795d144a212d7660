"""The command line: `python -m purenn COMMAND`, and `purenn COMMAND` once installed.

`main` loads plugins, hands the arguments to their command, and turns what happens into an exit status: 0 for success,
1 for a failure, explained in one line on stderr, 2 for wrong arguments or a plugin that cannot be loaded, and 130 when
interrupted by Ctrl-C (by another signal: 128 and its number).
"""

from __future__ import annotations

import argparse
import errno
import os
import pkgutil
import re
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from importlib import import_module
from itertools import islice

from purenn.cli.command import COMMANDS, Arguments
from purenn.cli.interruption import hold, status_of
from purenn.cli.invocation import command
from purenn.cli.output import print_error
from purenn.cli.parser import UsageError, parser
from purenn.cli.streams import open_streams
from purenn.errors import NotFetchedError, did_you_mean_file
from purenn.registry import load_plugin

__all__ = ["main", "parse_arguments"]
_NUMBER = re.compile(r"-[.,]?\d[\d.,eE +-]*", re.ASCII)  # one, with a comma behind it as in -5.1, 3.5, or several
_PLAIN = re.compile(r"-\d*\.?\d+([eE][+-]?\d{1,3})?", re.ASCII)

# Every module beside this one may register a command.
for _module in pkgutil.iter_modules([os.path.dirname(__file__)], "purenn.cli."):
    import_module(_module.name)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that these words name, by default those of the process, and return the exit status."""
    words = sys.argv[1:] if words is None else words
    open_streams()
    try:
        for plugin in _plugins(words):
            load_plugin(plugin)
    except ImportError as error:
        if "--debug" in words:
            raise
        print_error("purenn", str(error), 2, as_json="--json" in words)
        return 2
    if not words:
        parser().print_help()
        return 0
    try:
        return _run(parse_arguments(words))
    except BrokenPipeError:  # the reader of our output has closed it; Python would report that once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(arguments: Arguments) -> int:
    """Run the command, and report its failure."""
    where = f"purenn {arguments.command}"
    try:
        status = COMMANDS[arguments.command].run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt as interrupt:
        hold()
        print_error(where, "interrupted", status_of(interrupt), as_json=arguments.json)
        return status_of(interrupt)
    except BrokenPipeError:
        raise
    except argparse.ArgumentError as error:
        raise _refusal(UsageError(where, str(error)), as_json=arguments.json) from None
    except (ArithmeticError, OSError, ValueError, IndexError, MemoryError, RuntimeError) as error:
        if arguments.debug:
            raise
        print_error(where, _message(error), 1, as_json=arguments.json)
        if isinstance(error, NotFetchedError):
            folder = vars(arguments).get("data")
            print(f"try: {command('fetch', error.name, *(['--data', folder] if folder else []))}", file=sys.stderr)
        return 1


def parse_arguments(words: Sequence[str]) -> Arguments:
    """Parse a command with its arguments. Raises SystemExit with status 2, after a message, if they are wrong."""
    whole = parser()
    words = [_plain_number(word) for word in words]
    before, after = _around_command(words)
    try:
        whole.check_options(before)
        if after and after[0] in whole.commands:
            whole.commands[after[0]].check_options(after[1:])
        arguments, unknown = whole.parse_known_args(words, namespace=Arguments())
        inputs: list[str] | None = getattr(arguments, "inputs", None)
        if inputs is not None and all(_NUMBER.fullmatch(word) or word[:1] != "-" for word in unknown):
            inputs += unknown  # argparse takes no words for the last argument after an option
            inputs[:] = [word[1:] if word.startswith(" -") else word for word in inputs]
        elif unknown:
            inner = whole.commands[arguments.command]
            inner.error(f"unexpected argument {unknown[0]!r}; {' '.join(inner.format_usage().split())}")
        return arguments
    except UsageError as error:
        raise _refusal(error, as_json="--json" in words) from None


def _plain_number(word: str) -> str:
    """Return a negative number as argparse does not take it for an option: -1e-3 as -0.001, and -1,5, whose comma only
    the schema of a table can explain, with a space before it."""
    if _PLAIN.fullmatch(word):
        return f"{Decimal(word):f}"
    return f" {word}" if _NUMBER.fullmatch(word) else word


def _refusal(error: UsageError, *, as_json: bool) -> SystemExit:
    """Print which words are wrong and where help is, and return the exit of the process."""
    print_error(error.where, str(error), 2, as_json=as_json)
    print(f"try: {command(*error.where.split()[1:], '--help')}", file=sys.stderr)
    return SystemExit(2)


def _plugins(words: Sequence[str]) -> Iterator[str]:
    """Yield the plugins to load: those of the environment, then those named before COMMAND.

    They may add commands and choices, so they have to be loaded before argparse can be told of either.
    """
    yield from filter(None, os.environ.get("PURENN_PLUGINS", "").split(os.pathsep))
    rest = iter(_around_command(words)[0])
    for word in rest:
        if word == "--plugin":
            yield from islice(rest, 1)
        elif word.startswith("--plugin="):
            yield word.partition("=")[2]


def _around_command(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the words before the command, and those from it on."""
    is_value = False
    for i, word in enumerate(words):
        if not is_value and not word.startswith("-"):
            return words[:i], words[i:]
        is_value = word == "--plugin"
    return words, []


def _message(error: Exception) -> str:
    """Return the message of an error without Python's error number."""
    if isinstance(error, OSError) and error.strerror:
        is_plain = isinstance(error, FileNotFoundError) and error.strerror == os.strerror(errno.ENOENT)
        hint = did_you_mean_file(str(error.filename)) if is_plain and error.filename else ""
        # files are named by who writes them: without a name it is stdout
        where = error.filename or ("stdout" if error.errno == errno.ENOSPC else "")
        return f"{where}: {error.strerror}{hint}" if where else error.strerror
    return str(error) or type(error).__name__
