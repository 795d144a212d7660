"""What is known of the screen behind a stream: its size, its characters, its colours."""

from __future__ import annotations

import io
import os
import sys

import pytest

from purenn.charts import screen
from tests.terminal import Terminal, use_terminal


def test_a_window_that_only_says_it_is_a_terminal_is_none() -> None:
    class Window(io.StringIO):  # as IDLE's
        def isatty(self) -> bool:
            return True

    assert [screen.is_terminal(stream) for stream in (Window(), Terminal(), io.StringIO())] == [False, True, False]


def test_a_dumb_terminal_cannot_be_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch)
    assert (screen.can_redraw(stderr), screen.can_show("━", stderr), screen.has_colours(stderr)) == (True, True, True)
    monkeypatch.setenv("TERM", "dumb")
    assert (screen.can_redraw(stderr), screen.can_show("━", stderr), screen.has_colours(stderr)) == (False,) * 3


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "━─▀²"), ("cp437", "─▀²"), ("cp1252", "²"), ("latin-1", "²"), ("ascii", "")]
)
def test_a_terminal_shows_the_characters_of_its_encoding(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Encoded(Terminal):
        pass

    stderr = use_terminal(monkeypatch, kind=Encoded)
    monkeypatch.setattr(Encoded, "encoding", encoding)
    assert "".join(sign for sign in "━─▀²" if screen.can_show(sign, stderr)) == shown


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LANG": ""}, True),
        ({"LANG": "C"}, False),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "POSIX"}, False),
        ({"LANG": "C", "LC_ALL": "de_DE.UTF-8"}, True),
    ],
)
def test_who_asks_for_the_plainest_locale_gets_plain_text(
    variables: dict[str, str], shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = use_terminal(monkeypatch)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert screen.can_show("━", stderr) == shown


def test_who_wants_no_colour_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    assert (screen.has_colours(stderr), screen.can_show("━", stderr)) == (False, True)


def test_an_old_console_of_windows_has_no_colours_and_few_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch)
    monkeypatch.setattr(sys, "platform", "win32")
    for name in ("TERM", "TERM_PROGRAM", "WT_SESSION", "ANSICON"):
        monkeypatch.delenv(name, raising=False)
    assert (screen.can_redraw(stderr), screen.can_show("━", stderr), screen.has_colours(stderr)) == (True, False, False)
    monkeypatch.setenv("WT_SESSION", "0")
    assert (screen.can_show("━", stderr), screen.has_colours(stderr)) == (True, True)


def test_the_size_is_that_of_the_terminal_unless_the_environment_says_another(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch)
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((20 + number, 10)))
    monkeypatch.setenv("COLUMNS", "123")
    assert (screen.columns(), screen.lines()) == (123, 24)
    for said in ("0", "wide", ""):
        monkeypatch.setenv("COLUMNS", said)
        monkeypatch.setenv("LINES", said)
        assert (screen.columns(stderr), screen.lines(stderr)) == (22, 10), "that of stderr, whose file number is 2"
    assert (screen.columns(io.StringIO()), screen.lines(io.StringIO())) == (80, 24)
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((0, 0)))  # as in some containers
    assert (screen.columns(stderr), screen.lines(stderr)) == (80, 24)


def test_wide_characters_count_twice_and_accents_on_letters_not_at_all() -> None:
    assert [screen.width_of(text) for text in ("loss", "损失", "ｌ", "é", "e\u0301", "━")] == [4, 4, 2, 1, 1, 1]
