"""The progress bar: what it draws on a terminal, and that it draws nothing elsewhere."""

from __future__ import annotations

import io
import sys
import time

import pytest

from purenn.cli.terminal import Bar, tracked, wrapped
from tests.cli.conftest import Terminal
from tests.conftest import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(time, "monotonic", stopped)
    return stopped


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal. Not a fixture, because pytest sets its own stderr again between fixtures and test."""
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    return stderr


def test_a_bar_is_drawn_over_itself(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = terminal(monkeypatch), Bar()
    clock.now += 2.0
    bar.show("epoch 1/3", 50, 100)
    clock.now += 2.0
    bar.show("epoch 1/3", 100, 100)
    half, full = "#" * 15 + "." * 15, "#" * 30
    assert stderr.getvalue() == (
        f"\repoch 1/3 [{half}]  50%    2 s left\x1b[K\repoch 1/3 [{full}] 100%    0 s left\x1b[K"
    )


def test_a_bar_measures_the_time_left_from_its_start(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = terminal(monkeypatch), Bar()
    clock.now += 500.0
    bar.start()
    clock.now += 3.0
    bar.show("x", 25, 100)
    assert "   9 s left" in stderr.getvalue()


def test_a_bar_is_drawn_ten_times_a_second_and_at_the_end(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = terminal(monkeypatch), Bar()
    for done in range(1, 1001):
        clock.now += 0.001
        bar.show("x", done, 1000)
    assert 10 <= stderr.getvalue().count("\r") <= 12
    assert stderr.getvalue().endswith("100%    0 s left\x1b[K")


def test_a_cleared_bar_leaves_an_empty_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    Bar().clear()
    assert stderr.getvalue() == "\r\x1b[K"


def test_a_bar_of_nothing_to_do_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    Bar().show("x", 0, 0)
    assert "100%" in stderr.getvalue()


def test_a_bar_writes_nothing_where_stderr_is_not_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    bar.start()
    bar.show("x", 1, 2)
    bar.show("x", 2, 2)
    bar.clear()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_bar_is_never_as_wide_as_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stderr, bar = terminal(monkeypatch), Bar()
    clock.now += 9.0
    bar.show("epoch 10/10", 50, 100)
    bar.note("an explanation that is longer than any terminal is wide" * 5)
    drawn = [text.replace("\x1b[K", "") for text in stderr.getvalue().split("\r")[1:]]
    assert max(map(len, drawn)) < columns
    assert drawn[0].startswith("epoch 10/10 ")
    assert "50%" in drawn[0]


def test_a_dumb_terminal_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stderr = terminal(monkeypatch)
    Bar().show("x", 1, 1)
    assert stderr.getvalue() == ""


def test_what_is_done_at_once_needs_no_bar(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, bar = terminal(monkeypatch), Bar(after=1.0)
    clock.now += 0.9
    bar.show("x", 1, 2)
    bar.note("x")
    assert stderr.getvalue() == ""
    clock.now += 0.2
    bar.show("x", 1, 2)
    assert " 50% " in stderr.getvalue()


def test_the_window_of_idle_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    monkeypatch.setattr(Terminal, "fileno", io.StringIO.fileno)
    Bar().show("x", 1, 1)
    assert stderr.getvalue() == ""


def test_items_are_tracked_past_a_second_and_the_bar_is_erased(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, seen = terminal(monkeypatch), []
    for item in tracked("abcd", "reading"):
        seen.append(item)
        clock.now += 0.6
    assert seen == [*"abcd"]
    drawn = stderr.getvalue().split("\r")[1:]
    assert [text.split()[-4] for text in drawn[:-1]] == ["50%", "75%"]
    assert drawn[-1] == "\x1b[K"


def test_items_whose_results_are_printed_in_the_same_terminal_get_no_bar(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    stderr = terminal(monkeypatch)
    monkeypatch.setattr(sys, "stdout", Terminal())
    for _ in tracked("abcd", "reading"):
        clock.now += 0.6
    assert stderr.getvalue() in ("", "\r\x1b[K")


# Sentences.


def test_long_lines_are_broken_between_words_on_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    text = "a  table\nlearned little: try another-learning-rate"
    assert wrapped(text) == text
    terminal(monkeypatch)
    assert wrapped(text) == "a  table\nlearned little: try\nanother-learning-rate"
    assert wrapped(text, sys.stdout) == text, "stderr is the terminal, and stdout a file"


def test_a_bar_leaves_room_for_the_sign_of_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stderr, bar = terminal(monkeypatch), Bar()
    bar.show("epoch 1/3", 3, 3)
    drawn = stderr.getvalue().strip("\r").partition("\x1b")[0]
    assert len(drawn + "^C") < 40
    bar.note("a note of more than forty characters in all, or so")
    assert len(stderr.getvalue().rpartition("\r")[2].partition("\x1b")[0] + "^C") < 40
