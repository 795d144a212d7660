"""`purenn help`: the same text as --help."""

from __future__ import annotations

from contextlib import suppress

import pytest

from purenn.cli import COMMANDS, main
from tests.cli.conftest import Captured


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)])
def test_help_shows_what_the_option_help_shows(words: list[str], capsys: Captured) -> None:
    assert main(["help", *words]) == 0
    shown = capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main([*words, "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("words", ["--help", "help train", "help train --json", "train iris wine"])
def test_help_and_usage_are_plain_text_on_every_python(
    words: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python 3.14 on, argparse colours them for a terminal, or where this variable asks for it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("PYTHON_COLORS", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with suppress(SystemExit):
        main(words.split())
    said = "".join(capsys.readouterr())
    assert "usage: purenn" in said
    assert "\x1b" not in said
    assert "\\x1b" not in said
    assert "\\u001b" not in said


@pytest.mark.parametrize("words", ["help fit", "fit iris"])
def test_a_command_of_another_name_is_answered_with_ours(words: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words.split())
    assert caught.value.code == 2
    assert "no command is called 'fit'; there are: " in (said := capsys.readouterr().err)
    assert said.splitlines()[0].endswith("; purenn calls it train")
