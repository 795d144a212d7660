"""Recipes: the settings that data sets come with."""

from __future__ import annotations

import pytest

from purenn.datasets import DATASETS, recipe_for
from purenn.datasets.recipes import NUMBER_RECIPES, PICTURE_RECIPES, Recipe
from purenn.engine import ENGINES
from purenn.layers import activation_layer


@pytest.mark.parametrize("defaults", [PICTURE_RECIPES, NUMBER_RECIPES], ids=["pictures", "numbers"])
def test_floats_and_lanes_have_defaults_and_all_defaults_are_of_engines_that_exist(defaults: dict[str, Recipe]) -> None:
    assert {"float", "lanes"} <= {*defaults} <= {*ENGINES}


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("engine", ["float", "lanes"])
def test_every_recipe_is_one_that_can_be_trained(name: str, engine: str) -> None:
    recipe = recipe_for(name, engine)
    assert recipe.epochs >= 1
    assert recipe.batch_size >= 1
    assert 0.0 < recipe.learning_rate <= 1.0
    assert recipe.adaptive > 0.0
    assert 0.0 <= recipe.momentum < 1.0
    assert all(units >= 1 for units in recipe.hidden)
    assert activation_layer(recipe.activation, 3).output_columns(3) == 3
