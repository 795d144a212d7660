"""The lanes engine: trains a network a sample at a time, with its weights packed into big integers.

It is for networks of Linear layers with simple activations between them and for plain gradient descent, and there it is
faster than floats by more than an order of magnitude. What it does not support it says; the float engine takes it all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, floor, frexp, isfinite, log
from random import Random

from purenn.engine import (
    ADVICE,
    Answers,
    Progress,
    Score,
    State,
    answers_of,
    check_samples,
    note_of,
    part_of,
    random_state,
    restore_random,
)
from purenn.errors import ShapeError, TrainingError
from purenn.lanes.groups import grouped
from purenn.lanes.layers import ACTIVITY, SUM, WEIGHT
from purenn.lanes.network import PackedNetwork, unsupported
from purenn.losses import CrossEntropy, Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.samples import Images, Labels, Rows, Samples, Selection
from purenn.schedules import Schedule

__all__ = ["BLOCK", "LanesEngine", "resolution"]

PICTURE_SCALE = 8  # shades of grey that are told apart
NUMBER_SCALE = 64  # inputs that are no pictures are rounded to multiples of 1 / 64
SCALES = [1 << power for power in range(10)]  # with larger ones, `PackedNetwork.learn` would shift 32 bits or more
BLOCK = 500  # samples that share a learning rate


class LanesEngine:
    """A sample at a time, in lanes: batches of one, plain gradient descent with weight decay.

    A sample's weight multiplies its loss.
    scale: how many shades of grey are told apart in pictures, or steps between 0 and 1 in other inputs: a power of 2.
    Raises ValueError for a network it does not support, options out of range or samples that are not finite, ShapeError
    for sizes that do not fit, and TrainingError if inputs or weights are too large for the lanes.
    """

    name = "lanes"

    def __init__(
        self,
        network: Sequential,
        samples: Samples,
        loss: Loss,
        rng: Random,
        *,
        weight_decay: float = 0.0,
        scale: int | None = None,
    ) -> None:
        if unsupported(network):
            raise ValueError(f"the lanes engine cannot train {network}: {unsupported(network)}")
        if scale is None:
            scale = PICTURE_SCALE if _are_pictures(samples.inputs) else NUMBER_SCALE
        if scale not in SCALES:
            raise ValueError(f"scale must be a power of 2 from {SCALES[0]} to {SCALES[-1]}, got {scale}")
        if not (weight_decay >= 0.0 and isfinite(weight_decay)):
            raise ValueError(f"weight_decay must be a finite number of at least 0, got {weight_decay}")
        self.loss = loss
        self.rng = rng
        self.weight_decay = weight_decay
        self.scale = scale
        self.bits = resolution(0.0)
        self.packed = PackedNetwork(network, scale)
        self._network = network
        self.answers = answers_of(samples.targets)
        self.samples = self._prepare(samples)
        self.others: dict[int, tuple[Samples, _Prepared]] = {}

    def _prepare(self, samples: Samples) -> _Prepared:
        """Samples in groups, if they are finite and fit the network."""
        inputs, outputs = len(self.packed.first.rows) - 2, self._network.widths[-1]
        if (samples.inputs.columns, samples.targets.columns) != (inputs, outputs):
            found = f"{samples.inputs.columns} and {samples.targets.columns}"
            raise ShapeError(f"the network has {inputs} inputs and {outputs} outputs, but the samples {found}")
        check_samples(samples, self.loss)
        prepared = _Prepared(samples, self.loss, self.scale, self.answers)
        self.packed.first.admit(prepared.highest)
        return prepared

    def network(self) -> Sequential:
        """The network it was given, with the weights as they are now."""
        self.packed.save(self._network)
        return self._network

    def state(self) -> State:
        """The weights, whole numbers of units and so exact in floats, and where the random numbers are."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network().state().items()}
        return State(tensors, {"bits": str(self.bits), "random": random_state(self.rng)})

    def restore(self, state: State) -> None:
        """Go on from this state of an equal engine. Raises ValueError or ShapeError if it is of another."""
        bits = int(note_of(state, "bits"))
        self._network.load_state(part_of(state.tensors, "network."))
        restore_random(self.rng, note_of(state, "random"))
        highest = self.packed.first.highest
        self.packed = PackedNetwork(self._network, self.scale)
        self.packed.first.admit(highest)
        self.bits = bits

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """One pass over all training samples in random order; `epoch` counts from 0. TrainingError if it diverges."""
        order = list(range(len(self.samples)))
        self.rng.shuffle(order)
        loss, right = 0.0, 0
        for start in range(0, len(order), BLOCK):
            rate = schedule(epoch + start / len(order))
            block = order[start : start + BLOCK]
            try:
                block_loss, block_right = self.learn(block, rate)
            except TrainingError as error:
                where = f"epoch {epoch + 1}, samples {start + 1} to {start + len(block)}"
                raise TrainingError(f"{where}: {error}; {ADVICE} (the rate was {rate:g})") from error
            loss += block_loss
            right += block_right
            progress(start + len(block), len(order))
        return self.samples.score(loss, right)

    def learn(self, block: Sequence[int], rate: float) -> tuple[float, int]:
        """Learn from these samples, one after the other. The sum of their losses, and how many were right before."""
        self.bits = min(self.bits, resolution(rate))  # as the highest rate so far needs it: rates may warm up
        packed, samples, rng = self.packed, self.samples, self.rng
        bits = self.bits if packed.later else SUM - 2 * (self.scale.bit_length() - 1)
        gain, draw = rate * (1 << bits), rng.random
        loss, right = 0.0, 0
        for i in block:
            groups = samples.groups[i]
            signals, outputs = packed.forward(groups, rng)
            sample_loss, is_right, gradient = samples.judge(outputs, i)
            try:
                deltas = [floor(slope * gain + draw()) for slope in gradient]
            except (OverflowError, ValueError) as error:  # infinity and NaN have no floor
                raise TrainingError(f"the loss is {sample_loss}, its gradient {gradient}") from error
            if any(deltas):
                packed.learn(groups, signals, deltas, bits, rng)
            loss += sample_loss
            right += is_right
        if not isfinite(loss):
            raise TrainingError(f"the loss is {loss}")
        if self.weight_decay:
            kept = 1.0 - rate * self.weight_decay
            if not 0.0 <= kept <= 1.0:
                raise TrainingError(f"the weight decay of {self.weight_decay} would multiply weights by {kept:g}")
            packed.shrink(kept ** len(block), rng)
        return loss, right

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them. They are kept, ready for the next time."""
        if id(samples) not in self.others:
            self.others[id(samples)] = samples, self._prepare(samples)
        prepared = self.others[id(samples)][1]
        loss, right = 0.0, 0
        for i, groups in enumerate(prepared.groups):
            sample_loss, is_right, _ = prepared.judge(self.packed.forward(groups)[1], i)
            loss += sample_loss
            right += is_right
        return prepared.score(loss, right)


Judge = Callable[[list[float], int], "tuple[float, bool, list[float]]"]


class _Prepared:
    """Samples in groups, and a judge of outputs for sample i: their loss, whether the class is right, dL/d(outputs)."""

    def __init__(self, samples: Samples, loss: Loss, scale: int, answers: Answers | None) -> None:
        self.groups = grouped(samples.inputs, scale)
        pictures = _are_pictures(samples.inputs)
        self.highest = scale if pictures else max(abs(level) for groups in self.groups for level, _, _ in groups)
        self.answers = answers
        labels = _labels(samples.targets)
        if isinstance(loss, CrossEntropy) and labels:
            self.judge = _cross_entropy(labels)
        else:
            self.judge = _any_loss(loss, samples.targets, self.answers)
        if samples.weights is not None:
            self.judge = _weighted(self.judge, list(map(float, samples.weights)))

    def __len__(self) -> int:
        return len(self.groups)

    def score(self, loss: float, right: int) -> Score:
        """The averages of sums over all samples."""
        return Score(loss / len(self), right / len(self) if self.answers else None)


def _cross_entropy(labels: Sequence[int]) -> Judge:
    """Softmax and cross-entropy of a single sample: `CrossEntropy` without matrices around one row."""

    def judge(outputs: list[float], i: int) -> tuple[float, bool, list[float]]:
        label, peak = labels[i], max(outputs)
        powers = [exp(z - peak) for z in outputs]
        total = sum(powers)
        gradient = [power / total for power in powers]
        gradient[label] -= 1.0
        return log(total) + peak - outputs[label], outputs.index(peak) == label, gradient

    return judge


def _any_loss(loss: Loss, targets: Rows, answers: Answers | None) -> Judge:
    """What the loss itself says of a batch of one."""

    def judge(outputs: list[float], i: int) -> tuple[float, bool, list[float]]:
        y, t = Matrix.wrap([outputs]), targets.take([i])
        right = answers is not None and answers(loss.predictions(y)) == answers(t)
        return loss.value(y, t), right, loss.gradient(y, t)[0]

    return judge


def _weighted(judge: Judge, weights: Sequence[float]) -> Judge:
    """The same with each sample's loss, and so its gradient, multiplied by its weight."""

    def weighted(outputs: list[float], i: int) -> tuple[float, bool, list[float]]:
        loss, right, gradient = judge(outputs, i)
        return weights[i] * loss, right, [weights[i] * slope for slope in gradient]

    return weighted


def resolution(rate: float) -> int:
    """The bits after the point in deltas at this rate: so many that a delta of 1 is 64 to 128 units, but at most 12."""
    most = WEIGHT - ACTIVITY
    return min(max(7 - frexp(rate)[1], 0), most) if rate else most


def _labels(rows: Rows) -> list[int]:
    """Class numbers, if that is what these rows are; an empty list if not."""
    if isinstance(rows, Selection):
        labels = _labels(rows.whole)
        return [labels[i] for i in rows.indices] if labels else []
    return list(rows.values) if isinstance(rows, Labels) else []


def _are_pictures(rows: Rows) -> bool:
    return isinstance(rows, Images) or (isinstance(rows, Selection) and _are_pictures(rows.whole))
