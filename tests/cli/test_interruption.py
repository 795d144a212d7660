"""Signals become a KeyboardInterrupt, one at a time, and none when the command is ending."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from purenn.cli import interruption
from purenn.cli.interruption import answering_signals, hold, status_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def usual_signals() -> Iterator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = [(number, signal.getsignal(number)) for number in numbers]
    for number in numbers:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before:
        signal.signal(number, handler)


def send(name: str) -> None:
    os.kill(os.getpid(), getattr(signal, name))


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_is_a_keyboard_interrupt_with_its_status(
    name: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interruption, "_answer", interruption._Answer())
    with pytest.raises(KeyboardInterrupt) as caught, answering_signals():
        send(name)
    assert status_of(caught.value) == status


def test_python_s_own_keyboard_interrupt_is_that_of_ctrl_c() -> None:
    assert status_of(KeyboardInterrupt()) == 130


def test_a_second_signal_waits_until_the_first_is_a_second_old(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, clock = interruption._Answer(), [10.0]
    monkeypatch.setattr(interruption, "_answer", answer)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with answering_signals():
        for now, raises in [(10.0, True), (10.1, False), (10.9, False), (11.1, True)]:
            clock[0] = now
            try:
                send("SIGINT")
                raised = False
            except KeyboardInterrupt:
                raised = True
            assert raised == raises


def test_when_a_command_is_ending_the_system_ignores_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes its own handlers away before the process has ended."""
    monkeypatch.setattr(interruption, "_answer", interruption._Answer())
    with answering_signals():
        assert signal.getsignal(signal.SIGTERM) is interruption._answer
        hold()
        send("SIGTERM")
    send("SIGINT")
    assert {signal.getsignal(number) for number in interruption.SIGNALS} == {signal.SIG_IGN}


def test_signals_that_others_handle_are_left_alone() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with answering_signals():
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        send("SIGHUP")


def test_without_the_block_nothing_is_ignored() -> None:
    hold()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
