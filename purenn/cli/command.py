"""Commands: what the command line can do, each defined in one place and registered here.

To add a command, write a class for its arguments and a function that runs it, and `register` them as a `Command`. A
module of this folder that does so is found without being listed anywhere; a file of another program is loaded with
`purenn --plugin FILE`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TypeVar

from purenn.registry import Registry

__all__ = ["COMMANDS", "Arguments", "Command", "register"]


class Arguments(argparse.Namespace):
    """Parsed arguments that every command has; a subclass adds the fields of its own command."""

    command: str
    json: bool
    debug: bool

    @classmethod
    def add_to(cls, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments to its parser. Default: none."""


Given = TypeVar("Given", bound=Arguments)


class Command:
    """A command: its name, its purpose in one line, its arguments and the function that runs it.

    `arguments` has a field for each argument that its `add_to` adds, and `run` gets an instance of it. `run` prints its
    results to stdout, as JSON lines and nothing else if `arguments.json`, and everything else to stderr. It returns the
    exit status, 0 for success, and raises

    - ValueError, OSError, ArithmeticError, IndexError, MemoryError or RuntimeError if it fails: its message is printed,
      status 1,
    - argparse.ArgumentError for arguments that contradict each other: status 2.

    >>> class GreetArguments(Arguments):
    ...     name: str
    ...
    ...     @classmethod
    ...     def add_to(cls, parser: argparse.ArgumentParser) -> None:
    ...         parser.add_argument("name")
    >>> def greet(arguments: GreetArguments) -> int:
    ...     print(f"Hello, {arguments.name}!")
    ...     return 0
    >>> command = register(Command("greet", "say hello", GreetArguments, greet, examples=["greet Ada"]))
    >>> from purenn.cli import main
    >>> main(["greet", "Ada"])
    Hello, Ada!
    0
    >>> COMMANDS.remove("greet")
    """

    def __init__(
        self,
        name: str,
        purpose: str,
        arguments: type[Given],
        run: Callable[[Given], int],
        *,
        examples: Sequence[str] = (),
    ) -> None:
        """`purpose` is shown by `purenn --help`: words in the imperative, without a capital or a full stop.

        `examples` are shown at the end of the command's own help: the words after `purenn`, as in "greet Ada".
        """
        self.name = name
        self.purpose = purpose
        self.examples = tuple(examples)
        self.add_arguments = arguments.add_to
        # here the type of the arguments is known; outside, all commands have one type
        self._run: Callable[[argparse.Namespace], int] = lambda parsed: run(arguments(**vars(parsed)))

    def run(self, parsed: argparse.Namespace) -> int:
        """Run the command with these parsed arguments, and return the exit status."""
        return self._run(parsed)

    def __repr__(self) -> str:
        return f"Command({self.name!r}, {self.purpose!r})"


COMMANDS: Registry[Command] = Registry("command")


def register(command: Command) -> Command:
    """Make a command known by its name, and return it. Raises ValueError for a name that is taken."""
    COMMANDS.add(command.name, command)
    return command
