"""`purenn predict`: ask a saved network about rows of a table, numbers, pictures, or the test samples of its data."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path

from purenn.charts import gauge, picture, screen
from purenn.cli.arguments import DATA_HELP, whole
from purenn.cli.asked import Asked, asked_about
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import amount, print_json, print_note
from purenn.cli.outside import about_values_far_off
from purenn.cli.own_data import schema_in, unit_of
from purenn.cli.saved import SavedNetwork, load_network
from purenn.cli.terminal import room, wrapped
from purenn.matrix import Matrix
from purenn.samples import Images, Rows

__all__ = ["PredictArguments", "predict"]

MOST = 20  # lines of a list in a terminal
SHORTEST = 5  # characters of a gauge
FEW = 4  # inputs that are shown before an answer


class PredictArguments(Arguments):
    """Arguments of `purenn predict`."""

    model: Path
    inputs: list[str]
    index: list[int] | None
    data: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("model", type=Path, metavar="MODEL", help="a file written by `purenn train`")
        inputs = (
            "a CSV file, - for one on stdin, a PNG, PGM or PPM picture, a folder of them, an IDX file, or the values "
            "of one sample: 5.1 3.5 1.4 0.2; default: the test samples of the data that the network was trained on"
        )
        parser.add_argument("inputs", nargs="*", default=[], metavar="INPUT", help=inputs)
        index = "show sample N, counted from 0, instead of listing all; may be repeated"
        parser.add_argument("--index", type=whole(0), action="append", metavar="N", help=index)
        parser.add_argument("--data", type=Path, metavar="DIR", help=DATA_HELP.replace("DATA in", "the data in"))


def predict(arguments: PredictArguments) -> int:
    """Print a prediction for every sample and, if the answers are known, how many are right."""
    saved = load_network(arguments.model)
    asked = asked_about(saved, arguments.inputs, arguments.data)
    chosen = arguments.index or range(len(asked.inputs))
    saved.check_features(asked.inputs.columns, asked.name)
    for i in chosen:
        if i >= len(asked.inputs):
            raise IndexError(f"there is no sample {i}: there are {len(asked.inputs)}, counted from 0")
    print_note(asked.which, as_json=arguments.json, event="note")
    for note in (asked.note, about_values_far_off(saved, asked, chosen)):
        print_note(note, as_json=arguments.json)
    inputs = asked.inputs.select(list(chosen))
    targets = asked.targets.select(list(chosen)) if asked.targets is not None else None
    outputs = saved.outputs(inputs)
    answers = _Answers(saved, saved.loss.predictions(outputs), targets)
    if arguments.json:
        for place, i in enumerate(chosen):
            print_json("prediction", {"index": i, "sample": asked.labels[i], **answers.fields(place)})
    elif arguments.index or asked.single:
        _print_closely(asked, chosen, answers)
    else:
        _print_list(asked, answers)
    if targets is not None:
        answers.print_summary(as_json=arguments.json)
    return 0


def _print_closely(asked: Asked, chosen: Sequence[int], answers: _Answers) -> None:
    """Print a few lines about each of the chosen samples, and its picture if it is one."""
    for place, i in enumerate(chosen):
        if isinstance(asked.inputs, Images):
            name = asked.labels[i] if asked.single else f"picture {i}"
            print(wrapped(name, sys.stdout))
            print(picture(asked.inputs.picture(i), asked.inputs.width, room(sys.stdout)))
        elif len(asked.labels) > 1:
            print(wrapped(_label(asked, i), sys.stdout))
        print(wrapped("\n".join(answers.closely(place)), sys.stdout))


def _print_list(asked: Asked, answers: _Answers) -> None:
    """Print a line about each sample. In a terminal, where many would scroll away, these are the first of the wrong
    answers or, if it is not known which are wrong, of all."""
    wrong, shown, remark = answers.wrong(), list(range(len(asked.labels))), ""
    if len(shown) > MOST and screen.is_terminal(sys.stdout):
        shown, what = (shown, "") if wrong is None else (wrong, " wrong answers")
        part = f"the first {MOST} of {len(shown):,}" if len(shown) > MOST else f"all {len(shown)}" if shown else "no"
        shown, remark = shown[:MOST], f"({part}{what}; --index N shows one sample, --json all)"
    lines = _lines(shown, [_label(asked, i) for i in shown], answers)
    width = room(sys.stdout)
    if width is not None and any(screen.width_of(line) > width for line in lines):
        lines = _lines(shown, [asked.labels[i] for i in shown], answers)  # without the inputs
    for line in lines:
        print(wrapped(line, sys.stdout))
    if remark:
        print(wrapped(remark, sys.stdout))


def _lines(places: Sequence[int], labels: Sequence[str], answers: _Answers) -> list[str]:
    """Return the predictions for the samples at these places, each behind its label."""
    width = max(map(screen.width_of, labels), default=0)
    return [f"{screen.padded(label, width, right=True)}  {answers.line(i)}" for i, label in zip(places, labels)]


def _label(asked: Asked, i: int) -> str:
    """Return the name of a sample. One that has only a number is shown with its inputs, if they are few."""
    label = asked.labels[i]
    if isinstance(asked.inputs, Images) or not label.isdecimal() or asked.inputs.columns > FEW:
        return label
    (row,) = asked.inputs.take([i])
    return f"sample {label}: {' '.join(map(amount, row))} ->"


class _Answers:
    """The predictions of a network, as people and programs are shown them."""

    def __init__(self, saved: SavedNetwork, predictions: Matrix, targets: Rows | None) -> None:
        self.predictions = predictions
        self.targets = None if targets is None else targets.take(range(len(targets)))
        self.kind = saved.loss.kind
        outputs = predictions.columns
        if self.kind == "multilabel" and outputs == 1:  # a single output tells two classes apart
            self.kind = "classes"
            self.predictions = Matrix.wrap([[1.0 - row[0], row[0]] for row in predictions])
        schema = schema_in(saved)
        quantity = schema.target if schema else "value"
        self.unit = unit_of(saved.metadata.get("dataset", ""), schema)
        count = self.predictions.columns
        usual = [str(k) for k in range(count)]
        self.names = list(saved.network.classes) or usual
        if self.kind == "quantities":
            self.names = [quantity] if count == 1 else [f"{quantity} {k}" for k in range(count)]
        self.width = max(map(screen.width_of, self.names))

    def ranking(self, place: int) -> list[int]:
        """Return the classes, the likeliest first."""
        row = self.predictions[place]
        return sorted(range(len(row)), key=lambda k: -row[k])

    def truth(self, place: int) -> str | None:
        """Return the name of the right class, or the right quantities; None if they are not known."""
        if self.targets is None:
            return None
        row = self.targets[place]
        if self.kind == "quantities":
            return ", ".join(amount(value, 6) for value in row)
        if self.kind == "multilabel":
            return ", ".join(name for name, value in zip(self.names, row) if value > 0.5) or "none"
        return self.names[int(row[0] > 0.5) if len(row) == 1 else row.index(max(row))]

    def answer(self, place: int) -> str:
        """Return the name of the predicted class, or the predicted quantities."""
        row = self.predictions[place]
        if self.kind == "quantities":
            return ", ".join(amount(value, 6) for value in row)
        if self.kind == "multilabel":
            return ", ".join(name for name, value in zip(self.names, row) if value > 0.5) or "none"
        return self.names[self.ranking(place)[0]]

    def wrong(self) -> list[int] | None:
        """Return the places of the wrong answers; None if it is not known which they are, as with quantities."""
        if self.targets is None or self.kind == "quantities":
            return None
        return [place for place in range(self.predictions.rows) if self.answer(place) != self.truth(place)]

    def line(self, place: int) -> str:
        """Return the prediction for a sample in one line, with the truth if they differ."""
        answer, truth = self.answer(place), self.truth(place)
        if self.kind == "quantities":
            return f"{answer:>12}" + (f"  is {truth}" if truth is not None else "")
        sure = f"  {max(self.predictions[place]):6.1%}" if self.kind == "classes" else ""
        blank = " " * (self.width - screen.width_of(answer))
        return f"{answer}{blank}{sure}" + (f"  is {truth}" if truth not in (None, answer) else "")

    def closely(self, place: int) -> Iterator[str]:
        """Yield lines about one sample: its three likeliest classes, or its quantities."""
        row, truth = self.predictions[place], self.truth(place)
        if self.kind == "quantities":
            yield from (f"{name}: {amount(value, 6, self.unit)}" for name, value in zip(self.names, row))
        else:
            best = self.ranking(place)[:3]
            longest = max(screen.width_of(self.names[k]) for k in best)
            free = (room(sys.stdout) or 80) - len(" [] 100.0%") - 1  # for names and gauges
            names = max(12, longest) if free >= 12 + SHORTEST else longest
            for k in best:
                drawn = f" {gauge(row[k], min(20, free - names))}" if free - names >= SHORTEST else ""
                yield f"{screen.padded(self.names[k], names, right=True)}{drawn} {row[k]:6.1%}"
        if truth is not None and (self.kind == "quantities" or truth != self.answer(place)):
            yield f"is {truth}"

    def fields(self, place: int) -> dict[str, object]:
        """Return the prediction for a JSON line."""
        row, truth = self.predictions[place], self.truth(place)
        if self.kind == "quantities":
            actual = {} if self.targets is None else {"actual": dict(zip(self.names, self.targets[place]))}
            return {"values": dict(zip(self.names, row)), **actual}
        ranked = {self.names[k]: row[k] for k in self.ranking(place)}
        known = {} if truth is None else {"actual": truth}
        return {"class": self.answer(place), "probabilities": ranked, **known}

    def print_summary(self, *, as_json: bool) -> None:
        """Print how many answers are right or, for quantities, how far they are off on average."""
        count = self.predictions.rows
        if self.kind == "quantities" and self.targets is not None:
            pairs = [(a, b) for p, t in zip(self.predictions, self.targets) for a, b in zip(p, t)]
            error = sum(abs(a - b) for a, b in pairs) / len(pairs)
            if as_json:
                unit = {"unit": self.unit} if self.unit else {}
                print_json("summary", {"samples": count, "mean_absolute_error": error, **unit})
            else:
                print(wrapped(f"mean absolute error {amount(error, unit=self.unit)}", sys.stdout))
            return
        right = count - len(self.wrong() or ())
        if as_json:
            print_json("summary", {"samples": count, "right": right})
        else:
            print(wrapped(f"{right} of {count} right ({100.0 * right / count:.2f} %)", sys.stdout))


register(Command("predict", "ask a saved network about samples", PredictArguments, predict))
