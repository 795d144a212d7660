"""The answers of a saved network to test samples, and how good they are: what `evaluate` prints and `report` shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from purenn.cli.own_data import Tested
from purenn.cli.saved import SavedNetwork
from purenn.errors import ShapeError
from purenn.matrix import Matrix
from purenn.metrics import (
    ConfusionMatrix,
    accuracy,
    class_scores,
    confusion_matrix,
    mean_absolute_error,
    r2_score,
)
from purenn.samples import classes

__all__ = ["Evaluation", "class_rows", "evaluated"]


@dataclass(frozen=True)
class Evaluation:
    """The predictions of a network for test samples, beside their targets, and the loss.

    classes: the names of the classes; none if the targets are quantities.
    """

    outputs: Matrix
    predicted: Matrix
    targets: Matrix
    loss: float
    classes: tuple[str, ...]

    @cached_property
    def actual(self) -> list[int]:
        """The class of each sample."""
        return classes(self.targets)

    @cached_property
    def answers(self) -> list[int]:
        """The predicted class of each sample."""
        return classes(self.predicted)

    @cached_property
    def confusion(self) -> ConfusionMatrix:
        """How often class i (row) was predicted as class j (column)."""
        return confusion_matrix(self.actual, self.answers, self.classes)

    @property
    def accuracy(self) -> float:
        """The fraction of right answers."""
        return accuracy(self.actual, self.answers)

    @cached_property
    def pairs(self) -> list[tuple[float, float]]:
        """Each quantity: its true value and the predicted one."""
        return [pair for t, p in zip(self.targets, self.predicted) for pair in zip(t, p)]

    @property
    def errors(self) -> dict[str, float]:
        """The errors of quantities, in their unit, and R²."""
        return {
            "root_mean_squared_error": math.sqrt(sum((p - t) ** 2 for t, p in self.pairs) / len(self.pairs)),
            "mean_absolute_error": mean_absolute_error(self.targets, self.predicted),
            "r2": r2_score(self.targets, self.predicted),
        }


def evaluated(saved: SavedNetwork, tested: Tested) -> Evaluation:
    """Ask a network about test samples. Raises ShapeError, naming both, if it is not a network for them."""
    saved.check_features(tested.samples.inputs.columns, tested.name)
    targets = tested.samples.targets.take(range(len(tested.samples)))
    if saved.network.widths[-1] != targets.columns:
        widths = f"{saved.network.widths[-1]} outputs, but {tested.name} needs {targets.columns}"
        raise ShapeError(f"{saved.path} has {widths}")
    outputs = saved.outputs(tested.samples.inputs)
    return Evaluation(
        outputs, saved.loss.predictions(outputs), targets, saved.loss.value(outputs, targets), tested.classes
    )


def class_rows(confusion: Sequence[Sequence[int]], names: Sequence[str]) -> list[list[str]]:
    """Return a table of the scores of each class, with a heading."""
    rows = [["class", "precision", "recall", "F1", "samples"]]
    for name, s, answered in zip(names, class_scores(confusion), map(sum, zip(*confusion))):
        # 0 of 0 is no figure: no sample was answered so, or none is of this class
        precision, recall = f"{s.precision:.4f}" if answered else "-", f"{s.recall:.4f}" if s.support else "-"
        rows.append([name, precision, recall, f"{s.f1:.4f}" if answered or s.support else "-", str(s.support)])
    return rows
