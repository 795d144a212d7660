"""The file of a search: a line of JSON with its settings, and one for each trial that has ended.

A line is appended in one piece and reaches the disk before the next trial ends. So a search that is interrupted or
killed loses only the trials that were not done; started again with the same file, it goes on after the others. The end
of a line that was cut off, by a full disk for example, is dropped then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import BinaryIO

from purenn.errors import FormatError
from purenn.formats import Json, JsonObject, check_writable, parse_json, sole_writer
from purenn.search.space import Value
from purenn.search.trials import Trial

__all__ = ["ResultsFile"]

BEGINNING = b'{"event": "sweep"'  # of the first line


class ResultsFile:
    """The results of a search, in a file unless path is None. Use it in a `with` block: no other search writes it then.

    settings: everything the results depend on; those in the file must be the same. done: the trials, by their number
    and their epochs.
    Entering the block raises FormatError for a file that does not hold the results of a search, ValueError, naming what
    differs, for those of another search, and OSError if it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: Mapping[str, Json]) -> None:
        self.path = path
        self.settings = {"event": "sweep", **settings}
        self.done: dict[tuple[int, int | None], Trial] = {}
        self._file: BinaryIO | None = None
        self._open = ExitStack()

    def __enter__(self) -> ResultsFile:
        with ExitStack() as opened:
            if self.path is not None:
                check_writable(self.path)
                opened.enter_context(sole_writer(self.path))
                self._file = opened.enter_context(open(self.path, "ab+"))
                self._read(self._file)
            self._open = opened.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        self._open.close()

    def add(self, trial: Trial) -> None:
        """Take a trial that has ended."""
        self.done[trial.number, trial.epochs] = trial
        self._append(trial.to_json())

    def check(self, chosen: Mapping[int, Mapping[str, Value]], epochs: int | None) -> None:
        """Raise FormatError if a trial that is done had other options than those chosen for its number."""
        for number, options in chosen.items():
            done = self.done.get((number, epochs))
            if done and done.options != options:
                what = f"trial {number} has the options {dict(done.options)}, expected {dict(options)}"
                raise FormatError(f"{self.path}: {what}: the file has been changed")

    def _append(self, line: str) -> None:
        if not self._file:
            return
        try:
            self._file.write(line.encode() + b"\n")  # the whole line is in the buffer: it is written by one call
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise type(error)(error.errno, error.strerror, os.fspath(self.path or "")) from None

    def _read(self, file: BinaryIO) -> None:
        """Take the trials that are in the file, and drop what follows the last whole line."""
        file.seek(0)
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if content[: len(BEGINNING)] != BEGINNING[: len(content)]:  # nothing of somebody else's is dropped
            begins = BEGINNING.decode()
            raise FormatError(
                f"{self.path}: does not hold the results of a sweep, whose first line begins with {begins}"
            )
        if not whole:
            file.truncate(0)
            self._append(json.dumps(self.settings, allow_nan=False))
            return
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                self._take(line.decode(), first=number == 1)
            except ValueError as error:
                if isinstance(error, _Other):
                    raise
                raise FormatError(f"{self.path}: line {number} is not one of a sweep: {error}") from None
        file.truncate(len(whole))

    def _take(self, line: str, *, first: bool) -> None:
        if first:
            self._check(parse_json(line))
        else:
            trial = Trial.from_json(line)
            self.done[trial.number, trial.epochs] = trial

    def _check(self, found: Json) -> None:
        """Raise ValueError unless these are the settings of this search."""
        if not isinstance(found, JsonObject) or found.get("event") != "sweep":
            raise ValueError("expected the settings of a sweep")
        now: dict[str, Json] = {**self.settings}
        different = [
            f"{name} {json.dumps(found.get(name))}, now {json.dumps(now.get(name))}"
            for name in {**found, **now}
            if json.dumps(found.get(name)) != json.dumps(now.get(name))
        ]
        if different:
            raise _Other(f"{self.path} holds the results of another sweep: {'; '.join(different)}: name another file")


class _Other(ValueError):
    """Raised for the results of another search."""
