"""Commands in Python for the browser: what needs processes or sockets says so in a line, and the rest works."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from purenn.cli import main

pytestmark = pytest.mark.skipif(sys.platform != "emscripten", reason="this Python is not one for browsers")


def test_fetch_says_that_there_are_no_sockets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "mnist", "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("purenn fetch: train-images-idx3-ubyte.gz: Python in a browser has no sockets; ")


def test_training_with_workers_takes_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(tmp_path / "model")
    words = ["strokes", "--limit", "1200", "--hidden", "8", "--epochs", "1", "--workers", "2", "--out", model]
    assert main(["train", *words]) == 0
    assert "2 workers take turns in this one" in "".join(capsys.readouterr())
    assert main(["evaluate", model]) == 0
    assert main(["predict", model, "--index", "3"]) == 0
