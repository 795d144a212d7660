"""The commands that do not train: evaluate, predict, check, fetch, inspect."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from math import isfinite
from pathlib import Path

from purenn import datasets, gradcheck
from purenn.cli.arguments import Options
from purenn.cli.terminal import Bar, draw, gauge, table
from purenn.datasets import download
from purenn.datasets.sources import SOURCES
from purenn.errors import FormatError, ShapeError
from purenn.formats import idx, safetensors
from purenn.formats.gunzip import GZIP
from purenn.losses import LOSSES, Loss
from purenn.matrix import Matrix
from purenn.metrics import accuracy, class_scores, classes, confusion_matrix, mean_absolute_error, r2_score
from purenn.network import Sequential
from purenn.samples import Images

__all__ = ["check", "evaluate", "fetch", "inspect", "predict"]


def evaluate(options: Options) -> int:
    """Score a saved network on a test set: class by class, or by how far off a quantity is."""
    network, metadata, loss = _load(options.model)
    name = options.dataset or metadata.get("dataset", "")
    if not name:
        raise ValueError(f"{options.model} does not say what it was trained on: name a data set")
    dataset = datasets.load(name, options.data)
    _check_fits(options.model, network, dataset.test.inputs.columns, name)
    targets = dataset.test.targets.take(range(len(dataset.test)))
    if network.widths[-1] != targets.columns:
        raise ShapeError(f"{options.model} has {network.widths[-1]} outputs, but {name} needs {targets.columns}")
    outputs = network.predict(dataset.test.inputs)
    predictions = loss.predictions(outputs)
    result: dict[str, object] = {"dataset": name, "samples": len(dataset.test), "loss": loss.value(outputs, targets)}
    if dataset.classes:
        _evaluate_classes(result, classes(predictions), classes(targets), dataset.classes, options.json)
    else:
        result["mean_absolute_error"] = mean_absolute_error(predictions, targets)
        result["r2"] = r2_score(predictions, targets)
        _show("evaluation", result, options.json)
    return 0


def _evaluate_classes(
    result: dict[str, object], predicted: list[int], actual: list[int], names: tuple[str, ...], json_lines: bool
) -> None:
    confusion = confusion_matrix(predicted, actual, len(names))
    scores = class_scores(confusion)
    result["accuracy"] = accuracy(predicted, actual)
    if json_lines:
        result["classes"] = {name: asdict(score) for name, score in zip(names, scores)}
        result["confusion_matrix"] = confusion
    _show("evaluation", result, json_lines)
    if not json_lines:
        rows = [["class", "precision", "recall", "F1", "samples"]]
        for name, s in zip(names, scores):
            rows.append([name, f"{s.precision:.4f}", f"{s.recall:.4f}", f"{s.f1:.4f}", str(s.support)])
        print(f"\n{table(rows)}\n\nConfusion matrix: a row for each class, a column for what it was taken for")
        numbered = [[name, *map(str, row)] for name, row in zip(names, confusion)]
        print(table([["", *names], *numbered]))


def _show(event: str, fields: dict[str, object], json_lines: bool) -> None:
    """Fields as a JSON line or, for people, a line each."""
    if json_lines:
        print(json.dumps({"event": event, **fields}))
        return
    for key, value in fields.items():
        print(f"{key.replace('_', ' ')}: {f'{value:.4f}' if isinstance(value, float) else value}")


def predict(options: Options) -> int:
    """Say for each picture in an IDX file which class it is taken for; draw those that are asked for by number."""
    network, metadata, loss = _load(options.model)
    if loss.name.startswith("Mean"):
        raise ValueError(f"{options.model} was trained with {loss.name}: it answers with quantities, not classes")
    file = idx.read(options.file)
    if not isinstance(file.values, bytes) or len(file.shape) not in (2, 3) or 0 in file.shape:
        found = f"{file.type_name} {file.shape}"
        raise FormatError(f"{options.file}: holds {found}, expected uint8 (pictures, height, width)")
    height, width = file.shape[-2:]
    images = Images(file.values, height, width)
    _check_fits(options.model, network, images.columns, f"a picture in {options.file}")
    names = metadata.get("classes", "").split("\n")
    if len(names) != max(network.widths[-1], 2):
        names = [str(i) for i in range(max(network.widths[-1], 2))]
    for i in options.index if options.index else range(len(images)):
        pixels = images.picture(i)
        probabilities = _probabilities(loss.predictions(network(images.take([i]))))
        ranking = sorted(range(len(names)), key=lambda k: -probabilities[k])
        if options.json:
            chances = {names[k]: probabilities[k] for k in ranking}
            print(json.dumps({"event": "prediction", "index": i, "class": names[ranking[0]], "probabilities": chances}))
        elif options.index:
            print(f"picture {i}\n{draw(pixels, width)}")
            for k in ranking[:3]:
                print(f"{names[k]:>12} {gauge(probabilities[k], 20)} {probabilities[k]:6.1%}")
        else:
            print(f"{i} {names[ranking[0]]} {probabilities[ranking[0]]:.4f}")
    return 0


def _probabilities(predictions: Matrix) -> list[float]:
    """A probability for each class; a single output is that of class 1."""
    row = predictions[0]
    return [1.0 - row[0], row[0]] if len(row) == 1 else row


def _load(path: Path) -> tuple[Sequential, dict[str, str], Loss]:
    """A saved network, what its file says about it, and the loss it was trained with."""
    metadata = safetensors.read_header(path).metadata
    network = Sequential.load(path)
    for name, tensor in network.state().items():
        for i, value in enumerate(tensor.values):
            if not isfinite(value):
                raise FormatError(f"{path}: tensor {name}, value {i} is {value}: this network can compute nothing")
    # a network saved by a program of one's own need not say its loss: then its outputs are logits, as training has them
    name = metadata.get("loss", "CrossEntropy" if network.widths[-1] > 1 else "BinaryCrossEntropy")
    if name not in LOSSES:
        raise FormatError(f"{path}: was trained with the loss {name!r}, expected one of {', '.join(LOSSES)}")
    return network, metadata, LOSSES[name]


def _check_fits(path: Path, network: Sequential, columns: int, what: str) -> None:
    try:
        network.layers[0].output_columns(columns)
    except ShapeError as error:
        raise ShapeError(f"{path} is not a network for {what}: {error}") from None


def check(options: Options) -> int:
    """Compare every derivative with a central difference, and fail if one is off."""
    checks = list(gradcheck.standard_checks(options.seed))
    failed = [c for c in checks if not c.passed]
    if options.json:
        for c in checks:
            w = c.worst
            numbers = {"worst_relative_error": w.relative_error, "analytic": w.analytic, "numeric": w.numeric}
            numbers_or_null = {key: value if isfinite(value) else None for key, value in numbers.items()}
            kinks = [slope.place for slope in c.kinks]
            fields = {"subject": c.subject, "compared": c.compared, **numbers_or_null, "at": w.place, "kinks": kinks}
            print(json.dumps({"event": "check", **fields, "passed": c.passed}))
    else:
        rows = [["subject", "compared", "worst relative error", "at", "by the code", "measured", "", ""]]
        for c in checks:
            w, note = c.worst, f"({len(c.kinks)} near a kink, not judged)" if c.kinks else ""
            slopes = [w.place, f"{w.analytic:.6g}", f"{w.numeric:.6g}"]
            rows.append([c.subject, str(c.compared), f"{w.relative_error:.1e}", *slopes, c.verdict, note])
        worst = max(c.worst.relative_error for c in checks)
        print(table(rows))
        print(f"\n{sum(c.compared for c in checks)} derivatives, worst relative error {worst:.1e}, {len(failed)} wrong")
    for c in failed:
        print(c, file=sys.stderr)
    return 1 if failed else 0


def fetch(options: Options) -> int:
    """Download a data set, and say where it is."""
    name = options.dataset or ""
    folder = options.data or download.cache_folder()
    bar, begun = Bar(), set[str]()

    def progress(file: str, done: int, total: int) -> None:
        if file not in begun:  # the time left is that of this file
            begun.add(file)
            bar.start()
        bar.show(file, done, total)

    print(f"{name}: {SOURCES[name].license}", file=sys.stderr)
    try:
        paths = download.fetch(name, folder, progress=progress)
    finally:
        bar.clear()
    for path in paths:
        print(json.dumps({"event": "file", "path": str(path)}) if options.json else path)
    return 0


def inspect(options: Options) -> int:
    """Say what a file holds, from its header alone."""
    with open(options.file, "rb") as file:
        head = file.read(9)
    if not head.startswith((GZIP, b"\0\0")) and head[8:] != b"{":
        raise FormatError(f"{options.file}: neither IDX nor safetensors: the first bytes are {head[:4].hex(' ')}")
    if head[8:] != b"{":
        header = idx.read_header(options.file)
        fields: dict[str, object] = {"format": "IDX", "type": header.type_name, "shape": header.shape}
        _show("file", {**fields, "gzipped": head.startswith(GZIP), "bytes": header.values_size}, options.json)
        return 0
    model = safetensors.read_header(options.file)
    if options.json:
        tensors = {name: {"dtype": entry.dtype, "shape": entry.shape} for name, entry in model.entries.items()}
        _show("file", {"format": "safetensors", "metadata": model.metadata, "tensors": tensors}, json_lines=True)
        return 0
    print("format: safetensors")
    for key, value in model.metadata.items():
        print(f"metadata {key}: {value}".replace("\n", ", "))
    rows = [[name, entry.dtype, " x ".join(map(str, entry.shape))] for name, entry in model.entries.items()]
    print(f"\n{table([['tensor', 'dtype', 'shape'], *rows])}")
    return 0
