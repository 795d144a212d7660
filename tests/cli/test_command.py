"""Commands: how one is registered, and how it meets its arguments."""

from __future__ import annotations

import json
import re
from argparse import ArgumentError, ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

import purenn.cli
from purenn.cli import COMMANDS, Arguments, Command, main, register
from tests.cli.conftest import Captured


class GreetArguments(Arguments):
    """Arguments of a command that is defined outside the package."""

    name: str
    times: int

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="whom to greet")
        parser.add_argument("--times", type=int, default=1)


def greet(arguments: GreetArguments) -> int:
    """Print a greeting, and return the number of greetings as the exit status."""
    if arguments.times > 3:
        raise ArgumentError(None, "argument --times: that is too often")
    print(json.dumps({"name": arguments.name}) if arguments.json else f"Hello, {arguments.name}!")
    return arguments.times


@pytest.fixture
def command() -> Iterator[Command]:
    """Register `greet` for one test."""
    yield register(Command("greet", "say HELLO", GreetArguments, greet, examples=["greet Ada"]))
    COMMANDS.remove("greet")


def exits(capsys: Captured, *words: str) -> tuple[object, str, str]:
    """Return the exit status, stdout and stderr of a call that ends in the parser."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    return (caught.value.code, *capsys.readouterr())


def test_a_registered_command_runs_with_its_arguments(command: Command, capsys: Captured) -> None:
    assert main(["greet", "Ada", "--times", "3"]) == 3
    assert capsys.readouterr() == ("Hello, Ada!\n", "")


def test_every_command_has_the_option_json(command: Command, capsys: Captured) -> None:
    assert main(["greet", "Ada", "--json", "--times", "0"]) == 0
    assert json.loads(capsys.readouterr().out) == {"name": "Ada"}


def test_a_registered_command_is_listed_with_its_purpose(command: Command, capsys: Captured) -> None:
    status, out, err = exits(capsys, "--help")
    assert (status, err) == (0, "")
    assert "\n    greet        say HELLO\n" in out


def test_the_help_of_a_command_shows_its_purpose_and_its_arguments(command: Command, capsys: Captured) -> None:
    status, out, err = exits(capsys, "greet", "--help")
    assert (status, err) == (0, "")
    assert out.startswith("usage: purenn greet ")
    assert "\nSay HELLO.\n" in out
    assert "\n  NAME " in out
    for option in ("--times", "--json", "--debug"):
        assert f"\n  {option} " in out
    assert out.endswith("\nexamples:\n  python3 -m purenn greet Ada\n")


def test_arguments_that_contradict_each_other_end_with_status_2(command: Command, capsys: Captured) -> None:
    status, out, err = exits(capsys, "greet", "Ada", "--times", "4")
    assert (status, out) == (2, "")
    assert err == "purenn greet: argument --times: that is too often\ntry: python3 -m purenn greet --help\n"


def test_a_name_can_be_registered_only_once(command: Command) -> None:
    with pytest.raises(ValueError, match="another command is called 'greet' already"):
        register(Command("greet", "say goodbye", GreetArguments, greet))
    assert COMMANDS["greet"] is command


def test_a_command_is_shown_by_its_name_and_purpose(command: Command) -> None:
    assert repr(command) == "Command('greet', 'say HELLO')"


def test_only_the_arguments_that_are_required_are_said_to_be(capsys: Captured) -> None:
    _, _, err = exits(capsys, "predict")
    assert err.splitlines()[0] == "purenn predict: the following arguments are required: MODEL"


def test_every_file_that_registers_a_command_is_found() -> None:
    folder = Path(purenn.cli.__file__).parent
    registers = re.compile(r"^register\(\s*Command\(", re.MULTILINE)
    defined = {path.stem for path in folder.glob("*.py") if registers.search(path.read_text(encoding="utf-8"))}
    assert defined == set(COMMANDS)
    assert {"train", "evaluate", "predict", "check", "fetch", "inspect", "bench"} <= defined


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.name)
def test_every_command_has_help(command: Command, capsys: Captured) -> None:
    status, out, err = exits(capsys, command.name, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: purenn {command.name} ")
    assert f"{command.purpose[0].upper()}{command.purpose[1:]}." in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("trian", "no command is called 'trian'; there are: bench, check, "),
        ("trian", "; did you mean train?"),
        ("--epochs 3 train", "there is no option --epochs"),
        ("evaluate", "the following arguments are required: MODEL"),
        ("predict", "the following arguments are required: MODEL"),
        ("predict m f --index -1", "--index: expected a whole number of at least 0, got '-1'"),
        ("fetch", "the following arguments are required: NAME"),
        ("fetch strokes", "NAME: strokes comes with purenn"),
        ("inspect", "the following arguments are required: FILE"),
        ("fetch minst", "; did you mean mnist?"),
        ("check --seed x", "--seed: expected a whole number, got 'x'"),
        ("check --plugin x", "there is no option --plugin"),
        ("check -x", "unexpected argument '-x'"),
        ("help trian", "; did you mean train?"),
        ("--plugin", "--plugin: expected one argument"),
    ],
)
def test_wrong_arguments_are_named_with_status_2(words: str, said: str, capsys: Captured) -> None:
    status, out, err = exits(capsys, *words.split())
    assert (status, out) == (2, "")
    reason, hint = err.splitlines()
    assert said in reason
    assert hint.startswith("try: python3 -m purenn ")
    assert hint.endswith("--help")


def test_the_help_that_an_error_names_is_that_of_the_command(capsys: Captured) -> None:
    for word in ("evaluate", "check --lr 3"):
        *_, hint = exits(capsys, *word.split())[2].splitlines()
        assert exits(capsys, *hint.split()[4:])[1].startswith(f"usage: purenn {word.split()[0]} ")
