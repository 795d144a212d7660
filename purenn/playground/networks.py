"""The network, the samples and the loss that the settings describe, made of the library's parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from purenn.activations import identity
from purenn.initializers import INITIALIZERS, Initializer, initializer_for
from purenn.layers import Linear, activation_layer, initial_activation
from purenn.losses import LOSSES, Loss, MeanSquaredError
from purenn.matrix import Matrix
from purenn.network import LayerLike, Sequential
from purenn.normalization import BatchNorm, LayerNorm
from purenn.playground.data import Point
from purenn.playground.settings import AUTO, FEATURES, LayerSettings, Settings
from purenn.regularization import Dropout
from purenn.samples import Labels, Samples, as_loss

__all__ = ["inputs_of", "last_activation", "make_loss", "make_network", "make_samples", "output_count"]


def output_count(settings: Settings) -> int:
    """Return the number of outputs: one for a quantity and for two classes, unless the loss wants one a class."""
    classes = len(settings.data.kind.classes)
    each = classes > 2 or (classes == 2 and settings.loss != AUTO and LOSSES[settings.loss].kind == "classes")
    return classes if each else 1


def last_activation(settings: Settings) -> str:
    """Return the activation after the last layer, for a loss that takes probabilities; an empty string for others."""
    if settings.loss == AUTO or LOSSES[settings.loss].takes != "probabilities":
        return ""
    return "softmax" if LOSSES[settings.loss].kind == "classes" else "sigmoid"


def make_network(settings: Settings) -> Sequential:
    """Make the network. The same seed gives the same weights."""
    rng, columns = Random(settings.seed), len(settings.features)
    layers: list[LayerLike] = []
    for hidden in settings.layers:
        layers += _block(hidden, columns, _initializer(settings, hidden.activation), rng)
        columns = hidden.units
    last = last_activation(settings)
    layers.append(Linear(columns, output_count(settings), rng, initializer=_initializer(settings, last)))
    return Sequential([*layers, last] if last else layers)


def _block(hidden: LayerSettings, columns: int, initializer: Initializer, rng: Random) -> Iterator[LayerLike]:
    """Yield the layers of a hidden layer."""
    yield Linear(columns, hidden.units, rng, initializer=initializer)
    if hidden.normalization == "batch":
        yield BatchNorm(hidden.units)
    elif hidden.normalization == "layer":
        yield LayerNorm(hidden.units)
    yield activation_layer(hidden.activation, hidden.units)
    if hidden.dropout:
        yield Dropout(hidden.dropout)


def _initializer(settings: Settings, activation: str) -> Initializer:
    """Return the chosen initializer, or the usual one for the activation that follows."""
    if settings.initializer != AUTO:
        return INITIALIZERS[settings.initializer]
    return initializer_for(initial_activation(activation) if activation else identity)


def inputs_of(settings: Settings, points: Sequence[Point]) -> Matrix:
    """Return the features of points as the inputs of the network."""
    functions = [FEATURES[name].function for name in settings.features]
    return Matrix.wrap([[f(point.x1, point.x2) for f in functions] for point in points])


def make_samples(settings: Settings, points: Sequence[Point], part: str) -> Samples | None:
    """Return the points of a part as samples, or None if it has none."""
    chosen = [point for point in points if point.part == part]
    if not chosen:
        return None
    outputs = output_count(settings)
    names = settings.data.kind.classes
    if outputs > 1:
        labels = Labels([int(point.target) for point in chosen], outputs, names)
        return Samples(inputs_of(settings, chosen), labels)
    targets = Matrix.wrap([[point.target] for point in chosen])
    return Samples(inputs_of(settings, chosen), targets, names=names)


def make_loss(settings: Settings, samples: Samples) -> Loss:
    """Return the chosen loss, or the one that suits the samples. Quantities are quantities even if all are 0 or 1."""
    if settings.loss != AUTO:
        return LOSSES[settings.loss]()
    return as_loss(None, samples) if settings.data.kind.classes else MeanSquaredError()
