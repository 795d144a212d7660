"""`purenn evaluate`: score a saved network on a test set, class by class or by the size of its errors."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from purenn.charts import table
from purenn.cli.arguments import DATA_HELP
from purenn.cli.command import Arguments, Command, register
from purenn.cli.evaluation import Evaluation, class_rows, evaluated
from purenn.cli.output import print_note, print_result
from purenn.cli.own_data import samples_to_test, schema_in, unit_of
from purenn.cli.saved import load_network
from purenn.cli.terminal import room, wrapped
from purenn.metrics import class_scores

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
    found = evaluated(saved, tested)
    result: dict[str, object] = {"tested_on": tested.what}
    if arguments.json:
        result.update(dataset=tested.name, samples=len(tested.samples))
    result["loss"] = found.loss
    if tested.classes:
        _print_classes(result, found, as_json=arguments.json)
    else:
        schema = schema_in(saved)
        unit = unit_of(tested.name, schema)
        if schema:
            result["target"] = schema.target
        if arguments.json and unit:
            result["unit"] = unit
        result.update(found.errors)
        units = {"root_mean_squared_error": unit, "mean_absolute_error": unit}
        print_result("evaluation", result, units, as_json=arguments.json)
    return 0


def _print_classes(result: dict[str, object], found: Evaluation, *, as_json: bool) -> None:
    """Print the result with the accuracy, the scores of each class and the confusion matrix."""
    names, confusion = found.classes, found.confusion
    result["accuracy"] = found.accuracy
    if as_json:
        result["classes"] = {name: asdict(score) for name, score in zip(names, class_scores(confusion))}
        result["confusion_matrix"] = confusion
    print_result("evaluation", result, as_json=as_json)
    if as_json:
        return
    print(f"\n{table(class_rows(confusion, names), room(sys.stdout))}\n")
    if len(names) > MOST_CLASSES:
        print(wrapped(f"The confusion matrix of {len(names)} classes is too large to show: --json has it", sys.stdout))
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
