"""Pictures of the playground as SVG, made by the charts of the library, to be saved and printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import TypeVar

from purenn.charts import Column, boundary, contours, curves, diagram
from purenn.matrix import Matrix
from purenn.playground.data import PARTS
from purenn.playground.display import bounds_of
from purenn.playground.views import SIDE, Columns, columns_after, landscape
from purenn.playground.world import World

__all__ = ["DRAWINGS"]

Value = TypeVar("Value")


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
    """Draw the classes over the plane or, for a regression, the predicted quantity."""
    settings, network = world.settings, world.run.network
    *_, (_, last) = columns_after(network, places)
    outputs = Matrix.wrap(list(map(list, zip(*last))))
    bounds = bounds_of(settings, world.points)
    x_name, y_name = (*settings.data.kind.inputs, "")[:2]
    if not settings.data.kind.classes:
        return contours(_rows(outputs[:, 0]), bounds, bounds, title="Prediction", x_name=x_name, y_name=y_name)
    parts = [[point for point in world.points if point.part == part] for part in PARTS]
    train, test = (([(p.x1, p.x2) for p in part], [int(p.target) for p in part]) for part in parts)
    grid = _rows(network.meaning.class_probabilities(outputs).data)
    names = settings.data.kind.classes
    return boundary(grid, bounds, bounds, train=train, test=test, classes=names, x_name=x_name, y_name=y_name)


def _landscape(world: World, places: Columns) -> str:
    found = landscape(world.run, SIDE)
    reach = (-found.reach, found.reach)
    path = [(a, b) for a, b, _ in found.path]
    title = "Loss around the network"
    return contours(found.losses[::-1], reach, reach, paths={"training": path}, log=True, title=title)


def _rows(values: Sequence[Value]) -> list[Sequence[Value]]:
    """Return values for all places as rows of a grid, the first at the lowest x2: in a heat map it is the last."""
    return [values[i : i + SIDE] for i in range(0, SIDE * SIDE, SIDE)][::-1]


# Each takes the world and the features at the places of a heat map.
DRAWINGS: Mapping[str, Callable[[World, Columns], str]] = {
    "boundary": _boundary,
    "diagram": _diagram,
    "curves": _curves,
    "landscape": _landscape,
}
