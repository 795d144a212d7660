"""Findings: what went wrong in a training, or was wrong before it began, in words and with what to try.

A `Watch` measures the network before and after the training, on a few hundred samples. What it has measured is the
`Evidence`: losses, compared with that of the untrained network and with that of always giving the best constant answer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, isnan, nan, sqrt
from random import Random
from typing import NamedTuple

from purenn.engine import ADVICE, Job
from purenn.errors import TrainingError, listed
from purenn.history import Epoch
from purenn.layers import Linear
from purenn.losses import MeanSquaredError
from purenn.metrics import Score, constant_loss, losses_of, score_of
from purenn.network import Sequential
from purenn.preprocessing import badly_scaled, missing_classes
from purenn.regularization import Dropout
from purenn.samples import PICTURE, Images, Labels, Rows, Samples, classes, loss_doubts

__all__ = ["UNFINISHED", "Advice", "Evidence", "Watch", "rank_sum"]

# Standard deviations, which chance exceeds once in 740 times; the curves must have parted too.
BEYOND_CHANCE = 3.0
ENOUGH = 3  # epochs: nobody expects a network to have learned much after fewer
ALIKE = 3  # samples: fewer that are equal may be meant so
FEW = 300  # samples on which the judgement of a training is based, at most: more would take time and tell little
EXPLODED = 2.0  # a training has diverged if its loss is this many times that of knowing nothing
LITTLE = 0.85  # a network has learned little if its loss is not below this part of the best constant's
STILL = 0.99  # a loss that has fallen by more than 1 % in the second half of the epochs is still falling
RISEN = 1.03  # a loss of classes is higher than that of knowing nothing by more than chance: a step makes it worse
UNFINISHED = "not finished"  # the finding of a training whose loss was still falling begins like this
HOPELESS, LONG = 1000.0, 10  # the loss is so many times that of knowing nothing, for so many epochs
HUGE = 1e9  # a weight that no training of any use reaches
WORTHLESS = 0.2  # of the best constant's errors: with more, a network whose loss has exploded is not worth keeping


class Advice(NamedTuple):
    """Ways to say what to try, in the caller's language: here, in Python's. `rate` has a place for a learning rate,
    `epochs` for a number. targets: for badly scaled ones; again: after a rate, when the network is of no use any more.
    """

    rate: str = "optimizer=SGD({:.2g})"
    epochs: str = "epochs={}"
    scaling: str = "standardize them by a first layer: Sequential(standardize(X), *network)"
    targets: str = "standardize these too: scaler = standardize(y), then scaler(y)"
    diagnosis: str = "purenn.diagnose"
    again: str = " and a new network"
    hidden: str = "a hidden layer"

    def lower(self, rate: float) -> str:
        """Return the advice to try a tenth of this rate, and at most 0.1: a rate of 1e9 is as wrong as one of 1e10."""
        return self.rate.format(min(rate / 10.0, 0.1))


@dataclass(frozen=True)
class Evidence:
    """Measurements on a few hundred of the samples, by which a training is judged.

    before, last, after: the losses on training samples of the untrained network, of that after the last epoch, and of
    that which was kept, which is the one after epoch `kept`. constant: the loss of the best constant answer to the same
    samples, `answer` in words. count: how many these are.
    wrong, wrong_constant: the fractions of them that the network kept and the best constant get wrong; None for
    quantities.
    surplus: how much larger the validation losses were than the training losses after the last epoch, by `rank_sum`; 0
    without validation.
    causes: what looked wrong before the training began. targets: badly scaled targets, which matter if it failed.
    risen: how many times the loss of knowing nothing an epoch must have to be too high. flat: no layer is hidden.
    penalty: of the weights of the untrained network. Only the losses of epochs have it in them.
    """

    before: float
    last: float
    after: float
    constant: float
    kept: int
    count: int = FEW
    answer: str = "the best constant"
    wrong: float | None = None
    wrong_constant: float | None = None
    surplus: float = 0.0
    causes: tuple[str, ...] = ()
    targets: str = ""
    advice: Advice = field(default_factory=Advice)
    risen: float = EXPLODED
    flat: bool = False
    penalty: float = 0.0

    @property
    def generalizes_worse(self) -> bool:
        """True if the validation loss is further above the training loss than chance explains."""
        return not self.exploded(self.last) and self.surplus > BEYOND_CHANCE

    @property
    def by_heart(self) -> bool:
        """True if the last network is good on the training samples, but one that is not was the best in validation."""
        return self.last < LITTLE * self.constant <= self.after and self.generalizes_worse

    def exploded(self, loss: float) -> bool:
        """Return True for a loss that is NaN, or twice that of the untrained network and of the best constant."""
        return self._above(EXPLODED, loss)

    def _above(self, factor: float, loss: float) -> bool:
        return not loss <= factor * max(self.before, self.constant)

    @property
    def useless(self) -> bool:
        """True if the network kept is no better than the best constant, though there is something to learn."""
        return not self.after < self.constant and self._varied

    @property
    def _varied(self) -> bool:
        """False if all targets are equal: then a constant is right."""
        return self.constant > 1e-6 * min(self.before, 1.0)

    @property
    def _answers_no_better(self) -> bool:
        """True if the network kept gets as much wrong as the best constant, though there is something to get right."""
        return self.wrong is not None and 0.0 < (self.wrong_constant or 0.0) <= self.wrong

    @property
    def diverged(self) -> bool:
        """True if the loss of the network kept has exploded, or is useless after a training whose loss has exploded."""
        return self.exploded(self.after) or (self.useless and self.exploded(self.last))

    @property
    def worthless(self) -> bool:
        """True if the training has diverged and the network kept does not answer well either.

        A network that answers 97 % right is worth keeping even if it is far too sure of the other 3 %.
        """
        if self.wrong is None or self.wrong_constant is None:
            return self.diverged
        return self.diverged and self.wrong > WORTHLESS * self.wrong_constant

    def findings(self, epochs: Sequence[Epoch]) -> tuple[str, ...]:
        """Return what looked wrong before the training, and how it went wrong, if it did."""
        outcome = self._outcome(epochs)
        failed = [self.targets] if self.targets and outcome else []
        return (*self.causes, *failed, *([outcome] if outcome else []))

    def _outcome(self, epochs: Sequence[Epoch]) -> str:
        return self._too_fast(epochs) or self._only_by_heart() or self._too_little(epochs)

    def _too_fast(self, epochs: Sequence[Epoch]) -> str:
        """Tell of a loss that has exploded or jumped, or return an empty string."""
        rate = max(epoch.learning_rate for epoch in epochs)
        highest = max(epochs, key=lambda epoch: -inf if isnan(epoch.loss) else epoch.loss)
        lower = f"the learning rate of {rate:.4g} is too high. Try {self.advice.lower(rate)}"
        standards = f"the untrained network has {self.before:.4g}, and {self.answer} {self.constant:.4g}"
        if self.diverged:
            lower += self.advice.again
        if self.causes or self.targets:
            lower += ", after what is said above"
        kept = f". The network of epoch {self.kept} is kept, with a loss of {self.after:.4g}"
        if self.diverged:
            return f"diverged: the loss on {self.count} training samples is {self.after:.4g}, but {standards}: {lower}"
        if self.exploded(self.last):
            return f"diverged in the end: the last loss is {self.last:.4g}, but {standards}: {lower}{kept}"
        relapse = self._relapse(epochs)
        if relapse:
            return f"unsteady: {relapse}, but {standards}: {lower}{kept if self.kept < len(epochs) else ''}"
        if self._above(self.risen, highest.loss - self.penalty) and self.after > self.constant / 2.0:
            jumped = f"the loss was {highest.loss:.4g} in epoch {highest.number} and is {self.after:.4g} now"
            return f"unsteady: {jumped}, but {standards}: {lower}"
        return ""

    def _only_by_heart(self) -> str:
        """Tell of what was learned, but holds for the training samples only, or return an empty string."""
        if not self.by_heart:
            return ""
        best = f"the network of epoch {self.kept}, the best in validation, has {self.after:.4g}"
        what = f"the loss on {self.count} training samples fell to {self.last:.4g}, but {best}, and {self.answer}"
        ideas = "more samples, other inputs, fewer units, dropout or a penalty"
        unsure = "it may also be that the inputs tell nothing about the targets"
        return f"learned its samples by heart: {what} {self.constant:.4g}. Try {ideas}; {unsure}"

    def _too_little(self, epochs: Sequence[Epoch]) -> str:
        """Tell of a network that is hardly better than the best constant, or return an empty string."""
        rate = max(epoch.learning_rate for epoch in epochs)
        if self._answers_no_better and self.after < LITTLE * self.constant and len(epochs) >= ENOUGH:
            right = f"{1.0 - (self.wrong or 0.0):.0%} of the answers on {self.count} training samples are right"
            what = f"{right}, no more than if all were the most frequent one, although the loss has fallen"
            ideas = f"more epochs, another learning rate than {rate:.4g}, or {self.advice.diagnosis}"
            return f"answers no better: {what}. Try {ideas}"
        if self.after < LITTLE * self.constant or not self._varied or len(epochs) < ENOUGH:
            return ""
        result = f"the loss on {self.count} training samples is {self.after:.4g}, and {self.answer} {self.constant:.4g}"
        if self._falling(epochs):
            more = self.advice.epochs.format(3 * len(epochs))
            return f"{UNFINISHED}: {result}, but it is still falling. Try {more} or a higher learning rate"
        what = "nothing" if self.useless else "little"
        if self.wrong is not None and self.wrong < (self.wrong_constant or 0.0):
            right = f"{100.0 * (1.0 - self.wrong):.0f} %"
            result += f"; that {right} are right is luck, for the answers are hardly surer than that"
        if self.flat:
            result += "; without a hidden layer a network separates by straight lines only, too little for XOR"
        units = self.advice.hidden if self.flat else "more hidden units"
        ideas = f"{units}, another learning rate than {rate:.4g}, or {self.advice.diagnosis}"
        return f"learned {what}: {result}. Try {ideas}; it may also be that the inputs tell nothing about the targets"

    def _relapse(self, epochs: Sequence[Epoch]) -> str:
        """Tell of a loss that was below half of the best constant's, and above it later; otherwise an empty string."""
        low = epochs[0]
        for epoch in epochs:
            if low.loss < self.constant / 2.0 and epoch.loss > self.constant and self._varied:
                return f"the loss was {low.loss:.4g} in epoch {low.number} and {epoch.loss:.4g} in epoch {epoch.number}"
            low = min(low, epoch, key=lambda epoch: epoch.loss)
        return ""

    def _falling(self, epochs: Sequence[Epoch]) -> bool:
        """Return True if training and validation loss have fallen by more than 1 % since the middle of the training."""
        last, middle = epochs[-1], epochs[len(epochs) // 2 - 1]
        return last.loss < STILL * middle.loss and last.watched_loss < STILL * middle.watched_loss


class Watch:
    """The measurements of a training, for its `Evidence`: made before it begins, and completed after it.

    doubts: what looks wrong already, in words. columns: the names of the inputs, if they have some.
    """

    def __init__(
        self,
        job: Job,
        validation: Samples | None,
        doubts: Sequence[str] = (),
        *,
        advice: Advice | None = None,
        columns: Sequence[str] = (),
    ) -> None:
        self.loss = job.loss
        self.samples, self.validation = _few(job.samples), _few(validation) if validation else None
        self.advice = advice or Advice()
        self.untrained = deepcopy(job.network)
        self.constant = constant_loss(self.samples, job.loss)
        layers = job.network.layers
        # a layer that normalizes or scales may stand before the first Linear one, or after the last
        inputs = _unscaled("inputs", self.samples.inputs, columns) if isinstance(layers[0], Linear) else ""
        targets = _unscaled("targets", self.samples.targets) if isinstance(layers[-1], Linear) else ""
        self.scaling = f"{inputs}: no learning rate suits all weights then; {self.advice.scaling}" if inputs else ""
        missing = _missing(job.samples, validation, job.network.classes or job.samples.names)
        self.spoilt, misfits = _spoilt(job.network), loss_doubts(job.loss, job.network.meaning.last)
        regression = _perhaps_classes(self.samples) if type(job.loss) is MeanSquaredError else ""
        found = (self.spoilt, *misfits, missing, regression, _mute(self.samples.inputs), self.scaling, *doubts)
        self.causes = tuple(text for text in found if text)
        quantities = targets if job.loss.kind == "quantities" else ""
        self.targets = f"{quantities}; {self.advice.targets}" if quantities else ""
        # a loss of quantities may have outliers, and that of an epoch has penalty, dropout and warps in it
        self.penalty = job.penalty.value(job.network.weights) if job.penalty else 0.0
        disturbed = job.penalty or job.augment or any(isinstance(layer, Dropout) for layer in layers)
        is_plain = job.loss.kind != "quantities" and not disturbed
        self.risen = RISEN if is_plain else EXPLODED
        self.flat = job.loss.kind != "quantities" and sum(isinstance(layer, Linear) for layer in layers) == 1

    @cached_property
    def before(self) -> float:
        """The loss of the untrained network. For a large one it takes a second, so it is measured when it is needed."""
        return self._score(self.untrained).loss

    def explained(self, error: TrainingError, rate: float) -> TrainingError:
        """Return the error that ended the training, with more to try if it blames the rate or the scale."""
        if ADVICE not in str(error):
            return error
        if self.spoilt:
            return TrainingError(f"{error}; {self.spoilt}")
        example = f"for example {self.advice.lower(rate)}{self.advice.again}"
        return TrainingError("; ".join([str(error), example, *([self.targets] if self.targets else [])]))

    def hopeless(self, epochs: Sequence[Epoch]) -> str:
        """Return why training should stop, or an empty string: for 10 epochs the loss was over 1,000 times that of the
        untrained network and of the best constant, and it has not fallen."""
        losses = [epoch.loss for epoch in epochs[-LONG:]]
        if len(losses) < LONG or any(loss <= HOPELESS * self.constant for loss in losses):
            return ""
        if any(loss <= HOPELESS * self.before for loss in losses):
            return ""
        if min(losses[LONG // 2 :]) < min(losses[: LONG // 2]):
            return ""
        return f"for {LONG} epochs the loss was over {HOPELESS:,.0f} times that of knowing nothing, and has not fallen"

    def promises(self, epoch: Epoch) -> bool:
        """Return True if the network after this epoch was clearly better than the best constant."""
        return epoch.watched_loss < LITTLE * self.constant

    def evidence(self, last: Sequential, kept: Callable[[], Sequential], number: int) -> Evidence:
        """Measure the network after the last epoch, then the one that is kept, which is that of epoch `number`."""
        ours = self._losses(last, self.samples)
        theirs = self._losses(last, self.validation) if self.validation else ours
        network, is_quantity = kept(), self.loss.kind == "quantities"
        answer = f"always answering with {'their average' if is_quantity else 'the frequencies of the classes'} has"
        score = self._score(network)
        return Evidence(
            self.before,
            last=_mean(ours),
            after=score.loss,
            constant=self.constant,
            kept=number,
            count=len(self.samples),
            answer=answer,
            wrong=None if score.accuracy is None else 1.0 - score.accuracy,
            wrong_constant=None if is_quantity else self._wrong_constant(),
            surplus=rank_sum(theirs, ours) if self.validation else 0.0,
            causes=self.causes,
            targets=self.targets,
            advice=self.advice,
            risen=self.risen,
            flat=self.flat,
            penalty=self.penalty,
        )

    def _score(self, network: Sequential) -> Score:
        """Return the score on the training samples; a loss of NaN if the outputs are too large for it."""
        try:
            return score_of(network, self.samples, self.loss, self.samples.answers)
        except ArithmeticError:
            return Score(nan, None)

    def _losses(self, network: Sequential, samples: Samples) -> list[float]:
        """Return the loss of each sample; NaN if the outputs are too large for it."""
        try:
            return losses_of(network, samples, self.loss)
        except ArithmeticError:
            return [nan] * len(samples)

    def _wrong_constant(self) -> float:
        """Return the fraction that the best constant gets wrong: all but the most frequent answer."""
        answers = self.samples.answers
        rows = answers(self.samples.targets.take(range(len(self.samples)))) if answers else []
        return 1.0 - max(Counter(map(str, rows)).values(), default=0) / len(self.samples)


def _spoilt(network: Sequential) -> str:
    """Name a weight that is huge or not a number, or return an empty string."""
    weights = (weight for parameter in network.parameters for row in parameter for weight in row)
    wild = next((weight for weight in weights if not abs(weight) <= HUGE), None)
    if wild is None:
        return ""
    return f"the network begins with a weight of {wild:.3g}, as one that has diverged: start with a new network"


def _few(samples: Samples) -> Samples:
    """Return at most 300 of the samples, drawn at random: at equal distances, classes that take turns would be lost."""
    chosen = Random(0).sample(range(len(samples)), min(FEW, len(samples)))
    return samples if len(samples) <= FEW else samples.select(sorted(chosen))


def _mean(losses: Sequence[float]) -> float:
    return sum(losses) / len(losses)


def rank_sum(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return how many standard deviations the xs are larger than the ys, beyond what chance would make of equal ones.

    z = (U - n m / 2) / √(n m (n + m + 1) / 12), where U counts the pairs in which x is larger than y, and half of those
    that tie, for n xs and m ys. Only the order of the numbers counts: one loss that is a hundred times the others makes
    a mean uncertain, but not this. Source: Mann and Whitney (1947).

    >>> rank_sum([3.0, 4.0, 900.0], [1.0, 2.0, 2.5])
    1.9639610121239315
    """
    order, n, m = sorted(ys), len(xs), len(ys)
    pairs = sum(bisect_left(order, x) + bisect_right(order, x) for x in xs) / 2.0
    return (pairs - n * m / 2.0) / sqrt(n * m * (n + m + 1) / 12.0)


def _unscaled(what: str, rows: Rows, columns: Sequence[str] = ()) -> str:
    """Name the worst of the badly scaled columns, or return an empty string. The pixels of pictures are from 0 to 1."""
    if isinstance(rows, (Images, Labels)):
        return ""
    x = rows.take(range(len(rows)))
    wild = badly_scaled(x, columns)
    if wild and x.columns >= PICTURE and all(0.0 <= value <= 255.0 and not value % 1.0 for row in x for value in row):
        wild = ["all are whole numbers from 0 to 255; if they are pixels, divide them by 255"]
    more = f" and {len(wild) - 2} more" if len(wild) > 2 else ""
    return f"{what}: badly scaled: {', '.join(wild[:2])}{more}" if wild else ""


def _mute(inputs: Rows) -> str:
    """Tell of inputs that say nothing, because all are equal, or of pictures whose pixels are 0 and 1, nearly white."""
    if isinstance(inputs, Images) and max(map(max, inputs.pictures())) == 1:
        return "the darkest pixel of the pictures is 1, of 255: if they are scaled already, pass them as floats"
    first = inputs.take([0])
    if len(inputs) < ALIKE or any(inputs.take([i]) != first for i in range(1, len(inputs))):
        return ""
    return "the inputs of all samples are equal: nothing tells the samples apart"


def _perhaps_classes(samples: Samples) -> str:
    """Return a doubt about targets in a single column that are 0, 1, …, k for a few samples or more each."""
    if samples.targets.columns > 1 or isinstance(samples.targets, Labels):
        return ""
    counts = Counter(value for (value,) in samples.targets.take(range(len(samples))))
    if not 3 <= len(counts) <= 10 or {*counts} != {*range(len(counts))} or min(counts.values()) < 3:
        return ""
    what = f"the targets are whole numbers from 0 to {len(counts) - 1}, learned as a quantity by a single output"
    return f"{what}: if they are classes, the network needs {len(counts)} outputs"


def _missing(samples: Samples, others: Samples | None, names: Sequence[str]) -> str:
    """Name the classes without a training sample, and say whether other samples have them."""
    missing = missing_classes(samples)
    if not missing:
        return ""
    kinds = ("class", "classes") if samples.answers is classes else ("label", "labels")
    there = sorted({*missing} - {*missing_classes(others)}) if others else []

    def said(labels: Sequence[int]) -> str:
        found = [names[label] if label < len(names) else str(label) for label in labels]
        return f"{kinds[len(labels) > 1]} {listed(found)}"

    but = f", but validation samples have {said(there)}" if there else ""
    these = "them" if len(missing) > 1 else "it"
    return f"no training sample has {said(missing)}{but}: the network cannot learn {these}"
