"""`purenn evaluate`: score a saved network on a test set, class by class or by the size of its errors."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from purenn.charts import table
from purenn.cli.arguments import DATA_HELP
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_note, print_result
from purenn.cli.own_data import samples_to_test, schema_in, unit_of
from purenn.cli.saved import load_network
from purenn.cli.terminal import room, wrapped
from purenn.errors import ShapeError
from purenn.metrics import accuracy, class_scores, confusion_matrix, mean_absolute_error, r2_score
from purenn.samples import classes

__all__ = ["EvaluateArguments", "evaluate"]

MOST_CLASSES = 30  # in a confusion matrix for people


class EvaluateArguments(Arguments):
    """Arguments of `purenn evaluate`."""

    model: Path
    dataset: str | None
    data: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL", help="a file written by `purenn train`")
        dataset = "a data set, CSV file or folder of pictures; default: what the network was trained on"
        parser.add_argument("dataset", nargs="?", metavar="DATA", help=dataset)
        parser.add_argument("--data", type=Path, metavar="DIR", help=DATA_HELP)


def evaluate(arguments: EvaluateArguments) -> int:
    """Print the loss of the network on the test samples, and metrics that suit their targets."""
    saved = load_network(arguments.model)
    tested = samples_to_test(saved, arguments.dataset, arguments.data)
    print_note(tested.note, as_json=arguments.json)
    saved.check_features(tested.samples.inputs.columns, tested.name)
    targets = tested.samples.targets.take(range(len(tested.samples)))
    if saved.network.widths[-1] != targets.columns:
        widths = f"{saved.network.widths[-1]} outputs, but {tested.name} needs {targets.columns}"
        raise ShapeError(f"{saved.path} has {widths}")
    outputs = saved.outputs(tested.samples.inputs)
    predicted = saved.loss.predictions(outputs)
    result: dict[str, object] = {"tested_on": tested.what}
    if arguments.json:
        result.update(dataset=tested.name, samples=len(tested.samples))
    result["loss"] = saved.loss.value(outputs, targets)
    if tested.classes:
        _print_classes(result, classes(targets), classes(predicted), tested.classes, as_json=arguments.json)
    else:
        schema = schema_in(saved)
        unit = unit_of(tested.name, schema)
        if schema:
            result["target"] = schema.target
        if arguments.json and unit:
            result["unit"] = unit
        pairs = [(a, b) for p, t in zip(predicted, targets) for a, b in zip(p, t)]
        result["root_mean_squared_error"] = math.sqrt(sum((a - b) ** 2 for a, b in pairs) / len(pairs))
        result["mean_absolute_error"] = mean_absolute_error(actual=targets, predicted=predicted)
        result["r2"] = r2_score(actual=targets, predicted=predicted)
        units = {"root_mean_squared_error": unit, "mean_absolute_error": unit}
        print_result("evaluation", result, units, as_json=arguments.json)
    return 0


def _print_classes(
    result: dict[str, object], actual: Sequence[int], predicted: Sequence[int], names: Sequence[str], *, as_json: bool
) -> None:
    """Print the result with the accuracy, the scores of each class and the confusion matrix."""
    confusion = confusion_matrix(actual=actual, predicted=predicted, classes=len(names))
    scores = class_scores(confusion)
    result["accuracy"] = accuracy(actual=actual, predicted=predicted)
    if as_json:
        result["classes"] = {name: asdict(score) for name, score in zip(names, scores)}
        result["confusion_matrix"] = confusion
    print_result("evaluation", result, as_json=as_json)
    if as_json:
        return
    rows = [["class", "precision", "recall", "F1", "samples"]]
    for name, s, answered in zip(names, scores, map(sum, zip(*confusion))):
        # 0 of 0 is no figure: no sample was answered so, or none is of this class
        precision, recall = f"{s.precision:.4f}" if answered else "-", f"{s.recall:.4f}" if s.support else "-"
        rows.append([name, precision, recall, f"{s.f1:.4f}" if answered or s.support else "-", str(s.support)])
    print(f"\n{table(rows, room(sys.stdout))}\n")
    if len(names) > MOST_CLASSES:
        print(f"The confusion matrix of {len(names)} classes is too large to show: --json has it")
        return
    print(wrapped("Confusion matrix: a row for each class, a column for each prediction", sys.stdout))
    print(table([["", *names], *([name, *map(str, row)] for name, row in zip(names, confusion))], room(sys.stdout)))


register(
    Command(
        "evaluate",
        "test how good a saved network is",
        EvaluateArguments,
        evaluate,
        examples=["evaluate strokes.safetensors"],
    )
)
