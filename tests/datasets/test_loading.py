"""Data sets by name: registered ones, folders of pictures, and names that nobody knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from purenn.datasets.dataset import DATASETS, recipe_for, register
from purenn.datasets.download import Publication
from purenn.datasets.loading import load, register_pictures
from purenn.datasets.places import folders
from purenn.datasets.recipes import Recipe
from purenn.errors import NotFetchedError
from purenn.matrix import Matrix
from purenn.samples import Images, Labels, Samples
from tests.datasets.picture_files import TRAIN_LABELS, four_files, images_of, labels_of, put

POINTS = Samples(Matrix([[0.0, 1.0], [1.0, 0.0]]), Labels([0, 1], 2))
SUMS = Samples(Matrix([[0.0, 1.0], [1.0, 1.0]]), Matrix([[1.0], [2.0]]))
RECIPE = Recipe(hidden=(3,), epochs=4, learning_rate=0.25)
PUBLICATION = Publication(mirrors=("http://127.0.0.1/",), files=(), license="none")


def test_a_registered_function_goes_before_a_folder_of_its_name(name: str, tmp_path: Path) -> None:
    four_files(tmp_path, name)
    assert isinstance(load(name, tmp_path).train.inputs, Images)
    register(name)(lambda: (POINTS, POINTS))
    assert isinstance(load(name, tmp_path).train.inputs, Matrix)


def test_registered_pictures_are_read_with_the_facts_of_their_definition(name: str, tmp_path: Path) -> None:
    folder = four_files(tmp_path, name)
    put(folder / TRAIN_LABELS, (6,), bytes([0, 1, 2, 3, 3, 3]))
    register_pictures(name, "abcd", transposed=True, recipes={"lanes": RECIPE})
    loaded = load(name, tmp_path)
    assert loaded.classes == ("a", "b", "c", "d")
    assert (labels_of(loaded.train), loaded.test.targets.columns) == ([0, 1, 2, 3, 3, 3], 4)
    assert images_of(loaded.train.inputs).picture(0) == bytes([0, 3, 1, 4, 2, 5])  # 0 1 2 over 3 4 5, transposed
    assert recipe_for(name, "lanes") == RECIPE


def test_a_folder_of_pictures_is_a_data_set_of_its_name(tmp_path: Path) -> None:
    four_files(tmp_path)
    mine = load("mine", tmp_path)
    assert (mine.name, mine.classes) == ("mine", ("0", "1", "2"))
    assert mine.train.inputs == Images(bytes(range(36)), height=2, width=3)
    assert (labels_of(mine.train), labels_of(mine.test)) == ([1, 2, 0, 1, 2, 0], [1, 2, 0])
    assert load("mine", str(tmp_path)).train.checksum == mine.train.checksum


@pytest.mark.parametrize("kind", [str, Path])
def test_the_folder_of_a_registered_data_set_may_be_a_text(
    kind: type[str] | type[Path], tmp_path: Path, cache: Path
) -> None:
    with pytest.raises(NotFetchedError, match=re.escape(f"in {tmp_path / 'mnist'},")):
        load("mnist", kind(tmp_path))


def test_the_first_folder_that_has_pictures_is_taken(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "environment"))
    four_files(cache)
    (tmp_path / "environment" / "mine").mkdir(parents=True)  # a folder without pictures
    assert len(load("mine", tmp_path / "given").train) == 6
    for parent, label in (("environment", 7), ("given", 8)):
        if parent == "given":
            four_files(tmp_path / parent)
        else:
            (tmp_path / parent / "mine").rmdir()
            four_files(tmp_path / parent)
        put(tmp_path / parent / "mine" / TRAIN_LABELS, (6,), bytes([label] * 6))
        assert labels_of(load("mine", tmp_path / "given").train) == [label] * 6


def test_a_name_found_nowhere_lists_the_places_and_the_names(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load("sonar", tmp_path / "given")
    places = ", ".join(map(str, folders("sonar", tmp_path / "given")))
    assert str(caught.value) == f"no data set 'sonar' in {places}. Known names: {', '.join(DATASETS)}"
    assert {"strokes", "mnist", "xor"} <= {*DATASETS}


def test_a_name_that_is_nearly_a_known_one_is_answered_with_that_first_and_without_the_places(cache: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load("moon")
    assert str(caught.value) == f"no data set 'moon'; did you mean moons? Known names: {', '.join(DATASETS)}"


def test_a_published_name_found_nowhere_says_how_to_fetch_it(cache: Path) -> None:
    with pytest.raises(NotFetchedError, match=r"; datasets.fetch\('kmnist'\) downloads it$") as caught:
        load("kmnist")
    assert caught.value.name == "kmnist"


def test_a_known_name_without_its_files_says_where_they_belong(name: str, cache: Path) -> None:
    register_pictures(name, ("a", "b"))
    with pytest.raises(FileNotFoundError, match="no data set 'two-lines' in ") as caught:
        load(name)
    assert str(caught.value).endswith("; its four IDX files, named as MNIST's, belong into one of these folders")
    assert "known names" not in str(caught.value)
