"""Recipes: the settings that data sets come with."""

from __future__ import annotations

import pytest

from purenn.datasets import DATASETS, recipe_for
from purenn.datasets.recipes import DEFAULT_RECIPES
from purenn.engine import ENGINES
from purenn.layers import hidden_layer


def test_there_is_a_default_for_every_engine_of_the_library() -> None:
    assert {*DEFAULT_RECIPES} == {*ENGINES} == {"float", "lanes"}


def test_lanes_go_a_sample_at_a_time_and_without_momentum() -> None:
    recipes = [recipe_for(name, "lanes") for name in DATASETS if "lanes" in DATASETS[name].recipes]
    assert len(recipes) >= 2
    for recipe in [*recipes, DEFAULT_RECIPES["lanes"]]:
        assert (recipe.batch_size, recipe.momentum) == (1, 0.0)


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
    assert hidden_layer(recipe.activation, 3).output_columns(3) == 3
