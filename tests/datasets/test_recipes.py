"""Recipes: the settings that data sets come with."""

from __future__ import annotations

import pytest

from purenn.datasets import DATASETS, recipe_for
from purenn.datasets.recipes import PICTURE_RECIPES
from purenn.engine import ENGINES
from purenn.layers import activation_layer


def test_there_is_a_default_for_every_engine_of_the_library() -> None:
    assert {*PICTURE_RECIPES} == {*ENGINES} == {"float", "lanes"}


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
