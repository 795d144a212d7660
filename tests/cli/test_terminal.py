"""Text for people: broken between words on a terminal and nowhere else, and a bar where they would wait."""

from __future__ import annotations

import sys
import time

import pytest

from purenn.cli.terminal import room, tracked, wrapped
from tests.conftest import Clock
from tests.terminal import Terminal, use_terminal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(time, "monotonic", stopped)
    return stopped


def test_items_are_tracked_past_a_second_and_the_bar_is_erased(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    stderr, seen = use_terminal(monkeypatch), []
    for item in tracked("abcd", "reading"):
        seen.append(item)
        clock.now += 0.6
    assert seen == [*"abcd"]
    drawn = stderr.getvalue().split("\r")[1:]
    assert ["50 %" in drawn[0], "75 %" in drawn[1]] == [True, True]
    assert (len(drawn), drawn[-1], drawn[-2].strip()) == (4, "", "")


def test_items_whose_results_are_printed_in_the_same_terminal_get_no_bar(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    stderr = use_terminal(monkeypatch)
    monkeypatch.setattr(sys, "stdout", Terminal())
    for _ in tracked("abcd", "reading"):
        clock.now += 0.6
    assert stderr.getvalue() == ""


def test_long_lines_are_broken_between_words_on_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a  table\nlearned little: try another-learning-rate"
    assert wrapped(text) == text
    use_terminal(monkeypatch, columns=20)
    assert wrapped(text) == "a  table\nlearned little: try\nanother-learning-rate"
    assert wrapped(text, sys.stdout) == text, "stderr is the terminal, and stdout a file"


def test_words_in_wide_characters_are_broken_where_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    use_terminal(monkeypatch, columns=10)
    assert wrapped("訓練の 損失です") == "訓練の\n損失です"
    assert wrapped("訓練の 損失") == "訓練の\n損失", "11 columns, but 6 characters"
    assert wrapped("訓練 損失") == "訓練 損失"


def test_a_file_has_room_for_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = use_terminal(monkeypatch, columns=20)
    assert (room(stderr), room(sys.stdout)) == (20, None)
