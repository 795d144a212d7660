"""Drawings of networks: the diagram of any network, the first weights of one that takes pictures, and the answers of
one with one or two features.

The pictures themselves are made by `purenn.charts`, which knows only numbers. Here stands which numbers they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from purenn.charts import Column, Svg, boundary, diagram, pictures, regression_curve, regression_map
from purenn.formats import JsonObject, parse_json
from purenn.layers import Activation, Backward, Layer, Linear
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.samples import Labels, Meaning, Numbers, Samples, as_loss, classes

__all__ = ["Drawable", "answers", "drawn", "first_weights", "network_diagram"]

STEPS = 60  # of a grid over two features, along each of them
FINE_STEPS = 300  # over one feature
MARGIN = 0.1  # around the samples, as a part of their range
MOST_UNITS = 100  # whose weights are drawn as pictures: one of 28 x 28 weights takes 1 or 2 kB
MOST_WEIGHTS = 300_000  # that are drawn so, of the units of large pictures


class Drawable(Protocol):
    """The facts about a network that are drawn, as `Sequential` has them."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        ...

    @property
    def widths(self) -> list[int]:
        """The number of outputs of each layer."""
        ...

    @property
    def in_features(self) -> int:
        """The number of inputs."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, if they are known."""
        ...

    @property
    def source(self) -> Mapping[str, str]:
        """How the samples of its training were read."""
        ...

    @property
    def picture_shape(self) -> tuple[int, int] | None:
        """The height and the width of the pictures that it takes, if it takes some."""
        ...

    @property
    def loss(self) -> Loss | None:
        """The loss that it was trained with."""
        ...

    @property
    def meaning(self) -> Meaning:
        """The meaning of the outputs."""
        ...

    def predict(self, inputs: Numbers) -> Matrix:
        """Return predictions in the units of the targets."""
        ...

    def predict_proba(self, inputs: Numbers) -> Matrix:
        """Return the probability of each class."""
        ...

    def predict_classes(self, inputs: Numbers) -> list[int]:
        """Return the number of the class of each sample."""
        ...


def drawn(network: Drawable, samples: Samples | None = None) -> Svg:
    """Return the drawing of a network that suits the samples.

    It is the diagram of the network; for several samples of one or two features, its `answers`; and for a single
    sample, the diagram with all numbers of a forward and a backward pass.
    """
    if not samples or len(samples) == 1:
        return network_diagram(network, samples)
    features, one_each = samples.inputs.columns, samples.answers is classes  # a single class for each sample
    if features == 1 or (features == 2 and (one_each or samples.targets.columns == 1)):
        return answers(network, samples)
    return network_diagram(network)


# The diagram.


@dataclass
class _Stage:
    """A column of the diagram in the making: a Linear layer with the layers after it, or the inputs."""

    count: int
    title: list[str]
    biases: Sequence[float] = ()
    values: dict[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])
    gradients: dict[str, Sequence[float]] = field(default_factory=dict[str, Sequence[float]])

    def add(self, name: str, numbers: tuple[Sequence[float], Sequence[float]] | None) -> None:
        """Add the numbers of a layer and their gradients. A second layer of a kind gets a prime at its name."""
        while name in self.values:
            name += "′"
        if numbers:
            self.values[name], self.gradients[name] = numbers


