"""A network that does not learn, and what a doctor would look at: the numbers that pass through each layer.

The usual illnesses show in one forward and one backward pass: units that never answer, units stuck where their slope is
flat, gradients that fade or swell on their way to the first layer. `diagnose` measures them and says what to try.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from purenn.activations import Elementwise
from purenn.charts import table
from purenn.layers import Activation, Backward, Gradients, Layer, Linear
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.normalization import BatchNorm
from purenn.samples import Numbers, Samples, as_rows, as_targets

__all__ = ["Diagnosis", "LayerStatistics", "diagnose"]

FLAT = 0.01  # an output is saturated where the slope is below this part of the steepest: |z| > 6, for tanh 3
MANY = 0.5  # a sound network has dead units and saturated outputs too, but not more than this part of a layer
WRONG = 0.5  # how far a sigmoid's answer is off at least when it is on the wrong side
# Between its first and its last layer the gradients of a sound network differ by less than a factor of 10. At 100, no
# learning rate suits both ends. Four layers of sigmoids are enough for that, their slope being at most 1/4: 4⁴ = 256.
FAR = 100.0
LARGE = 10.0  # a column of inputs should be about as large as a standardized one, whose root mean square is 1
EQUAL = 1e-6  # answers that differ by less than this part of their size are taken for equal


@dataclass(frozen=True)
class LayerStatistics:
    """What was measured at one layer. A figure is None where the layer has no such thing, or it is not finite.

    `mean` and `standard_deviation` are over all outputs of all samples. `dead` is the part of the units whose slope is
    0 for every sample: of ReLU, those that always answer 0. `saturated` is the part of the outputs of a sigmoid or tanh
    where its slope is below 1 % of the steepest. `gradient_norm` is the length of dL/d(outputs) of a sample, as a root
    mean square over the samples; unlike the size of its single numbers it does not depend on how wide a layer is.
    `relative_weight_gradient` is the root mean square of dL/d(weights) by that of the weights, the first parameter.
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
    """The figures of every layer, and in plain language what is wrong: causes before effects, nothing if all is well.

    `dataclasses.asdict` makes it plain data that JSON can hold; `str` a table with the warnings below.
    """

    layers: Sequence[LayerStatistics]
    warnings: Sequence[str]

    def __str__(self) -> str:
        rows = [["layer", "mean", "deviation", "dead", "saturated", "gradient", "weight gradient / weight"]]
        for layer in self.layers:
            outputs = [(layer.mean, ".3g"), (layer.standard_deviation, ".3g")]
            parts = [(layer.dead, ".0%"), (layer.saturated, ".0%")]
            gradients = [(layer.gradient_norm, ".2g"), (layer.relative_weight_gradient, ".2g")]
            cells = ["-" if figure is None else format(figure, form) for figure, form in outputs + parts + gradients]
            rows.append([f"{layer.index} {layer.name}", *cells])
        return "\n".join([table(rows), "", *(self.warnings or ["Nothing looks wrong."])])


@dataclass(frozen=True)
class _Visit:
    """What passed through one layer: its inputs and outputs, dL/d(outputs), and the gradients of its parameters."""

    index: int
    layer: Layer
    x: Matrix
    y: Matrix
    dy: Matrix
    gradients: Gradients

    def __str__(self) -> str:
        return f"layer {self.index}, {self.layer}"


def diagnose(network: Sequential, inputs: Numbers, targets: Numbers, loss: Loss) -> Diagnosis:
    """Pass these samples forward and their gradients back, once and without training, and look at every layer.

    inputs, targets: as `training.fit` takes them. Some hundred samples are plenty; with a handful of them, units look
    dead that are not. The network is looked at as it is in use: dropout drops nothing, and batch normalization goes by
    its running figures, which need some training before they mean anything.

    Raises ShapeError for no samples or sizes that do not fit. A number that is not finite is no error, but a finding.

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
    inputs: 1 of 1 columns are on a wild scale, such as column 0 with mean 1488 and standard deviation 592: no
    learning rate suits all weights then; standardize them
    """
    samples = Samples(as_rows(inputs), as_targets(targets, network.widths[-1]))
    x, t = samples.take(range(len(samples)))
    visits = _walk(network, x, t, loss)
    return Diagnosis(tuple(map(_statistics, visits)), tuple(_warnings(x, t, visits, loss)))


