"""The architecture: layers and their options as JSON, and such layers made again, for the numbers of a file to go into.

The JSON is an object with a key for each layer, "0", "1" and so on, as PyTorch numbers the layers of a Sequential:
{"0": {"layer": "Linear", "in_features": 784, "out_features": 10}, "1": {"layer": "Activation", "function": "relu"}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from purenn.formats.json import Record, parse
from purenn.initializers import zeros
from purenn.layers import Activation, Dropout, Flatten, Layer, Linear, PReLU
from purenn.normalization import BatchNorm, LayerNorm

__all__ = ["blank_layers", "describe"]


def describe(layers: Sequence[Layer]) -> str:
    """The layers and their options: all that there is to a network but its numbers.

    >>> describe([Flatten(), Dropout(0.5)])
    '{"0": {"layer": "Flatten"}, "1": {"layer": "Dropout", "probability": 0.5}}'
    """
    return json.dumps({str(i): {"layer": type(layer).__name__, **layer.options} for i, layer in enumerate(layers)})


def blank_layers(architecture: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[Layer]:
    """The layers that `architecture` describes, with zeros for parameters, whose tensors have these shapes.

    The sizes come from the shapes, which are those of tensors that are there; those in the architecture must agree, but
    could be anything, and are not trusted with memory. Raises ValueError, naming the layer, if there is no such layer.
    """
    description = parse(architecture)
    records = list(description.items()) if isinstance(description, Record) else []
    for i, (key, record) in enumerate(records):
        if key != str(i) or not isinstance(record, Record):
            raise ValueError(f"layer {i} is {key!r}: {record!r}, expected {str(i)!r} and an object")
        layer = _layer(i, record, shapes.get(f"{i}.weight"))
        if {"layer": record.get("layer"), **layer.options} != record:
            raise ValueError(f"layer {i} is {record}, but its tensors make {layer}")
        yield layer


def _layer(i: int, record: Record, weight: tuple[int, ...] | None) -> Layer:
    """Layer number i, as described, with a weight of this shape."""
    shape = weight or ()
    kind, function = record.get("layer"), record.get("function")
    if kind == "Linear" and len(shape) == 2:
        return Linear(shape[1], shape[0], Random(0), initializer=zeros)
    if kind == "PReLU" and len(shape) == 1:
        return PReLU(shape[0])
    if kind == "BatchNorm" and len(shape) == 1:
        return BatchNorm(shape[0], momentum=_number(i, record, "momentum"), epsilon=_number(i, record, "epsilon"))
    if kind == "LayerNorm" and len(shape) == 1:
        return LayerNorm(shape[0], epsilon=_number(i, record, "epsilon"))
    if kind == "Activation" and isinstance(function, str):
        return Activation(function)
    if kind == "Dropout":
        return Dropout(_number(i, record, "probability"))
    if kind == "Flatten":
        return Flatten()
    found = "missing" if weight is None else f"of shape {shape}"
    what = "no layer of this version; of a layer of one's own only the state can be kept"
    raise ValueError(f"layer {i} is {record}, {i}.weight is {found}: {what}")


def _number(i: int, record: Record, option: str) -> float:
    """An option of layer number i that has to be a number."""
    value = record.get(option)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"layer {i} is {record}: its {option} is {value!r}, expected a number")
    return value
