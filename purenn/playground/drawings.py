"""Pictures of the playground as SVG, made by the charts of the library, to be saved and printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import TypeVar

from purenn.charts import Column, boundary, contours, curves, diagram, surface
from purenn.matrix import Matrix
from purenn.playground.data import PARTS
from purenn.playground.display import bounds_of
from purenn.playground.views import SIDE, Columns, columns_after, landscape
from purenn.playground.world import World

__all__ = ["DRAWINGS"]

Value = TypeVar("Value")
LANDSCAPE = "Loss around the network"


def _curves(world: World, places: Columns) -> str:
    epochs = world.run.epochs
    series = {"training": [epoch.loss for epoch in epochs]}
    if world.run.tested:
        series["test"] = [nan if epoch.validation_loss is None else epoch.validation_loss for epoch in epochs]
    if world.rival:
        series["rival"] = [epoch.loss for epoch in world.rival.epochs]
    return curves(series, title="Loss")


def _diagram(world: World, places: Columns) -> str:
    settings, layers = world.settings, world.linear()
    columns = [Column(len(settings.features), ["inputs"])]
    for i, layer in enumerate(layers):
        name = [settings.layers[i].activation] if i < len(settings.layers) else []
        title = [f"Linear {layer.weight.rows} → {layer.weight.columns}", *name]
        columns.append(Column(layer.weight.columns, title, layer.bias[0]))
    weights = [layer.weight.data for layer in layers]
    return diagram(columns, weights, inputs=settings.features, title=f"The network for {settings.data.name}")


def _boundary(world: World, places: Columns) -> str:
    """Draw the classes over the plane or, if the outputs are no probabilities, the first output."""
    settings, network = world.settings, world.run.network
    *_, (_, last) = columns_after(network, places)
    outputs = Matrix.wrap(list(map(list, zip(*last))))
    bounds = bounds_of(settings, world.points)
    x_name, y_name = (*settings.data.kind.inputs, "")[:2]
    if world.run.loss.takes == "quantities":
        return contours(_rows(outputs[:, 0]), bounds, bounds, title="Output", x_name=x_name, y_name=y_name)
    parts = [[point for point in world.points if point.part == part] for part in PARTS]
    train, test = (([(p.x1, p.x2) for p in part], [int(p.target) for p in part]) for part in parts)
    grid = _rows(network.meaning.class_probabilities(outputs).data)
    names = settings.data.kind.classes
    return boundary(grid, bounds, bounds, train=train, test=test, classes=names, x_name=x_name, y_name=y_name)


def _landscape(world: World, places: Columns) -> str:
    values, reach, paths = _around(world)
    return contours(values, reach, reach, paths=paths, log=True, title=LANDSCAPE)


def _surface(world: World, places: Columns) -> str:
    values, reach, paths = _around(world)
    return surface(values, reach, reach, paths=paths, log=True, title=LANDSCAPE, z_name="loss")


def _around(world: World) -> tuple[list[list[float]], tuple[float, float], dict[str, list[tuple[float, float]]]]:
    """Return the loss around the network, rows from the lowest, the bounds of both axes, and the path in it."""
    found = landscape(world.run, SIDE)
    return found.losses[::-1], (-found.reach, found.reach), {"training": [(a, b) for a, b, _ in found.path]}


def _rows(values: Sequence[Value]) -> list[Sequence[Value]]:
    """Return values for all places as rows of a grid, the first at the lowest x2: in a heat map it is the last."""
    return [values[i : i + SIDE] for i in range(0, SIDE * SIDE, SIDE)][::-1]


# Each takes the world and the features at the places of a heat map.
DRAWINGS: Mapping[str, Callable[[World, Columns], str]] = {
    "boundary": _boundary,
    "diagram": _diagram,
    "curves": _curves,
    "landscape": _landscape,
    "surface": _surface,
}
