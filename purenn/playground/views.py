"""Views of a network as plain numbers: heat maps of its neurons, and the loss around its present weights.

A heat map is the value of a neuron at 30 × 30 places of the plane. All neurons are computed in one pass, and column by
column: the places are many and the neurons few, so Python's loops run over 900 places instead of 900 times over four
neurons. Linear layers and activations of single numbers go this way; other layers go row by row, as in training.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import inf, isfinite

from purenn.activations import Elementwise
from purenn.landscape import Area, Slice, loss_over, parameters_of
from purenn.layers import Activation, Layer, Linear
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.metrics import score_of
from purenn.network import Sequential
from purenn.playground.data import Point
from purenn.playground.networks import inputs_of
from purenn.playground.run import Run
from purenn.playground.settings import Settings
from purenn.regularization import Dropout
from purenn.samples import Samples

__all__ = ["SIDE", "Columns", "Landscape", "columns_after", "finite", "grid", "landscape", "maps", "pixels"]

SIDE = 30
Columns = Sequence[Sequence[float]]
EFFORT = 10_000_000  # products that a landscape may cost: a second or so


def finite(value: float) -> float | None:
    """Return a number for JSON, which has no infinity and no NaN."""
    return value if isfinite(value) else None


# Heat maps.


def grid(settings: Settings, bounds: tuple[float, float]) -> Columns:
    """Return each feature at the places of a heat map, row by row from the top, at the centres of its pixels."""
    low, high = bounds
    marks = [low + (i + 0.5) * (high - low) / SIDE for i in range(SIDE)]
    has_x2 = len(settings.data.kind.inputs) > 1
    points = [Point(x1, x2 if has_x2 else 0.0, 0.0, "test") for x2 in reversed(marks) for x1 in marks]
    return inputs_of(settings, points).T.data


def columns_after(network: Sequential, columns: Columns) -> Iterator[tuple[Layer, Columns]]:
    """Yield each layer with its outputs for these inputs: a column for each feature, with a value for each place."""
    for layer in network.layers:
        if isinstance(layer, Linear):
            columns = [_sum(columns, weights, b) for weights, b in zip(layer.weight.T, layer.bias[0])]
        elif isinstance(layer, Activation) and isinstance(layer.function, Elementwise):
            f = layer.function.function
            columns = [list(map(f, column)) for column in columns]
        elif not isinstance(layer, Dropout):  # which does nothing in use
            columns = layer.forward(Matrix.wrap(list(map(list, zip(*columns)))))[0].T.data
        yield layer, columns


def _sum(columns: Columns, weights: Sequence[float], bias: float) -> list[float]:
    """Return w1 · column 1 + w2 · column 2 + … + b, two columns at a time: each pass builds a new list."""
    odd = len(columns) % 2
    total = [bias + weights[0] * x for x in columns[0]] if odd else [bias] * len(columns[0])
    for i in range(odd, len(columns), 2):
        v, w = weights[i], weights[i + 1]
        total = [t + v * x + w * y for t, x, y in zip(total, columns[i], columns[i + 1])]
    return total


def maps(network: Sequential, loss: Loss, columns: Columns) -> list[list[dict[str, object]]]:
    """Return a heat map for each unit of each hidden layer, after its activation, and for each output.

    Outputs are shown as predictions.
    """
    layers: list[Columns] = []
    for layer, values in columns_after(network, columns):
        if isinstance(layer, Linear):
            layers.append(values)
        else:
            layers[-1] = values  # a normalization or an activation belongs to the Linear layer before it
    *hidden, last = layers
    predicted = loss.predictions(Matrix.wrap(list(map(list, zip(*last))))).T
    return [*([pixels(unit) for unit in units] for units in hidden), [pixels(unit) for unit in predicted]]


def pixels(column: Sequence[float], low: float | None = None, high: float | None = None) -> dict[str, object]:
    """Return numbers as bytes in base64: 0 for `low` to 255 for `high`, which are the least and the greatest number.

    Where a number is not finite, there is nothing to see: all bytes are 0, and the range is not known.
    """
    low, high = min(column) if low is None else low, max(column) if high is None else high
    if not isfinite(sum(column)) or not isfinite(high - low):
        return {"pixels": b64encode(bytes(len(column))).decode(), "low": None, "high": None}
    scale = 255.0 / (high - low) if high > low else 0.0
    shades = bytes(
        map(int, [(value - low) * scale + 0.5 for value in column])
    )  # + 0.5: int() rounds to the nearest then
    return {"pixels": b64encode(shades).decode(), "low": low, "high": high}


# The landscape of the loss.


@dataclass(frozen=True)
class Landscape:
    """The loss at places from -reach to reach in two directions, rows from the top; infinite where it is unknown.

    path: places of the training so far, with their losses. samples: the number of samples that the loss is of.
    """

    losses: list[list[float]]
    reach: float
    path: list[tuple[float, float, float]]
    samples: int

    def to_json(self) -> dict[str, object]:
        """Return it as an object for JSON, with the lowest and the highest loss."""
        seen = [value for row in self.losses for value in row if isfinite(value)] or [0.0]
        return {
            "losses": [list(map(finite, row)) for row in self.losses],
            "low": min(seen),
            "high": max(seen),
            "reach": self.reach,
            "path": [list(map(finite, place)) for place in self.path],
            "samples": self.samples,
        }


def landscape(run: Run, size: int) -> Landscape:
    """Return the loss at size × size places of a slice through the present parameters, and the path so far in it.

    It is the slice in which the path goes farthest; at the beginning, when there is no path that bends, a random one.
    To save time, the loss is that of some of the samples to train on.
    """
    path = [*run.trail.places, parameters_of(run.network)]
    numbers = sum(parameter.rows * parameter.columns for parameter in path[-1])
    samples = run.samples.select(range(min(len(run.samples), max(EFFORT // (size * size * numbers), 5))))
    try:
        over = Slice.along(path)
        places = [over.place_of(parameters) for parameters in path]
    except ValueError:  # too short, or straight
        over, places = Slice.random(run.network), [(0.0, 0.0)]
    reach = max(1.5 * max(max(abs(x), abs(y)) for x, y in places), 1.0)
    area = Area((-reach, reach), (-reach, reach), size)
    losses = loss_over(run.network, samples, over=over, area=area, loss=run.loss)
    path_losses = [_loss_at(run, samples, over.at(x, y)) for x, y in places]
    return Landscape(losses[::-1], reach, [(x, y, z) for (x, y), z in zip(places, path_losses)], len(samples))


def _loss_at(run: Run, samples: Samples, parameters: Sequence[Matrix]) -> float:
    """Return the loss of the network with other parameters."""
    moved = deepcopy(run.network)
    for parameter, new in zip(moved.parameters, parameters):
        parameter.data[:] = new.data
    try:
        return score_of(moved, samples, run.loss, None).loss
    except (ArithmeticError, ValueError):
        return inf
