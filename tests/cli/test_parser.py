"""The parser: help that fits the terminal and shows examples that run, errors that say what was meant."""

from __future__ import annotations

import pytest

from purenn.cli import COMMANDS, main
from purenn.cli.main import parse_arguments
from purenn.cli.parser import ALIASES, parser
from tests.cli.conftest import Captured


def shown_help(command: str) -> str:
    """Return the help of a command, or of all if it is empty."""
    whole = parser()
    return (whole.commands[command] if command else whole).format_help()


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_no_line_of_help_is_wider_than_the_terminal(
    command: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = shown_help(command).splitlines()
    assert [line for line in lines if len(line) > columns and not line.startswith("usage")] == []


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_ends_with_examples_that_can_be_parsed(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    *_, examples = shown_help(command).partition("\nexamples:\n")
    lines = examples.splitlines()
    assert lines or not COMMANDS[command].examples
    for line in lines:
        assert line.startswith("  python3 -m purenn ")
        parsed = parse_arguments(line.split()[3:])
        assert command in ("", parsed.command)


def test_an_example_that_does_not_fit_goes_on_in_the_next_line_as_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    examples = shown_help("train").partition("\nexamples:\n")[2]
    assert " \\\n    " in examples
    monkeypatch.setenv("COLUMNS", "500")
    joined = examples.replace(" \\\n    ", " ")
    assert joined == shown_help("train").partition("\nexamples:\n")[2]


def test_every_alias_leads_to_an_option_that_a_command_has() -> None:
    options = {option for inner in parser().commands.values() for option in inner.options()}
    assert set(ALIASES.values()) <= options
    assert options & set(ALIASES) == set(), "an alias that is an option is never looked up"


def test_help_is_a_json_line_where_json_is_asked_for(capsys: Captured) -> None:
    assert main(["help", "check", "--json"]) == 0
    assert '"event": "help"' in capsys.readouterr().out
