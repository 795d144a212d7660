"""A session of the playground: a command in, frames out.

A session is a state machine. It knows no browser, no socket, no file and no clock but one that it is given, so the same
session runs behind a server and inside a browser, and tests need neither. Commands and frames are dictionaries that
JSON can hold. A wrong command is answered with one frame, an error that says what was expected, and changes nothing.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO

from purenn.formats import JsonObject, parse_json, read_model
from purenn.history import History, stop_at
from purenn.network import Sequential
from purenn.playground.data import LARGEST, PARTS, Point, from_table
from purenn.playground.digits import Digits
from purenn.playground.display import Clock, Display, Frame
from purenn.playground.drawings import DRAWINGS
from purenn.playground.program import program
from purenn.playground.reading import as_json, choice, known, number, record, switch, text, whole
from purenn.playground.settings import LIMITS, Settings, options, read_target
from purenn.playground.steps import steps
from purenn.playground.views import landscape
from purenn.playground.world import Past, World

__all__ = ["Session"]

MOST_UNDONE = 50
LARGEST_MODEL = 1_000_000  # bytes, in base64
SECONDS = 0.02  # of training in a tick, which leaves time for 20 states in a second


class Session:
    """A network in training, for one user.

    >>> session = Session()
    >>> for frame in session.do({"do": "epoch"}):
    ...     print(frame["frame"], frame["epoch"])
    state 1
    >>> session.do({"do": "set", "settings": {"seed": "one"}})[0]["message"]
    "seed is 'one', expected a whole number from 0 to 4294967295"
    """

    def __init__(self, seed: int = 1, clock: Clock = None, reader: Sequential | None = None) -> None:
        """Begin with the usual settings.

        clock: returns the time in seconds, as `time.perf_counter` does. Without one, a tick takes as long as it takes.
        reader: a network that reads digits. Default: one is trained when digits are asked for.
        """
        self.clock = clock
        self.playing = False
        self.hidden = False
        self.world = World(Settings(seed=seed))
        self._display = Display(clock)
        self._reader = reader
        self._digits: Digits | None = None
        self._learns_digits = False
        self._past: list[Past] = []
        self._future: list[Past] = []
        self._moved: int | None = None  # the point that the last command has moved
        self._commands = self._table()

    @property
    def commands(self) -> Iterable[str]:
        """The names of all commands."""
        return self._commands

    def _table(self) -> dict[str, tuple[Callable[[JsonObject], list[Frame]], str]]:
        """Return each command with what does it, and the names of its fields."""
        return {
            "open": (self._open, "settings"),
            "set": (self._set, "settings"),
            "step": (self._step, ""),
            "epoch": (self._epoch, ""),
            "tick": (self._tick, "seconds"),
            "play": (self._play, ""),
            "pause": (self._pause, ""),
            "reset": (self._reset, ""),
            "hide": (self._hide, ""),
            "show": (self._show, ""),
            "data": (self._data, ""),
            "add": (self._add, "x1 x2 target part"),
            "move": (self._move, "index x1 x2 target"),
            "remove": (self._remove, "index"),
            "csv": (self._csv, "text target"),
            "weight": (self._weight, "layer row column value"),
            "bias": (self._bias, "layer unit value"),
            "sample": (self._sample, "index"),
            "learn": (self._learn, "index"),
            "landscape": (self._landscape, "size"),
            "undo": (self._undo, ""),
            "redo": (self._redo, ""),
            "program": (self._program, ""),
            "model": (self._model, ""),
            "load": (self._load, "base64"),
            "history": (self._history, ""),
            "picture": (self._picture, "name"),
            "digits": (self._open_digits, "on"),
            "draw": (self._draw, "pixels"),
        }

    def do(self, command: Mapping[str, object]) -> list[Frame]:
        """Do a command and return the frames that it answers with."""
        name = ""
        try:
            fields = record(as_json(command), "the command")
            name = choice(fields.get("do"), "do", self._commands)
            act, names = self._commands[name]
            known(fields, ["do", *names.split()], name)
            return act(fields)
        except (ValueError, TypeError, ArithmeticError) as error:
            return [{"frame": "error", "message": str(error), "command": name}]

    # Showing.

    def _state(self) -> Frame:
        state = self._display.state(self.world, playing=self.playing)
        return {**state, "undo": len(self._past), "redo": len(self._future)}

    def _settings(self) -> Frame:
        return {"frame": "settings", **self.world.settings.to_json()}

    def _everything(self) -> list[Frame]:
        """Return what has to be shown after a change of everything."""
        self._display.begin_again()
        return [self._settings(), self._display.data(self.world), self._state()]

    def _open(self, fields: JsonObject) -> list[Frame]:
        """Show everything. With settings, as a page has them in its address, they are where the session begins."""
        if "settings" in fields:
            self.world = World(Settings().changed(record(fields["settings"], "settings")))
            self.playing, self._past, self._future = False, [], []
        usual = Settings().to_json()
        return [{"frame": "options", **options(), "usual": usual, "pictures": [*DRAWINGS]}, *self._everything()]

    def _data(self, fields: JsonObject) -> list[Frame]:
        return [self._display.data(self.world)]

    # Training.

    def _train(self, enough: Callable[[], bool]) -> None:
        """Learn a batch, and more until it is enough. A run that fails, or reaches its target, stops playing."""
        begin, run = self.clock() if self.clock else 0.0, self.world.run
        while True:
            before = run.epoch
            for each in self.world.runs:
                each.step()
            target = self.world.settings.stop_at
            if run.failure or (run.epoch > before and target is not None and stop_at(loss=target)(run.epochs[-1])):
                self.playing = False
                break
            if enough():
                break
        self._moved = None
        self._display.trained += self.clock() - begin if self.clock else 0.0

    def _step(self, fields: JsonObject) -> list[Frame]:
        self._train(lambda: True)
        return [self._state()]

    def _epoch(self, fields: JsonObject) -> list[Frame]:
        goal = self.world.run.epoch + 1
        self._train(lambda: self.world.run.epoch >= goal)
        return [self._state()]

    def _tick(self, fields: JsonObject) -> list[Frame]:
        """Train for a moment. When paused or hidden, there is nothing to do and nothing to show."""
        seconds = number(fields.get("seconds", SECONDS), "seconds", 0.0, 1.0)
        if self.hidden:
            return []
        frames = self._learn_digits(seconds) if self._learns_digits else []
        if self.playing:
            clock, goal = self.clock, self.world.run.epoch + self.world.settings.speed
            end = clock() + seconds if clock else 0.0
            self._train(lambda: self.world.run.epoch >= goal or (clock is not None and clock() >= end))
            frames.append(self._state())
        return frames

    def _play(self, fields: JsonObject) -> list[Frame]:
        self.playing = not self.world.run.failure
        return [self._state()]

    def _pause(self, fields: JsonObject) -> list[Frame]:
        self.playing = False
        return [self._state()]

    def _hide(self, fields: JsonObject) -> list[Frame]:
        self.hidden = True
        return []

    def _show(self, fields: JsonObject) -> list[Frame]:
        self.hidden = False
        return [self._state()]

    # Changes, each of which can be undone.

    def _remember(self, past: Past) -> None:
        """Keep the world as it was before a change. What was undone before it cannot be done again."""
        self._past = [*self._past, past][-MOST_UNDONE:]
        self._future, self._moved = [], None

    def _begin(self, world: World) -> list[Frame]:
        """Go on in another world, paused."""
        self.world, self.playing = world, False
        return self._everything()

    def _set(self, fields: JsonObject) -> list[Frame]:
        settings = self.world.settings.changed(record(fields.get("settings"), "settings"))
        if settings == self.world.settings:
            return [self._settings(), self._state()]
        past = self.world.past()
        world = self.world.with_settings(settings)
        self._remember(past)
        return [self._settings(), self._state()] if world is self.world else self._begin(world)

    def _reset(self, fields: JsonObject) -> list[Frame]:
        past = self.world.past()
        world = World(self.world.settings)
        self._remember(past)
        return self._begin(world)

    def _undo(self, fields: JsonObject) -> list[Frame]:
        return self._travel(self._past, self._future, "undo")

    def _redo(self, fields: JsonObject) -> list[Frame]:
        return self._travel(self._future, self._past, "redo")

    def _travel(self, source: list[Past], other: list[Past], what: str) -> list[Frame]:
        if not source:
            raise ValueError(f"there is nothing to {what}")
        world = World.of(source[-1])
        other.append(self.world.past())
        source.pop()
        self._moved = None
        return self._begin(world)

    def _weight(self, fields: JsonObject) -> list[Frame]:
        return self._edit(fields, "row")

    def _bias(self, fields: JsonObject) -> list[Frame]:
        return self._edit(fields, "")

    def _edit(self, fields: JsonObject, row_name: str) -> list[Frame]:
        """Set a weight or, without a row, a bias."""
        layers = self.world.linear()
        layer = layers[whole(fields.get("layer"), "layer", 0, len(layers) - 1)]
        matrix = layer.weight if row_name else layer.bias
        row = whole(fields.get("row"), "row", 0, matrix.rows - 1) if row_name else 0
        column_name = "column" if row_name else "unit"
        column = whole(fields.get(column_name), column_name, 0, matrix.columns - 1)
        value = number(fields.get("value"), "value", -LARGEST, LARGEST)
        self._remember(self.world.past())
        matrix[row, column] = value
        self.world.run.note("a weight set by hand")
        return [self._state()]

    def _change_points(self, points: list[Point]) -> list[Frame]:
        past = self.world.past()
        self.world.with_points(points)
        self._remember(past)
        return [self._display.data(self.world), self._state()]

    def _index(self, fields: JsonObject) -> int:
        return whole(fields.get("index"), "index", 0, len(self.world.points) - 1)

    def _add(self, fields: JsonObject) -> list[Frame]:
        part = choice(fields.get("part", "train"), "part", PARTS)
        return self._change_points([*self.world.points, self._point(fields, Point(0.0, 0.0, 0.0, part))])

    def _move(self, fields: JsonObject) -> list[Frame]:
        """Move a point. All moves of a point, one after the other, are undone at once: they are one drag."""
        index, points = self._index(fields), [*self.world.points]
        points[index] = self._point(fields, points[index])
        if index == self._moved:
            self.world.with_points(points)
            return [self._display.data(self.world), self._state()]
        frames = self._change_points(points)
        self._moved = index
        return frames

    def _point(self, fields: JsonObject, point: Point) -> Point:
        """Return a point with the coordinates and the target in a command."""
        x1 = number(fields.get("x1", point.x1), "x1", -LARGEST, LARGEST)
        x2 = number(fields.get("x2", point.x2), "x2", -LARGEST, LARGEST)
        target = read_target(fields.get("target", point.target), "target", self.world.settings.data)
        return Point(x1, x2 if len(self.world.settings.data.kind.inputs) > 1 else 0.0, target, point.part)

    def _remove(self, fields: JsonObject) -> list[Frame]:
        index = self._index(fields)
        return self._change_points([point for i, point in enumerate(self.world.points) if i != index])

    def _csv(self, fields: JsonObject) -> list[Frame]:
        table = text(fields.get("text"), "text", LIMITS["csv"])
        target = None if fields.get("target") is None else text(fields["target"], "target", 200)
        data, told = from_table(table, target, self.world.settings.data)
        # read as from the page, so that all is checked, and what does not suit the new data is set back
        given = as_json({"data": Settings(data).to_json()["data"]})
        world, past = World(self.world.settings.changed(record(given, "settings"))), self.world.past()
        self._remember(past)
        settings, _, state = self._begin(world)
        return [settings, self._display.data(world, told), state]

    # One sample, and the landscape.

    def _sample(self, fields: JsonObject) -> list[Frame]:
        index = self._index(fields)
        return [{"frame": "sample", "index": index, **steps(self.world.run, self.world.sample(index))}]

    def _learn(self, fields: JsonObject) -> list[Frame]:
        index = self._index(fields)
        if self.world.points[index].part != "train":
            raise ValueError(f"point {index} is one to test on, expected one to train on")
        self._remember(self.world.past())
        self.world.run.learn(self.world.sample(index))
        self.world.run.note("a step on a single sample")
        return [self._state()]

    def _landscape(self, fields: JsonObject) -> list[Frame]:
        size = whole(fields.get("size", 25), "size", 5, 41)
        return [{"frame": "landscape", **landscape(self.world.run, size).to_json()}]

    # Files, as texts and bytes in frames.

    def _program(self, fields: JsonObject) -> list[Frame]:
        return [{"frame": "program", "text": program(self.world.run)}]

    def _model(self, fields: JsonObject) -> list[Frame]:
        file = BytesIO()
        self.world.run.network.save(file, {"playground": json.dumps(self.world.settings.to_json())})
        encoded = b64encode(file.getvalue()).decode()
        return [{"frame": "file", "name": "playground.safetensors", "base64": encoded}]

    def _load(self, fields: JsonObject) -> list[Frame]:
        """Load a model that `model` has made, with its settings, or one of the present network."""
        content = b64decode(text(fields.get("base64"), "base64", LARGEST_MODEL), validate=True)
        model = read_model(_Upload(content))
        settings = self.world.settings
        if "playground" in model.metadata:
            found = parse_json(model.metadata["playground"])
            settings = Settings().changed(record(found, "the settings of the model"))
        world, past = World(settings), self.world.past()
        world.with_model(model)
        self._remember(past)
        return self._begin(world)

    def _history(self, fields: JsonObject) -> list[Frame]:
        return [{"frame": "file", "name": "history.csv", "text": History(self.world.run.epochs).to_csv()}]

    def _picture(self, fields: JsonObject) -> list[Frame]:
        name = choice(fields.get("name"), "name", DRAWINGS)
        drawn = DRAWINGS[name](self.world, self._display.places(self.world))
        return [{"frame": "file", "name": f"{name}.svg", "text": drawn}]

    # Digits.

    def _open_digits(self, fields: JsonObject) -> list[Frame]:
        """Begin to learn digits, or stop for a while: `on` says which."""
        self._learns_digits = switch(fields.get("on", True), "on")
        if self._digits is None:
            self._digits = Digits(network=self._reader)
        return [{"frame": "digits", **self._digits.progress()}]

    def _learn_digits(self, seconds: float) -> list[Frame]:
        """Learn digits for a moment, or a single block where there is no clock."""
        digits = self._digits
        if digits is None or digits.is_ready:
            return []
        end = self.clock() + seconds if self.clock else 0.0
        digits.learn()
        while self.clock and self.clock() < end and not digits.is_ready:
            digits.learn()
        return [{"frame": "digits", **digits.progress()}]

    def _draw(self, fields: JsonObject) -> list[Frame]:
        drawn = b64decode(text(fields.get("pixels"), "pixels", 2000), validate=True)
        if self._digits is None:
            raise ValueError("nobody reads digits yet: send digits first")
        return [{"frame": "digit", **self._digits.read(drawn)}]


class _Upload(BytesIO):
    """Bytes of a file that the user has chosen, with a name for error messages."""

    def __str__(self) -> str:
        return "the model"
