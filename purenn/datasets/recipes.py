"""Recipes: settings that suit a data set and an engine, for everything that the user leaves open."""

from __future__ import annotations

from dataclasses import dataclass, replace

from purenn.samples import Augmentation

__all__ = ["NUMBER_RECIPES", "PICTURE_RECIPES", "Recipe", "table_recipe"]


@dataclass(frozen=True)
class Recipe:
    """Settings that suit a data set and an engine, for everything that the user leaves open."""

    hidden: tuple[int, ...]
    epochs: int
    learning_rate: float
    batch_size: int = 32
    momentum: float = 0.0
    activation: str = "relu"
    adaptive: float = 0.01  # the learning rate for optimizers that scale the gradients themselves
    scale: int | None = None  # shades of grey that the lanes engine tells apart; None: its own choice
    augment: Augmentation | None = None
    every_sample: bool = False  # True where leaving out what is known does not pay
    workers: int = 1  # processes that share the work; what is learned depends on how many there are, not on where


# For data sets that have none. The rates for pictures, which are those for MNIST, and those of Fashion-MNIST were
# chosen by accuracy on validation samples.
PICTURE_RECIPES = {
    "float": Recipe(hidden=(128,), epochs=10, learning_rate=0.5),
    "lanes": Recipe(hidden=(128,), epochs=6, learning_rate=0.02, batch_size=1, workers=2),
}
TABLE_RECIPE = Recipe(hidden=(16,), epochs=100, learning_rate=0.02, momentum=0.9, activation="tanh")
NUMBER_RECIPES = {
    "float": Recipe(hidden=(16,), epochs=50, learning_rate=0.05, activation="tanh"),
    "lanes": Recipe(hidden=(16,), epochs=50, learning_rate=0.05, batch_size=1),
}


def table_recipe(samples: int) -> Recipe:
    """Return the settings for a table with this many training samples: 600 steps, but 20 to 200 epochs."""
    return replace(TABLE_RECIPE, epochs=min(max(round(600 * TABLE_RECIPE.batch_size / samples), 20), 200))
