"""Definitions of data sets, their recipes and representations."""

from __future__ import annotations

import pytest

from purenn import datasets
from purenn.datasets.dataset import DATASETS, Dataset, recipe_for, register
from purenn.datasets.download import Publication
from purenn.datasets.loading import load, register_pictures
from purenn.datasets.recipes import PICTURE_RECIPES, Recipe
from purenn.matrix import Matrix
from purenn.samples import Labels, Samples
from tests.datasets.picture_files import everything

POINTS = Samples(Matrix([[0.0, 1.0], [1.0, 0.0]]), Labels([0, 1], 2))
SUMS = Samples(Matrix([[0.0, 1.0], [1.0, 1.0]]), Matrix([[1.0], [2.0]]))
RECIPE = Recipe(hidden=(3,), epochs=4, learning_rate=0.25)
PUBLICATION = Publication(mirrors=("http://127.0.0.1/",), files=(), license="none")


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


# Recipes.


@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_a_data_set_without_a_recipe_gets_the_default_of_the_engine(name: str, engine: str) -> None:
    assert recipe_for("emnist-letters", engine) == recipe_for("never heard of", engine) == PICTURE_RECIPES[engine]
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


def test_a_data_set_unpacks_into_its_parts_and_they_know_its_source(name: str) -> None:
    (inputs, targets), (test_inputs, _) = load("xor")
    assert (len(inputs), len(targets), len(test_inputs)) == (4, 4, 4)
    source = {"kind": "table"}
    made = Dataset("own", POINTS.select([0, 1]), SUMS.select([0]), (), source)
    assert made.train.source == made.train.select([1]).source == made.test.source == source
