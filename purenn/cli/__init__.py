"""The command line: its commands, the door through which more are added, and `main`, which runs them."""

from purenn.cli.command import COMMANDS, Arguments, Command, register
from purenn.cli.interruption import answering_signals, status_of
from purenn.cli.main import main

__all__ = ["COMMANDS", "Arguments", "Command", "answering_signals", "main", "register", "status_of"]
