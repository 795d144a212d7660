"""Settings: everything that the user can choose, as values that cannot be wrong.

They are read from JSON objects, in which any part may be left out, and written as such, so that the page can keep them
in its address. What can be chosen is read from the registries of the library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import sin

from purenn.formats import Json, JsonObject
from purenn.initializers import INITIALIZERS
from purenn.layers import activation_names
from purenn.losses import LOSSES
from purenn.optimizers import OPTIMIZERS, Optimizer, make_optimizer
from purenn.playground.data import KINDS, LARGEST, MOST_CLASSES, MOST_POINTS, OWN, PARTS, Data, Point, points_of
from purenn.playground.reading import choice, entries, known, number, record, switch, text, whole
from purenn.schedules import SCHEDULES

__all__ = [
    "AUTO",
    "FEATURES",
    "LIMITS",
    "NORMALIZATIONS",
    "Feature",
    "LayerSettings",
    "OptimizerSettings",
    "Rival",
    "ScheduleSettings",
    "Settings",
    "loss_names",
    "options",
    "read_target",
]

AUTO = "auto"
NORMALIZATIONS = ("none", "batch", "layer")
LIMITS = {"layers": 6, "units": 16, "points": MOST_POINTS, "csv": 200_000, "epochs": 100_000, "classes": MOST_CLASSES}
MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Feature:
    """An input of the network that is computed from a point. expression: the same in Python, for programs."""

    expression: str
    function: Callable[[float, float], float]

    @property
    def needs_x2(self) -> bool:
        """True if it depends on the second coordinate."""
        return "x2" in self.expression


FEATURES: Mapping[str, Feature] = {
    "x1": Feature("x1", lambda x1, x2: x1),
    "x2": Feature("x2", lambda x1, x2: x2),
    "x1^2": Feature("x1 * x1", lambda x1, x2: x1 * x1),
    "x2^2": Feature("x2 * x2", lambda x1, x2: x2 * x2),
    "x1*x2": Feature("x1 * x2", lambda x1, x2: x1 * x2),
    "sin x1": Feature("sin(x1)", lambda x1, x2: sin(x1)),
    "sin x2": Feature("sin(x2)", lambda x1, x2: sin(x2)),
}


@dataclass(frozen=True)
class LayerSettings:
    """A hidden layer: Linear, then what is chosen of normalization, activation and dropout, in this order."""

    units: int = 4
    activation: str = "tanh"
    dropout: float = 0.0
    normalization: str = "none"


@dataclass(frozen=True)
class OptimizerSettings:
    """An optimizer by its name. `options` are those that differ from its defaults."""

    name: str = "sgd"
    learning_rate: float = 0.1
    options: Mapping[str, float] = field(default_factory=dict[str, float])

    def make(self) -> Optimizer:
        """Make the optimizer. Raises ValueError for an option out of range."""
        return make_optimizer(self.name, self.learning_rate, **self.options)


@dataclass(frozen=True)
class ScheduleSettings:
    """A schedule by its name, made for this number of epochs."""

    name: str = "constant"
    epochs: int = 100


@dataclass(frozen=True)
class Rival:
    """Another way to train the same network on the same data, side by side."""

    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)


@dataclass(frozen=True)
class Settings:
    """Everything that the user can choose.

    stop_at: the loss at which playing stops. speed: the most epochs of a tick.
    """

    data: Data = field(default_factory=Data)
    features: tuple[str, ...] = ("x1", "x2")
    layers: tuple[LayerSettings, ...] = (LayerSettings(), LayerSettings())
    initializer: str = AUTO
    loss: str = AUTO
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    batch_size: int = 10
    l1: float = 0.0
    l2: float = 0.0
    seed: int = 1
    stop_at: float | None = None
    speed: int = 10
    rival: Rival | None = None

    def to_json(self) -> dict[str, object]:
        """Return the settings as an object for JSON, from which `changed` makes equal ones. Names of classes and inputs
        are there for own data only, as the others have theirs."""
        found: dict[str, object] = asdict(self)
        data: dict[str, object] = asdict(self.data)
        data["points"] = None if self.data.points is None else [list(point) for point in self.data.points]
        if self.data.name != OWN:
            del data["classes"], data["inputs"]
        return {**found, "data": data}

    def changed(self, fields: JsonObject) -> Settings:
        """Return the settings with these fields changed. What no longer suits other data is set back: the features of
        a second input, a loss of another task.

        Raises ValueError, naming the field, its value and what was expected, for a field that is wrong or unknown.
        """
        known(fields, vars(self), "settings")
        new = self
        for name, read in _READERS.items():
            if name in fields:
                new = read(new, fields[name])
        kind = new.data.kind
        if "features" not in fields and len(kind.inputs) < 2:
            fitting = tuple(name for name in new.features if not FEATURES[name].needs_x2)
            new = replace(new, features=fitting or ("x1",))
        if "loss" not in fields and new.loss not in (AUTO, *loss_names(kind.task)):
            new = replace(new, loss=AUTO)
        for name in new.features:
            if len(kind.inputs) < 2 and FEATURES[name].needs_x2:
                raise ValueError(f"features has {name}, but {new.data.name} has one input, x1")
        choice(new.loss, f"loss for a {kind.task}", (AUTO, *loss_names(kind.task)))
        return new


def loss_names(task: str) -> list[str]:
    """Return the losses for a task: for a regression those of quantities, for a classification all."""
    return [name for name in LOSSES if task == "classification" or LOSSES[name].kind == "quantities"]


# Readers: each takes the settings so far and the new value of a field.


def _data(settings: Settings, value: Json) -> Settings:
    fields, data = record(value, "data"), settings.data
    known(fields, vars(data), "data")
    name = choice(fields.get("name", data.name), "data.name", (*KINDS, OWN))
    if name != data.name:  # other points: nothing of the old ones is left, but their number
        data = replace(data, name=name, points=None, noise=KINDS[name].noise if name in KINDS else 0.0)
    if name == OWN:
        classes = tuple(_names(fields.get("classes", [*data.classes]), "data.classes", MOST_CLASSES))
        inputs = tuple(_names(fields.get("inputs", [*data.inputs]), "data.inputs", 2))
        if len(classes) == 1 or not inputs:
            found = f"{len(classes)} classes and {len(inputs)} inputs"
            raise ValueError(f"data of {found}, expected at least 2 classes, or none, and 1 or 2 inputs")
        data = replace(data, classes=classes, inputs=inputs)
    data = replace(
        data,
        samples=whole(fields.get("samples", data.samples), "data.samples", 4, MOST_POINTS),
        noise=number(fields.get("noise", data.noise), "data.noise", 0.0, 5.0),
        test=number(fields.get("test", data.test), "data.test", 0.0, 0.9),
        seed=whole(fields.get("seed", data.seed), "data.seed", 0, MOST_SEED),
    )
    if {"samples", "noise", "test", "seed"} & {*fields} and name != OWN:
        data = replace(data, points=None)  # drawn points again, instead of those changed by hand
    if fields.get("points") is not None:
        data = replace(data, points=_points(fields["points"], data))
    if name == OWN and data.points is None:
        raise ValueError("data.points is missing, expected the points of own data")
    return replace(settings, data=data)


def _names(value: Json, where: str, most: int) -> list[str]:
    return [text(name, f"{where}[{i}]", 60) for i, name in enumerate(entries(value, where, most))]


def _points(value: Json, data: Data) -> tuple[Point, ...]:
    """Read points, of which at least two are to train on."""
    points: list[Point] = []
    for i, row in enumerate(entries(value, "data.points", MOST_POINTS)):
        where = f"data.points[{i}]"
        cells = entries(row, where, 4)
        if len(cells) != 4:
            raise ValueError(f"{where} has {len(cells)} entries, expected x1, x2, target and part")
        x1, x2 = (number(cell, f"{where}[{j}]", -LARGEST, LARGEST) for j, cell in enumerate(cells[:2]))
        points.append(Point(x1, x2, read_target(cells[2], f"{where}[2]", data), choice(cells[3], f"{where}[3]", PARTS)))
    if sum(point.part == "train" for point in points) < 2:
        raise ValueError("data.points has fewer than 2 points to train on")
    return tuple(points)


def read_target(value: Json, where: str, data: Data) -> float:
    """Read the target of a point: the number of a class, or a quantity."""
    if data.kind.classes:
        return float(whole(value, where, 0, len(data.kind.classes) - 1))
    return number(value, where, -LARGEST, LARGEST)


def _features(settings: Settings, value: Json) -> Settings:
    given = entries(value, "features", len(FEATURES))
    names = [choice(name, f"features[{i}]", FEATURES) for i, name in enumerate(given)]
    if not names or len({*names}) < len(names):
        raise ValueError(f"features are {names}, expected at least one, and each once")
    return replace(settings, features=tuple(name for name in FEATURES if name in names))  # always in one order


def _layers(settings: Settings, value: Json) -> Settings:
    layers = [_layer(layer, f"layers[{i}]") for i, layer in enumerate(entries(value, "layers", LIMITS["layers"]))]
    return replace(settings, layers=tuple(layers))


def _layer(value: Json, where: str) -> LayerSettings:
    fields, usual = record(value, where), LayerSettings()
    known(fields, vars(usual), where)
    return LayerSettings(
        units=whole(fields.get("units", usual.units), f"{where}.units", 1, LIMITS["units"]),
        activation=choice(fields.get("activation", usual.activation), f"{where}.activation", activation_names()),
        dropout=number(fields.get("dropout", usual.dropout), f"{where}.dropout", 0.0, 0.9),
        normalization=choice(
            fields.get("normalization", usual.normalization), f"{where}.normalization", NORMALIZATIONS
        ),
    )


def _optimizer(value: Json, old: OptimizerSettings, where: str) -> OptimizerSettings:
    """Read an optimizer. With another name, it begins with the learning rate and the options that are usual for it."""
    fields = record(value, where)
    known(fields, vars(old), where)
    name = choice(fields.get("name", old.name), f"{where}.name", OPTIMIZERS)
    usual = make_optimizer(name)
    if name != old.name:
        old = OptimizerSettings(name, usual.learning_rate)
    rate = number(fields.get("learning_rate", old.learning_rate), f"{where}.learning_rate", 1e-9, LARGEST)
    chosen = old.options
    if "options" in fields:
        given = record(fields["options"], f"{where}.options")
        known(given, usual.options, f"{where}.options")
        read = {option: _option(given[option], f"{where}.{option}", usual.options[option]) for option in given}
        chosen = {option: value for option, value in read.items() if value != usual.options[option]}
    made = OptimizerSettings(name, rate, chosen)
    made.make()  # raises ValueError for an option out of range
    return made


def _option(value: Json, where: str, usual: float) -> float:
    return switch(value, where) if isinstance(usual, bool) else number(value, where, -LARGEST, LARGEST)


def _schedule(value: Json, old: ScheduleSettings, where: str) -> ScheduleSettings:
    fields = record(value, where)
    known(fields, vars(old), where)
    name = choice(fields.get("name", old.name), f"{where}.name", SCHEDULES)
    return ScheduleSettings(name, whole(fields.get("epochs", old.epochs), f"{where}.epochs", 1, LIMITS["epochs"]))


def _rival(settings: Settings, value: Json) -> Settings:
    if value is None:
        return replace(settings, rival=None)
    fields, old = record(value, "rival"), settings.rival or Rival(settings.optimizer, settings.schedule)
    known(fields, vars(old), "rival")
    optimizer, schedule = old.optimizer, old.schedule
    if "optimizer" in fields:
        optimizer = _optimizer(fields["optimizer"], optimizer, "rival.optimizer")
    if "schedule" in fields:
        schedule = _schedule(fields["schedule"], schedule, "rival.schedule")
    return replace(settings, rival=Rival(optimizer, schedule))


Reader = Callable[[Settings, Json], Settings]
_READERS: Mapping[str, Reader] = {  # in the order in which they depend on one another
    "data": _data,
    "features": _features,
    "layers": _layers,
    "initializer": lambda s, v: replace(s, initializer=choice(v, "initializer", (AUTO, *INITIALIZERS))),
    "loss": lambda s, v: replace(s, loss=choice(v, "loss", (AUTO, *LOSSES))),
    "optimizer": lambda s, v: replace(s, optimizer=_optimizer(v, s.optimizer, "optimizer")),
    "schedule": lambda s, v: replace(s, schedule=_schedule(v, s.schedule, "schedule")),
    "batch_size": lambda s, v: replace(s, batch_size=whole(v, "batch_size", 1, MOST_POINTS)),
    "l1": lambda s, v: replace(s, l1=number(v, "l1", 0.0, 100.0)),
    "l2": lambda s, v: replace(s, l2=number(v, "l2", 0.0, 100.0)),
    "seed": lambda s, v: replace(s, seed=whole(v, "seed", 0, MOST_SEED)),
    "stop_at": lambda s, v: replace(s, stop_at=None if v is None else number(v, "stop_at", 0.0, LARGEST)),
    "speed": lambda s, v: replace(s, speed=whole(v, "speed", 1, 1000)),
    "rival": _rival,
}


def options() -> dict[str, object]:
    """Return everything that can be chosen, as an object for JSON."""
    optimizers = [(name, make_optimizer(name)) for name in OPTIMIZERS]
    return {
        "data": [
            {
                "name": name,
                "task": kind.task,
                "classes": len(kind.classes),
                "features": len(kind.inputs),
                "noise": kind.noise,
                "points": [[round(x, 2) for x in point[:3]] for point in points_of(Data(name, 48))],
            }
            for name, kind in KINDS.items()
        ],
        "activations": activation_names(),
        "normalizations": [*NORMALIZATIONS],
        "initializers": [AUTO, *INITIALIZERS],
        "losses": {task: [AUTO, *loss_names(task)] for task in ("classification", "regression")},
        "optimizers": [
            {"name": name, "options": made.options, "learning_rate": made.learning_rate} for name, made in optimizers
        ],
        "schedules": [*SCHEDULES],
        "features": [*FEATURES],
        "limits": LIMITS,
    }
