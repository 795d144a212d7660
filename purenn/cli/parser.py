"""The parser of the command line: argparse, with errors of one line and help that ends with examples."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import NoReturn

from purenn import __version__
from purenn.cli.command import COMMANDS, Command
from purenn.cli.invocation import command
from purenn.errors import did_you_mean

__all__ = ["ALIASES", "Parser", "UsageError", "parser"]

EXAMPLES = ["train", "evaluate strokes.safetensors", "train moons --hidden 32 --epochs 50", "help train"]

# Options of other programs, and of habit.
ALIASES = {
    "--lr": "--learning-rate",
    "--learning-rate-init": "--learning-rate",
    "--rate": "--learning-rate",
    "--eta": "--learning-rate",
    "--alpha": "--learning-rate",
    "--n-epochs": "--epochs",
    "--num-epochs": "--epochs",
    "--max-iter": "--epochs",
    "--iterations": "--epochs",
    "--bs": "--batch-size",
    "--wd": "--weight-decay",
    "--l2": "--weight-decay",
    "--opt": "--optimizer",
    "--solver": "--optimizer",
    "--criterion": "--loss",
    "--scheduler": "--schedule",
    "--lr-scheduler": "--schedule",
    "--layers": "--hidden",
    "--units": "--hidden",
    "--hidden-layers": "--hidden",
    "--hidden-size": "--hidden",
    "--hidden-layer-sizes": "--hidden",
    "--random-state": "--seed",
    "--random-seed": "--seed",
    "--num-workers": "--workers",
    "--jobs": "--workers",
    "--n-jobs": "--workers",
    "--threads": "--workers",
    "--processes": "--workers",
    "--early-stopping": "--patience",
    "--n-iter-no-change": "--patience",
    "--data-dir": "--data",
    "--dir": "--data",
    "--output": "--out",
    "--save": "--out",
    "--model": "--out",
    "--save-path": "--out",
    "--overwrite": "--force",
    "--yes": "--force",
    "--max-samples": "--limit",
    "--samples": "--limit",
    "--continue": "--resume",
    "--traceback": "--debug",
}
COMMAND_ALIASES = {
    "fit": "train",
    "learn": "train",
    "test": "evaluate",
    "score": "evaluate",
    "classify": "predict",
    "ask": "predict",
    "show": "inspect",
    "info": "inspect",
    "summary": "inspect",
    "download": "fetch",
    "benchmark": "bench",
    "search": "sweep",
    "tune": "sweep",
    "grid": "sweep",
    "play": "playground",
    "serve": "playground",
}
SPLIT = "a tenth of the training samples is always held back for validation"
DEVICE = "purenn computes on the processor; --workers shares the work among its cores"
WEIGHTS = 'weights of classes are for programs: fit(network, X, y, class_weights="balanced")'
ANSWERS = {
    "--validation-split": SPLIT,
    "--validation": SPLIT,
    "--validation-fraction": SPLIT,
    "--val-split": SPLIT,
    "--gpu": DEVICE,
    "--cuda": DEVICE,
    "--device": DEVICE,
    "--dataset": "the name of the data set stands alone, right after the command",
    "--class-weight": WEIGHTS,
    "--class-weights": WEIGHTS,
    "--verbose": "progress is always shown; 2>/dev/null silences it",
    "--quiet": "progress goes to stderr; 2>/dev/null silences it",
}


class UsageError(Exception):
    """Raised if the words of a command are wrong. `where` is the program, with the command if that is known."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where = where


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, and shows help that fits the terminal. `commands` has a parser for each."""

    commands: dict[str, Parser]

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(self.prog, message)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Raise ArgumentError, with the choice that was probably meant, unless the value is a choice."""
        if action.choices is None or value in action.choices:
            return
        choices = list(map(str, action.choices))
        hint = did_you_mean(str(value), choices)
        if COMMAND_ALIASES.get(str(value)) in choices:
            hint = f"; purenn calls it {COMMAND_ALIASES[str(value)]}"
        if action.dest in ("command", "topic"):
            raise argparse.ArgumentError(None, f"no command is called {value!r}; there are: {', '.join(choices)}{hint}")
        raise argparse.ArgumentError(action, f"{value!r} is none of {', '.join(choices)}{hint}")

    def options(self) -> list[str]:
        """Return all options, in the order of the help."""
        return [option for action in self._actions for option in action.option_strings]

    def actions(self) -> list[argparse.Action]:
        """Return all arguments that are shown in the help, in its order."""
        return [action for action in self._actions if action.help != argparse.SUPPRESS]

    def complete(self, text: str, remarks: str, examples: Sequence[str]) -> None:
        """Set how the help begins and ends. Call it when all arguments are there.

        text, remarks: sentences at the beginning and before the examples, which are words without the program.
        """
        names = [(str(action.metavar), action.nargs) for action in self._actions if not action.option_strings]
        positional = [f"[{name}]" if nargs in ("?", "*") else name for name, nargs in names]
        self.usage = " ".join(["%(prog)s", *positional, "[OPTION ...]"])
        width = shutil.get_terminal_size().columns - 2
        self.description = textwrap.fill(text, width)
        lines = [textwrap.fill(remarks, width), ""] if remarks else []
        if examples:
            lines += ["examples:", *(_fitted(command(*example.split()), width) for example in examples)]
        self.epilog = "\n".join(lines)
        self.color = False  # Python 3.14 would send colours to JSON and into messages too

    def check_options(self, words: Sequence[str]) -> None:
        """Raise UsageError, with the option that was probably meant, for the first word that is an unknown option."""
        for word in words:
            name = word.partition("=")[0]
            if word == "--":
                return
            if name.startswith("--") and not any(option.startswith(name) for option in self.options()):
                self.error(f"there is no option {name}{self._hint(name)}")

    def _hint(self, name: str) -> str:
        """Return the words to append to a refusal of an option."""
        plain, options = name.replace("_", "-").lower(), self.options()
        if plain in ANSWERS and "--seed" in options:
            return f"; {ANSWERS[plain]}"
        if plain in options:
            return f"; did you mean {plain}?"
        if ALIASES.get(plain) in options:
            return f"; purenn calls it {ALIASES[plain]}"
        return did_you_mean(plain, options)


