"""`purenn help`: the same text as --help."""

from __future__ import annotations

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
