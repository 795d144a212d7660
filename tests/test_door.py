"""One door for everything that is added: a plugin defines one thing of each kind, and finds it everywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest

from purenn import registry
from purenn.activations import ACTIVATIONS, activation
from purenn.cli import COMMANDS, main
from purenn.datasets import DATASETS, load, recipe_for
from purenn.engine import ENGINES
from purenn.estimators import MLPClassifier
from purenn.gradcheck import standard_checks
from purenn.history import History
from purenn.initializers import gain
from purenn.layers import LAYERS, Activation, Linear
from purenn.losses import LOSSES, CrossEntropy
from purenn.network import Sequential, feed_forward
from purenn.optimizers import OPTIMIZERS, Optimizer, make_optimizer
from purenn.schedules import SCHEDULES, Schedule
from purenn.training import fit
from tests.conftest import ROOT

Captured = pytest.CaptureFixture[str]

# The file of somebody else, outside of purenn: one definition of each kind.
PLUGIN = '''
import math
from random import Random

from purenn import FloatEngine, Layer, Backward, Loss, Matrix, Samples, Labels
from purenn import activations, cli, datasets, engine, layers, losses, optimizers, schedules

sine = activations.register(
    activations.Elementwise("sine", math.sin, math.cos, gain=1.5, initializer="lecun_normal", steepest=1.0)
)


@losses.register
class LogCosh(Loss):
    """L = Σ ln cosh(y - t) / (n k); dL/dy = tanh(y - t) / (n k)."""

    def value(self, outputs, targets):
        errors = [y - t for u, v in zip(outputs, targets) for y, t in zip(u, v)]
        return sum(abs(e) + math.log1p(math.exp(-2.0 * abs(e))) - math.log(2.0) for e in errors) / len(errors)

    def gradient(self, outputs, targets):
        return (outputs - targets).map(math.tanh) * (1.0 / (outputs.rows * outputs.columns))


@layers.register
class Doubled(Layer):
    """Each feature beside its square: twice as many come out, and any number may go in."""

    def output_columns(self, columns):
        return 2 * columns

    def forward(self, x, *, training=False, rng=None):
        y = Matrix.wrap([row + [v * v for v in row] for row in x])

        def inputs(dy):
            n = x.columns
            return Matrix.wrap([[g + 2.0 * v * h for v, g, h in zip(row, d[:n], d[n:])] for row, d in zip(x, dy)])

        return y, Backward(inputs)


@optimizers.register
class SignSGD(optimizers.Optimizer):
    """w <- w - rate sign(g)."""

    adaptive = 1.0

    def __init__(self, learning_rate=0.01, *, weight_decay=0.0):
        self.learning_rate, self.weight_decay, self.steps, self.memory = learning_rate, weight_decay, 0, {}

    @property
    def options(self):
        return {"weight_decay": self.weight_decay}

    def step(self, parameters, gradients):
        self.steps += 1
        for w, g in zip(parameters, gradients):
            w.add_scaled(g.map(lambda v: (v > 0.0) - (v < 0.0)), -self.learning_rate)


@schedules.register("sawtooth")
def sawtooth(learning_rate, epochs):
    return lambda epoch: learning_rate * (1.0 - epoch % 2.0 / 4.0)


@engine.register
class CountingEngine(FloatEngine):
    """The float engine, but it counts its epochs."""

    name = "counting"
    epochs = 0

    def train(self, epoch, schedule, progress):
        CountingEngine.epochs += 1
        return super().train(epoch, schedule, progress)


@datasets.register("stripes", classes=("left", "right"), recipes={"float": datasets.Recipe((4,), 3, 0.25)})
def stripes():
    rng = Random(0)
    points = [[rng.uniform(-1.0, 1.0), rng.uniform(-1.0, 1.0)] for _ in range(60)]
    samples = Samples(Matrix(points), Labels([int(x > 0.0) for x, _ in points], 2))
    return samples, samples


class GreetArguments(cli.Arguments):
    name: str

    @classmethod
    def add_to(cls, parser):
        parser.add_argument("name")


def greet(arguments):
    print(f"Hello, {arguments.name}!")
    return 0


cli.register(cli.Command("greet", "say hello", GreetArguments, greet))
'''


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plugin in a file, loaded for the time of a test. Unsaved files go to an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    path = tmp_path / "mine.py"
    path.write_text(dedent(PLUGIN), encoding="utf-8")
    before = list(registry.plugins)
    registry.load_plugin(str(path))
    yield path
    registry.plugins[:] = before
    ACTIVATIONS.remove("sine")
    LOSSES.remove("LogCosh")
    LAYERS.remove("Doubled")
    OPTIMIZERS.remove("signsgd")
    SCHEDULES.remove("sawtooth")
    ENGINES.remove("counting")
    DATASETS.remove("stripes")
    COMMANDS.remove("greet")


def stripes_fit(
    network: Sequential,
    *,
    epochs: int = 5,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    engine: str = "auto",
) -> History:
    """Train on the plugin's data set."""
    data = load("stripes").train
    return fit(
        network,
        data.inputs,
        data.targets,
        loss=CrossEntropy(),
        epochs=epochs,
        optimizer=optimizer,
        schedule=schedule,
        engine=engine,
    )


# In `fit`.


def test_an_activation_is_found_in_networks_and_their_first_weights(plugin: Path) -> None:
    network = feed_forward([2, 8, 2], Random(0), hidden="sine")
    assert str(network) == "Sequential(Linear(2, 8), Activation('sine'), Linear(8, 2))"
    assert gain("sine") == 1.5
    history = stripes_fit(network, epochs=30)
    assert history.losses[-1] < 0.5 * history.losses[0]


