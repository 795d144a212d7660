"""A network in lanes: the same layers as elsewhere, with weights that are added a whole row at a time.

The first layer keeps a row of lanes for each input, because its inputs come in groups of equal level (`grouping`) and
most of them are zero. A later layer keeps its weights twice: a row for each input, to go forward, and a row for each
output, to go back. Both get the same integer products, so they stay each other's transpose to the last bit.

Everything is a whole number of units, and the point is where these constants say:

    a weight of the first layer     2^-20 · scale, for inputs in units of 1 / scale; its sums z are then in 2^-20
    an activation a                 2^-8
    a weight of a later layer       2^-20, and so its sums are in 2^-28
    a delta, rate · dL/dz           2^-bits: at most 12, and so that at the highest rate a delta of 1 is 64 to 128 units

A delta is rounded to whole units at random, up as often as its fraction says, so that on average nothing is lost
(stochastic rounding; Gupta et al., 2015). Small deltas thereby become mostly 0, and a sample whose deltas are all 0 has
nothing more to do: what is known already costs half.

Lanes must not overflow: a carry would silently change the neighbour. `Sums` of 32 bits are kept in bounds like this:

    first layer, forward    |z| <= (Σ |w|, over all inputs, of any unit) · (highest level): `FirstLayer.bound`
    later layer, back       |Σ delta_k w_k| <= (Σ |delta_k|) · (largest |w|): `LaterLayer.bound`

Sums of later layers have 64-bit lanes. As z of the first layer is below 2^31, an activation is below 2^(31 - 20 + 8),
and one that is not (after a later layer, or grown by dropout) is an error. So

    later layer, forward    |z| <= inputs · 2^19 · (largest |w|) + |bias| < 2^62 + 2^62

holds as long as |w| < 2^31 (up to 4096 inputs, and less beyond) and |bias| < 2^62.

Each bound is raised by the most that a step can add to it, which costs little, and is measured again only when the
raised one is no longer low enough. If even the measured one is not, or if it rose so far in a single step that a lane
may have overflowed and cannot be measured, training ends with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from math import floor
from operator import mul
from random import Random
from typing import NamedTuple

from purenn.errors import TrainingError
from purenn.lanes.groups import Group
from purenn.lanes.integers import Lanes, Layout
from purenn.layers import Linear

__all__ = ["ACTIVE", "ACTIVITY", "LIMIT", "SUM", "WEIGHT", "FirstLayer", "LaterLayer", "LayerState", "Signal"]

SUM = 20  # bits after the point in the sums of the first layer
ACTIVITY = 8  # in activations
WEIGHT = 20  # in the weights of later layers
LIMIT = 1 << 31
ACTIVE = LIMIT >> (SUM - ACTIVITY)  # activations stay below


class LayerState(NamedTuple):
    """A layer's weights as they are, to be sent elsewhere: lanes by input, by output, the bias, and the bound."""

    rows: Sequence[int]
    columns: Sequence[int]
    bias: int
    bound: int


