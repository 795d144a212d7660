"""The record of a fitted estimator in the file of its network: parameters, results and classes as JSON.

Nothing is pickled: a file from anywhere can be read, and what is in it is checked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Protocol, runtime_checkable

from purenn.formats import Json, JsonObject, arrays, parse_json

__all__ = ["RECORD", "flag", "number", "numbers", "parameters", "record", "texts", "to_json"]

RECORD = "estimator"  # its key in the metadata


@runtime_checkable
class _NumPy(Protocol):
    """A number or an array of NumPy's."""

    def tolist(self) -> object: ...


@runtime_checkable
class _Mapping(Protocol):
    """A dict or the like."""

    def items(self) -> Iterable[tuple[object, object]]: ...


def to_json(estimator: str, fields: Mapping[str, object]) -> str:
    """Return the record of an estimator of this class.

    Raises ValueError, naming it, for a parameter that JSON does not have. Infinite numbers are texts.
    """
    return json.dumps({"class": estimator, **{name: _plain(name, value) for name, value in fields.items()}})


def _plain(name: str, value: object) -> object:
    if isinstance(value, _NumPy):
        value = value.tolist()
    if isinstance(value, _Mapping):
        return {str(key): _plain(f"{name}, {key}", item) for key, item in value.items()}
    if arrays.is_nested([value]):
        return [_plain(name, item) for item in arrays.items(value, name)]
    if isinstance(value, float) and not isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f"{name} is {value!r:.100}, which cannot be saved: expected numbers, texts or lists of them")


def record(text: str, estimator: str) -> JsonObject:
    """Return the fields of a record. Raises ValueError for the record of another estimator."""
    fields = parse_json(text)
    kind = fields.get("class") if isinstance(fields, JsonObject) else None
    if not isinstance(fields, JsonObject) or kind != estimator:
        raise ValueError(f"it holds the estimator {kind}, which {kind}.load reads")
    return fields


# The fields of a record by their types. Each raises ValueError, naming the field, for another type.


def parameters(fields: JsonObject) -> dict[str, object]:
    """Return the arguments of the estimator."""
    found = fields.get("parameters")
    if not isinstance(found, JsonObject):
        raise ValueError(f"its parameters are {found!r:.100}, expected an object")
    return {name: _value(value) for name, value in found.items()}


def _value(value: Json) -> object:
    """Return a parameter: a tuple for a list, and a number that JSON does not have for its name."""
    if isinstance(value, list):
        return tuple(map(_value, value))
    if isinstance(value, JsonObject):
        return float(str(value["float"])) if value.keys() == {"float"} else {k: _value(v) for k, v in value.items()}
    return value


def number(fields: JsonObject, name: str) -> float:
    """Return a number."""
    value = _value(fields.get(name))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"its {name} is {value!r:.100}, expected a number")
    return value


def numbers(fields: JsonObject, name: str) -> list[float]:
    """Return a list of numbers."""
    values = fields.get(name)
    if not isinstance(values, list):
        raise ValueError(f"its {name} is {values!r:.100}, expected a list of numbers")
    return [number(JsonObject({name: value}), name) for value in values]


def texts(fields: JsonObject, name: str) -> list[str]:
    """Return a list of texts."""
    values = fields.get(name)
    found = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    if not isinstance(values, list) or len(found) != len(values):
        raise ValueError(f"its {name} is {values!r:.100}, expected texts")
    return found


def flag(fields: JsonObject, name: str) -> bool:
    """Return True or False."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"its {name} is {value!r:.100}, expected true or false")
    return value