def parser() -> Parser:
    """Return the parser of all registered commands."""
    text = "Neural networks in pure Python: train them, and see what they have learned. Nothing else is needed."
    whole = Parser(
        prog="purenn",
        allow_abbrev=False,
        formatter_class=_HelpFormatter,
    )
    whole.add_argument("--version", action="version", version=f"purenn {__version__}")
    plugin = (
        "run a Python file, or import a module by its name, that registers commands, data sets and the like; may be "
        "repeated; the environment variable PURENN_PLUGINS can list more"
    )
    whole.add_argument("--plugin", action="append", metavar="FILE", help=plugin)  # `main` has read it already
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    whole.commands = {}
    for each in COMMANDS.values():
        inner = commands.add_parser(each.name, help=each.purpose, formatter_class=_HelpFormatter)
        whole.commands[each.name] = _filled(inner, each)
    whole.complete(text, "", EXAMPLES)
    whole.usage = "%(prog)s [--plugin FILE] COMMAND [ARGUMENT ...]"
    return whole


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Help in lines that do not break within a name, which may have a hyphen: breast-cancer."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


def _filled(inner: Parser, each: Command) -> Parser:
    """Add everything that a command takes to its parser, and return that."""
    each.add_arguments(inner)
    group = inner.add_argument_group("output")
    as_json = 'print JSON lines on stdout and nothing else: "event" says what each is, "warning" and "error" too'
    group.add_argument("--json", action="store_true", help=as_json)
    group.add_argument("--debug", action="store_true", help="show the traceback of an error")
    inner.complete(f"{each.purpose[:1].upper()}{each.purpose[1:]}.", inner.epilog or "", each.examples)
    return inner


def _fitted(line: str, width: int) -> str:
    """Return a command, indented by two; one that is wider than the terminal is continued as a shell allows."""
    lines = textwrap.wrap(line, max(width - 4, 20), break_long_words=False, break_on_hyphens=False)
    return "  " + (" \\\n    ".join(lines) if sys.platform != "win32" else line)
