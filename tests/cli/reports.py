"""Helpers for the tests of reports: made by the command, and read back as pages."""

from __future__ import annotations

from pathlib import Path

from purenn.cli import main
from tests.charts.pages import Page, read
from tests.cli.conftest import Captured

__all__ = ["reported"]


def reported(capsys: Captured, model: str, *words: str) -> Page:
    """Run `purenn report`, which must end well, and return the page, which is removed."""
    assert main(["report", model, *words, "--out", "page.html"]) == 0
    capsys.readouterr()
    path = Path("page.html")
    text = path.read_text(encoding="utf-8")
    path.unlink()
    return read(text)
