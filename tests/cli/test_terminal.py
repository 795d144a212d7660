"""What a person sees: bars, tables and pictures made of characters."""

from __future__ import annotations

import io
import sys
import time

import pytest

from purenn.cli.terminal import Bar, draw, gauge, table


class Terminal(io.StringIO):
    """A stderr that a person looks at."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(time, "monotonic", stopped)
    return stopped


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal. No fixture: between a test's fixtures and the test pytest sets its own stderr again."""
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    return stderr


@pytest.mark.parametrize(
    ("part", "drawn"), [(0.0, "[....]"), (0.25, "[#...]"), (0.49, "[##..]"), (0.9, "[####]"), (1.0, "[####]")]
)
def test_a_gauge_is_filled_to_its_part(part: float, drawn: str) -> None:
    assert gauge(part, 4) == drawn


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


def test_nothing_to_do_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    Bar().show("x", 0, 0)
    assert "100%" in stderr.getvalue()


def test_a_bar_writes_nothing_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    bar.start()
    bar.show("x", 1, 2)
    bar.show("x", 2, 2)
    bar.clear()
    assert capsys.readouterr() == ("", "")


def test_columns_are_as_wide_as_their_widest_word() -> None:
    assert table([["a", "long title", "c"], ["longer", "1", ""]]).splitlines() == [
        "a       long title  c",
        "longer           1",
    ]


def test_a_single_column_is_a_table() -> None:
    assert table([["a"], ["bc"]]) == "a\nbc"


def test_two_rows_of_pixels_make_a_line_and_a_last_one_alone_another() -> None:
    # Five shades: 0 to 51 is " ", up to 102 ".", up to 153 ":", up to 204 "*", above "#".
    assert draw(bytes([51, 52, 103, 154, 205, 0, 0, 0, 0, 0, 255, 0, 0, 0, 60]), width=5) == " .:*#\n#   ."


def test_the_darker_of_two_pixels_is_seen() -> None:
    assert draw(bytes([0, 255, 255, 0]), width=2) == "##"


def test_no_line_ends_in_spaces() -> None:
    assert draw(bytes(12), width=3) == "\n"
