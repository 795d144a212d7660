"""The Python program that makes a network of the playground: it runs without it, and gives the same numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from purenn.playground.data import OWN, Point, points_of
from purenn.playground.networks import last_activation, output_count
from purenn.playground.run import Run
from purenn.playground.settings import AUTO, FEATURES, Settings
from purenn.schedules import SCHEDULES

__all__ = ["program"]

# The modules of the names that a program may use.
SOURCES = {
    "sin": "math",
    "Random": "random",
    "BatchNorm": "purenn",
    "Dropout": "purenn",
    "Labels": "purenn",
    "LayerNorm": "purenn",
    "Linear": "purenn",
    "Penalty": "purenn",
    "Sequential": "purenn",
    "fit": "purenn",
    "INITIALIZERS": "purenn.initializers",
    "initializer_for": "purenn.initializers",
    "initial_activation": "purenn.layers",
    "SCHEDULES": "purenn.schedules",
}


def program(run: Run) -> str:
    """Return a program that trains the network of a run for as many epochs, from the same first weights.

    Its points are written into it. What was changed by hand during the training is not repeated; the program says so.
    """
    settings, points = run.settings, points_of(run.settings.data)
    body = "\n".join(
        [
            *_points(settings, points, "train"),
            *(_points(settings, points, "test") if run.tested else []),
            *_functions(settings),
            *_network(settings),
            *_training(run),
        ]
    )
    optimizer = type(settings.optimizer.make())
    chosen = {kind.__name__: kind.__module__ for kind in (optimizer, type(run.loss))}
    return "\n".join([*_title(run), *_imports(body, {**SOURCES, **chosen}), "", body, ""])


def _title(run: Run) -> Iterator[str]:
    """Yield the docstring, and a comment on what the program does not repeat."""
    hidden = (layer.units for layer in run.settings.layers)
    name = "own data" if run.settings.data.name == OWN else run.settings.data.name
    widths = "-".join(map(str, [run.network.in_features, *hidden, run.network.widths[-1]]))
    yield f'"""A network of the playground that learns {name}: {widths}."""'
    yield ""
    left_out = [*run.changes]
    if run.place:
        left_out.append(f"the {run.place} samples that epoch {run.epoch + 1} has learned so far")
    if left_out:
        yield "# This program trains with the last settings from the first weights. It does not repeat:"
        yield from (f"# - {change}" for change in left_out)
        yield ""
    yield "# It needs purenn: install it, or keep this file beside the folder purenn."
    yield ""


def _imports(body: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Yield the imports of the names that the body uses: those of the standard library, and of purenn."""
    used = [name for name in sources if re.search(rf"\b{name}\(|\b{name}\[", body)]
    modules = sorted({sources[name] for name in used})
    for is_own in (False, True):
        for module in modules:
            if module.startswith("purenn") == is_own:
                yield f"from {module} import {', '.join(name for name in used if sources[name] == module)}"
        yield ""


def _points(settings: Settings, points: Sequence[Point], part: str) -> Iterator[str]:
    """Yield the points of a part, a line for each."""
    yield f"{part} = [  # {_names(settings)}"
    for point in points:
        if point.part == part:
            place = (point.x1, point.x2)[: len(settings.data.kind.inputs)]
            answer = int(point.target) if settings.data.kind.classes else point.target
            yield f"    ({', '.join(map(repr, place))}, {answer!r}),"
    yield "]"
    yield ""


def _names(settings: Settings) -> str:
    return "x1, target" if len(settings.data.kind.inputs) < 2 else "x1, x2, target"


def _functions(settings: Settings) -> Iterator[str]:
    """Yield the functions that turn points into inputs and targets."""
    features = ", ".join(FEATURES[name].expression for name in settings.features)
    outputs, targets = output_count(settings), f"[target for {_names(settings)} in points]"
    if outputs > 1:
        targets = f"Labels({targets}, classes={outputs}, names={settings.data.kind.classes!r})"
    yield ""
    yield "def inputs(points):"
    yield f"    return [[{features}] for {_names(settings)} in points]"
    yield ""
    yield ""
    yield "def targets(points):"
    yield f"    return {targets}"
    yield ""
    yield ""


def _network(settings: Settings) -> Iterator[str]:
    """Yield the network, layer by layer, as `make_network` makes it."""
    columns, last = len(settings.features), last_activation(settings)
    yield f"rng = Random({settings.seed})"
    yield "network = Sequential("
    for layer in settings.layers:
        yield f"    Linear({columns}, {layer.units}, rng, initializer={_initializer(settings, layer.activation)}),"
        if layer.normalization != "none":
            yield f"    {'BatchNorm' if layer.normalization == 'batch' else 'LayerNorm'}({layer.units}),"
        yield f"    {layer.activation!r},"
        if layer.dropout:
            yield f"    Dropout({layer.dropout}),"
        columns = layer.units
    yield f"    Linear({columns}, {output_count(settings)}, rng, initializer={_initializer(settings, last)}),"
    if last:
        yield f"    {last!r},"
    yield ")"


def _initializer(settings: Settings, activation: str) -> str:
    if settings.initializer != AUTO:
        return f"INITIALIZERS[{settings.initializer!r}]"
    return f"initializer_for(initial_activation({activation or 'identity'!r}))"


def _training(run: Run) -> Iterator[str]:
    """Yield the call of `fit`, and what is done with the network."""
    settings, schedule = run.settings, run.settings.schedule
    yield "history = fit("
    yield "    network,"
    yield "    inputs(train),"
    yield "    targets(train),"
    if run.tested:
        yield "    validation=(inputs(test), targets(test)),"
    yield f"    loss={run.loss!r},"
    yield f"    optimizer={settings.optimizer.make()!r},"
    if schedule.name != "constant":
        made = f"SCHEDULES[{schedule.name!r}]"
        yield f"    schedule={made}.schedule({settings.optimizer.learning_rate!r}, {schedule.epochs}),"
        yield from [f"    plateau={made}.plateau,"] if SCHEDULES[schedule.name].plateau else []
    if settings.l1 or settings.l2:
        yield f"    penalty=Penalty(l1={settings.l1!r}, l2={settings.l2!r}),"
    yield f"    epochs={max(run.epoch, 1)},"
    yield f"    batch_size={run.engine.batch_size},"
    yield '    engine="float",'
    yield f"    seed={settings.seed},"
    yield ")"
    yield "print(history.epochs[-1])"
    yield 'network.save("playground.safetensors")'
