"""`purenn fetch`: the paths it prints, and a download that fails. Nothing is downloaded here."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn import datasets
from purenn.cli import main
from purenn.cli.invocation import command
from purenn.datasets import FileProgress
from purenn.errors import DownloadError
from tests.cli.conftest import Captured, json_lines


def test_the_files_are_listed_and_the_license_is_said(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Path | None]] = []

    def fetch(name: str, parent: Path | None = None, *, progress: FileProgress) -> list[Path]:
        asked.append((name, parent))
        progress("a", 1, 2)
        return [tmp_path / name / "a", tmp_path / name / "b"]

    monkeypatch.setattr(datasets, "fetch", fetch)
    assert main(["fetch", "mnist"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(tmp_path / "mnist" / "a"), str(tmp_path / "mnist" / "b")]
    license_line, hint = err.splitlines()
    assert license_line == "mnist: CC BY-SA 3.0, copyright Yann LeCun and Corinna Cortes"
    assert hint == "try   python3 -m purenn train mnist"
    assert main(["fetch", "kmnist", "--data", "here", "--json"]) == 0
    assert json_lines(capsys) == [
        {"event": "file", "path": str(tmp_path / "kmnist" / "a")},
        {"event": "file", "path": str(tmp_path / "kmnist" / "b")},
    ]
    assert asked == [("mnist", None), ("kmnist", Path("here"))]


def test_a_download_that_fails_says_what_each_mirror_answered(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(name: str, parent: Path | None = None, *, progress: FileProgress) -> list[Path]:
        raise DownloadError("x.gz (9 bytes): no mirror has delivered it:\n  http://a: 404 Not Found")

    monkeypatch.setattr(datasets, "fetch", fetch)
    assert main(["fetch", "mnist"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("purenn fetch: x.gz (9 bytes): no mirror has delivered it:\n  http://a: 404 Not Found\n")


@pytest.mark.parametrize("name", datasets.published())
def test_every_published_data_set_can_be_fetched(name: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "fetch", lambda name, parent=None, *, progress: [Path(name)])
    assert main(["fetch", name]) == 0
    assert capsys.readouterr().out == f"{name}\n"


def test_files_that_are_there_are_said_to_be(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "fetch", lambda name, parent=None, *, progress: [Path(name)])
    assert main(["fetch", "mnist", "--data", "my data"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[1] == "nothing to download: all files are there already, and whole"
    assert said[2].startswith("try   python3 -m purenn train mnist --data ")


def test_a_data_set_that_comes_with_purenn_needs_no_download(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["fetch", "strokes"])
    said = capsys.readouterr().err
    assert "NAME: strokes comes with purenn, so there is nothing to download; to use it: python3 -m" in said


def test_a_data_set_that_is_not_there_is_missed_with_the_command_that_fetches_it(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(empty))
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty))
    for folder in ([], ["--data", "my data"]):
        assert main(["train", "kmnist", *folder]) == 1
        hint = command("fetch", "kmnist", *folder)
        assert capsys.readouterr().err.splitlines()[-1] == f"try: {hint}"
