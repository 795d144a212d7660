"""Fetching by name: which data sets can be fetched, and where they go."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from purenn.datasets import DATASETS, FileProgress, Publication, fetch, published

Call = tuple[str, Publication, Path, object, object, float]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Call]:
    """The calls of `download`, which downloads nothing. The user's cache is tmp_path/cache."""
    made: list[Call] = []

    def download(
        name: str,
        publication: Publication,
        folder: Path,
        *,
        progress: FileProgress | None,
        mirrors: Sequence[str] | None,
        timeout: float,
    ) -> list[Path]:
        made.append((name, publication, folder, progress, mirrors, timeout))
        return [folder / name / "file"]

    module = importlib.import_module("purenn.datasets.fetch")
    monkeypatch.setattr(module, "download", download)
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    return made


def test_the_published_ones_are_those_that_say_where() -> None:
    assert {*published()} == {name for name in DATASETS if DATASETS[name].publication}
    assert {"mnist", "fashion-mnist", "kmnist", "emnist"} <= {*published()}
    assert not {"strokes", "xor"} & {*published()}


def test_a_data_set_goes_to_the_cache_unless_told_otherwise(calls: list[Call], tmp_path: Path) -> None:
    assert fetch("mnist") == [tmp_path / "cache" / "mnist" / "file"]
    for mine in (tmp_path / "mine", str(tmp_path / "mine")):
        paths = fetch("kmnist", mine, mirrors=["http://m"], timeout=2.0)
        assert paths == [tmp_path / "mine" / "kmnist" / "file"]
    assert calls == [
        ("mnist", published()["mnist"], tmp_path / "cache", None, None, 30.0),
        *[("kmnist", published()["kmnist"], tmp_path / "mine", None, ["http://m"], 2.0)] * 2,
    ]


@pytest.mark.parametrize("name", ["strokes", "xor", "MNIST", ""])
def test_a_name_that_is_not_published_is_refused_with_those_that_are(name: str, calls: list[Call]) -> None:
    with pytest.raises(ValueError, match=f"^name must be one of diabetes, mnist, .*, got '{name}'"):
        fetch(name)
    assert calls == []
