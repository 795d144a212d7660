"""Standard streams that are closed, full, or cannot show a character."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from purenn.cli.streams import open_streams


def test_a_stream_that_the_caller_has_closed_discards_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    open_streams()
    assert sys.stdout is not None
    assert sys.stderr is not None
    for stream in (sys.stdout, sys.stderr):
        print("gone", file=stream, flush=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="it is a device of Linux")
def test_stderr_raises_no_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        open_streams()
        for _ in range(100):
            print("x" * 1000, file=sys.stderr, flush=True)
        with suppress(OSError):
            sys.stderr.close()  # what is left would be written later, to whatever file has its number then


def test_what_can_be_written_is_written_at_the_end_of_each_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = os.open(tmp_path / "log", os.O_CREAT | os.O_WRONLY)
    monkeypatch.setattr(sys, "stderr", os.fdopen(number, "w", encoding="ascii", errors="backslashreplace"))
    open_streams()
    once = sys.stderr
    open_streams()
    assert sys.stderr is once
    gc.collect()
    print("α and ω", file=sys.stderr)
    assert (tmp_path / "log").read_text() == "\\u03b1 and \\u03c9\n"


def test_a_stream_that_is_no_file_stays(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    open_streams()
    assert sys.stderr is before
