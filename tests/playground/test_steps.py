"""One sample step by step: the numbers are purenn's own, and the gradients those that are measured."""

from __future__ import annotations

import pytest

from purenn.layers import Linear
from purenn.matrix import Matrix
from purenn.playground.data import points_of
from purenn.playground.run import Run
from purenn.playground.steps import steps
from tests.playground.helpers import changed, fields, items, numbers_in, run_of, trained

ALL: dict[str, object] = {
    "layers": [
        {"units": 3, "activation": "tanh", "normalization": "layer"},
        {"units": 2, "activation": "prelu", "dropout": 0.5, "normalization": "batch"},
    ]
}


def measured(run: Run, x: Matrix, t: Matrix, parameter: Matrix, step: float = 1e-5) -> Matrix:
    """The gradient of the loss by central differences, without any derivative."""

    def slope(i: int, j: int) -> float:
        value, losses = parameter[i, j], []
        for moved in (value + step, value - step):
            parameter[i, j] = moved
            losses.append(run.loss.value(run.network(x), t))
        parameter[i, j] = value
        return (losses[0] - losses[1]) / (2.0 * step)

    return Matrix.from_function(parameter.rows, parameter.columns, slope)


@pytest.mark.parametrize("data", ["xor", "blobs", "sine"])
def test_the_gradients_are_those_that_are_measured(data: str) -> None:
    run = trained(2, data={"name": data}, **ALL)
    x, t = run.samples.take([5])
    found = fields(steps(run, run.samples.select([5])))
    linear = [layer for layer in run.network if isinstance(layer, Linear)]
    for layer, weights, biases in zip(linear, items(found["weight_gradients"]), items(found["bias_gradients"])):
        assert numbers_in(weights) == pytest.approx(numbers_in(measured(run, x, t, layer.weight).data), abs=1e-8)
        assert numbers_in(biases) == pytest.approx(numbers_in(measured(run, x, t, layer.bias).data), abs=1e-8)


def test_the_values_are_those_of_the_layers_and_the_loss_is_the_losss() -> None:
    run = trained(2, **ALL)
    x, t = run.samples.take([5])
    found = fields(steps(run, run.samples.select([5])))
    for layer, told in zip(run.network, items(found["layers"])):
        x = layer.forward(x)[0]
        assert numbers_in(fields(told)["values"]) == x[0]
    assert found["loss"] == run.loss.value(x, t)
    assert numbers_in(found["predictions"]) == run.loss.predictions(x)[0]
    _, backward = run.network.forward(run.samples.take([5])[0])
    gradients = backward.parameters(run.loss.gradient(x, t))
    assert numbers_in(items(found["weight_gradients"])[0]) == numbers_in(gradients[0].data)


def test_formulas_show_how_each_number_is_computed() -> None:
    """One tanh unit with w = 0.5, -0.25 and b = 0.1 at (2, 4): z = 0.1; then y = 2 tanh(0.1) + 1 for the target 1.

    y = 1.1993, dL/dy = 2 (1.1993 - 1) = 0.3987, dL/dtanh = 2 · 0.3987 = 0.7973, and dL/dz that times 1 - 0.0997².
    """
    points = [[2.0, 4.0, 1.0, "train"], [1.0, 0.0, 3.0, "train"]]
    data = {"name": "own", "points": points, "inputs": ["x1", "x2"]}
    settings = changed(data=data, layers=[{"units": 1}], loss="MeanSquaredError")
    run = Run(settings, points_of(settings.data))
    for parameter, values in zip(run.network.parameters, ([[0.5], [-0.25]], [[0.1]], [[2.0]], [[1.0]])):
        parameter.data[:] = values
    found = fields(steps(run, run.samples.select([0])))
    first, tanh, last = map(fields, items(found["layers"]))
    assert [fields(layer)["name"] for layer in items(found["layers"])] == ["Linear 2 → 1", "tanh", "Linear 1 → 1"]
    assert first["formulas"] == ["0.5·2 + (-0.25)·4 + 0.1 = 0.1"]
    assert tanh["formulas"] == ["tanh(0.1) = 0.09967"]
    assert last["formulas"] == ["2·0.09967 + 1 = 1.199"]
    assert found["loss_formulas"] == ["MeanSquaredError(1.199, target 1) = 0.03973"]
    assert last["gradient_formulas"] == ["2·(1.199 − 1) = 0.3987"]
    assert tanh["gradient_formulas"] == ["2·0.3987 = 0.7973"]
    assert first["gradient_formulas"] == ["0.7973·tanh′(0.1) = 0.7973·0.9901 = 0.7894"]
    assert items(found["weight_formulas"])[0] == [["2·0.7894 = 1.579"], ["4·0.7894 = 3.158"]]
    assert numbers_in(items(found["updates"])[0]) == pytest.approx([-0.1579, -0.3158], abs=1e-4)
    assert items(found["update_formulas"])[:3] == [
        "Linear 2 → 1, weight 1 of neuron 1: 0.5 − 0.1579 = 0.3421",
        "Linear 2 → 1, weight 2 of neuron 1: -0.25 − 0.3158 = -0.5658",
        "Linear 2 → 1, bias of neuron 1: 0.1 − 0.07894 = 0.02106",
    ]


def test_the_loss_of_classes_is_that_of_the_probability_of_the_answer() -> None:
    # one output z = 0, so p = 1/2 whatever the class, and -ln(1/2) = 0.6931
    run = run_of(layers=[])
    for parameter in run.network.parameters:
        parameter.data[:] = [[0.0] * parameter.columns for _ in range(parameter.rows)]
    found = fields(steps(run, run.samples.select([0])))
    assert found["loss_formulas"] == [
        "prediction = sigmoid(0) = 0.5",
        "probability of the answer = 0.5",
        "BinaryCrossEntropy = −ln(0.5) = 0.6931",
    ]
    assert fields(items(found["layers"])[0])["gradient_formulas"] == ["(0.5 − 0) = 0.5"]
    three = fields(steps(run_of(data={"name": "blobs"}), run_of(data={"name": "blobs"}).samples.select([0])))
    assert [str(line).partition(" ")[0] for line in items(three["loss_formulas"])] == [
        "prediction",
        "probability",
        "CrossEntropy",
    ]


def test_formulas_number_the_neurons_of_a_layer_from_one() -> None:
    run = run_of(layers=[{"units": 2, "activation": "softmax"}])
    first, softmax, _ = map(fields, items(fields(steps(run, run.samples.select([0])))["layers"]))
    assert [str(line).partition("(")[0] for line in items(softmax["formulas"])] == [
        "number 1 of softmax",
        "number 2 of softmax",
    ]
    assert str(items(first["gradient_formulas"])[1]).startswith("number 2 of softmax backwards(")
