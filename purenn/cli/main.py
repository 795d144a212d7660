"""The command line: `python -m purenn COMMAND`, and `purenn COMMAND` once installed.

`main` loads plugins, hands the arguments to their command, and turns what happens into an exit status: 0 for success,
1 for a failure, explained in one line on stderr, 2 for wrong arguments or a plugin that cannot be loaded, and 130 when
interrupted by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import TextIOWrapper
from itertools import islice
from typing import TextIO

from purenn import __version__
from purenn.cli.command import COMMANDS, Arguments, Command
from purenn.registry import load_plugin

__all__ = ["main", "parse_arguments", "parser"]

# Every module beside this one may register a command.
for _module in pkgutil.iter_modules([os.path.dirname(__file__)], "purenn.cli."):
    import_module(_module.name)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that these words name, by default those of the process, and return the exit status."""
    words = sys.argv[1:] if words is None else words
    sys.stdout, sys.stderr = _opened(sys.stdout), _opened(sys.stderr)
    _replace_unknown_characters(sys.stdout)
    try:
        for plugin in _plugins(words):
            load_plugin(plugin)
    except ImportError as error:
        if "--debug" in words:
            raise
        print(f"purenn: {error}", file=sys.stderr)
        return 2
    return _run(parse_arguments(words))


def _run(arguments: Arguments) -> int:
    """Run the command, and report its failure."""
    try:
        status = COMMANDS[arguments.command].run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print(f"purenn {arguments.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has closed it; Python would report that once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except argparse.ArgumentError as error:
        command = COMMANDS[arguments.command]
        _complete(argparse.ArgumentParser(f"purenn {command.name}"), command).error(str(error))
    except (ArithmeticError, OSError, ValueError, IndexError, MemoryError) as error:
        if arguments.debug:
            raise
        print(f"purenn {arguments.command}: {_message(error)}", file=sys.stderr)
        return 1


def parse_arguments(words: Sequence[str]) -> Arguments:
    """Parse a command with its arguments. Raises SystemExit with status 2, after a message, if they are wrong."""
    return parser().parse_args(words, namespace=Arguments())


def parser() -> argparse.ArgumentParser:
    """Return the parser of all registered commands."""
    whole = argparse.ArgumentParser(prog="purenn", description="Neural networks in pure Python.", allow_abbrev=False)
    whole.add_argument("--version", action="version", version=f"purenn {__version__}")
    plugin = (
        "run a Python file, or import a module by its name, that registers commands, data sets and the like; may be "
        "repeated; the environment variable PURENN_PLUGINS can list more"
    )
    whole.add_argument("--plugin", action="append", metavar="FILE", help=plugin)  # `_plugins` has read it already
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        _complete(commands.add_parser(command.name, help=command.purpose), command)
    return whole


def _complete(parser: argparse.ArgumentParser, command: Command) -> argparse.ArgumentParser:
    """Add everything that a command takes to its parser, and return that."""
    parser.description = f"{command.purpose[:1].upper()}{command.purpose[1:]}."
    command.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON lines on stdout, and nothing else there")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _plugins(words: Sequence[str]) -> Iterator[str]:
    """Yield the plugins to load: those of the environment, then those named before COMMAND.

    They may add commands and choices, so they have to be loaded before argparse can be told of either.
    """
    yield from filter(None, os.environ.get("PURENN_PLUGINS", "").split(os.pathsep))
    rest = iter(words)
    for word in rest:
        if word == "--plugin":
            yield from islice(rest, 1)
        elif word.startswith("--plugin="):
            yield word.partition("=")[2]
        elif not word.startswith("-"):
            break


def _opened(stream: TextIO | None) -> TextIO:
    """Return the stream or, where the caller of the process has closed it, one that discards everything."""
    return stream or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _replace_unknown_characters(stream: object) -> None:
    """Print a question mark for a character that the terminal cannot show, such as the kana of KMNIST's classes."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


def _message(error: Exception) -> str:
    """Return the message of an error without Python's error number."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__