class FirstLayer:
    """Weights from inputs that come in groups: a row of lanes for each input, one for the bias, and one of zeros."""

    def __init__(self, linear: Linear, scale: int) -> None:
        self.scale = scale
        self.layout = Layout(linear.weight.columns, 32)
        self.rows: list[int] = []
        self.highest = scale
        self.bound = 0
        self.load(linear)

    def load(self, linear: Linear) -> None:
        """Take over the weights of a layer, rounded to units. TrainingError if they are too large for the lanes."""
        unit = (1 << SUM) / self.scale
        self.rows = [*_packed([*linear.weight, linear.bias[0]], unit, self.layout, "the first layer"), 0]
        self.check()

    def save(self, linear: Linear) -> None:
        """Put the weights into a layer, as floats."""
        unit = self.scale / (1 << SUM)
        *weights, bias = [[w * unit for w in self.layout.unpack(Lanes(row))] for row in self.rows[:-1]]
        for row, values in zip(linear.weight, weights):
            row[:] = values
        linear.bias[0][:] = bias

    def shrink(self, factor: float, rng: Random) -> None:
        """Multiply every weight by a factor, rounding at random."""
        self.rows = [_shrunk(row, self.layout, factor, rng) for row in self.rows]

    def admit(self, level: int) -> None:
        """Make sure that inputs of this level are safe too. TrainingError if they are not."""
        self.highest = max(self.highest, level)
        if self.bound * self.highest >= LIMIT:
            self.check()

    @property
    def state(self) -> LayerState:
        """The weights and the bound on them."""
        return LayerState(list(self.rows), [], 0, self.bound)

    def restore(self, state: LayerState) -> None:
        """Go on from this state. TrainingError if it is not safe for the inputs that are admitted here."""
        self.rows, self.bound = list(state.rows), state.bound
        self.admit(self.highest)

    def average(self, states: Sequence[LayerState]) -> LayerState:
        """The weights averaged, lane by lane. Rounding down can make each of a sum's weights larger by 1 unit."""
        rows = [_average(self.layout, same) for same in zip(*(state.rows for state in states))]
        return LayerState(rows, [], 0, max(state.bound for state in states) + len(rows))

    def forward(self, groups: Sequence[Group]) -> int:
        """Every unit's z in a lane: for each level, the level times the sum of its inputs' rows."""
        rows = self.rows
        return sum([level * sum(pick(rows)) for level, pick, _ in groups])

    def learn(self, groups: Sequence[Group], step: Lanes) -> None:
        """w -= level · step for every input."""
        rows = self.rows
        mass = 0
        for level, _, indices in groups:
            change = level * step
            for i in indices:
                rows[i] -= change
            mass += abs(level) * len(indices)
        self.bound += self.layout.largest(step) * mass
        if self.bound * self.highest >= LIMIT:
            self.check()

    def check(self) -> None:
        """Measure the bound. Raises TrainingError if a sum might not fit into its lane."""
        if self.bound < LIMIT:  # and so is every weight: lanes can be read
            sizes = zip(*(map(abs, self.layout.unpack(Lanes(row))) for row in self.rows))
            self.bound = max(map(sum, sizes))
        if self.bound * self.highest >= LIMIT:
            most = f"{LIMIT >> SUM}, all that its lanes can hold: its weights or its inputs are too large"
            raise TrainingError(f"the sums of the first layer might pass {most}")


