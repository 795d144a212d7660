"""A network in lanes: the packed layers of `layers`, the activations between them, and a training step through all.

`PackedNetwork` and its readable twin `plain.PlainNetwork` have the same results to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor
from operator import mul
from random import Random
from typing import Protocol

from purenn.activations import ACTIVATIONS, AnyActivation, Elementwise, relu
from purenn.errors import TrainingError
from purenn.lanes.groups import Groups
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.layers import ACTIVE, LIMIT, FirstLayer, LaterLayer, LayerState, Signal
from purenn.lanes.outer import Outer
from purenn.lanes.plain import ACTIVITY, LATER_SUM, SUM, WEIGHT, hidden_functions
from purenn.layers import Activation, Linear
from purenn.network import Sequential
from purenn.regularization import Dropout

__all__ = ["PackedActivation", "PackedElementwise", "PackedNetwork", "PackedRelu", "unsupported"]


def unsupported(network: Sequential) -> str:
    """Return the reason why the lanes engine cannot train this network, or an empty string if it can.

    Between Linear layers it takes an elementwise activation whose slope is never steeper than 1, and dropout after it.
    """
    layers = list(network.layers)
    if not isinstance(layers[0], Linear) or not isinstance(layers[-1], Linear):
        return "lanes need a Linear layer first and last"
    for before, layer in zip(layers, layers[1:]):
        if isinstance(layer, Activation):
            if not _fits_lanes(layer.function):
                names = [name for name, function in zip(ACTIVATIONS, ACTIVATIONS.values()) if _fits_lanes(function)]
                limit = ""
                if isinstance(layer.function, Elementwise):
                    limit = f" (slopes up to 1, and its own reaches {layer.function.steepest:g})"
                return f"{layer.function.name} is not among the activations that lanes have: {', '.join(names)}{limit}"
            if not isinstance(before, Linear):
                return f"lanes have no {layer} after {before}"
        elif isinstance(layer, Dropout):
            if not isinstance(before, Activation):
                return f"lanes have no {layer} after {before}"
        elif not isinstance(layer, Linear):
            return f"lanes have no {type(layer).__name__} layer"
    return ""


def _fits_lanes(function: AnyActivation) -> bool:
    """Return True for an activation of single numbers whose slope nowhere is steeper than 1, as lanes cannot grow."""
    return isinstance(function, Elementwise) and function.steepest <= 1.0


class PackedActivation(Protocol):
    """The activation of a hidden layer, applied to sums in lanes."""

    def forward(self, z: Lanes, rng: Random | None) -> Signal:
        """Return the activities for these sums. `rng` is given in training only."""
        ...


class PackedRelu:
    """ReLU on the lanes of the first layer, all at once: sums above 0 are kept, and so are their deltas.

    From sums in lanes of 24 bits, it makes activities in lanes of 32. Deltas are in lanes of 32 bits in any case.
    """

    def __init__(self, first: FirstLayer) -> None:
        self.first = first
        self.layout = first.layouts[32]
        self.low = self.layout.ones * (ACTIVE - 1)  # the shift moves low bits of a lane into the one below, above these

    def forward(self, z: Lanes, rng: Random | None) -> Signal:
        """Return max(0, z), from units of 2^-SUM to units of 2^-ACTIVITY, rounded down."""
        own, wide, first = self.first.layout, self.layout, self.first
        positive = own.positive(z)
        if own is wide:
            lanes = (own.keep(z, positive) >> (SUM - ACTIVITY)) & self.low
            activities = own.unpack(lanes)
        else:
            activities, lanes = own.upper(own.keep(z, positive))  # from 2^-16 to 2^-8: without the lowest byte

        def backward(sums: Lanes, shift: int, rng: Random) -> Lanes:
            deltas = wide.shift(sums, shift, wide.noise(shift, rng))
            if first.layout is not wide:
                deltas = own.narrowed(deltas)
            elif own is not wide:  # the layer has been widened since
                return wide.keep(deltas, own.widened(positive))
            return own.keep(deltas, positive)

        return Signal(activities, lanes, backward)


class PackedElementwise:
    """Any other activation, computed in floats, neuron by neuron, and dropout.

    sums, point: the layout of the sums z, and their unit, 2^-point.
    """

    def __init__(self, name: str, function: Elementwise, dropout: float, sums: Layout, point: int) -> None:
        self.name = name
        self.function = function
        self.dropout = dropout
        self.sums = sums
        self.unit = 1.0 / (1 << point)
        self.layout = Layout(sums.count, 32)

    def forward(self, z: Lanes, rng: Random | None) -> Signal:
        """Return f(z) in units of 2^-ACTIVITY, rounded to the nearest.

        In training, dropout makes it 0 with its probability and otherwise multiplies it by 1 / (1 - probability).
        Raises TrainingError for an activity that is not finite or too large for the lanes of the next layer.
        """
        numbers = [value * self.unit for value in self.sums.unpack(z)]
        factors = [1.0] * len(numbers)
        if rng and self.dropout:
            kept = 1.0 / (1.0 - self.dropout)
            factors = [kept if rng.random() >= self.dropout else 0.0 for _ in numbers]
        try:
            values = map(mul, map(self.function.function, numbers), factors)
            activities = [round(value * (1 << ACTIVITY)) for value in values]
            slopes = list(map(mul, map(self.function.derivative, numbers), factors))
        except (OverflowError, ValueError) as error:  # infinity and NaN cannot be rounded
            raise TrainingError(f"{self.name}: {self.function.name} cannot be computed: {error}") from error
        if max(map(abs, activities)) >= ACTIVE:
            raise TrainingError(f"{self.name}: an activation passes {ACTIVE >> ACTIVITY}: its weights are too large")

        def backward(sums: Lanes, shift: int, rng: Random) -> Lanes:
            back = zip(self.layout.unpack(sums), slopes)
            try:
                return self.layout.pack([floor(s * slope / (1 << shift) + rng.random()) for s, slope in back])
            except (
                OverflowError,
                ValueError,
            ) as error:  # the derivative is not finite or larger than its function says
                raise TrainingError(f"{self.name}: the slope of {self.function.name} is wrong: {error}") from error

        return Signal(activities, self.layout.pack(activities), backward, gain=ceil(max(factors)))


class PackedNetwork:
    """Linear layers in lanes, with activations and dropout between them.

    width: of the lanes of the first layer. Networks for which `width_for` returns 24 can begin with 24.
    """

    def __init__(self, network: Sequential, scale: int, width: int = 32) -> None:
        first, *later = [layer for layer in network.layers if isinstance(layer, Linear)]
        self.first = FirstLayer(first, scale, width)
        self.later = [LaterLayer(linear, number) for number, linear in enumerate(later, start=2)]
        self.activations = list(self._activations(network))

    def _activations(self, network: Sequential) -> Iterator[PackedActivation]:
        """Yield the activation after each Linear layer but the last, with its dropout."""
        for number, (function, dropout) in enumerate(hidden_functions(network)):
            if number == 0 and (function, dropout) == (relu, 0.0):
                yield PackedRelu(self.first)
            elif number == 0:
                yield PackedElementwise("the first layer", function, dropout, self.first.layout, SUM)
            else:
                before = self.later[number - 1]
                yield PackedElementwise(before.name, function, dropout, before.outputs, LATER_SUM)

    def forward(self, groups: Groups, rng: Random | None = None) -> tuple[list[Signal], list[float]]:
        """Return what every hidden layer passes on, which `learn` needs, and the outputs, for one sample.

        `rng`, for dropout, is given in training only.
        """
        z = self.first.forward(groups)
        signals: list[Signal] = []
        for activation, layer in zip(self.activations, self.later):
            signals.append(activation.forward(z, rng))
            z = layer.forward(signals[-1].activities)
        if not self.later:
            return signals, [value / (1 << self.first.point) for value in self.first.layout.unpack(z)]
        unit = 1.0 / (1 << LATER_SUM)
        return signals, [value * unit for value in self.later[-1].outputs.unpack(z)]

    def learn(self, groups: Groups, signals: list[Signal], deltas: list[int], bits: int, rng: Random) -> None:
        """Take one step against the deltas of the outputs, in units of 2^-bits.

        Without later layers these are deltas of the first layer, and bits is `first.delta_bits`. Raises TrainingError
        if a number might not fit into its lane.
        """
        if not self.later:
            if max(map(abs, deltas)) >= LIMIT:
                raise TrainingError("the gradient of the first layer passes all that its lanes can hold")
            self.first.learn(groups, self.first.layout.pack(deltas), max(map(abs, deltas)), bits)
            return
        lanes: Lanes = 0
        most = bits_before = 0
        for i in range(len(self.later) - 1, -1, -1):
            layer, signal = self.later[i], signals[i]
            sums, largest = layer.backward(deltas)
            # sums of delta · weight are in 2^-(bits + WEIGHT), the deltas of the layer before in 2^-bits_before
            bits_before = bits if i else self.first.delta_bits
            shift = bits + WEIGHT - bits_before
            most = (largest * signal.gain >> shift) + 1  # rounded up
            if most >= LIMIT:
                raise TrainingError(f"the gradient behind {layer.name} might pass all that its lanes can hold")
            layer.learn(signal, deltas, bits)
            if not i:
                self.first.make_ready(most, groups.total)
            lanes = signal.backward(sums, shift, rng)
            if i:
                deltas = layer.inputs.unpack(lanes)
        if not isinstance(self.activations[0], PackedRelu):  # its slope may be steeper than its function says
            most = self.first.layout.largest(lanes)
        self.first.learn(groups, lanes, most, bits_before)

    @property
    def state(self) -> list[LayerState]:
        """The weights of all layers, to be sent to another process."""
        return [self.first.state, *(layer.state for layer in self.later)]

    def restore(self, states: Sequence[LayerState]) -> None:
        """Continue from these weights."""
        self.first.restore(states[0])
        for layer, state in zip(self.later, states[1:]):
            layer.restore(state)

    @property
    def layers(self) -> list[FirstLayer | LaterLayer]:
        """The Linear layers."""
        return [self.first, *self.later]

    @property
    def at_rest(self) -> list[LayerState]:
        """The velocity before the first outer step: zeros."""
        return [layer.at_rest for layer in self.layers]

    def outer_step(
        self,
        before: Sequence[LayerState],
        ends: Sequence[Sequence[LayerState]],
        velocity: Sequence[LayerState],
        outer: Outer,
    ) -> tuple[list[LayerState], list[LayerState]]:
        """Average the weights with which several workers ended, and step on. Return the weights and velocity then."""
        states, velocities = zip(
            *(
                layer.outer_step(start, same, pace, outer)
                for layer, start, same, pace in zip(self.layers, before, zip(*ends), velocity)
            )
        )
        return list(states), list(velocities)

    def save(self, states: Sequence[LayerState], network: Sequential) -> None:
        """Write weights to a network like the one it was made from, as floats."""
        linears = [layer for layer in network.layers if isinstance(layer, Linear)]
        for layer, state, linear in zip(self.layers, states, linears):
            layer.save(state, linear)

    def shrink(self, factor: float, bias_factor: float, rng: Random) -> None:
        """Multiply every weight, and every bias, by a factor a little below 1: weight decay."""
        self.first.shrink(factor, bias_factor, rng)
        for layer in self.later:
            layer.shrink(factor, bias_factor, rng)
