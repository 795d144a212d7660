"""The architecture as JSON: what is written of a layer makes an equal one, what makes none is refused with a reason."""

from __future__ import annotations

import json
from random import Random

import pytest

from purenn.architecture import blank_layers, describe
from purenn.layers import Activation, Dropout, Flatten, Layer, Linear, PReLU
from purenn.normalization import BatchNorm, LayerNorm

LINEAR = {"layer": "Linear", "in_features": 2, "out_features": 1}
BATCH_NORM = {"layer": "BatchNorm", "features": 1, "momentum": 0.1, "epsilon": 1e-5}
LAYER_NORM = {"layer": "LayerNorm", "features": 1, "epsilon": 1e-5}
SHAPES = {"0.weight": (1, 2), "1.weight": (1,)}

EVERY_LAYER: list[Layer] = [
    Linear(3, 4, Random(0)),
    PReLU(4),
    BatchNorm(4),
    BatchNorm(4, momentum=1, epsilon=1e-300),
    LayerNorm(4),
    LayerNorm(4, epsilon=0.5),
    Activation("leaky_relu(0.2)"),
    Dropout(0.3),
    Flatten(),
]


def shapes_of(*layers: Layer) -> dict[str, tuple[int, ...]]:
    return {f"{i}.{name}": shape for i, layer in enumerate(layers) for name, shape in layer.tensors.items()}


def test_layers_are_numbered_and_told_with_their_options() -> None:
    assert json.loads(describe([Linear(2, 1, Random(0)), BatchNorm(1), LayerNorm(1), Flatten()])) == {
        "0": LINEAR,
        "1": BATCH_NORM,
        "2": LAYER_NORM,
        "3": {"layer": "Flatten"},
    }


@pytest.mark.parametrize("layer", EVERY_LAYER, ids=lambda layer: describe([layer]))
def test_every_layer_comes_back_with_its_options(layer: Layer) -> None:
    (made,) = blank_layers(describe([layer]), shapes_of(layer))
    assert type(made) is type(layer)
    assert made.options == layer.options
    assert made.tensors == layer.tensors


def test_layers_come_back_in_order() -> None:
    made = list(blank_layers(describe(EVERY_LAYER), shapes_of(*EVERY_LAYER)))
    assert list(map(str, made)) == list(map(str, EVERY_LAYER))


def test_the_architecture_that_the_bad_ones_are_made_of_is_good() -> None:
    for second in (BATCH_NORM, LAYER_NORM):
        assert len(list(blank_layers(json.dumps({"0": LINEAR, "1": second}), SHAPES))) == 2


@pytest.mark.parametrize("architecture", ["null", "[]", "{}", "3", json.dumps([LINEAR])])
def test_what_is_no_object_of_layers_has_none(architecture: str) -> None:
    assert list(blank_layers(architecture, SHAPES)) == []


@pytest.mark.parametrize(
    ("architecture", "complaint"),
    [
        ({"1": LINEAR}, "layer 0 is '1'"),
        ({"0": "Linear"}, "layer 0 is '0': 'Linear', expected '0' and an object"),
        ({"0": {}}, "layer 0 is {}"),
        ({"0": {**LINEAR, "layer": "Conv2d"}}, "Conv2d"),
        ({"0": {**LINEAR, "layer": None}}, "None"),
        ({"0": {**LINEAR, "layer": ["Linear"]}}, "layer 0"),
        ({"0": {"layer": "Linear"}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {**LINEAR, "in_features": 3}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {**LINEAR, "in_features": "2"}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {**LINEAR, "bias": 0}}, r"its tensors make Linear\(2, 1\)"),
        ({"0": {"layer": "PReLU", "features": 2}}, r"0.weight is of shape \(1, 2\)"),
        ({"0": {**BATCH_NORM, "features": 2}}, r"0.weight is of shape \(1, 2\)"),
        ({"0": {**LAYER_NORM, "features": 2}}, r"0.weight is of shape \(1, 2\)"),
        ({"0": LINEAR, "1": LINEAR}, r"1.weight is of shape \(1,\)"),
        ({"0": LINEAR, "1": {"layer": "PReLU", "features": 2}}, r"its tensors make PReLU\(1\)"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "features": 2}}, r"its tensors make BatchNorm\(1\)"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "affine": False}}, r"its tensors make BatchNorm\(1\)"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "momentum": None}}, "its momentum is None, expected a number"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "momentum": True}}, "its momentum is True, expected a number"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "momentum": -1}}, r"momentum must be in \[0, 1\], got -1"),
        ({"0": LINEAR, "1": {**BATCH_NORM, "epsilon": "0"}}, "its epsilon is '0', expected a number"),
        ({"0": LINEAR, "1": {**LAYER_NORM, "features": 2}}, r"its tensors make LayerNorm\(1\)"),
        ({"0": LINEAR, "1": {"layer": "LayerNorm", "features": 1}}, "its epsilon is None, expected a number"),
        ({"0": LINEAR, "1": {**LAYER_NORM, "epsilon": 0}}, "epsilon must be a finite number above 0, got 0"),
        ({"0": LINEAR, "1": {"layer": "Activation"}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Activation", "function": "exec"}}, "no activation is called 'exec'"),
        ({"0": LINEAR, "1": {"layer": "Activation", "function": 1}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": 1.0}}, r"must be in \[0, 1\), got 1.0"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": "0.5"}}, "layer 1 is"),
        ({"0": LINEAR, "1": {"layer": "Dropout", "probability": float("nan")}}, "got nan"),
        ({"0": LINEAR, "1": {"layer": "Flatten", "start_dim": 1}}, r"its tensors make Flatten\(\)"),
        ({"0": LINEAR, "1": BATCH_NORM, "2": LINEAR}, "2.weight is missing"),
    ],
    ids=str,
)
def test_a_layer_that_is_none_is_refused_with_the_reason(architecture: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        list(blank_layers(json.dumps(architecture), SHAPES))
