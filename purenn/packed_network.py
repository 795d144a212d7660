"""Networks in lanes: packed layers put together, forward for a sample and back again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from purenn.activations import Elementwise, identity
from purenn.grouping import Group
from purenn.lanes import Lanes
from purenn.layers import Activation, Dropout, Linear
from purenn.network import Sequential
from purenn.packed import ACTIVITY, SUM, WEIGHT, Curve, FirstLayer, LaterLayer, Rectifier, Signal, State, Units

__all__ = ["PackedNetwork", "unsupported"]

CURVES = ("relu", "leaky_relu", "identity", "sigmoid", "tanh")


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
        elif isinstance(layer, Dropout):
            if not isinstance(before, Activation):
                return f"it has no {layer} after {before}"
        elif not isinstance(layer, Linear):
            return f"it has no {layer}"
    return ""


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
                yield Curve(function, self.first.layout, SUM, dropout)
            else:
                yield Curve(function, self.later[number - 1].outputs, WEIGHT + ACTIVITY, dropout)

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
        step, largest = Lanes(0), 0
        for i in range(len(self.later) - 1, -1, -1):
            layer, signal = self.later[i], signals[i]
            sums, most = layer.backward(deltas)
            layer.learn(signal, deltas, bits)
            step = signal.backward(sums, fine if i == 0 else WEIGHT, rng)
            largest = (most * signal.gain >> fine) + 1
            if i:
                deltas = layer.inputs.unpack(step)
        if not self.later:
            step, largest = self.first.layout.pack(deltas), max(map(abs, deltas))
        self.first.learn(groups, step, largest)

    @property
    def state(self) -> list[State]:
        """The weights as they are, to be sent elsewhere."""
        return [self.first.state, *(layer.state for layer in self.later)]

    def restore(self, states: Sequence[State]) -> None:
        """Go on from these weights."""
        self.first.restore(states[0])
        for layer, state in zip(self.later, states[1:]):
            layer.restore(state)

    def average(self, states: Sequence[Sequence[State]]) -> list[State]:
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
