"""Networks in lanes: the units between packed layers, and all of it put together, forward for a sample and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor
from operator import mul
from random import Random
from typing import Protocol

from purenn.activations import Elementwise, identity
from purenn.errors import TrainingError
from purenn.lanes.groups import Group
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.layers import ACTIVE, ACTIVITY, LIMIT, SUM, WEIGHT, FirstLayer, LaterLayer, LayerState, Signal
from purenn.layers import Activation, Dropout, Linear
from purenn.network import Sequential

__all__ = ["Curve", "PackedNetwork", "Rectifier", "Units", "unsupported"]

CURVES = ("relu", "leaky_relu", "identity", "sigmoid", "tanh")  # none is steeper than 1, if leaky_relu is not


def unsupported(network: Sequential) -> str:
    """Why the lanes engine cannot train this network; an empty string if it can."""
    layers = list(network.layers)
    if not isinstance(layers[0], Linear) or not isinstance(layers[-1], Linear):
        return "it needs a Linear layer first and last"
    for before, layer in zip(layers, layers[1:]):
        if isinstance(layer, Activation):
            family = layer.function.name.partition("(")[0]
            if family not in CURVES or not isinstance(before, Linear):
                return f"it has no {layer} after {before}"
            if isinstance(layer.function, Elementwise) and abs(layer.function.derivative(-1.0)) > 1.0:
                return f"it has no {layer}: a slope must be within [-1, 1]"
        elif isinstance(layer, Dropout):
            if not isinstance(before, Activation):
                return f"it has no {layer} after {before}"
        elif not isinstance(layer, Linear):
            return f"it has no {layer}"
    return ""


class Units(Protocol):
    """A layer's activation: what becomes of its sums."""

    def forward(self, z: int, rng: Random | None) -> Signal:
        """The units' activities for these sums; `rng` is given in training only."""
        ...