def _walk(network: Sequential, x: Matrix, targets: Matrix, loss: Loss) -> list[_Visit]:
    """Forward through all layers and back again."""
    ways: list[tuple[Layer, Matrix, Matrix, Backward]] = []
    for layer in network.layers:
        y, backward = layer.forward(x)  # not in training: dropout would draw and normalization learn
        ways.append((layer, x, y, backward))
        x = y
    dy = loss.gradient(x, targets)
    visits: list[_Visit] = []
    for index in reversed(range(len(ways))):
        layer, x, y, backward = ways[index]
        visits.append(_Visit(index, layer, x, y, dy, backward.parameters(dy)))
        dy = backward.inputs(dy)
    return visits[::-1]


# The figures.


def _statistics(visit: _Visit) -> LayerStatistics:
    mean, deviation = _mean_and_deviation(_numbers(visit.y))
    dead, saturated = _stuck(visit)
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


def _stuck(visit: _Visit) -> tuple[list[bool], list[bool]]:
    """For each unit whether it is dead or, of the S-shaped activations, for each output whether it is saturated."""
    function = visit.layer.function if isinstance(visit.layer, Activation) else None
    if not isinstance(function, Elementwise):
        return [], []
    slopes = visit.x.map(function.derivative)
    if function.saturates:
        limit = FLAT * function.steepest
        return [], [slope < limit for slope in _numbers(slopes)]
    return [not any(column) for column in zip(*slopes)], []


def _gradient_norm(visit: _Visit) -> float:
    """√(Σ (dL/dy)² / n) for n samples."""
    return _root_mean_square(_numbers(visit.dy)) * math.sqrt(visit.y.columns)


def _relative_weight_gradient(visit: _Visit) -> float | None:
    weights = _root_mean_square(_numbers(visit.layer.parameters[0])) if visit.gradients else 0.0
    return _finite(_root_mean_square(_numbers(visit.gradients[0])) / weights) if weights else None


def _numbers(matrix: Matrix) -> list[float]:
    return list(chain.from_iterable(matrix))


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    mean = sum(values) / len(values)
    return mean, _root_mean_square([value - mean for value in values])


def _root_mean_square(values: Sequence[float]) -> float:
    """√(Σ v² / n). hypot scales before it squares: the gradients of a sick network may be 1e-200, or 1e200."""
    return math.hypot(*values) / math.sqrt(len(values))


def _finite(value: float) -> float | None:
    """None for what JSON has no number for."""
    return value if math.isfinite(value) else None


# The findings.


def _warnings(x: Matrix, t: Matrix, visits: list[_Visit], loss: Loss) -> Iterator[str]:
    """Causes before effects."""
    if not isinstance(visits[0].layer, BatchNorm):  # which standardizes them
        yield from _scale("inputs", x)
    yield from _scale("targets", t)
    broken = next(_not_finite(x, t, visits), None)
    if broken:
        yield broken
        return  # for what is computed from it is not finite either, and tells nothing new
    yield from _misfit(visits[-1], loss)
    yield from _symmetry(visits)
    yield from _standstill(visits, t)
    yield from _flow([visit for visit in visits if visit.gradients] or visits[-1:])
    yield from _indifference(x, t, visits[-1].y)


def _scale(what: str, numbers: Matrix) -> Iterator[str]:
    """Columns of large numbers, or far from 0 for how little they differ. Equal ones act as a bias does."""
    wild: list[str] = []
    for j, column in enumerate(zip(*numbers)):
        mean, deviation = _mean_and_deviation(column)
        far = abs(mean) > max(1.0, FAR * deviation) and min(column) < max(column)
        if far or LARGE < math.hypot(mean, deviation) < math.inf:
            wild.append(f"column {j} with mean {mean:.4g} and standard deviation {deviation:.4g}")
    if wild:
        which = f"{len(wild)} of {numbers.columns} columns are on a wild scale, such as {wild[0]}"
        yield f"{what}: {which}: no learning rate suits all weights then; standardize them"


