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

    Its loss and its accuracy were measured after its epoch. To measure them again with floats could take longer than an
    epoch of the lanes engine. The errors of quantities are computed from the file, whose network predicts in their
    unit; the loss is as in the epochs, where the targets of a table are standardized.
    """
    measured = (training.best or training.done[-1]).metrics
    loss = {"loss": measured["test_loss"]}
    if "test_accuracy" not in measured:
        return Scores({**loss, **errors_of(load_network(path), test)})
    return Scores({**loss, "accuracy": measured["test_accuracy"]}, training.engine.rounding())


def errors_of(saved: SavedNetwork, samples: Samples) -> dict[str, float]:
    """Return the mean absolute error of a network that predicts quantities, and its R²."""
    targets = samples.targets.take(range(len(samples)))
    predicted = saved.loss.predictions(saved.outputs(samples.inputs))
    return {
        "mean_absolute_error": mean_absolute_error(actual=targets, predicted=predicted),
        "r2": r2_score(actual=targets, predicted=predicted),
    }
