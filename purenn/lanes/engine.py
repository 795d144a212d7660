"""The lanes engine: trains a network a sample at a time, with its weights packed into big integers.

It is for networks of Linear layers with simple activations between them and for plain gradient descent. There it is
faster than the float engine by more than an order of magnitude. It refuses, with the reason, what it cannot do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from math import exp, floor, frexp, isfinite, log
from random import Random
from typing import NamedTuple

from purenn.engine import ADVICE, Engine, Job, Progress, State
from purenn.errors import ShapeError, TrainingError, check_whole
from purenn.formats import random_state, restore_random
from purenn.lanes.groups import grouped
from purenn.lanes.layers import POINTS, LayerState, width_for
from purenn.lanes.network import PackedNetwork, unsupported
from purenn.lanes.outer import outer_for
from purenn.lanes.plain import ACTIVITY, WEIGHT
from purenn.lanes.selection import KEPT, KNOWN, WEIGHTS, Selection
from purenn.lanes.warps import Warps
from purenn.losses import BinaryCrossEntropy, CrossEntropy, Loss
from purenn.matrix import Matrix
from purenn.metrics import Score
from purenn.network import Sequential
from purenn.optimizers import SGD
from purenn.samples import Answers, Images, Labels, Rows, Samples
from purenn.schedules import Schedule

__all__ = ["BLOCK", "LanesEngine", "Prepared", "Tally", "resolution"]

LEARNING_RATE = 0.02  # if the job has none: it suits pictures of digits
PICTURE_SCALE = 8  # shades of grey that are told apart
NUMBER_SCALE = 64  # inputs that are not pictures are rounded to multiples of 1 / 64
SCALES = [1 << power for power in range(10)]  # with larger ones, `PackedNetwork.learn` would shift 32 bits or more
BLOCK = 500  # samples that share a learning rate


class LanesEngine(Engine):
    """The engine in lanes: plain gradient descent, one sample at a time, with weight decay or an L2 penalty on request.

    A sample's weight multiplies its loss. The job's scale is a power of 2: how many shades of grey are told apart in
    pictures, or steps between 0 and 1 in other inputs. Default: 8 shades, 64 steps. Default learning rate: 0.02.
    An L2 penalty is added to the loss as it is at the end of the pass.
    Raises ValueError for a job that it does not support, options out of range or samples that are not finite,
    ShapeError for sizes that do not fit, and TrainingError if inputs or weights are too large for the lanes.
    """

    name = "lanes"

    def __init__(self, job: Job) -> None:
        reason = self.unsupported(job)
        if reason:
            raise ValueError(f"the lanes engine cannot be used {reason}")
        if job.workers != 1:
            raise ValueError(f"LanesEngine has one worker, got {job.workers}: ParallelEngine has several")
        optimizer = SGD(LEARNING_RATE) if job.optimizer is None else job.optimizer
        self.learning_rate = optimizer.learning_rate
        self.weight_decay = optimizer.options["weight_decay"]
        self.penalty = job.penalty
        self.batch_size = 1
        self.pictures = isinstance(job.samples.inputs, Images)
        usual = PICTURE_SCALE if self.pictures else NUMBER_SCALE
        self.scale = usual if job.scale is None else job.scale
        if self.scale not in SCALES:
            raise ValueError(f"scale must be a power of 2 from {SCALES[0]} to {SCALES[-1]}, got {self.scale}")
        self.loss = job.loss
        self.rng = job.generator
        self.shuffle = job.shuffle
        self.warps = Warps(job.augment, job.samples.inputs) if job.augment else None
        self.bits = resolution(0.0)
        # Warps gather ink: only wide lanes hold it for sure.
        narrow = self.pictures and not job.augment
        self.packed = PackedNetwork(job.network, self.scale, width_for(job.network, self.scale) if narrow else 32)
        self.selective = not job.every_sample and isinstance(job.loss, (CrossEntropy, BinaryCrossEntropy))
        self.outer = outer_for(1)
        self.velocity = self.packed.at_rest
        self._network = job.network
        self.answers = job.samples.answers
        self.samples = self.prepare(job.samples)
        self.selection = Selection(len(job.samples))
        self.others: dict[int, tuple[Samples, Prepared]] = {}

    @classmethod
    def unsupported(cls, job: Job) -> str:
        if job.batch_size not in (None, 1):
            return f"for batches of {job.batch_size}"
        if job.optimizer is not None:
            if type(job.optimizer) is not SGD:
                return f"for {type(job.optimizer).__name__.lower()}"
            if job.optimizer.momentum:
                return "for momentum"
        if job.penalty and job.penalty.l1:
            return "for an L1 penalty"
        if job.clip:
            return "for clipping"
        reason = unsupported(job.network)
        return f"as {reason}" if reason else ""

    @classmethod
    def unsuited(cls, job: Job) -> str:
        return "" if isinstance(job.samples.inputs, Images) else "as lanes round inputs that are not pictures of bytes"

    def rounding(self) -> str:
        if self.pictures:
            return f"sees {self.scale} shades of grey"
        return f"rounds inputs to multiples of 1/{self.scale}"

    def check(self, samples: Samples) -> None:
        """Raise ShapeError for samples that do not fit the network, ValueError for samples that are not finite."""
        inputs, outputs = len(self.packed.first.rows) - 2, self._network.widths[-1]
        if (samples.inputs.columns, samples.targets.columns) != (inputs, outputs):
            found = f"{samples.inputs.columns} and {samples.targets.columns}"
            raise ShapeError(f"the network has {inputs} inputs and {outputs} outputs, but the samples {found}")
        samples.check(self.loss)

    def prepare(self, samples: Samples) -> Prepared:
        """Check samples and group them."""
        self.check(samples)
        prepared = Prepared(samples, self.loss, self.scale, self.answers)
        self.packed.first.admit(prepared.highest)
        return prepared

    def network(self) -> Sequential:
        """Return the network it was given, with the weights as they are now."""
        self.packed.save(self.packed.state, self._network)
        return self._network

    def state(self) -> State:
        """Return weights and velocity, whole numbers of units and so exact in floats, and the random state."""
        velocity = deepcopy(self._network)
        self.packed.save(self.velocity, velocity)
        tensors = {f"network.{name}": tensor for name, tensor in self.network().state().items()}
        tensors.update({f"velocity.{name}": tensor for name, tensor in velocity.state().items()})
        notes = {"bits": str(self.bits), "known": self.selection.note, "random": random_state(self.rng)}
        notes["width"] = str(self.packed.first.width)
        return State(tensors, notes)

    def restore(self, state: State) -> None:
        bits = int(state.note("bits"))
        check_whole(0, bits=bits)
        width = int(state.note("width"))
        if width not in POINTS:
            raise ValueError(f"'width' must be the bits of a lane, {' or '.join(map(str, POINTS))}, got {width}")
        velocity = deepcopy(self._network)
        velocity.load_state(state.part("velocity."))
        self._network.load_state(state.part("network."))
        self.selection.restore(state.note("known"))
        restore_random(self.rng, state.note("random"))
        highest = self.packed.first.highest
        self.packed = PackedNetwork(self._network, self.scale, width)
        self.packed.first.admit(highest)
        self.velocity = PackedNetwork(velocity, self.scale, width).state
        self.bits = bits

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        order = list(range(len(self.samples)))
        self.draw_warps(self.rng)
        if self.shuffle:
            self.rng.shuffle(order)
        if self.selective:
            order = self.selection.choose(order, self.rng)
        tally = Tally(0.0, 0.0, 0.0)
        self.packed.first.check()  # as after `restore`: so it is widened at the same sample in a resumed training
        before = self.packed.state
        for start in range(0, len(order), BLOCK):
            rate = schedule(epoch + start / len(order))
            block = order[start : start + BLOCK]
            try:
                tally = tally.plus(self.learn(block, rate))
                if self.selective and (start + BLOCK) % self.outer.samples == 0:
                    before = self.step_on(before, [self.packed.state])
                    self.packed.restore(before)
            except TrainingError as error:
                where = f"epoch {epoch + 1}, samples {start + 1} to {start + len(block)}"
                raise TrainingError(f"{where}: {error}; {ADVICE} (the rate was {rate:g})") from error
            self.running_loss = tally.loss / tally.weight  # without a penalty: to compute it takes time
            progress(start + len(block), len(order))
        return self.score(tally)

    def draw_warps(self, rng: Random) -> None:
        """Draw the warps of an epoch. Raises TrainingError if ink piles up that is too much for the weights."""
        if self.warps:
            self.packed.first.admit(self.scale * self.warps.draw(rng))

    def step_on(self, before: Sequence[LayerState], ends: Sequence[Sequence[LayerState]]) -> list[LayerState]:
        """Make an outer step to the average of these ends of a round, and return the weights after it."""
        after, self.velocity = self.packed.outer_step(before, ends, self.velocity, self.outer)
        return after

    def learn(self, block: Sequence[int], rate: float) -> Tally:
        """Learn from these samples, one after the other, and note which of them are known."""
        self.bits = min(self.bits, resolution(rate))  # as the highest rate so far needs it: rates may warm up
        packed, samples, known, rng = self.packed, self.samples, self.selection.known, self.rng
        bits = self.bits if packed.later else packed.first.delta_bits
        gain, draw = rate * (1 << bits), rng.random
        weights, taught = (WEIGHTS, KNOWN) if self.selective else ((1.0, 1.0), 0.0)
        loss = right = total = 0.0
        for i in block:
            groups = samples.groups[i]
            if self.warps:
                groups = groups.warped(self.warps.one(rng))
            signals, outputs = packed.forward(groups, rng)
            sample_loss, is_right, gradient = samples.judge(outputs, i)
            slopes = gradient()
            try:
                deltas = [floor(slope * gain + draw()) for slope in slopes]
            except (OverflowError, ValueError) as error:  # infinity and NaN have no floor
                raise TrainingError(f"the loss is {sample_loss}, its gradient {slopes}") from error
            if any(deltas) and (sample_loss >= taught or draw() < KEPT):
                packed.learn(groups, signals, deltas, bits, rng)
            weight = weights[known[i]]
            known[i] = sample_loss < KNOWN
            loss += weight * sample_loss
            right += weight * is_right
            total += weight
        if not isfinite(loss):
            raise TrainingError(f"the loss is {loss}")
        self._decay(rate, len(block))
        return Tally(loss, right, total)

    def _decay(self, rate: float, steps: int) -> None:
        """Shrink the weights as weight decay and the L2 penalty would have done in so many steps; biases as the decay
        alone would have done."""
        l2 = self.penalty.l2 if self.penalty else 0.0
        if self.weight_decay or l2:
            kept, kept_biases = 1.0 - rate * (self.weight_decay + l2), 1.0 - rate * self.weight_decay
            if not 0.0 <= kept <= 1.0:
                raise TrainingError(f"a weight decay of {self.weight_decay + l2} would multiply weights by {kept:g}")
            self.packed.shrink(kept**steps, kept_biases**steps, self.rng)

    def evaluate(self, samples: Samples) -> Score:
        return self.score(self.judge(samples))

    def judge(self, samples: Samples) -> Tally:
        """Sum up the losses of other samples. They are kept, grouped, for the next time."""
        if id(samples) not in self.others:
            self.others[id(samples)] = samples, self.prepare(samples)
        return self.judge_prepared(self.others[id(samples)][1])

    def judge_prepared(self, prepared: Prepared) -> Tally:
        """Sum up the losses of samples that `prepare` has returned."""
        loss = right = 0.0
        for i, groups in enumerate(prepared.groups):
            sample_loss, is_right, _ = prepared.judge(self.packed.forward(groups)[1], i)
            loss += sample_loss
            right += is_right
        return Tally(loss, right, float(len(prepared)))

    def score(self, tally: Tally) -> Score:
        """Return the score with the penalty of the weights as they are, and no accuracy where there is none."""
        penalty = self.penalty.value(self.network().weights) if self.penalty else 0.0
        accuracy = tally.right / tally.weight if self.answers else None
        return Score(tally.loss / tally.weight + penalty, accuracy)


class Tally(NamedTuple):
    """Sums over samples: their losses, how many were right, and how many there were, each counted by its weight."""

    loss: float
    right: float
    weight: float

    def plus(self, other: Tally) -> Tally:
        """Return the sums over the samples of both."""
        return Tally(self.loss + other.loss, self.right + other.right, self.weight + other.weight)


Gradient = Callable[[], "list[float]"]
Judge = Callable[[list[float], int], "tuple[float, bool, Gradient]"]


class Prepared:
    """Samples in groups, and the judge of outputs for sample i: its loss, whether it is right, and a function that
    returns dL/d(outputs), which only training needs."""

    def __init__(self, samples: Samples, loss: Loss, scale: int, answers: Answers | None) -> None:
        self.groups = grouped(samples.inputs, scale)
        pictures = isinstance(samples.inputs, Images)
        self.highest = scale if pictures else max(abs(level) for groups in self.groups for level in groups.levels)
        if isinstance(loss, CrossEntropy) and isinstance(samples.targets, Labels):
            self.judge = _cross_entropy(samples.targets.values)
        else:
            self.judge = _any_loss(loss, samples.targets, answers)
        if samples.weights is not None:
            self.judge = _weighted(self.judge, list(map(float, samples.weights)))

    def __len__(self) -> int:
        return len(self.groups)


def _cross_entropy(labels: Sequence[int]) -> Judge:
    """Judge by softmax and cross-entropy: `CrossEntropy` without matrices around one row."""

    def judge(outputs: list[float], i: int) -> tuple[float, bool, Gradient]:
        label, peak = labels[i], max(outputs)
        powers = [exp(z - peak) for z in outputs]
        total = sum(powers)

        def gradient() -> list[float]:
            slopes = [power / total for power in powers]
            slopes[label] -= 1.0
            return slopes

        return log(total) + peak - outputs[label], outputs.index(peak) == label, gradient

    return judge


def _any_loss(loss: Loss, targets: Rows, answers: Answers | None) -> Judge:
    """Judge by the loss itself, given a batch of one."""

    def judge(outputs: list[float], i: int) -> tuple[float, bool, Gradient]:
        y, t = Matrix.wrap([outputs]), targets.take([i])
        right = answers is not None and answers(loss.predictions(y)) == answers(t)
        return loss.value(y, t), right, lambda: loss.gradient(y, t)[0]

    return judge


def _weighted(judge: Judge, weights: Sequence[float]) -> Judge:
    """Judge with each sample's loss, and so its gradient, multiplied by its weight."""

    def weighted(outputs: list[float], i: int) -> tuple[float, bool, Gradient]:
        loss, right, gradient = judge(outputs, i)
        return weights[i] * loss, right, lambda: [weights[i] * slope for slope in gradient()]

    return weighted


def resolution(rate: float) -> int:
    """Return the bits after the point in deltas at this rate: bits <= 12, chosen so that 64 <= rate · 2^bits < 128.

    >>> resolution(0.02), resolution(0.5)
    (12, 7)
    """
    most = WEIGHT - ACTIVITY
    return min(max(7 - frexp(rate)[1], 0), most) if rate else most