class Rectifier:
    """ReLU on 32-bit lanes, all at once: the sign bits, spread over their lanes, are a mask for sums and deltas."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.low = layout.ones * ((1 << (31 - SUM + ACTIVITY)) - 1)  # the bits that are a lane's own after the shift

    def forward(self, z: int, rng: Random | None) -> Signal:
        """max(0, z), from units of 2^-20 to units of 2^-8, rounded down."""
        layout = self.layout
        positive = layout.positive(Lanes(z))
        lanes = (layout.keep(Lanes(z), positive) >> (SUM - ACTIVITY)) & self.low

        def backward(sums: int, bits: int, rng: Random) -> Lanes:
            return layout.keep(layout.shift(Lanes(sums), bits, layout.noise(bits, rng)), positive)

        return Signal(layout.unpack(Lanes(lanes)), lanes, backward)


class Curve:
    """Any other activation, number by number, and dropout on request."""

    def __init__(self, name: str, function: Elementwise, sums: Layout, point: int, dropout: float) -> None:
        self.name = name
        self.function = function
        self.sums = sums
        self.unit = 1.0 / (1 << point)
        self.dropout = dropout
        self.layout = Layout(sums.count, 32)

    def forward(self, z: int, rng: Random | None) -> Signal:
        """f(z) in units of 2^-8, rounded to the nearest.

        In training it is 0 with the probability of dropout, and else larger by 1 / (1 - that).
        """
        numbers = [value * self.unit for value in self.sums.unpack(Lanes(z))]
        factors = [1.0] * len(numbers)
        if rng and self.dropout:
            kept = 1.0 / (1.0 - self.dropout)
            factors = [kept if rng.random() >= self.dropout else 0.0 for _ in numbers]
        values = map(mul, map(self.function.function, numbers), factors)
        slopes = list(map(mul, map(self.function.derivative, numbers), factors))
        activities = [round(value * (1 << ACTIVITY)) for value in values]
        if max(map(abs, activities)) >= ACTIVE:
            raise TrainingError(f"{self.name}: an activation passes {ACTIVE >> ACTIVITY}: its weights are too large")

        def backward(sums: int, bits: int, rng: Random) -> Lanes:
            deltas = zip(self.layout.unpack(Lanes(sums)), slopes)
            return self.layout.pack([floor(s * slope / (1 << bits) + rng.random()) for s, slope in deltas])

        return Signal(activities, self.layout.pack(activities), backward, gain=ceil(max(factors)))


class PackedNetwork:
    """A network whose layers are in lanes."""

    def __init__(self, network: Sequential, scale: int) -> None:
        linears = [layer for layer in network.layers if isinstance(layer, Linear)]
        self.first = FirstLayer(linears[0], scale)
        self.later = [LaterLayer(linear, number) for number, linear in enumerate(linears[1:], start=2)]
        self.units = list(self._units(network))

    def _units(self, network: Sequential) -> Iterator[Units]:
        """The activation after each Linear layer but the last, with its dropout."""
        layers = list(network.layers)
        starts = [i for i, layer in enumerate(layers) if isinstance(layer, Linear)]
        for number, (start, end) in enumerate(zip(starts, starts[1:])):
            function, dropout = identity, 0.0
            for layer in layers[start + 1 : end]:
                if isinstance(layer, Activation) and isinstance(layer.function, Elementwise):
                    function = layer.function
                elif isinstance(layer, Dropout):
                    dropout = layer.probability
            if number == 0 and function.name == "relu" and not dropout:
                yield Rectifier(self.first.layout)
            elif number == 0:
                yield Curve("the first layer", function, self.first.layout, SUM, dropout)
            else:
                before = self.later[number - 1]
                yield Curve(before.name, function, before.outputs, WEIGHT + ACTIVITY, dropout)

    def forward(self, groups: Sequence[Group], rng: Random | None = None) -> tuple[list[Signal], list[float]]:
        """What every layer of units passes on for a sample, and the outputs."""
        z = self.first.forward(groups)
        signals: list[Signal] = []
        for units, layer in zip(self.units, self.later):
            signals.append(units.forward(z, rng))
            z = layer.forward(signals[-1].activities)
        if not self.later:
            return signals, [value / (1 << SUM) for value in self.first.layout.unpack(Lanes(z))]
        unit = 1.0 / (1 << (WEIGHT + ACTIVITY))
        return signals, [value * unit for value in self.later[-1].outputs.unpack(Lanes(z))]

    def learn(self, groups: Sequence[Group], signals: list[Signal], deltas: list[int], bits: int, rng: Random) -> None:
        """One step against these deltas of the outputs, in units of 2^-bits."""
        fine = bits + WEIGHT + 2 * self.first.scale.bit_length() - 2 - SUM  # from sums of later layers to `first`
        step = Lanes(0)
        for i in range(len(self.later) - 1, -1, -1):
            layer, signal = self.later[i], signals[i]
            sums, most = layer.backward(deltas)
            shift = fine if i == 0 else WEIGHT
            if (most * signal.gain >> shift) + 1 >= LIMIT:
                raise TrainingError(f"the gradient behind {layer.name} might pass all that its lanes can hold")
            layer.learn(signal, deltas, bits)
            step = signal.backward(sums, shift, rng)
            if i:
                deltas = layer.inputs.unpack(step)
        if not self.later:
            if max(map(abs, deltas)) >= LIMIT:
                raise TrainingError("the gradient of the first layer passes all that its lanes can hold")
            step = self.first.layout.pack(deltas)
        self.first.learn(groups, step)

    @property
    def state(self) -> list[LayerState]:
        """The weights as they are, to be sent elsewhere."""
        return [self.first.state, *(layer.state for layer in self.later)]

    def restore(self, states: Sequence[LayerState]) -> None:
        """Go on from these weights."""
        self.first.restore(states[0])
        for layer, state in zip(self.later, states[1:]):
            layer.restore(state)

    def average(self, states: Sequence[Sequence[LayerState]]) -> list[LayerState]:
        """Several networks' weights, averaged."""
        first, *later = zip(*states)
        return [self.first.average(first), *(layer.average(same) for layer, same in zip(self.later, later))]

    def save(self, network: Sequential) -> None:
        """Put the weights into the network it was made of."""
        linears = [layer for layer in network.layers if isinstance(layer, Linear)]
        self.first.save(linears[0])
        for layer, linear in zip(self.later, linears[1:]):
            layer.save(linear)

    def shrink(self, factor: float, rng: Random) -> None:
        """Multiply every weight and bias by a factor a little below 1: weight decay."""
        self.first.shrink(factor, rng)
        for layer in self.later:
            layer.shrink(factor, rng)
