"""The types of the public surface, held by a file that must check and one in which every marked line must fail."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

HERE = Path(__file__).parent


def mypy(file: Path) -> set[int]:
    """The lines in which mypy finds an error."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", str(file)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {int(line) for line in re.findall(rf"{file.name}:(\d+): error:", said)}


def pyright(file: Path) -> set[int]:
    """The lines in which pyright finds an error."""
    pytest.importorskip("pyright")
    command = [sys.executable, "-m", "pyright", "--outputjson", str(file)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    found = json.loads(said)["generalDiagnostics"]
    return {entry["range"]["start"]["line"] + 1 for entry in found if entry["severity"] == "error"}


CHECKERS = [mypy, pyright]


@pytest.mark.parametrize("checker", CHECKERS)
def test_what_users_write_has_the_types_that_they_expect(checker: Callable[[Path], set[int]]) -> None:
    assert checker(HERE / "must_check.py") == set()


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_mistake_is_found_and_nothing_else(checker: Callable[[Path], set[int]]) -> None:
    lines = (HERE / "must_fail.py").read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")}
    assert len(wrong) > 20
    assert checker(HERE / "must_fail.py") == wrong
