"""The float engine: forward, loss, backward, step.

One pass over the samples in batches, with Python floats, for any network, loss and optimizer. What the chapters before
explain one by one comes together here, in `learn`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from random import Random

from purenn.engine import (
    ADVICE,
    Progress,
    Score,
    State,
    answers_of,
    check_samples,
    count_right,
    note_of,
    part_of,
    random_state,
    restore_random,
    score_of,
    weighted_loss,
    weights_of,
)
from purenn.errors import TrainingError
from purenn.formats.safetensors import Tensor
from purenn.layers import Backward
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.optimizers import Optimizer
from purenn.regularization import Clip, Penalty
from purenn.samples import Samples
from purenn.schedules import Schedule

__all__ = ["FloatEngine"]


class FloatEngine:
    """Trains any network, a batch at a time, with Python floats.

    `penalty` adds its value to every loss and its gradient to that of the weights; `clip` has the last word on all
    gradients before the step. A sample's weight multiplies its loss: L = Σ weight · loss / n for a batch of n. Without
    `shuffle`, every epoch goes through the samples in their own order.
    Raises ValueError, naming the place, if an input or a target is not a finite number, or means nothing to the loss.
    """

    name = "float"

    def __init__(
        self,
        network: Sequential,
        samples: Samples,
        loss: Loss,
        optimizer: Optimizer,
        batch_size: int,
        rng: Random,
        *,
        penalty: Penalty | None = None,
        clip: Clip | None = None,
        shuffle: bool = True,
    ) -> None:
        if not 1 <= batch_size <= len(samples):
            raise ValueError(f"batch_size must be from 1 to the {len(samples)} training samples, got {batch_size}")
        check_samples(samples, loss)
        self.samples = samples
        self.loss = loss
        self.optimizer = optimizer
        self.batch_size = batch_size
        self.rng = rng
        self.penalty = penalty
        self.clip = clip
        self.shuffle = shuffle
        self.answers = answers_of(samples.targets)
        self._network = network

    def network(self) -> Sequential:
        """The network it was given, which it changes in place."""
        return self._network

    def train(self, epoch: int, schedule: Schedule, progress: Progress) -> Score:
        """One pass over all training samples in random order; `epoch` counts from 0. TrainingError if it diverges."""
        order = list(range(len(self.samples)))
        if self.shuffle:
            self.rng.shuffle(order)
        loss, right = 0.0, 0
        for start in range(0, len(order), self.batch_size):
            self.optimizer.learning_rate = schedule(epoch + start / len(order))
            batch = order[start : start + self.batch_size]
            batch_loss, batch_right = self.learn(batch)
            if not isfinite(batch_loss):
                raise self._diverged(f"the loss is {batch_loss}", epoch, start)
            loss += batch_loss * len(batch)
            right += batch_right
            progress(start + len(batch), len(order))
        if not all(isfinite(weight) for parameter in self._network.parameters for row in parameter for weight in row):
            raise self._diverged("a weight is no longer a finite number", epoch, len(order) - 1)
        return Score(loss / len(order), right / len(order) if self.answers else None)

    def learn(self, batch: Sequence[int]) -> tuple[float, int]:
        """One step on the samples with these indices: their loss before it, and how many were right.

        No step is made if that loss is not a finite number.
        """
        x, targets = self.samples.take(batch)
        weights = weights_of(self.samples, batch)
        outputs, backward = self._network.forward(x, self.rng)
        loss = weighted_loss(self.loss, outputs, targets, weights) + self._penalty()
        if isfinite(loss):
            dy = self.loss.gradient(outputs, targets)
            if weights:
                dy = Matrix.wrap([[weight * slope for slope in row] for weight, row in zip(weights, dy)])
            self.optimizer.step(self._network.parameters, self._gradients(backward, dy))
        return loss, count_right(self.answers, self.loss, outputs, targets)

    def _gradients(self, backward: Backward, dy: Matrix) -> Sequence[Matrix]:
        """The gradient of every parameter, penalised and clipped."""
        gradients: Sequence[Matrix] = backward.parameters(dy)
        if self.penalty:
            penalised = set(map(id, self._network.weights))
            pairs = zip(self._network.parameters, gradients)
            gradients = [g + self.penalty.gradient(w) if id(w) in penalised else g for w, g in pairs]
        return self.clip(gradients) if self.clip else gradients

    def evaluate(self, samples: Samples) -> Score:
        """The score on other samples, without learning from them."""
        score = score_of(self._network, samples, self.loss, self.answers)
        return Score(score.loss + self._penalty(), score.accuracy)

    def _penalty(self) -> float:
        return self.penalty.value(self._network.weights) if self.penalty else 0.0

    def state(self) -> State:
        """The network, what the optimizer remembers, and where the random numbers are."""
        tensors = {f"network.{name}": tensor for name, tensor in self._network.state().items()}
        for name, matrices in self.optimizer.memory.items():
            for i, matrix in enumerate(matrices):
                tensors[f"optimizer.{name}.{i}"] = Tensor(matrix.shape, [value for row in matrix for value in row])
        return State(tensors, {"steps": str(self.optimizer.steps), "random": random_state(self.rng)})

    def restore(self, state: State) -> None:
        """Go on from this state of an equal engine. Raises ValueError or ShapeError if it is of another."""
        memory, steps = _memory(part_of(state.tensors, "optimizer.")), int(note_of(state, "steps"))
        self._network.load_state(part_of(state.tensors, "network."))
        restore_random(self.rng, note_of(state, "random"))
        self.optimizer.memory, self.optimizer.steps = memory, steps

    def _diverged(self, what: str, epoch: int, start: int) -> TrainingError:
        rate = self.optimizer.learning_rate
        where = f"epoch {epoch + 1}, batch {start // self.batch_size + 1}"
        return TrainingError(f"{where}: {what}; {ADVICE} (the rate was {rate:g})")


def _memory(tensors: Mapping[str, Tensor]) -> dict[str, list[Matrix]]:
    """What an optimizer remembers, from tensors that are called after it and the number of their parameter."""
    found: dict[str, dict[int, Matrix]] = {}
    for name, tensor in tensors.items():
        what, _, number = name.rpartition(".")
        rows, columns = tensor.shape
        matrix = [list(tensor.values[i * columns : (i + 1) * columns]) for i in range(rows)]
        found.setdefault(what, {})[int(number)] = Matrix.wrap(matrix)
    # by their numbers: in a file, 10 comes before 2
    return {what: [matrix for _, matrix in sorted(numbered.items())] for what, numbered in found.items()}
