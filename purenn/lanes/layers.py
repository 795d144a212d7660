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

Units and constants are those of the table in `plain`. Rows of later layers have lanes of 64 bits, all others of 32,
but for the first layer, which begins with lanes of 24 bits where this pays (`width_for`). Its units are 2^4 coarser
then and its limit is 2^23, so that z may reach 128 instead of 2048. When a sum might pass that, it is widened: all
numbers are multiplied by 2^4, which is exact, and put into lanes of 32 bits. Deltas come to the first layer in lanes
of 32 bits, in units of its own.

No lane may overflow, because its neighbour would change and nothing would show it. These bounds prevent it:

    z of the first layer    |z| <= highest level · Σ |w| of its neuron                      < 2^31 or 2^23
    activity                |a| <= |z| / 2^12 for ReLU; other functions check each          < 2^19
    sum going back          |Σ delta_k · w_k| <= Σ |delta_k| · the largest |w|              < 2^31
    z of a later layer      |z| <= inputs · 2^19 · the largest |w| + the largest |bias|     < 2^62 + 2^62

The last holds while |bias| < 2^62 and |w| < 2^62 / (inputs · 2^19), which is 2^31 for 4096 inputs; fewer need no more
than 2^31. `FirstLayer.sums` is a row with at least the Σ |w| of every neuron, `LaterLayer.bound` is at least the
largest |w|. A step raises them by the most that it can add, which costs little. Only when one is too high are the true
values measured. If these are too high too, or if a single step is so large that a lane might overflow before it can be
measured, a first layer in lanes of 24 bits is widened. Otherwise training ends with an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress, islice
from math import floor
from operator import itemgetter, mul
from random import Random
from typing import NamedTuple

from purenn.activations import relu
from purenn.errors import TrainingError
from purenn.lanes.groups import Groups
from purenn.lanes.integers import Lanes, Layout
from purenn.lanes.outer import Outer, outer_step
from purenn.lanes.plain import ACTIVITY, LATER_SUM, NARROW_SUM, SUM, WEIGHT, first_delta, hidden_functions
from purenn.layers import Linear
from purenn.network import Sequential

__all__ = ["ACTIVE", "LIMIT", "POINTS", "FirstLayer", "LaterLayer", "LayerState", "Signal", "width_for"]

LIMIT = 1 << 31  # numbers in lanes of 32 bits are less than this
ACTIVE = LIMIT >> (SUM - ACTIVITY)  # activities are less than this: 2^19
STRIP = 16  # rows of a layer that are averaged at once, as one long row
POINTS = {24: NARROW_SUM, 32: SUM}  # of the first layer: bits of a lane, and bits after the point of z
LATER_LIMIT = 1 << 62  # the sum of all products in a z of a later layer is less than this, and so is its bias


class LayerState(NamedTuple):
    """The weights of a layer, to be sent to another process, as `Layout.to_bytes` writes them.

    rows: by input, and then the bias. columns: by output, of a later layer. bound: of the first layer, its row `sums`.
    width: of the lanes of the first layer.
    """

    rows: bytes
    columns: bytes = b""
    bound: int = 0
    width: int = 32


class Signal(NamedTuple):
    """The activities of a hidden layer, as a list and packed into a row, and the way back through its activation.

    `backward(sums, shift, rng)` takes the sum Σ delta_k · w_k of every neuron, in lanes, and returns their deltas:
    sum · slope / 2^shift, rounded at random. No slope, of the activation with its dropout, is larger than `gain`.
    """

    activities: Sequence[int]
    lanes: Lanes
    backward: Callable[[Lanes, int, Random], Lanes]
    gain: int = 1


