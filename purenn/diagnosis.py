"""Diagnosis: the reasons why a network does not learn, found in the numbers that pass through each layer.

The usual problems show in one forward and one backward pass: units whose output is always 0, units stuck where their
slope is flat, gradients that vanish or explode on their way to the first layer. `diagnose` measures these and suggests
what to try.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from purenn.activations import AnyActivation, Elementwise, Rowwise
from purenn.charts import html_table, table
from purenn.layers import Activation, Backward, Gradients, Layer, Linear
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import BatchNorm, Scaling
from purenn.preprocessing import badly_scaled
from purenn.samples import LossLike, Numbers, Targets, as_loss

__all__ = ["Diagnosis", "LayerStatistics", "Visit", "diagnose", "walk"]

FLAT = 0.01  # an output is saturated if the slope is below this fraction of the steepest: sigmoid |z| > 6, tanh 3
MANY = 0.5  # a healthy network has dead units and saturated outputs too, but at most this fraction of a layer
WRONG = 0.5  # an output of a sigmoid on the wrong side has at least this error
# Between the first and the last layer of a healthy network, gradients differ by less than a factor of 10. At 100, no
# learning rate suits both. Four layers of sigmoids are enough for that, because their slope is at most 1/4: 4⁴ = 256.
FAR = 100.0
EQUAL = 1e-6  # outputs that differ by less than this fraction of their size count as equal


@dataclass(frozen=True)
class LayerStatistics:
    """The figures of one layer. A figure is None if it does not apply to the layer or is not finite.

    mean, standard_deviation: over all outputs of all samples.
    dead: the fraction of units whose slope is 0 for every sample; for ReLU, these always return 0.
    saturated: the fraction of outputs of a sigmoid or tanh where the slope is below 1 % of the steepest.
    gradient_norm: the length of dL/d(outputs) of a sample, as a root mean square over the samples. Unlike the size of
    single numbers, it does not depend on the width of the layer.
    relative_weight_gradient: the root mean square of dL/d(weights) divided by that of the weights. The weights are the
    layer's first parameter.
    """

    index: int
    name: str
    mean: float | None
    standard_deviation: float | None
    dead: float | None
    saturated: float | None
    gradient_norm: float | None
    relative_weight_gradient: float | None


@dataclass(frozen=True)
class Diagnosis:
    """The figures of every layer, and warnings in plain language, causes before effects; none if nothing is wrong.

    `dataclasses.asdict` turns it into plain data for JSON, `str` into a table followed by the warnings.
    """

    layers: Sequence[LayerStatistics]
    warnings: Sequence[str]

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = None) -> str:
        """Return the table, in lines of at most `width` characters, and the warnings."""
        return "\n".join([table(self._rows, width), "", *self._told])

    def _repr_html_(self) -> str:
        return html_table(self._rows, self._told)

    @property
    def _told(self) -> Sequence[str]:
        return self.warnings or ["Nothing looks wrong."]

    @property
    def _rows(self) -> list[list[str]]:
        """The cells of the table, with its heading."""
        rows = [["layer", "mean", "deviation", "dead", "saturated", "gradient", "weight gradient / weight"]]
        for layer in self.layers:
            outputs = [(layer.mean, ".3g"), (layer.standard_deviation, ".3g")]
            parts = [(layer.dead, ".0%"), (layer.saturated, ".0%")]
            gradients = [(layer.gradient_norm, ".2g"), (layer.relative_weight_gradient, ".2g")]
            cells = ["-" if figure is None else format(figure, form) for figure, form in outputs + parts + gradients]
            rows.append([f"{layer.index} {layer.name}", *cells])
        return rows


@dataclass(frozen=True)
class Visit:
    """The numbers that passed through one layer: inputs x, outputs y, dy = dL/dy, and gradients of its parameters."""

    index: int
    layer: Layer
    x: Matrix
    y: Matrix
    dy: Matrix
    gradients: Gradients

    def __str__(self) -> str:
        return f"layer {self.index}, {self.layer}"


def diagnose(network: Sequential, inputs: Numbers, targets: Targets, loss: LossLike) -> Diagnosis:
    """Pass these samples forward and their gradients back, once and without training, and examine every layer.

    inputs, targets, loss: as for `training.fit`. A few hundred samples are enough; with only a few, units can look dead
    that are not. The network is examined as it is in use: dropout drops nothing, and batch normalization uses its
    running averages, which mean little before some training.

    Raises ShapeError for no samples or sizes that do not fit. A number that is not finite is not an error, but a
    finding.

    >>> from random import Random
    >>> from purenn.losses import MeanSquaredError
    >>> from purenn.network import feed_forward
    >>> network, square_feet = feed_forward([1, 8, 1], Random(0), hidden="leaky_relu"), [850, 1100, 1600, 2400]
    >>> print(diagnose(network, square_feet, [0.17, 0.22, 0.32, 0.48], MeanSquaredError()))
    layer                                  mean  deviation  dead  saturated  gradient  weight gradient / weight
    0 Linear(1, 8)                         -659    1.7e+03     -          -   3.5e+02                   6.9e+05
    1 Activation('leaky_relu(0.01)')        382        729    0%          -   5.7e+02                         -
    2 Linear(8, 1)                    -1.17e+03        466     -          -   6.3e+02                   6.5e+06
    <BLANKLINE>
    inputs: 1 of 1 columns are badly scaled, such as column 0 with mean 1488 and standard deviation 592: no learning
    rate suits all weights then; standardize them
    """
    samples = network.samples(inputs, targets)
    if isinstance(loss, (str, type)):
        loss = as_loss(loss, samples, network.meaning.last)
    x, t = samples.take(range(len(samples)))
    visits = walk(network, x, t, loss)
    return Diagnosis(tuple(map(_statistics, visits)), tuple(_warnings(x, t, visits, loss)))


def walk(network: Sequential, x: Matrix, targets: Matrix, loss: Loss) -> list[Visit]:
    """Go forward through all layers and back, and return a visit for each layer."""
    ways: list[tuple[Layer, Matrix, Matrix, Backward]] = []
    for layer in network.layers:
        y, backward = layer.forward(x)  # not training=True: dropout would draw, normalization would learn
        ways.append((layer, x, y, backward))
        x = y
    dy = loss.gradient(x, targets)
    visits: list[Visit] = []
    for index in reversed(range(len(ways))):
        layer, x, y, backward = ways[index]
        visits.append(Visit(index, layer, x, y, dy, backward.parameters(dy)))
        dy = backward.inputs(dy)
    return visits[::-1]


# The figures.


def _statistics(visit: Visit) -> LayerStatistics:
    mean, deviation = _mean_and_deviation(_numbers(visit.y))
    dead, saturated = _dead(visit), _saturated(visit)
    return LayerStatistics(
        index=visit.index,
        name=str(visit.layer),
        mean=_finite(mean),
        standard_deviation=_finite(deviation),
        dead=sum(dead) / len(dead) if dead else None,
        saturated=sum(saturated) / len(saturated) if saturated else None,
        gradient_norm=_finite(_gradient_norm(visit)),
        relative_weight_gradient=_relative_weight_gradient(visit),
    )


def _dead(visit: Visit) -> list[bool]:
    """Return for each unit whether it is dead. The list is empty for layers in which no unit can be."""
    function = _elementwise(visit)
    if function is None or function.saturates:
        return []
    return [not any(column) for column in zip(*visit.x.map(function.derivative))]


def _saturated(visit: Visit) -> list[bool]:
    """Return for each output of an S-shaped activation whether it is saturated; an empty list for other layers."""
    function = _elementwise(visit)
    if function is None or not function.saturates:
        return []
    return [slope < FLAT * function.steepest for slope in _numbers(visit.x.map(function.derivative))]


def _elementwise(visit: Visit) -> Elementwise | None:
    """Return the activation of the layer, if it is one of single numbers."""
    function = visit.layer.function if isinstance(visit.layer, Activation) else None
    return function if isinstance(function, Elementwise) else None


def _gradient_norm(visit: Visit) -> float:
    """Return √(Σ (dL/dy)² / n) for n samples."""
    return _root_mean_square(_numbers(visit.dy)) * math.sqrt(visit.y.columns)


def _relative_weight_gradient(visit: Visit) -> float | None:
    weights = _root_mean_square(_numbers(visit.layer.parameters[0])) if visit.gradients else 0.0
    return _finite(_root_mean_square(_numbers(visit.gradients[0])) / weights) if weights else None


def _numbers(matrix: Matrix) -> list[float]:
    return list(chain.from_iterable(matrix))


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, _root_mean_square([value - mean for value in values])


def _root_mean_square(values: Sequence[float]) -> float:
    """Return √(Σ v² / n). hypot scales before it squares: vanishing or exploding gradients can be 1e-200 or 1e200."""
    return math.hypot(*values) / math.sqrt(len(values))


def _finite(value: float) -> float | None:
    """Return the value, or None for infinity and NaN, which JSON does not have."""
    return value if math.isfinite(value) else None


# The warnings.


def _warnings(x: Matrix, t: Matrix, visits: list[Visit], loss: Loss) -> Iterator[str]:
    """Yield all warnings, causes before effects."""
    if not isinstance(visits[0].layer, (BatchNorm, Scaling)):  # it standardizes its inputs itself
        yield from _scale("inputs", x)
    yield from _scale("targets", t)
    broken = next(_not_finite(x, t, visits), None)
    if broken:
        yield broken
        return  # everything computed from it is not finite either, so other warnings would mean nothing
    yield from _misfit(visits[-1], loss)
    yield from _symmetry(visits)
    yield from _standstill(visits, t)
    yield from _flow([visit for visit in visits if visit.gradients] or visits[-1:])
    yield from _indifference(x, t, visits[-1].y)


def _scale(what: str, numbers: Matrix) -> Iterator[str]:
    """Warn of badly scaled columns."""
    wild = badly_scaled(numbers)
    if wild:
        which = f"{len(wild)} of {numbers.columns} columns are badly scaled, such as {wild[0]}"
        yield f"{what}: {which}: no learning rate suits all weights then; standardize them"


def _not_finite(x: Matrix, t: Matrix, visits: list[Visit]) -> Iterator[str]:
    """Warn of numbers that are infinite or NaN, in the order of computation: the first one is the cause."""
    for what, matrix in (("inputs", x), ("targets", t)):
        if not _all_finite(matrix):
            yield f"{what}: a number is infinite or NaN, and so is everything computed from it; leave this sample out"
    for visit in visits:
        if not all(map(_all_finite, [*visit.layer.parameters, *visit.layer.buffers])):
            yield f"{visit}: a weight is infinite or NaN: training has diverged; start again with a lower learning rate"
        if not _all_finite(visit.y):
            yield f"{visit}: an output is infinite or NaN: the signal explodes; try smaller weights or inputs"
    for visit in reversed(visits):
        if not all(map(_all_finite, [visit.dy, *visit.gradients])):
            yield f"{visit}: a gradient is infinite or NaN: gradients explode; try smaller weights, inputs and targets"


def _misfit(last: Visit, loss: Loss) -> Iterator[str]:
    """Warn of a last layer that returns probabilities to a loss that takes logits."""
    if loss.takes == "logits" and isinstance(last.layer, Activation) and _makes_probabilities(last.layer.function):
        yield f"{last}: {loss.name} makes probabilities itself; doing this twice slows learning; leave this layer out"


def _makes_probabilities(function: AnyActivation) -> bool:
    """Return whether an activation's outputs are probabilities, by trying: from 0 to 1 and, for rows, of the sum 1."""
    trial = [-50.0, 0.0, 50.0]
    if isinstance(function, Rowwise):
        y = function(trial)
        return min(y) >= 0.0 and math.isclose(sum(y), 1.0)
    return all(0.0 <= function(z) <= 1.0 for z in trial)


