"""The places where data are looked for, and the built-in data, from a folder and from a zip file."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from purenn.datasets import places
from purenn.datasets.pictures import has_pictures
from purenn.datasets.places import builtin, folders
from tests.conftest import ROOT


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with purenn in it, a cache folder, and PURENN_DATA set."""
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "environment"))
    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(places, "__file__", str(tmp_path / "stick" / "purenn" / "datasets" / "places.py"))
    return tmp_path


def test_places_are_given_in_order(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = [builtin("mine"), elsewhere / "stick" / "datasets" / "mine", elsewhere / "cache" / "mine"]
    first = [elsewhere / "given" / "mine", elsewhere / "environment" / "mine"]
    assert folders("mine", elsewhere / "given") == [*first, *last]
    monkeypatch.delenv("PURENN_DATA")
    assert folders("mine") == last
    monkeypatch.setenv("PURENN_DATA", "")
    assert folders("mine") == last


def test_data_beside_a_zip_file_are_found_as_beside_a_folder(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stick = elsewhere / "stick"
    stick.mkdir()
    (stick / "purenn.pyz").touch()
    monkeypatch.setattr(places, "__file__", str(stick / "purenn.pyz" / "purenn" / "datasets" / "places.py"))
    assert folders("mnist")[2] == stick / "datasets" / "mnist"


def test_a_user_without_a_home_folder_has_all_places_but_the_cache(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise FileNotFoundError("no home")

    every = folders("mine")
    monkeypatch.setattr(places, "cache_folder", nowhere)
    assert folders("mine") == every[:-1]


def test_built_in_data_are_in_the_package() -> None:
    assert builtin("strokes") == ROOT / "purenn" / "datasets" / "builtin" / "strokes"
    assert has_pictures(builtin("strokes"))
    assert not has_pictures(builtin("missing"))


def test_built_in_data_are_read_from_a_zip_file(tmp_path: Path) -> None:
    archive = tmp_path / "purenn.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted((ROOT / "purenn").rglob("*")):
            if path.suffix in (".py", ".gz"):
                zipped.write(path, path.relative_to(ROOT))
    code = (
        f"import sys; sys.path.insert(0, {str(archive)!r})\n"
        "from purenn import datasets\n"
        "print(datasets.builtin('strokes'), len(datasets.load('strokes').test))"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert Path(said.split()[0]) == archive / "purenn" / "datasets" / "builtin" / "strokes"
    assert said.split()[1] == "1500"