def width_for(network: Sequential, scale: int) -> int:
    """Return how many bits a lane of the first layer is to have: 24 where they are faster and accurate enough, else 32.

    With fewer than 64 neurons, nothing is gained. All activations but ReLU are computed in floats, neuron by neuron.
    With more than 8 levels, the unit of a delta would be coarser than 2^-10, and MNIST is learned less well. The sums
    must have room to grow, because wide lanes cost less than to widen narrow ones after a few steps.
    """
    first, *later = [layer for layer in network.layers if isinstance(layer, Linear)]
    if first.weight.columns < 64 or scale > 8 or not later or hidden_functions(network)[0] != (relu, 0.0):
        return 32
    largest = max(sum(map(abs, weights)) for weights in zip(*first.weight, *first.bias))
    return 24 if largest < 64.0 else 32  # half of what they hold


class FirstLayer:
    """Weights from inputs in groups: a row of lanes for each input, one for the bias, and one of zeros for `Groups`."""

    def __init__(self, linear: Linear, scale: int, width: int = 32) -> None:
        """Round the weights of a layer to units. width: of a lane, 24 or 32; 24 becomes 32 when it must.

        Raises TrainingError if the weights are too large for the lanes.
        """
        self.scale = self.highest = scale  # level
        self.layouts = {bits: Layout(linear.weight.columns, bits) for bits in POINTS}
        self.strips = {bits: Layout(STRIP * linear.weight.columns, bits) for bits in POINTS}
        self._use(width)
        per_unit = (1 << self.point) / scale
        self.rows = [*_pack_rows([*linear.weight, *linear.bias], per_unit, self.layout, "the first layer"), 0]
        self.sums: Lanes = 0
        self.check()

    def _use(self, width: int) -> None:
        """Set what depends on the width of the lanes."""
        self.width, self.layout, self.point = width, self.layouts[width], POINTS[width]
        self.delta_bits = first_delta(self.scale, self.point)
        self._make_room()

    def _make_room(self) -> None:
        """Set `room`: no sum passes its lane while Σ |w| < room. It is half a lane at most, so a step more can be read.

        Added to `sums`, `lift` sets the top bit of every lane that is not below `room`.
        """
        limit = self.layout.limit
        self.room = min(limit // 2, -(-limit // self.highest))
        self.lift = (limit - self.room) * self.layout.ones

    def save(self, state: LayerState, linear: Linear) -> None:
        """Write weights to a layer, as floats."""
        unit, layout = self.scale / (1 << POINTS[state.width]), self.layouts[state.width]
        *weights, bias = [[w * unit for w in layout.unpack(row)] for row in layout.from_bytes(state.rows)]
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
        self._make_room()
        self._check_if_full()

    @property
    def state(self) -> LayerState:
        """The weights and the bound on them."""
        return LayerState(self.layout.to_bytes(self.rows[:-1]), bound=self.sums, width=self.width)

    @property
    def at_rest(self) -> LayerState:
        """The velocity before the first outer step: zeros."""
        return LayerState(self.layout.to_bytes([0] * (len(self.rows) - 1)), width=self.width)

    def restore(self, state: LayerState) -> None:
        """Continue from this state. Raises TrainingError if it is not safe for the inputs that were admitted here."""
        self._use(state.width)
        self.rows, self.sums = [*self.layout.from_bytes(state.rows), 0], state.bound
        self._check_if_full()

    def widen(self) -> None:
        """Continue with the same weights in lanes of 32 bits."""
        self.restore(self._widened(self.state))

    def _widened(self, state: LayerState) -> LayerState:
        """Return the same weights in lanes of 32 bits."""
        if state.width == 32:
            return state
        finer, narrow = POINTS[32] - POINTS[24], self.layouts[24]
        rows = [narrow.widened(row) << finer for row in narrow.from_bytes(state.rows)]
        return LayerState(self.layouts[32].to_bytes(rows), bound=narrow.widened(state.bound) << finer)

    def outer_step(
        self, before: LayerState, ends: Sequence[LayerState], velocity: LayerState, outer: Outer
    ) -> tuple[LayerState, LayerState]:
        """Average where the workers ended, and step on. Return the weights then, with their bound, and the velocity.

        If some have wide lanes, all are widened.
        """
        states = [before, velocity, *ends]
        width = max(state.width for state in states)
        if width == 32:
            before, velocity, *ends = map(self._widened, states)
        strips = self.strips[width]
        try:
            rows, pace, weights = _stepped(strips, before.rows, [end.rows for end in ends], velocity.rows, outer)
            sums = self._measured(weights, strips)
        except TrainingError:
            if width == 32:
                raise
            return self.outer_step(self._widened(before), ends, velocity, outer)
        return LayerState(rows, bound=sums, width=width), LayerState(pace, width=width)

    def forward(self, groups: Groups) -> Lanes:
        """Return z of every neuron: Σ level · row, added up as `groups` explains."""
        z: Lanes = 0
        so_far: Lanes = 0  # the sum of the rows of this group and those before it
        rows = iter(itemgetter(*groups.indices)(self.rows))
        for count, step in zip(groups.counts, groups.steps):
            so_far = sum(islice(rows, count), so_far)
            z += so_far if step == 1 else step * so_far  # to multiply by 1 takes as long as by any other number
        return z

    def make_ready(self, most: int, total: int) -> None:
        """Widen narrow lanes if they might be too small to learn from deltas up to `most`.

        A step may raise a Σ |w| by up to half a lane. total: Σ |level| of the inputs.
        """
        if self.width == 24 and most * total > self.layout.limit // 2:
            self.widen()

    def learn(self, groups: Groups, deltas: Lanes, most: int, bits: int) -> None:
        """Subtract level · delta from the weights of every input. Raises TrainingError if a sum might not fit then.

        No delta is larger than `most`. They are in units of 2^-bits, those of this layer, now or before it was widened.
        """
        finer = self.delta_bits - bits
        if most * groups.total << finer > self.layout.limit // 2:
            most = self.layout.largest(deltas)
            if most * groups.total << finer > self.layout.limit // 2:
                raise self._full()
        if finer:
            deltas <<= finer
        rows, indices = self.rows, iter(groups.indices)
        for count, level in zip(groups.counts, groups.levels):
            change = level * deltas
            for i in islice(indices, count):
                rows[i] -= change
        rows[-1] = 0  # where a warped picture has left its frame, these zeros have learned
        self.sums += self.layout.absolute(deltas) * groups.total
        self._check_if_full()

    def _check_if_full(self) -> None:
        """Measure Σ |w| if a neuron might have no room left."""
        if (self.sums + self.lift) & self.layout.offset:
            self.check()

    def check(self) -> None:
        """Measure Σ |w|. If a sum might not fit into its lane, widen the lanes or raise TrainingError."""
        sums = self.layout.absolute_sums(self.rows)
        if max(sums) < self.room:
            self.sums = self.layout.pack(sums)
        elif self.width == 24:
            self.widen()
            self.check()
        else:
            raise self._full()

    def _measured(self, rows: Sequence[Lanes], strips: Layout) -> Lanes:
        """Return the row of Σ |w|, from strips of rows. Raises TrainingError if one passes half a lane."""
        layout = self.layouts[strips.width]
        sums = strips.absolute_sums(rows)
        sums = [sum(sums[k :: layout.count]) for k in range(layout.count)]
        if max(sums) >= layout.limit // 2:
            raise self._full()
        return layout.pack(sums)

    def _full(self) -> TrainingError:
        why = "all that its lanes can hold: its weights or its inputs are too large"
        return TrainingError(f"the sums of the first layer might pass {self.room * self.highest >> self.point}, {why}")


class LaterLayer:
    """Weights between neurons: rows by input (64-bit lanes, to go forward) and columns by output (32, to go back)."""

    def __init__(self, linear: Linear, number: int) -> None:
        """Round the weights of a layer to units. Raises TrainingError if they are too large for the lanes."""
        self.name = f"Linear layer {number}"
        self.inputs, self.outputs = Layout(linear.weight.rows, 32), Layout(linear.weight.columns, 64)
        self.column_strips = Layout(STRIP * self.inputs.count, self.inputs.width)
        self.row_strips = Layout(STRIP * self.outputs.count, self.outputs.width)
        self.columns = _pack_rows(linear.weight.T, 1 << WEIGHT, self.inputs, self.name)
        self.rows = _pack_rows(linear.weight, 1 << WEIGHT, self.outputs, self.name)
        (self.bias,) = _pack_rows(linear.bias, 1 << LATER_SUM, self.outputs, self.name)
        self.limit = min(LIMIT, LATER_LIMIT // (ACTIVE * linear.weight.rows))  # of weights
        self.bound = self.bias_bound = 0
        self.check()

    def save(self, state: LayerState, linear: Linear) -> None:
        """Write weights to a layer, as floats."""
        *weights, bias = map(self.outputs.unpack, self.outputs.from_bytes(state.rows))
        for row, values in zip(linear.weight, weights):
            row[:] = [w / (1 << WEIGHT) for w in values]
        linear.bias[0][:] = [b / (1 << LATER_SUM) for b in bias]

    def shrink(self, factor: float, bias_factor: float, rng: Random) -> None:
        """Multiply every weight, and the bias, by a factor from 0 to 1, rounding at random."""
        self.rows = [_multiplied(row, self.outputs, factor, rng) for row in self.rows]
        self.columns = [self.inputs.pack(column) for column in zip(*map(self.outputs.unpack, self.rows))]
        self.bias = _multiplied(self.bias, self.outputs, bias_factor, rng)
        self.check()  # beyond 2^53, a bias times a float is not exact

    @property
    def state(self) -> LayerState:
        """The weights and the bound on them."""
        rows, columns = self.outputs.to_bytes([*self.rows, self.bias]), self.inputs.to_bytes(self.columns)
        return LayerState(rows, columns, self.bound)

    @property
    def at_rest(self) -> LayerState:
        """The velocity before the first outer step: zeros."""
        rows, columns = [0] * (len(self.rows) + 1), [0] * len(self.columns)
        return LayerState(self.outputs.to_bytes(rows), self.inputs.to_bytes(columns))

    def restore(self, state: LayerState) -> None:
        """Continue from this state. Raises TrainingError if its weights or its bias are too large."""
        *self.rows, self.bias = self.outputs.from_bytes(state.rows)
        self.columns, self.bound = self.inputs.from_bytes(state.columns), state.bound
        self.bias_bound = self.outputs.largest(self.bias)
        if self.bound >= self.limit or self.bias_bound >= LATER_LIMIT:
            self.check()

    def outer_step(
        self, before: LayerState, ends: Sequence[LayerState], velocity: LayerState, outer: Outer
    ) -> tuple[LayerState, LayerState]:
        """Average where the workers ended, and step on. Return the weights then, with their bound, and the velocity."""
        strips, row_ends, column_ends = self.column_strips, [end.rows for end in ends], [end.columns for end in ends]
        rows, row_pace, _ = _stepped(self.row_strips, before.rows, row_ends, velocity.rows, outer)
        columns, column_pace, weights = _stepped(strips, before.columns, column_ends, velocity.columns, outer)
        return LayerState(rows, columns, max(map(strips.largest, weights))), LayerState(row_pace, column_pace)

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


def _stepped(
    strips: Layout, before: bytes, ends: Sequence[bytes], velocity: bytes, outer: Outer
) -> tuple[bytes, bytes, list[Lanes]]:
    """Average the weights with which the workers ended, and step on, a strip of rows at a time.

    Return the weights after that, the velocity, and the weights once more, in strips.
    """
    average = list(map(strips.average, zip(*map(strips.from_bytes, ends))))
    rows, velocities = outer_step(strips, strips.from_bytes(before), average, strips.from_bytes(velocity), outer)
    return strips.to_bytes(rows)[: len(before)], strips.to_bytes(velocities)[: len(before)], rows


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