def _symmetry(visits: list[Visit]) -> Iterator[str]:
    """Warn of layers whose units are all equal and stay equal after every step."""
    alike = "all units have the same weights and the same gradients"
    for visit in visits:
        if isinstance(visit.layer, Linear) and visit.y.columns > 1:
            units = set(zip(*visit.layer.weight, *visit.gradients[0]))  # columns: weights and gradients of a unit
            if len(units) == 1:
                yield f"{visit}: {alike}: they stay equal forever and do the work of one; start from random weights"


def _standstill(visits: list[Visit], t: Matrix) -> Iterator[str]:
    """Warn of layers that are mostly dead or saturated. Outputs of the network may be saturated if they are right."""
    wrong = [abs(y - target) > WRONG for y, target in zip(_numbers(visits[-1].y), _numbers(t))]
    for visit in visits:
        dead, flat = _dead(visit), _saturated(visit)
        if visit is visits[-1]:
            flat = [a and b for a, b in zip(flat, wrong)]
        if sum(dead) > MANY * len(dead):
            yield (
                f"{visit}: {sum(dead)} of {len(dead)} units are dead: their slope is 0 for every sample, so no "
                "gradient passes and they learn nothing; try a lower learning rate, he_normal weights or leaky_relu"
            )
        if sum(flat) > MANY * len(flat):
            yield (
                f"{visit}: {sum(flat)} of {len(flat)} outputs are saturated: their slope is close to 0, so hardly any "
                "gradient passes; try smaller weights, standardized inputs, relu or, at the end, a loss on logits"
            )


def _flow(visits: list[Visit]) -> Iterator[str]:
    """Warn of gradients that vanish or explode between the last and the first of these layers."""
    first, last = _gradient_norm(visits[0]), _gradient_norm(visits[-1])
    change = f"the gradient is {last:.2g} at {visits[-1]}, but {first:.2g} at {visits[0]}"
    if first * FAR < last:
        yield f"{change}: it vanishes, and the first layers hardly learn; try fewer layers, relu or he_normal weights"
    elif last * FAR < first:
        yield f"{change}: it explodes, and a step that suits the last layer is far too long; try smaller weights"


def _indifference(x: Matrix, t: Matrix, y: Matrix) -> Iterator[str]:
    """Warn of outputs that are equal for all samples, though neither the inputs nor the targets are."""
    if any(all(row == matrix[0] for row in matrix) for matrix in (x, t)):
        return
    if all(max(column) - min(column) <= EQUAL * max(map(abs, column)) for column in y.T):
        yield "outputs: equal for all samples: the network ignores its inputs; look for weights of 0 and other warnings"


def _all_finite(matrix: Matrix) -> bool:
    return all(map(math.isfinite, _numbers(matrix)))
