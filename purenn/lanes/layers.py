"""Linear layers in lanes: the arithmetic of `plain`, a whole row of weights at a time.

The first layer of the example in `plain`, forward and learning, with both hidden neurons in one integer:

>>> layout = Layout(count=2, width=32)
>>> pixel_1, pixel_2, bias = map(layout.pack, ([65536, 32768], [16384, -65536], [16384, 16384]))
>>> layout.unpack(4 * pixel_1 + 8 * (pixel_2 + bias))
[524288, -262144]
>>> delta = layout.pack([-512, 0])
>>> layout.unpack(pixel_1 - 4 * delta), layout.unpack(pixel_2 - 8 * delta), layout.unpack(bias - 8 * delta)
([67584, 32768], [20480, -65536], [20480, 16384])

The first layer keeps a row of lanes for each input, because its inputs come in groups of equal level (`groups`), and
most are 0. A later layer keeps its weights twice: a row for each input, to go forward, and a column for each output, to
go back. Both receive the same integer products, so each remains the transpose of the other to the last bit. In the
example, this is the way back, and the step of column 0:

>>> columns = layout.pack([786432, 524288]), layout.pack([-262144, 1048576])
>>> layout.unpack(-32 * columns[0] + 32 * columns[1])
[-33554432, 16777216]
>>> layout.unpack(columns[0] - -32 * 4 * layout.pack([128, 0]))
[802816, 524288]

Units and constants are those of the table in `plain`. Rows of later layers have lanes of 64 bits, all others of 32.

No lane may overflow, because its neighbour would change and nothing would show it. These bounds prevent it:

    z of the first layer    |z| <= highest level · the largest Σ |w| of a neuron            < 2^31
    activity                |a| <= |z| / 2^12 for ReLU; other functions check each          < 2^19
    sum going back          |Σ delta_k · w_k| <= Σ |delta_k| · the largest |w|              < 2^31
    z of a later layer      |z| <= inputs · 2^19 · the largest |w| + the largest |bias|     < 2^62 + 2^62

The last holds while |bias| < 2^62 and |w| < 2^62 / (inputs · 2^19), which is 2^31 for 4096 inputs; fewer need no more
than 2^31. `FirstLayer.bound` is at least the
largest Σ |w|, `LaterLayer.bound` at least the largest |w|. A step raises them by the most that it can add, which costs
little. Only when a raised bound is too high is the true value measured. If that is too high too, or if a single step
raised the bound so far that a lane may have overflowed and cannot be measured, training ends with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, islice
from math import floor
from operator import itemgetter, mul
from random import Random
from typing import NamedTuple

from purenn.errors import TrainingError
from purenn.lanes.groups import Groups
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.outer import Outer, outer_step
from purenn.lanes.plain import ACTIVITY, LATER_SUM, SUM, WEIGHT, first_delta
from purenn.layers import Linear

__all__ = ["ACTIVE", "LIMIT", "FirstLayer", "LaterLayer", "LayerState", "Signal"]

LIMIT = 1 << 31  # numbers in lanes of 32 bits are less than this
ACTIVE = LIMIT >> (SUM - ACTIVITY)  # activities are less than this: 2^19
LATER_LIMIT = 1 << 62  # the sum of all products in a z of a later layer is less than this, and so is its bias


class LayerState(NamedTuple):
    """The weights of a layer, to be sent to another process: rows by input, columns by output, bias, and bound."""

    rows: Sequence[Lanes]
    columns: Sequence[Lanes]
    bias: Lanes
    bound: int


class Signal(NamedTuple):
    """The activities of a hidden layer, as a list and packed into a row, and the way back through its activation.

    `backward(sums, shift, rng)` takes the sum Σ delta_k · w_k of every neuron, in lanes, and returns their deltas:
    sum · slope / 2^shift, rounded at random. No slope, of the activation with its dropout, is larger than `gain`.
    """

    activities: Sequence[int]
    lanes: Lanes
    backward: Callable[[Lanes, int, Random], Lanes]
    gain: int = 1


class FirstLayer:
    """Weights from inputs in groups: a row of lanes for each input, one for the bias, and one of zeros for `Groups`."""

    def __init__(self, linear: Linear, scale: int) -> None:
        """Round the weights of a layer to units. Raises TrainingError if they are too large for the lanes."""
        self.scale = scale
        self.layout = Layout(linear.weight.columns, 32)
        self.delta_bits = first_delta(scale)
        per_unit = (1 << SUM) / scale
        self.rows = [*_pack_rows([*linear.weight, *linear.bias], per_unit, self.layout, "the first layer"), 0]
        self.highest = scale  # level
        self.bound = 0
        self.check()

    def save(self, state: LayerState, linear: Linear) -> None:
        """Write weights to a layer, as floats."""
        unit = self.scale / (1 << SUM)
        *weights, bias = [[w * unit for w in self.layout.unpack(row)] for row in state.rows[:-1]]
        for row, values in zip(linear.weight, weights):
            row[:] = values
        linear.bias[0][:] = bias

    def shrink(self, factor: float, bias_factor: float, rng: Random) -> None:
        """Multiply every weight, and the bias, by a factor from 0 to 1, rounding at random."""
        factors = [factor] * (len(self.rows) - 2) + [bias_factor] * 2  # the last row is zeros, and stays so
        self.rows = [_multiplied(row, self.layout, kept, rng) for row, kept in zip(self.rows, factors)]

    def admit(self, level: int) -> None:
        """Make sure that inputs up to this level are safe too. Raises TrainingError if they are not."""
        self.highest = max(self.highest, level)
        if self.bound * self.highest >= LIMIT:
            self.check()

    @property
    def state(self) -> LayerState:
        """The weights and the bound on them."""
        return LayerState(list(self.rows), [], 0, self.bound)

    def restore(self, state: LayerState) -> None:
        """Continue from this state. Raises TrainingError if it is not safe for the inputs that were admitted here."""
        self.rows, self.bound = list(state.rows), state.bound
        self.admit(self.highest)

    def average(self, states: Sequence[LayerState]) -> LayerState:
        """Return the average of the weights. It is rounded down, so each |w| in a Σ |w| may be larger by 1."""
        rows = [self.layout.average(same) for same in zip(*(state.rows for state in states))]
        return LayerState(rows, [], 0, max(state.bound for state in states) + len(rows))

    def outer_step(
        self, before: LayerState, average: LayerState, velocity: LayerState, outer: Outer
    ) -> tuple[LayerState, LayerState]:
        """Return the weights after an outer step, with their bound, and the new velocity."""
        rows, velocities = outer_step(self.layout, before.rows, average.rows, velocity.rows, outer)
        return LayerState(rows, [], 0, self.layout.largest_sum(rows)), LayerState(velocities, [], 0, 0)

    def forward(self, groups: Groups) -> Lanes:
        """Return z of every neuron: Σ level · row, added up as `groups` explains."""
        z: Lanes = 0
        so_far: Lanes = 0  # the sum of the rows of this group and those before it
        rows = iter(itemgetter(*groups.indices)(self.rows))
        for count, step in zip(groups.counts, groups.steps):
            so_far = sum(islice(rows, count), so_far)
            z += so_far if step == 1 else step * so_far  # to multiply by 1 takes as long as by any other number
        return z

    def learn(self, groups: Groups, deltas: Lanes) -> None:
        """Subtract level · delta from the weights of every input. Raises TrainingError if a sum might not fit then."""
        rows, indices = self.rows, iter(groups.indices)
        for count, level in zip(groups.counts, groups.levels):
            change = level * deltas
            for i in islice(indices, count):
                rows[i] -= change
        rows[-1] = 0  # where a warped picture has left its frame, these zeros have learned
        self.bound += self.layout.bound(deltas) * groups.total
        if self.bound * self.highest >= LIMIT:
            self.check()

    def check(self) -> None:
        """Measure the bound. Raises TrainingError if a sum might not fit into its lane."""
        if self.bound < LIMIT:  # and so is every weight: lanes can be read
            self.bound = self.layout.largest_sum(self.rows)
        if self.bound * self.highest >= LIMIT:
            most = f"{LIMIT >> SUM}, all that its lanes can hold: its weights or its inputs are too large"
            raise TrainingError(f"the sums of the first layer might pass {most}")


class LaterLayer:
    """Weights between neurons: rows by input (64-bit lanes, to go forward) and columns by output (32, to go back)."""

    def __init__(self, linear: Linear, number: int) -> None:
        """Round the weights of a layer to units. Raises TrainingError if they are too large for the lanes."""
        self.name = f"Linear layer {number}"
        self.inputs, self.outputs = Layout(linear.weight.rows, 32), Layout(linear.weight.columns, 64)
        self.columns = _pack_rows(linear.weight.T, 1 << WEIGHT, self.inputs, self.name)
        self.rows = _pack_rows(linear.weight, 1 << WEIGHT, self.outputs, self.name)
        (self.bias,) = _pack_rows(linear.bias, 1 << LATER_SUM, self.outputs, self.name)
        self.limit = min(LIMIT, LATER_LIMIT // (ACTIVE * linear.weight.rows))  # of weights
        self.bound = self.bias_bound = 0
        self.check()

    def save(self, state: LayerState, linear: Linear) -> None:
        """Write weights to a layer, as floats."""
        for row, lanes in zip(linear.weight, state.rows):
            row[:] = [w / (1 << WEIGHT) for w in self.outputs.unpack(lanes)]
        linear.bias[0][:] = [b / (1 << LATER_SUM) for b in self.outputs.unpack(state.bias)]

    def shrink(self, factor: float, bias_factor: float, rng: Random) -> None:
        """Multiply every weight, and the bias, by a factor from 0 to 1, rounding at random."""
        self.rows = [_multiplied(row, self.outputs, factor, rng) for row in self.rows]
        self.columns = [self.inputs.pack(column) for column in zip(*map(self.outputs.unpack, self.rows))]
        self.bias = _multiplied(self.bias, self.outputs, bias_factor, rng)
        self.check()  # beyond 2^53, a bias times a float is not exact

    @property
    def state(self) -> LayerState:
        """The weights and the bound on them."""
        return LayerState(list(self.rows), list(self.columns), self.bias, self.bound)

    def restore(self, state: LayerState) -> None:
        """Continue from this state. Raises TrainingError if its weights or its bias are too large."""
        self.rows, self.columns, self.bias, self.bound = list(state.rows), list(state.columns), state.bias, state.bound
        self.bias_bound = self.outputs.largest(self.bias)
        if self.bound >= self.limit or self.bias_bound >= LATER_LIMIT:
            self.check()

    def average(self, states: Sequence[LayerState]) -> LayerState:
        """Return the average of the weights, in rows and columns. No average is larger than the largest weight."""
        rows = [self.outputs.average(same) for same in zip(*(state.rows for state in states))]
        columns = [self.inputs.average(same) for same in zip(*(state.columns for state in states))]
        bias = self.outputs.average([state.bias for state in states])
        return LayerState(rows, columns, bias, max(state.bound for state in states))

    def outer_step(
        self, before: LayerState, average: LayerState, velocity: LayerState, outer: Outer
    ) -> tuple[LayerState, LayerState]:
        """Return the weights after an outer step, with their bound, and the new velocity."""
        rows, row_velocities = outer_step(self.outputs, before.rows, average.rows, velocity.rows, outer)
        columns, column_velocities = outer_step(self.inputs, before.columns, average.columns, velocity.columns, outer)
        biases = [before.bias], [average.bias], [velocity.bias]
        (bias,), (bias_velocity,) = outer_step(self.outputs, *biases, outer)
        after = LayerState(rows, columns, bias, max(map(self.inputs.largest, columns)))
        return after, LayerState(row_velocities, column_velocities, bias_velocity, 0)

    def forward(self, activities: Sequence[int]) -> Lanes:
        """Return z of every neuron: the bias and the rows of the inputs that are not 0, times their activities."""
        z: Lanes = sum(map(mul, compress(self.rows, activities), filter(None, activities)), self.bias)
        return z

    def backward(self, deltas: Sequence[int]) -> tuple[Lanes, int]:
        """Return Σ delta_k · w_k of every input, and a bound on all of these sums. Raises TrainingError above LIMIT."""
        total = sum(map(abs, deltas))
        if total * self.bound >= LIMIT:
            self.check()
            if total * self.bound >= LIMIT:
                raise TrainingError(f"the gradient behind {self.name} might pass all that its lanes can hold")
        return sum(map(mul, compress(self.columns, deltas), filter(None, deltas))), total * self.bound

    def learn(self, signal: Signal, deltas: Sequence[int], bits: int) -> None:
        """Subtract delta · activity from every weight, in rows and columns, for deltas in units of 2^-bits.

        Raises TrainingError if a weight or a bias might not fit into its lane then.
        """
        row = _pack_few(deltas, self.outputs.width)
        # A bias is in 2^-LATER_SUM, a delta in 2^-bits: it is shifted by the difference.
        self.bias -= row << (LATER_SUM - bits)
        # A weight is in 2^-WEIGHT, delta · activity in 2^-(bits + ACTIVITY). One factor is shifted by the difference.
        finer = WEIGHT - ACTIVITY - bits
        lanes = signal.lanes << finer
        for k, delta in enumerate(deltas):
            if delta:
                self.columns[k] -= delta * lanes
        row <<= finer
        rows, activities = self.rows, signal.activities
        for j, activity in zip(compress(range(len(rows)), activities), filter(None, activities)):
            rows[j] -= row * activity
        largest = max(map(abs, deltas))
        self.bound += largest * max(map(abs, activities)) << finer
        self.bias_bound += largest << (LATER_SUM - bits)
        if self.bound >= self.limit or self.bias_bound >= LATER_LIMIT:
            self.check()

    def check(self) -> None:
        """Measure the bounds. Raises TrainingError if a weight or a bias might not fit into its lane."""
        if self.bound < LIMIT:  # lanes can be read
            self.bound = max(map(self.inputs.largest, self.columns))
        if self.bias_bound < self.outputs.limit:
            self.bias_bound = self.outputs.largest(self.bias)
        if self.bound >= self.limit or self.bias_bound >= LATER_LIMIT:
            raise TrainingError(f"{self.name}: a weight or a bias is too large for its lane")


def _pack_rows(rows: Iterable[Sequence[float]], per_unit: float, layout: Layout, name: str) -> list[Lanes]:
    """Return numbers packed into rows, rounded to units of 1 / per_unit."""
    try:
        return [layout.pack([round(w * per_unit) for w in row]) for row in rows]
    except (OverflowError, ValueError) as error:  # from round for a weight that is not finite, and from pack
        raise TrainingError(f"{name}: a weight does not fit into its lane: {error}") from error


def _pack_few(values: Sequence[int], width: int) -> Lanes:
    """Pack a few values, most of them 0: faster here than `Layout.pack`, and without its check."""
    return sum([value << (width * k) for k, value in enumerate(values) if value])


def _multiplied(row: Lanes, layout: Layout, factor: float, rng: Random) -> Lanes:
    """Return every lane times a factor, rounded at random."""
    return layout.pack([floor(value * factor + rng.random()) for value in layout.unpack(row)])
