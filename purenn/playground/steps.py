"""One sample, step by step: forward values, the loss, and the gradients on their way back, each with its formula.

The numbers are those that pass through the library's own layers. A formula shows how one number was computed from
others, with these in place of their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isclose, log
from operator import mul

from purenn.activations import Elementwise
from purenn.diagnosis import Visit, walk
from purenn.layers import Activation, Layer, Linear
from purenn.losses import Loss
from purenn.matrix import Matrix
from purenn.network import Sequential
from purenn.playground.run import Run
from purenn.playground.views import finite
from purenn.samples import Samples

__all__ = ["steps"]


def steps(run: Run, sample: Samples) -> dict[str, object]:
    """Return a forward and a backward pass of one sample, layer by layer, without training.

    The network is shown as it is in use: dropout drops nothing, and batch normalization uses its running averages.
    "updates" are the changes that a step on this sample alone would make to each parameter, by the chosen optimizer.
    """
    x, t = sample.take([0])
    visits = walk(run.network, x, t, run.loss)
    outputs = visits[-1].y
    predictions, loss = run.loss.predictions(outputs)[0], run.loss.value(outputs, t)
    linear = [visit for visit in visits if isinstance(visit.layer, Linear)]
    updates = run.update(sample)
    return {
        "inputs": _numbers(x[0]),
        "target": _numbers(t[0]),
        "layers": [_described(visits, i, predictions, t[0]) for i in range(len(visits))],
        "predictions": _numbers(predictions),
        "loss": finite(loss),
        "loss_formulas": [*_loss_formulas(run.loss, outputs[0], predictions, t[0], loss)],
        "weight_gradients": [_rows(visit.gradients[0]) for visit in linear],
        "bias_gradients": [_numbers(visit.gradients[1][0]) for visit in linear],
        "weight_formulas": [_weight_formulas(visit) for visit in linear],
        "updates": [_rows(change) for change in updates],
        "update_formulas": [*_update_formulas(run.network, updates)],
    }


def _described(
    visits: Sequence[Visit], i: int, predictions: Sequence[float], target: Sequence[float]
) -> dict[str, object]:
    """Return the values of a layer, the gradient of the loss with respect to each, and their formulas."""
    visit = visits[i]
    values, gradients = visit.y[0], visit.dy[0]
    if i + 1 < len(visits):
        slopes = [_backward(visits[i + 1], j) for j in range(len(values))]
    else:
        slopes = _first_slopes(gradients, predictions, target)
    return {
        "name": _name(visit.layer),
        "values": _numbers(values),
        "gradients": _numbers(gradients),
        "formulas": [f"{_forward(visit, j)} = {_short(value)}" for j, value in enumerate(values)],
        "gradient_formulas": [f"{formula} = {_short(slope)}" for formula, slope in zip(slopes, gradients)],
    }


def _name(layer: Layer) -> str:
    """Return the name of a layer for a diagram.

    >>> _name(Linear(2, 4)), _name(Activation("tanh"))
    ('Linear 2 → 4', 'tanh')
    """
    if isinstance(layer, Linear):
        return f"Linear {layer.weight.rows} → {layer.weight.columns}"
    return layer.function.name if isinstance(layer, Activation) else str(layer)


def _forward(visit: Visit, j: int) -> str:
    """Return the formula of output j of a layer."""
    layer, x = visit.layer, visit.x[0]
    if isinstance(layer, Linear):
        products = [f"{_factor(w)}·{_factor(v)}" for w, v in zip(layer.weight[:, j], x)]
        return f"{' + '.join(products)} + {_factor(layer.bias[0, j])}"
    if isinstance(layer, Activation) and isinstance(layer.function, Elementwise):
        return f"{layer.function.name}({_short(x[j])})"
    return f"number {j + 1} of {_name(layer)}({_list(x)})"


def _first_slopes(gradients: Sequence[float], predictions: Sequence[float], target: Sequence[float]) -> list[str]:
    """Return the formula of the gradient of each output. With most losses it is prediction - target, or twice that."""
    if len(target) == len(gradients):
        for factor, times in ((1.0, ""), (2.0, "2·")):
            slopes = [factor * (p - t) for p, t in zip(predictions, target)]
            if all(isclose(s, g, abs_tol=1e-12) for s, g in zip(slopes, gradients)):
                return [f"{times}({_short(p)} − {_factor(t)})" for p, t in zip(predictions, target)]
    return [f"slope of the loss by output {j}" for j in range(1, len(gradients) + 1)]


def _loss_formulas(
    loss: Loss, outputs: Sequence[float], predictions: Sequence[float], target: Sequence[float], value: float
) -> Iterator[str]:
    """Yield the formulas from the outputs to the loss. Losses of probabilities are often -ln(that of the answer)."""
    if [*outputs] != [*predictions]:
        function = "softmax" if len(outputs) > 1 else "sigmoid"
        yield f"prediction = {function}({_list(outputs)}) = {_list(predictions)}"
    p, t = predictions[0], target[0]
    right = sum(map(mul, predictions, target)) if len(predictions) > 1 else t * p + (1.0 - t) * (1.0 - p)
    if loss.kind != "quantities" and right > 0.0 and isclose(-log(right), value, abs_tol=1e-12):
        yield f"probability of the answer = {_short(right)}"
        yield f"{loss.name} = −ln({_short(right)}) = {_short(value)}"
    else:
        yield f"{loss.name}({_list(outputs)}, target {_list(target)}) = {_short(value)}"


def _update_formulas(network: Sequential, updates: Sequence[Matrix]) -> Iterator[str]:
    """Yield what becomes of each weight of the Linear layers, and of each bias."""
    changes = {id(parameter): change for parameter, change in zip(network.parameters, updates)}
    for layer in network:
        if isinstance(layer, Linear):
            for i, (row, moved) in enumerate(zip(layer.weight, changes[id(layer.weight)]), start=1):
                yield from _moved(f"{_name(layer)}, weight {i}", row, moved)
            yield from _moved(f"{_name(layer)}, bias", layer.bias[0], changes[id(layer.bias)][0])


def _moved(name: str, values: Sequence[float], changes: Sequence[float]) -> Iterator[str]:
    for j, (value, change) in enumerate(zip(values, changes), start=1):
        sign = "−" if change < 0.0 else "+"
        yield f"{name} of neuron {j}: {_short(value)} {sign} {_short(abs(change))} = {_short(value + change)}"


def _backward(following: Visit, j: int) -> str:
    """Return the formula of the gradient of value j, which is computed from the gradients of the layer that follows."""
    layer, dy = following.layer, following.dy[0]
    if isinstance(layer, Linear):
        return " + ".join(f"{_factor(w)}·{_factor(slope)}" for w, slope in zip(layer.weight[j], dy))
    if isinstance(layer, Activation) and isinstance(layer.function, Elementwise):
        z = following.x[0][j]
        slope = layer.function.derivative(z)
        return f"{_factor(dy[j])}·{layer.function.name}′({_short(z)}) = {_factor(dy[j])}·{_factor(slope)}"
    return f"number {j + 1} of {_name(layer)} backwards({_list(dy)})"


def _weight_formulas(visit: Visit) -> list[list[str]]:
    """Return the formula of each weight's gradient: the input that it multiplies, times the gradient of its unit."""
    rows = zip(visit.x[0], visit.gradients[0])
    return [
        [f"{_factor(x)}·{_factor(slope)} = {_short(g)}" for slope, g in zip(visit.dy[0], gradients)]
        for x, gradients in rows
    ]


def _short(value: float) -> str:
    """Return a number with four digits, which are enough to see and to calculate with.

    >>> _short(0.123456), _short(-2.0), _short(1e-9)
    ('0.1235', '-2', '1e-09')
    """
    return f"{value:.4g}"


def _factor(value: float) -> str:
    """Return a number as a part of a sum or a product: in brackets if it is negative."""
    return f"({_short(value)})" if value < 0.0 else _short(value)


def _list(values: Sequence[float]) -> str:
    return ", ".join(map(_short, values))


def _numbers(values: Sequence[float]) -> list[float | None]:
    return list(map(finite, values))


def _rows(matrix: Matrix) -> list[list[float | None]]:
    return [_numbers(row) for row in matrix]
