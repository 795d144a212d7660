"""`purenn help`: show what a command does and takes, as `--help` after its name does."""

from __future__ import annotations

from argparse import ArgumentParser

from purenn.cli.command import COMMANDS, Arguments, Command, register
from purenn.cli.output import print_json
from purenn.cli.parser import parser

__all__ = ["HelpArguments", "show_help"]


class HelpArguments(Arguments):
    """Arguments of `purenn help`."""

    topic: str | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument(
            "topic", nargs="?", choices=COMMANDS, metavar="COMMAND", help=f"one of {', '.join(COMMANDS)}"
        )


def show_help(arguments: HelpArguments) -> int:
    """Print the help of a command or, if none is named, of all."""
    whole = parser()
    text = (whole.commands[arguments.topic] if arguments.topic else whole).format_help()
    if arguments.json:
        print_json("help", {"text": text})
    else:
        print(text, end="")
    return 0


register(Command("help", "show what a command does and takes", HelpArguments, show_help, examples=["help train"]))
