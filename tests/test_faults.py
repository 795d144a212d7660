"""The counting of faults works, and its table names all of them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.conftest import ROOT

pytest.importorskip("resource", reason="limits of POSIX")

from tests import faults

TABLE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
on_linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc")


def test_the_table_names_every_fault_and_how_often_it_was_tried() -> None:
    for what, _ in faults.FAULTS.values():
        rows = [line for line in TABLE.splitlines() if line.startswith(f"| {what} |")]
        assert rows, what
        assert all(int(row.split("|")[-3]) > 0 for row in rows)


@on_linux
def test_faults_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.count(["ctrl-c", "fork"], times=2, seed=0)
    rows = capsys.readouterr().out.splitlines()
    assert [row.split("|")[-3:] for row in rows] == [[" 2 ", " 0 ", ""]] * 2


def saves_nothing(folder: Path, rng: Random) -> str:
    faults.check_saved(folder)
    return ""


def test_a_try_that_is_lost_is_counted_with_its_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(faults.FAULTS, "never", ("never saved", saves_nothing))
    assert not faults.count(["never"], times=3, seed=0)
    out, err = capsys.readouterr()
    assert out.endswith("| 3 | 3 |\n")
    assert "never, try 2: no network" in err
