"""The figures of the network that `train` has saved, as it reports them at its end."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from purenn.cli.saved import SavedNetwork, load_network
from purenn.metrics import mean_absolute_error, r2_score
from purenn.samples import Samples
from purenn.training import Training

__all__ = ["Scores", "errors_of", "final_scores"]


class Scores(NamedTuple):
    """Figures on the test samples by their names. rounding: how the engine that measured them rounds, if it does."""

    figures: dict[str, float]
    rounding: str = ""


def final_scores(training: Training, path: Path, test: Samples) -> Scores:
    """Return the figures of the best network of a training, which is saved at this path.

    Its accuracy was measured after its epoch. To measure it again with floats could take longer than an epoch of the
    lanes engine. The errors of quantities are computed from the file, whose network predicts in their unit.
    """
    measured = (training.best or training.done[-1]).metrics
    if "test_accuracy" not in measured:
        return Scores(errors_of(load_network(path), test))
    figures = {"loss": measured["test_loss"], "accuracy": measured["test_accuracy"]}
    return Scores(figures, training.engine.rounding())


def errors_of(saved: SavedNetwork, samples: Samples) -> dict[str, float]:
    """Return the loss of a network that predicts quantities, its mean absolute error and R²."""
    outputs = saved.outputs(samples.inputs)
    targets = samples.targets.take(range(len(samples)))
    predicted = saved.loss.predictions(outputs)
    return {
        "loss": saved.loss.value(outputs, targets),
        "mean_absolute_error": mean_absolute_error(actual=targets, predicted=predicted),
        "r2": r2_score(actual=targets, predicted=predicted),
    }
