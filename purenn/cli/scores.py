"""The figures of a saved network on samples, as `train` reports them at its end."""

from __future__ import annotations

from purenn.cli.saved import SavedNetwork
from purenn.metrics import mean_absolute_error, r2_score
from purenn.samples import Samples

__all__ = ["scores_of"]


def scores_of(saved: SavedNetwork, samples: Samples) -> dict[str, float]:
    """Return the loss of a network on samples and its accuracy or, for quantities, its mean absolute error and R².

    It is computed with floats, as in all later use of the network: the lanes engine rounds inputs and weights, so its
    figures during training may differ a little.
    """
    outputs = saved.outputs(samples.inputs)
    targets = samples.targets.take(range(len(samples)))
    predicted = saved.loss.predictions(outputs)
    found = {"loss": saved.loss.value(outputs, targets)}
    if samples.answers:
        pairs = zip(samples.answers(predicted), samples.answers(targets))
        return {**found, "accuracy": sum(a == b for a, b in pairs) / len(samples)}
    error, r2 = mean_absolute_error(actual=targets, predicted=predicted), r2_score(actual=targets, predicted=predicted)
    return {**found, "mean_absolute_error": error, "r2": r2}
