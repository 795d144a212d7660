"""`purenn predict`: ask a saved network about rows of a table, numbers, pictures, or the test samples of its data."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from purenn.charts import gauge, picture
from purenn.cli.arguments import DATA_HELP, whole
from purenn.cli.asked import asked_about
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import amount, print_json, print_note
from purenn.cli.outside import about_values_far_off
from purenn.cli.own_data import schema_in, unit_of
from purenn.cli.saved import SavedNetwork, load_network
from purenn.cli.terminal import columns
from purenn.matrix import Matrix
from purenn.samples import Images, Rows

__all__ = ["PredictArguments", "predict"]


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
    for note in (asked.note, about_values_far_off(saved, asked, chosen)):
        print_note(note, as_json=arguments.json)
    inputs = asked.inputs.select(list(chosen))
    targets = asked.targets.select(list(chosen)) if asked.targets is not None else None
    outputs = saved.outputs(inputs)
    answers = _Answers(saved, saved.loss.predictions(outputs), targets)
    closely = bool(arguments.index) or asked.single
    width = max(len(asked.labels[i]) for i in chosen)
    for place, i in enumerate(chosen):
        if arguments.json:
            print_json("prediction", {"index": i, "sample": asked.labels[i], **answers.fields(place)})
            continue
        pixels = inputs.picture(place) if closely and isinstance(inputs, Images) else None
        if pixels is not None and isinstance(inputs, Images):
            name = asked.labels[i] if asked.single else f"picture {i}"
            print(f"{name}\n{picture(pixels, inputs.width)}")
        elif closely and len(asked.labels) > 1:
            print(asked.labels[i])
        if closely:
            print("\n".join(answers.closely(place)))
        else:
            print(f"{asked.labels[i]:>{width}}  {answers.line(place)}")
    if targets is not None:
        answers.print_summary(as_json=arguments.json)
    return 0


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
        self.width = max(map(len, self.names))

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

    def line(self, place: int) -> str:
        """Return the prediction for a sample in one line, with the truth if they differ."""
        answer, truth = self.answer(place), self.truth(place)
        if self.kind == "quantities":
            return f"{answer:>12}" + (f"  is {truth}" if truth is not None else "")
        sure = f"  {max(self.predictions[place]):6.1%}" if self.kind == "classes" else ""
        return f"{answer:<{self.width}}{sure}" + (f"  is {truth}" if truth not in (None, answer) else "")

    def closely(self, place: int) -> Iterator[str]:
        """Yield lines about one sample: its three likeliest classes, or its quantities."""
        row, truth = self.predictions[place], self.truth(place)
        if self.kind == "quantities":
            yield from (f"{name}: {amount(value, 6, self.unit)}" for name, value in zip(self.names, row))
        else:
            width = max(5, min(20, columns() - len(f"{'':12} [] 100.0%") - 1))
            for k in self.ranking(place)[:3]:
                yield f"{self.names[k]:>12} {gauge(row[k], width)} {row[k]:6.1%}"
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
                print(f"mean absolute error {amount(error, unit=self.unit)}")
            return
        right = sum(self.truth(i) == self.answer(i) for i in range(count))
        if as_json:
            print_json("summary", {"samples": count, "right": right})
        else:
            print(f"{right} of {count} right ({100.0 * right / count:.2f} %)")


register(Command("predict", "ask a saved network about samples", PredictArguments, predict))