def network_diagram(network: Drawable, sample: Samples | None = None) -> Svg:
    """Return the diagram of a network. With a single sample, it shows the values of a forward pass, x, z and y, and
    the gradient dL/d value of each in the backward pass.

    z is the output of a Linear layer, and y that of an activation.
    """
    passed: list[tuple[Sequence[float], Sequence[float]]] = []
    title = f"{sum(p.rows * p.columns for layer in network.layers for p in layer.parameters):,} parameters"
    if sample:
        loss = as_loss(network.loss, sample, network.meaning.last)
        passed, value = _pass(network, sample, loss)
        title = f"One sample, {_target_of(network, sample)}: loss {value:.3g}"
    steps = iter(passed)
    count = network.in_features
    stages, weights = [_Stage(count, [f"{count:,} input{'s' * (count > 1)}"])], list[Sequence[Sequence[float]]]()
    stages[0].add("x", next(steps, None))
    for layer, width in zip(network.layers, network.widths):
        if isinstance(layer, Linear):
            stages.append(_Stage(width, [f"Linear {layer.in_features:,} → {width:,}"], layer.bias[0]))
            weights.append(layer.weight.data)
        elif width != stages[-1].count:
            stages.append(_Stage(width, [type(layer).__name__]))
            weights.append([])  # how it computes its outputs is not known here
        else:
            stages[-1].title.append(layer.function.name if isinstance(layer, Activation) else type(layer).__name__)
        stages[-1].add(_symbol(layer), next(steps, None))
    columns = [Column(s.count, s.title, s.biases, s.values, s.gradients) for s in stages]
    names = _output_names(network.classes, stages[-1].count)
    return diagram(columns, weights, inputs=_features(network.source, count), outputs=names, title=title)


def _target_of(network: Drawable, sample: Samples) -> str:
    """Return the target of a sample in words."""
    _, targets = sample.take([0])
    names = network.classes or sample.classes
    if names and sample.answers is classes:
        return f"class {names[classes(targets)[0]]}"
    return f"target {', '.join(f'{value:.4g}' for value in targets[0])}"


def _symbol(layer: Layer) -> str:
    return "z" if isinstance(layer, Linear) else "y" if isinstance(layer, Activation) else type(layer).__name__


def _pass(
    network: Drawable, sample: Samples, loss: Loss
) -> tuple[list[tuple[Sequence[float], Sequence[float]]], float]:
    """Return the inputs and the outputs of every layer for a sample, each with its gradient, and the loss."""
    x, targets = sample.take([0])
    values, ways_back = [x], list[Backward]()
    for layer in network.layers:
        x, backward = layer.forward(x)
        values.append(x)
        ways_back.append(backward)
    gradients = [loss.gradient(x, targets)]
    for backward in reversed(ways_back):
        gradients.append(backward.inputs(gradients[-1]))
    return [(v[0], dv[0]) for v, dv in zip(values, reversed(gradients))], loss.value(x, targets)


def _output_names(names: Sequence[str], outputs: int) -> Sequence[str]:
    """Return the names of the outputs: the classes, or for a single output that tells two apart, the second of them."""
    if len(names) == 2 and outputs == 1:
        return [f"class {names[1]}"]
    return names if len(names) == outputs else ()


def _features(source: Mapping[str, str], count: int) -> list[str]:
    """Return the names of the inputs of a network that was trained on a table, if there are so many."""
    names: list[str] = []
    for column in _columns(source):
        name, categories = column.get("name"), column.get("categories")
        if column.get("kind") == "text" and isinstance(categories, list):
            names += [f"{name}={category}" for category in categories[len(categories) == 2 :]]
        elif column.get("kind") == "number":
            names.append(str(name))
    return names if len(names) == count else []


def _target(source: Mapping[str, str]) -> str:
    """Return the name of the column that is predicted, empty if it is not known."""
    return next((str(column.get("name")) for column in _columns(source) if column.get("kind") == "target"), "")


def _columns(source: Mapping[str, str]) -> Iterator[JsonObject]:
    """Yield the columns of the table that samples were read from, as `purenn.datasets.schema` describes them."""
    schema = parse_json(source.get("schema", "{}"))
    columns = schema.get("columns") if isinstance(schema, JsonObject) else None
    for column in columns if isinstance(columns, list) else []:
        if isinstance(column, JsonObject):
            yield column


# The weights of the first layer.


