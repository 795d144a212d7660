"""The subject of a report: a saved network, the record of its training, and its answers to test samples."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from purenn.cli.evaluation import Evaluation, evaluated
from purenn.cli.invocation import USUAL
from purenn.cli.output import amount
from purenn.cli.own_data import Tested, samples_to_test, schema_in, source_in, unit_of
from purenn.cli.record import Record, read_record
from purenn.cli.saved import SavedNetwork, load_network
from purenn.datasets import Schema
from purenn.formats import tabular
from purenn.registry import plugins
from purenn.samples import Images

__all__ = ["INTERVAL", "SEEN", "SMALL", "Subject", "percent", "subject_of"]

COLUMNS = 6  # of inputs, at most, that are shown of a sample
SMALL = 400.0  # width of a chart that stands beside another
SEEN = "The network was trained on these very samples: the figure says nothing about others."
INTERVAL = "The interval is how far chance can have moved the figure: 95 of 100 such intervals hold the true one."


def percent(part: float) -> str:
    """Return a part in percent, with a space that is not broken before the sign.

    >>> percent(0.97605)
    '97.61\\xa0%'
    """
    return f"{100.0 * part:.2f}\u00a0%"


@dataclass(frozen=True)
class Subject:
    """A saved network, the record of its training, and its answers to test samples.

    tested, found: the samples and the answers; None if there are no samples, for the `reason` given.
    named: the data that were named for the report; None for those that the network was trained on.
    folder: where data are looked for first, if it was named.
    """

    saved: SavedNetwork
    record: Record
    tested: Tested | None
    found: Evaluation | None
    reason: str
    named: str | None
    folder: Path | None

    @property
    def data(self) -> str:
        """The data that the network was trained on: their name, or their path from here; empty if it is not known."""
        source = source_in(self.saved)
        return os.path.relpath(source["path"]) if "path" in source else self.saved.metadata.get("dataset", "")

    @property
    def schema(self) -> Schema | None:
        """The columns of the table that the network was trained on, if it was one."""
        found = schema_in(self.saved)
        return found if found and len(found.features) == self.saved.network.in_features else None

    @property
    def unit(self) -> str:
        """The unit of the quantity that is predicted, empty if it has none."""
        return unit_of(self.tested.name if self.tested else self.data, self.schema)

    @cached_property
    def images(self) -> Images | None:
        """The test samples, if they are pictures."""
        inputs = self.tested.samples.inputs if self.tested else None
        return inputs if isinstance(inputs, Images) else None

    @cached_property
    def columns(self) -> list[str]:
        """The names of the inputs, for a table of samples; empty if there would be too many, or for pictures."""
        names = [f"input {j + 1}" for j in range(self.saved.network.in_features)]
        names = [column.name for column in self.schema.inputs] if self.schema else names
        return names if len(names) <= COLUMNS and not self.images else []

    def inputs(self, i: int) -> list[str]:
        """Return the inputs of a test sample as they stand in its table, one for each of the `columns`."""
        if not self.columns or not self.tested:
            return []
        (row,) = self.tested.samples.inputs.take([i])
        if not self.schema:
            return [*map(amount, row)]
        values, cells = iter(row), list[str]()
        for column in self.schema.inputs:
            own = [next(values) for _ in column.features]
            if column.kind == "number":
                cells.append(amount(own[0]))
            else:  # a text of two categories is a single 0 or 1
                cells.append(column.categories[int(own[0]) if len(own) == 1 else own.index(max(own))])
        return cells

    def sample(self, i: int) -> str:
        """Return the name of a test sample, by which it is found again."""
        lines = self.tested.lines if self.tested else ()
        return f"line {lines[i]}" if lines else f"sample {i}"

    # Commands.

    def command(self, name: str, *words: object) -> str:
        """Return a command that goes on with the file of the network, as it is typed in a shell."""
        data = [] if self.named is None or name != "evaluate" else [self.named]
        return _shell(name, self.saved.path, *data, *words, *self._folder())

    def training_command(self) -> str:
        """Return the command that repeats the training, empty if the file does not tell."""
        if self.record.options is None or not self.data:
            return ""
        return _shell("train", self.data, *self.record.options, *self._test(), *self._folder())

    def _test(self) -> Iterator[str]:
        """Yield the option for a file to test on, if there was one."""
        test = source_in(self.saved).get("test", "0.2")
        if self.schema and tabular.number(test) is None and os.path.isabs(test):
            yield from ("--test", os.path.relpath(test))

    def _folder(self) -> Iterator[str]:
        if self.folder:
            yield from ("--data", str(self.folder))


def _shell(*words: object) -> str:
    """Return a command for a shell. It begins as in the README, and not as this program was started: a report is read
    on other computers."""
    loaded = [os.path.relpath(plugin) if os.path.isfile(plugin) else plugin for plugin in plugins]
    loaded = [word for plugin in loaded for word in ("--plugin", plugin)]
    return shlex.join([*USUAL, *loaded, *map(str, words)])


def subject_of(model: Path, named: str | None, folder: Path | None) -> Subject:
    """Load a network, and ask it about the test samples of the data that are named or that it was trained on.

    Where the latter are not found, the report goes without them. Raises the errors of `load_network` and, for data that
    are named, those of reading them.
    """
    saved = load_network(model)
    record = read_record(saved.metadata, str(model))
    try:
        tested = samples_to_test(saved, named, folder)
        found = evaluated(saved, tested)
    except (OSError, ValueError) as error:
        if named is not None:
            raise
        return Subject(saved, record, None, None, str(error), named, folder)
    if isinstance(tested.samples.inputs, Images):  # if the file does not say the size of the pictures, they do
        saved.network.picture_shape = (tested.samples.inputs.height, tested.samples.inputs.width)
    return Subject(saved, record, tested, found, "", named, folder)