def test_an_activation_whose_slope_is_known_trains_in_lanes(plugin: Path) -> None:
    network = feed_forward([2, 8, 2], Random(0), hidden="sine")
    history = stripes_fit(network, engine="lanes", epochs=30)
    assert history.engine.startswith("lanes")
    assert history.losses[-1] < 0.7 * history.losses[0]


def test_a_loss_is_found_in_fit(plugin: Path) -> None:
    network = feed_forward([1, 1], Random(0))
    history = fit(network, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0], loss=LOSSES["LogCosh"](), epochs=50)
    assert history.losses[-1] < 0.2 * history.losses[0]
    assert history.epochs[-1].accuracy is None  # the loss is one of quantities


def test_a_layer_is_found_in_fit_even_as_the_first(plugin: Path) -> None:
    network = Sequential(LAYERS["Doubled"](), Linear(4, 2, Random(0)))
    assert (network.in_features, network.widths) == (2, [4, 2])
    history = stripes_fit(network, epochs=30)
    assert history.losses[-1] < 0.5 * history.losses[0]


def test_an_optimizer_and_a_schedule_are_found_in_fit(plugin: Path) -> None:
    network = feed_forward([2, 2], Random(0))
    optimizer, schedule = make_optimizer("signsgd"), SCHEDULES["sawtooth"].schedule(0.1, 5)
    history = stripes_fit(network, optimizer=optimizer, schedule=schedule)
    assert [epoch.learning_rate for epoch in history.epochs] == pytest.approx([0.1, 0.075, 0.1, 0.075, 0.1])
    assert optimizer.steps == 5 * 2  # 60 samples are two batches
    assert history.losses[-1] < history.losses[0]


def test_an_engine_is_found_in_fit_by_its_name(plugin: Path) -> None:
    history = stripes_fit(feed_forward([2, 2], Random(0)), engine="counting", epochs=4)
    assert history.engine == "counting (as asked)"
    assert vars(ENGINES["counting"])["epochs"] == 4
    assert stripes_fit(feed_forward([2, 2], Random(0))).engine.startswith("float")  # "auto" takes it for nobody


def test_a_data_set_is_found_by_its_name_with_its_recipe(plugin: Path) -> None:
    data = load("stripes")
    assert (len(data.train), data.classes) == (60, ("left", "right"))
    assert recipe_for("stripes", "float").learning_rate == 0.25


# In the estimators.


def test_estimators_take_the_activation_and_the_optimizer(plugin: Path) -> None:
    data = load("stripes").train
    inputs, labels = data.inputs.take(range(60)).data, [int(t[1]) for t in data.targets.take(range(60))]
    model = MLPClassifier((8,), "sine", solver="signsgd", learning_rate_init=0.01, max_iter=60, random_state=0)
    assert model.fit(inputs, labels).score(inputs, labels) > 0.9


# In the gradient check.


def test_the_gradient_check_takes_activation_loss_and_layer(plugin: Path) -> None:
    checks = {check.subject: check for check in standard_checks()}
    assert [checks[subject].verdict for subject in ("sine", "LogCosh", "Doubled()")] == ["ok", "ok", "ok"]


def test_the_gradient_check_of_a_wrong_one_fails(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = LOSSES["LogCosh"]
    monkeypatch.setattr(wrong, "gradient", lambda self, y, t: (y - t) * 1.0)
    assert {c.subject: c.verdict for c in standard_checks()}["LogCosh"] == "WRONG"


# In files.


def test_a_network_with_the_layer_and_the_activation_is_saved_and_loaded(plugin: Path) -> None:
    network = Sequential(LAYERS["Doubled"](), Linear(4, 3, Random(0)), Activation("sine"), Linear(3, 2, Random(1)))
    network.save("own.safetensors")
    again = Sequential.load("own.safetensors")
    assert str(again) == str(network)
    assert again.predict([[0.5, -1.0]]) == network.predict([[0.5, -1.0]])


# On the command line.


def test_the_command_line_has_all_of_them(plugin: Path, capsys: Captured) -> None:
    words = "train stripes --activation sine --loss LogCosh --optimizer signsgd --schedule sawtooth --engine counting"
    assert main([*words.split(), "--hidden", "8", "--epochs", "3"]) == 0
    captured = capsys.readouterr()
    assert "counting engine (as asked): Sequential(Linear(2, 8), Activation('sine'), Linear(8, 2))" in captured.err
    assert "saved stripes.safetensors" in captured.out
    assert main(["evaluate", "stripes.safetensors", "--json"]) == 0
    assert '"dataset": "stripes"' in capsys.readouterr().out
    assert main(["greet", "Ada"]) == 0
    assert capsys.readouterr().out == "Hello, Ada!\n"
    assert main(["check"]) == 0
    assert "LogCosh" in capsys.readouterr().out


def test_help_names_all_of_them(plugin: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "say hello" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    shown = capsys.readouterr().out
    words = ("stripes", ", sine", "LogCosh", "signsgd", "sawtooth", "counting")
    assert [word for word in words if word not in " ".join(shown.split())] == []
    with pytest.raises(SystemExit):
        main(["train", "--activation", "unknown"])
    assert ", sine" in capsys.readouterr().err  # among the names there are


def test_another_process_finds_them_with_plugin(plugin: Path, tmp_path: Path) -> None:
    words = ["--plugin", "mine.py", "train", "stripes", "--engine", "lanes", "--activation", "sine", "--workers", "2"]
    run = subprocess.run(
        [sys.executable, "-m", "purenn", *words, "--hidden", "8", "--epochs", "2"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr.count("epoch ")) == (0, 2)


# A name that is taken.


def test_a_name_is_given_once(plugin: Path) -> None:
    with pytest.raises(ValueError, match="another activation is called 'sine' already"):
        ACTIVATIONS.add("sine", activation("tanh"))