class LaterLayer:
    """Weights from units to units, kept by input (64-bit lanes, to go forward) and by output (32-bit, to go back)."""

    def __init__(self, linear: Linear, number: int) -> None:
        self.name = f"Linear layer {number}"
        self.inputs, self.outputs = Layout(linear.weight.rows, 32), Layout(linear.weight.columns, 64)
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.bias = 0
        self.limit = min(LIMIT, (1 << 62) // (ACTIVE * linear.weight.rows))  # of weights
        self.bound = self.bias_bound = 0
        self.load(linear)

    def load(self, linear: Linear) -> None:
        """Take over the weights of a layer, rounded to units. TrainingError if they are too large for the lanes."""
        self.columns = _packed(linear.weight.T, 1 << WEIGHT, self.inputs, self.name)
        self.rows = _packed(linear.weight, 1 << WEIGHT, self.outputs, self.name)
        (self.bias,) = _packed(linear.bias, 1 << (WEIGHT + ACTIVITY), self.outputs, self.name)
        self.check()

    def save(self, linear: Linear) -> None:
        """Put the weights into a layer, as floats."""
        for row, lanes in zip(linear.weight, self.rows):
            row[:] = [w / (1 << WEIGHT) for w in self.outputs.unpack(Lanes(lanes))]
        linear.bias[0][:] = [b / (1 << (WEIGHT + ACTIVITY)) for b in self.outputs.unpack(Lanes(self.bias))]

    def shrink(self, factor: float, rng: Random) -> None:
        """Multiply every weight by a factor, rounding at random."""
        self.rows = [_shrunk(row, self.outputs, factor, rng) for row in self.rows]
        self.columns = [self.inputs.pack(column) for column in zip(*(self.outputs.unpack(Lanes(r)) for r in self.rows))]
        self.bias = _shrunk(self.bias, self.outputs, factor, rng)
        self.check()  # beyond 2^53, a bias times a float is not exact

    @property
    def state(self) -> LayerState:
        """The weights and the bound on them."""
        return LayerState(list(self.rows), list(self.columns), self.bias, self.bound)

    def restore(self, state: LayerState) -> None:
        """Go on from this state."""
        self.rows, self.columns, self.bias, self.bound = list(state.rows), list(state.columns), state.bias, state.bound
        self.bias_bound = self.outputs.largest(Lanes(self.bias))

    def average(self, states: Sequence[LayerState]) -> LayerState:
        """The weights averaged, lane by lane, in either layout; no average is larger than the largest."""
        rows = [_average(self.outputs, same) for same in zip(*(state.rows for state in states))]
        columns = [_average(self.inputs, same) for same in zip(*(state.columns for state in states))]
        bias = _average(self.outputs, [state.bias for state in states])
        return LayerState(rows, columns, bias, max(state.bound for state in states))

    def forward(self, activities: Sequence[int]) -> int:
        """Every unit's z in a lane, from those inputs that are not 0."""
        z: int = sum(map(mul, compress(self.rows, activities), filter(None, activities)), self.bias)
        return z

    def backward(self, deltas: Sequence[int]) -> tuple[int, int]:
        """Σ delta_k · w_k for every input, in lanes, and a bound on all of these sums."""
        total = sum(map(abs, deltas))
        if total * self.bound >= LIMIT:
            self.check()
            if total * self.bound >= LIMIT:
                raise TrainingError(f"the gradient behind {self.name} might pass all that its lanes can hold")
        return sum(map(mul, compress(self.columns, deltas), filter(None, deltas))), total * self.bound

    def learn(self, signal: Signal, deltas: Sequence[int], bits: int) -> None:
        """w -= delta · a, in both layouts, for deltas in units of 2^-bits. TrainingError if a weight might not fit."""
        self.bias -= _spread(deltas, self.outputs.width) << (WEIGHT + ACTIVITY - bits)
        changes = [delta << (WEIGHT - ACTIVITY - bits) for delta in deltas]  # delta · a is in units of 2^-(bits + 8)
        for k, change in enumerate(changes):
            if change:
                self.columns[k] -= change * signal.lanes
        step, rows, activities = _spread(changes, self.outputs.width), self.rows, signal.activities
        for j, activity in zip(compress(range(len(rows)), activities), filter(None, activities)):
            rows[j] -= step * activity
        largest = max(max(changes), -min(changes))  # twice as fast as max(map(abs, …))
        self.bound += largest * max(max(activities), -min(activities))
        self.bias_bound += largest << (2 * ACTIVITY)  # from units of 2^-(20 - 8) to 2^-(20 + 8)
        if self.bound >= self.limit or self.bias_bound >= 1 << 62:
            self.check()

    def check(self) -> None:
        """Measure the bounds: the largest weight and bias. TrainingError if a sum might not fit into its lane."""
        if self.bound < LIMIT:  # lanes can be read
            self.bound = max(self.inputs.largest(Lanes(column)) for column in self.columns)
        if self.bias_bound < 1 << 63:
            self.bias_bound = self.outputs.largest(Lanes(self.bias))
        if self.bound >= self.limit or self.bias_bound >= 1 << 62:
            raise TrainingError(f"{self.name}: a weight or a bias is too large for its lane")


class Signal(NamedTuple):
    """What a layer of units passes on, as a list and in lanes, and its way back: from Σ delta_k w_k in lanes to the
    deltas of these units in lanes, divided by 2^bits and rounded at random."""

    activities: Sequence[int]
    lanes: int
    backward: Callable[[int, int, Random], Lanes]
    gain: int = 1  # no slope is larger


def _packed(rows: Iterable[Sequence[float]], scale: float, layout: Layout, name: str) -> list[int]:
    """Rows of weights in lanes, in units of 1 / scale."""
    try:
        return [layout.pack([round(w * scale) for w in row]) for row in rows]
    except (OverflowError, ValueError) as error:  # from round for a weight that is not finite, and from pack
        raise TrainingError(f"{name}: a weight does not fit into its lane: {error}") from error


def _average(layout: Layout, rows: Sequence[int]) -> int:
    return layout.average([Lanes(row) for row in rows])


def _shrunk(row: int, layout: Layout, factor: float, rng: Random) -> Lanes:
    return layout.pack([floor(value * factor + rng.random()) for value in layout.unpack(Lanes(row))])


def _spread(values: Sequence[int], width: int) -> int:
    """Few values, mostly 0, in lanes: quicker here than `Layout.pack`."""
    return sum([value << (width * k) for k, value in enumerate(values) if value])