def first_weights(network: Drawable) -> Svg | None:
    """Return the weights of the units of the first layer, each as a picture of the same size as those that the network
    takes: a unit answers most to a picture that is like its weights. There are at most 100 units, the first ones.

    Returns None for a network that takes no pictures, or no such as it could draw: larger than 300,000 pixels.
    """
    first = next((layer for layer in network.layers if isinstance(layer, Linear)), None)
    shape = network.picture_shape
    if first is None or shape is None or shape[0] * shape[1] != first.in_features:
        return None
    units, most = first.weight.T.data, min(MOST_UNITS, MOST_WEIGHTS // first.in_features)  # a row for each unit
    part = f": {most} of {len(units)} units" if len(units) > most else ""
    return pictures(units[:most], shape[1], signed=True, title=f"Weights of the first layer{part}") if most else None


# The answers.


def answers(network: Drawable, samples: Samples, *, mistakes: bool = False) -> Svg:
    """Return the answers of a network over the one or two features of these samples, with the samples.

    For classes and two features, this is a map of the most probable class with the decision boundary; for a quantity,
    a map of its predictions. For one feature, it is the curve of the predictions or of the probabilities.
    mistakes: on the map of the classes, mark the samples that are answered wrong.
    """
    x, targets = samples.take(range(len(samples)))
    x_name, y_name = [*_features(network.source, x.columns), "", ""][:2]
    if x.columns == 1:
        return _curves(network, x, targets, samples.answers is classes, x_name)
    x_range, y_range = map(_range, x.T)
    xs, ys = _steps(x_range, STEPS), _steps(y_range, STEPS)
    if samples.answers is classes:
        grid = [_probabilities(network, Matrix([[u, v] for u in xs])).data for v in ys]
        actual, predicted = classes(targets), network.predict_classes(x) if mistakes else classes(targets)
        return boundary(
            grid,
            x_range,
            y_range,
            train=(x, actual),
            mistakes=[point for point, a, p in zip(x, actual, predicted) if a != p],
            classes=network.classes or samples.classes,
            title="Decision boundary",
            x_name=x_name,
            y_name=y_name,
        )
    values = [[row[0] for row in network.predict(Matrix([[u, v] for u in xs]))] for v in ys]
    title = _target(network.source) or "Predictions"
    return regression_map(
        values, x_range, y_range, samples=(x, targets[:, 0]), title=title, x_name=x_name, y_name=y_name
    )


def _curves(network: Drawable, x: Matrix, targets: Matrix, one_each: bool, x_name: str) -> Svg:
    """Return the curves over one feature. A class has a probability, and two classes have one curve together."""
    xs = _steps(_range(x[:, 0]), FINE_STEPS)
    inputs = Matrix([[u] for u in xs])
    if one_each:
        lines = _probabilities(network, inputs).T
        names = network.classes or [f"class {k}" for k in range(lines.rows)]
        curves = {f"P({name})": line for name, line in zip(names, lines)}
        if len(curves) == 2:
            curves.pop(f"P({names[0]})")
        numbers = [*map(float, classes(targets))] if len(curves) == 1 else []  # of many classes: no place on the y axis
        train = x[:, 0][: len(numbers)], numbers
        return regression_curve(xs, curves, train=train, title="Probabilities", x_name=x_name)
    lines = network.predict(inputs).T
    curves = {f"output {k}" if lines.rows > 1 else "network": line for k, line in enumerate(lines)}
    train = [row[0] for row in x for _ in range(targets.columns)], [target for row in targets for target in row]
    title = _target(network.source) or "Predictions"
    return regression_curve(xs, curves, train=train, title=title, x_name=x_name)


def _probabilities(network: Drawable, inputs: Matrix) -> Matrix:
    """Return the probability of each class. A network whose outputs are not probabilities, because its loss was an
    error of quantities, has only answers: they have a probability of 1."""
    try:
        return network.predict_proba(inputs)
    except ValueError:
        return Labels(network.predict_classes(inputs), max(network.widths[-1], 2)).take(range(inputs.rows))


def _range(values: Sequence[float]) -> tuple[float, float]:
    """Return the range of these values with some room around it."""
    low, high = min(values), max(values)
    room = MARGIN * (high - low) or MARGIN * abs(low) or 1.0
    return low - room, high + room


def _steps(limits: tuple[float, float], count: int) -> list[float]:
    low, high = limits
    return [low + i / count * (high - low) for i in range(count + 1)]