def _not_finite(x: Matrix, t: Matrix, visits: list[_Visit]) -> Iterator[str]:
    """Numbers that are infinite or NaN, in the order in which they infect each other."""
    for what, matrix in (("inputs", x), ("targets", t)):
        if not _all_finite(matrix):
            yield f"{what}: a number is infinite or NaN, and all that is computed from it will be; leave its sample out"
    for visit in visits:
        if not all(map(_all_finite, [*visit.layer.parameters, *visit.layer.buffers])):
            yield f"{visit}: a weight is infinite or NaN: training has diverged; start anew with a lower learning rate"
        if not _all_finite(visit.y):
            yield f"{visit}: an output is infinite or NaN: the signal explodes; try smaller weights or inputs"
    for visit in reversed(visits):
        if not all(map(_all_finite, [visit.dy, *visit.gradients])):
            yield f"{visit}: a gradient is infinite or NaN: gradients explode; try smaller weights, inputs and targets"


def _misfit(last: _Visit, loss: Loss) -> Iterator[str]:
    """A last layer that does not give what the loss takes."""
    name = last.layer.function.name if isinstance(last.layer, Activation) else ""
    if loss.takes == "logits" and name in {"sigmoid", "softmax"}:
        yield f"{last}: {loss.name} makes probabilities itself: made twice, they learn slowly; leave this layer out"


def _symmetry(visits: list[_Visit]) -> Iterator[str]:
    """Layers whose units are all alike, and will be after the next step."""
    alike = "all units have the same weights and the same gradients"
    for visit in visits:
        if isinstance(visit.layer, Linear) and visit.y.columns > 1:
            units = set(zip(*visit.layer.weight, *visit.gradients[0]))  # columns: a unit's weights over their gradients
            if len(units) == 1:
                yield f"{visit}: {alike}: they stay equal for ever and do the work of one; start from random weights"


def _standstill(visits: list[_Visit], t: Matrix) -> Iterator[str]:
    """Layers most of which is dead or saturated. Answers may be saturated, for they are sure, if they are right."""
    wrong = [abs(y - target) > WRONG for y, target in zip(_numbers(visits[-1].y), _numbers(t))]
    for visit in visits:
        dead, flat = _stuck(visit)
        if visit is visits[-1]:
            flat = [a and b for a, b in zip(flat, wrong)]
        if sum(dead) > MANY * len(dead):
            yield (
                f"{visit}: {sum(dead)} of {len(dead)} units are dead: their slope is 0 for every sample, so that no "
                "gradient passes and they learn nothing; try a lower learning rate, he_normal weights or leaky_relu"
            )
        if sum(flat) > MANY * len(flat):
            yield (
                f"{visit}: {sum(flat)} of {len(flat)} outputs are saturated: with their slope next to 0 hardly any "
                "gradient passes; try smaller weights, standardized inputs, relu or, at the end, a loss on logits"
            )


def _flow(visits: list[_Visit]) -> Iterator[str]:
    """Gradients that fade or swell between the last and the first of these layers."""
    first, last = _gradient_norm(visits[0]), _gradient_norm(visits[-1])
    change = f"the gradient is {last:.2g} at {visits[-1]}, but {first:.2g} at {visits[0]}"
    if first * FAR < last:
        yield f"{change}: it vanishes, and the first layers hardly learn; try fewer layers, relu or he_normal weights"
    elif last * FAR < first:
        yield f"{change}: it explodes, and a step that suits the last layer is far too long; try smaller weights"


def _indifference(x: Matrix, t: Matrix, y: Matrix) -> Iterator[str]:
    """The same answer to everything, where neither the questions nor the right answers are the same."""
    if any(all(row == matrix[0] for row in matrix) for matrix in (x, t)):
        return
    if all(max(column) - min(column) <= EQUAL * max(map(abs, column)) for column in y.T):
        yield "outputs: equal for all samples: the network ignores its inputs; look for weights of 0 and the above"


def _all_finite(matrix: Matrix) -> bool:
    return all(map(math.isfinite, _numbers(matrix)))
