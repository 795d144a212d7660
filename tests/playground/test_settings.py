"""Settings: read from any subset, written whole, and refused where they are wrong."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from purenn.activations import Elementwise, register as register_activation
from purenn.losses import MeanSquaredError, register as register_loss
from purenn.optimizers import SGD, register as register_optimizer
from purenn.playground.data import Point
from purenn.playground.settings import FEATURES, LayerSettings, OptimizerSettings, Settings, options
from purenn.schedules import Schedule, register as register_schedule
from tests.playground.helpers import changed, fields, items

EVERYTHING: dict[str, object] = {
    "data": {"name": "moons", "samples": 100, "noise": 0.2, "test": 0.25, "seed": 7},
    "features": ["x1", "x1*x2", "sin x2"],
    "layers": [{"units": 3, "activation": "prelu", "dropout": 0.25, "normalization": "batch"}],
    "initializer": "he_uniform",
    "loss": "CrossEntropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.3, "options": {"momentum": 0.9, "nesterov": True}},
    "schedule": {"name": "cosine", "epochs": 50},
    "batch_size": 7,
    "l1": 0.001,
    "l2": 0.01,
    "seed": 3,
    "stop_at": 0.05,
    "speed": 4,
    "rival": {"optimizer": {"name": "adam"}, "schedule": {"name": "step"}},
}


def test_settings_that_are_written_come_back_equal() -> None:
    settings = changed(**EVERYTHING)
    assert Settings().changed(fields(settings.to_json())) == settings
    assert fields(settings.to_json())["features"] == ["x1", "x1*x2", "sin x2"]


def test_own_points_come_back_equal() -> None:
    points = [[0.5, 1.0, 0, "train"], [0.25, -1.0, 1, "train"], [2, 3, 1, "test"]]
    settings = changed(data={"name": "own", "points": points, "classes": ["a", "b"], "inputs": ["u", "v"]})
    assert settings.data.points == (Point(0.5, 1, 0, "train"), Point(0.25, -1, 1, "train"), Point(2, 3, 1, "test"))
    assert Settings().changed(fields(settings.to_json())) == settings


def test_a_part_that_is_left_out_stays_as_it_is() -> None:
    settings = changed(**EVERYTHING)
    other = settings.changed(fields({"data": {"noise": 0.5}, "optimizer": {"learning_rate": 0.01}}))
    assert other.data == replace(settings.data, noise=0.5)
    assert other.optimizer == OptimizerSettings("sgd", 0.01, {"momentum": 0.9, "nesterov": True})
    assert other.layers == settings.layers


def test_another_optimizer_begins_with_what_is_usual_for_it() -> None:
    settings = changed(**EVERYTHING).changed(fields({"optimizer": {"name": "adam"}}))
    assert settings.optimizer == OptimizerSettings("adam", 0.001, {})


def test_other_data_set_back_what_does_not_suit_them() -> None:
    settings = changed(features=["x1", "x2", "x2^2"], loss="CrossEntropy").changed(fields({"data": {"name": "sine"}}))
    assert (settings.features, settings.loss, settings.data.noise) == (("x1",), "auto", 0.1)
    with pytest.raises(ValueError, match="features has x2, but sine has one input, x1"):
        settings.changed(fields({"features": ["x1", "x2"]}))
    with pytest.raises(ValueError, match="loss for a regression is 'CrossEntropy'"):
        settings.changed(fields({"loss": "CrossEntropy"}))


def test_points_changed_by_hand_are_given_up_for_computed_ones() -> None:
    points = [[0.5, 1.0, 0, "train"], [0.25, -1.0, 1, "train"]]
    settings = changed(data={"name": "xor", "points": points})
    assert settings.changed(fields({"seed": 2})).data.points is not None
    assert settings.changed(fields({"data": {"noise": 0.3}})).data.points is None
    assert settings.changed(fields({"data": {"name": "moons"}})).data.points is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"nope": 1}, "settings: unknown 'nope', expected only data, "),
        ({"data": {"name": "moon"}}, "data.name is 'moon', expected one of .*did you mean moons"),
        ({"data": {"samples": 1e9}}, "data.samples is 1000000000.0, expected a whole number from 4 to 2000"),
        ({"data": {"noise": 99}}, "data.noise is 99, expected a number from 0 to 5"),
        ({"data": {"name": "own"}}, "data.points is missing"),
        (
            {"data": {"points": [[0, 0, 2, "train"]]}},
            r"data.points\[0\]\[2\] is 2, expected a whole number from 0 to 1",
        ),
        ({"data": {"points": [[0, 0, 1]]}}, r"data.points\[0\] has 3 entries"),
        ({"data": {"points": [[0, 0, 1, "train"]]}}, "fewer than 2 points to train on"),
        ({"data": {"points": [[0, 0, 1, "train"]] * 2001}}, "data.points has 2,001 entries, expected at most 2,000"),
        ({"features": []}, "expected at least one"),
        ({"features": ["x3"]}, r"features\[0\] is 'x3'"),
        ({"layers": [{}] * 7}, "layers has 7 entries, expected at most 6"),
        ({"layers": [{"units": 17}]}, r"layers\[0\].units is 17, expected a whole number from 1 to 16"),
        ({"layers": [{"activation": "rellu"}]}, r"layers\[0\].activation is 'rellu'.*did you mean relu"),
        ({"layers": [{"dropout": 1}]}, r"layers\[0\].dropout is 1, expected a number from 0 to 0.9"),
        ({"optimizer": {"learning_rate": 0}}, "optimizer.learning_rate is 0"),
        ({"optimizer": {"options": {"beta1": 0.9}}}, "optimizer.options: unknown 'beta1'"),
        ({"optimizer": {"options": {"nesterov": 1}}}, "optimizer.nesterov is 1, expected true or false"),
        ({"optimizer": {"options": {"momentum": 1.5}}}, r"momentum must be in \[0, 1\), got 1.5"),
        ({"optimizer": {"options": {"nesterov": True}}}, "nesterov needs a momentum above 0"),
        ({"schedule": {"name": "constant", "epochs": 0}}, "schedule.epochs is 0"),
        ({"l2": -1}, "l2 is -1, expected a number from 0 to 100"),
        ({"rival": {"seed": 1}}, "rival: unknown 'seed'"),
        ({"seed": -1}, "seed is -1"),
        ({"speed": 0}, "speed is 0"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed(**wrong)


def test_a_new_definition_appears_by_itself_and_can_be_chosen() -> None:
    register_activation(Elementwise("sine_wave", math.sin, math.cos, steepest=1.0))

    @register_optimizer
    class Slow(SGD):
        """Gradient descent with an option."""

        def __init__(self, learning_rate: float = 0.25, *, patience: float = 2.0) -> None:
            super().__init__(learning_rate)
            self.patience = patience

    @register_loss
    class Halved(MeanSquaredError):
        """Half of the squared error."""

    @register_schedule("halving")
    def halving(learning_rate: float, epochs: int) -> Schedule:
        return lambda epoch: learning_rate / 2.0**epoch

    found = fields(options())
    assert "sine_wave" in str(found["activations"])
    slow = fields(items(found["optimizers"])[-1])
    assert (slow["name"], slow["learning_rate"], fields(slow["options"])["patience"]) == ("slow", 0.25, 2.0)
    assert "Halved" in str(fields(found["losses"])["regression"])
    assert "halving" in str(found["schedules"])
    settings = changed(
        layers=[{"activation": "sine_wave"}],
        loss="Halved",
        optimizer={"name": "slow", "options": {"patience": 3}},
        schedule={"name": "halving"},
    )
    assert settings.layers == (LayerSettings(activation="sine_wave"),)
    assert settings.optimizer == OptimizerSettings("slow", 0.25, {"patience": 3.0})


def test_a_feature_is_the_same_as_its_expression() -> None:
    for feature in FEATURES.values():
        assert feature.function(0.7, -1.3) == eval(feature.expression, {"x1": 0.7, "x2": -1.3, "sin": math.sin})
    assert [name for name, feature in FEATURES.items() if feature.needs_x2] == ["x2", "x2^2", "x1*x2", "sin x2"]
