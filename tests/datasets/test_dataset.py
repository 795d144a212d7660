"""Data sets by name: registered ones, folders of pictures, their recipes, and names that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from purenn import datasets
from purenn.datasets.dataset import (
    DATASETS,
    load,
    recipe_for,
    register,
    register_pictures,
)
from purenn.datasets.download import Publication
from purenn.datasets.places import folders
from purenn.datasets.recipes import PICTURE_RECIPES, Recipe
from purenn.errors import NotFetchedError
from purenn.matrix import Matrix
from purenn.samples import Images, Labels, Samples
from tests.datasets.picture_files import TRAIN_LABELS, everything, four_files, images_of, labels_of, put

POINTS = Samples(Matrix([[0.0, 1.0], [1.0, 0.0]]), Labels([0, 1], 2))
SUMS = Samples(Matrix([[0.0, 1.0], [1.0, 1.0]]), Matrix([[1.0], [2.0]]))
RECIPE = Recipe(hidden=(3,), epochs=4, learning_rate=0.25)
PUBLICATION = Publication(mirrors=("http://127.0.0.1/",), files=(), license="none")


@pytest.fixture
def name() -> Iterator[str]:
    """A name that a test may register."""
    yield "two-lines"
    if "two-lines" in DATASETS:
        DATASETS.remove("two-lines")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache folder, and no PURENN_DATA."""
    monkeypatch.delenv("PURENN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "cache" / "purenn"


# Registration.


def test_a_registered_function_is_a_data_set(name: str) -> None:
    @register(name, classes=("below", "above"), recipes={"float": RECIPE})
    def two_lines() -> tuple[Samples, Samples]:
        return POINTS, SUMS

    loaded = load(name)
    assert (loaded.name, loaded.classes) == (name, ("below", "above"))
    assert everything(loaded.train) == everything(POINTS)
    assert everything(loaded.test) == everything(SUMS)
    assert recipe_for(name, "float") == RECIPE
    assert list(DATASETS)[-1] == name
    assert two_lines()[0] is POINTS, "the function itself stays as it is"


def test_classes_without_names_are_named_by_their_numbers(name: str) -> None:
    register(name)(lambda: (POINTS, POINTS))
    assert load(name).classes == ("0", "1")


def test_quantities_have_no_classes(name: str) -> None:
    register(name)(lambda: (SUMS, SUMS))
    assert load(name).classes == ()


def test_a_name_is_registered_once(name: str) -> None:
    register(name)(lambda: (POINTS, POINTS))
    with pytest.raises(ValueError, match="another data set is called 'two-lines' already"):
        register(name)(lambda: (SUMS, SUMS))
    with pytest.raises(ValueError, match="another data set is called 'two-lines' already"):
        register_pictures(name, ("a", "b"))
    assert everything(load(name).train) == everything(POINTS)


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


# Loading.


def test_a_folder_of_pictures_is_a_data_set_of_its_name(tmp_path: Path) -> None:
    four_files(tmp_path)
    mine = load("mine", tmp_path)
    assert (mine.name, mine.classes) == ("mine", ("0", "1", "2"))
    assert mine.train.inputs == Images(bytes(range(36)), height=2, width=3)
    assert (labels_of(mine.train), labels_of(mine.test)) == ([1, 2, 0, 1, 2, 0], [1, 2, 0])


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


# Recipes.


@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_a_data_set_without_a_recipe_gets_the_default_of_the_engine(name: str, engine: str) -> None:
    assert recipe_for("mnist", engine) == recipe_for("never heard of", engine) == PICTURE_RECIPES[engine]
    register(name, recipes={engine: RECIPE})(lambda: (POINTS, POINTS))
    assert [recipe_for(name, e) == RECIPE for e in ("float", "lanes")] == [engine == "float", engine == "lanes"]


def test_another_engine_gets_the_recipe_that_suits_floats(name: str) -> None:
    assert recipe_for("xor", "quantum") == DATASETS["xor"].recipes["float"]
    assert recipe_for("mnist", "quantum") == PICTURE_RECIPES["float"]
    register(name, recipes={"quantum": RECIPE})(lambda: (POINTS, POINTS))
    assert recipe_for(name, "quantum") == RECIPE


def test_lanes_take_a_sample_at_a_time_and_no_momentum() -> None:
    recipes = [recipe_for(known, "lanes") for known in DATASETS]
    assert {(recipe.batch_size, recipe.momentum) for recipe in recipes} == {(1, 0.0)}


def test_the_door_hands_on_the_same_objects() -> None:
    assert datasets.DATASETS is DATASETS
    assert datasets.load is load


# Representations.


def test_a_data_set_shows_its_sizes_and_not_its_numbers() -> None:
    quantities = Samples(Matrix([[1.0]]), Matrix([[2.0]]))
    assert repr(load("moons")) == "Dataset('moons', 300 to train, 300 to test, 2 classes)"
    assert (
        repr(datasets.Dataset("line", quantities, quantities, ()))
        == "Dataset('line', 1 to train, 1 to test, quantities)"
    )


def test_a_definition_shows_whether_it_can_be_fetched() -> None:
    assert repr(DATASETS["moons"]) == "Definition('moons')"
    assert repr(DATASETS["mnist"]) == "Definition('mnist', 10 classes, can be fetched)"


def test_a_registered_data_set_names_its_labels() -> None:
    samples = Samples(Matrix([[1.0], [2.0]]), Labels([0, 1], 2))
    definition = datasets.Definition("pets", ("cat", "dog"), lambda folder: (samples, samples))
    assert definition.load().train.classes == ("cat", "dog")
    assert definition.load().test.names == ("cat", "dog")


def test_the_tab_key_offers_what_programs_use_and_all_of_it_is_handed_on() -> None:
    offered = dir(datasets)
    assert {"load", "fetch", "from_csv", "from_folder", "register"} <= {*offered} <= {*datasets.__all__}
    assert len(offered) < 15
