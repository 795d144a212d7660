"""Values of a command, checked: each is named where it is wrong, with what was expected.

Commands come from a page that anybody can write to. So every number is finite and within bounds, every list and every
text has a longest length, and a name that means nothing is refused instead of being overlooked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from purenn.errors import did_you_mean, listed
from purenn.formats import Json, JsonObject, parse_json

__all__ = ["as_json", "choice", "entries", "known", "number", "record", "switch", "text", "whole"]


def as_json(given: object) -> Json:
    """Return an object made of dicts, lists, numbers and texts as JSON, whatever made it.

    Raises ValueError for anything that JSON cannot hold.
    """
    try:
        return parse_json(json.dumps(given))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"this is no JSON: {error}") from None


def record(value: Json, where: str) -> JsonObject:
    """Return a value that must be an object."""
    if not isinstance(value, JsonObject):
        raise ValueError(f"{where} is {_shown(value)}, expected an object")
    return value


def known(fields: JsonObject, names: Iterable[str], where: str) -> None:
    """Raise ValueError for a field with another name than these.

    >>> known(JsonObject({"sede": 1}), ["seed"], "settings")
    Traceback (most recent call last):
    ValueError: settings: unknown 'sede', expected only seed; did you mean seed?
    """
    allowed = list(names)
    for name in fields:
        if name not in allowed:
            hint = did_you_mean(name[:60], allowed)
            raise ValueError(f"{where}: unknown {name!r:.60}, expected only {listed(allowed)}{hint}")


def number(value: Json, where: str, low: float, high: float) -> float:
    """Return a value that must be a number from `low` to `high`. NaN is in no range.

    >>> number(1e999, "noise", 0, 2)
    Traceback (most recent call last):
    ValueError: noise is inf, expected a number from 0 to 2
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{where} is {_shown(value)}, expected a number from {low:g} to {high:g}")
    return float(value)


def whole(value: Json, where: str, low: int, high: int) -> int:
    """Return a value that must be a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high or value % 1:
        raise ValueError(f"{where} is {_shown(value)}, expected a whole number from {low} to {high}")
    return int(value)


def switch(value: Json, where: str) -> bool:
    """Return a value that must be true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{where} is {_shown(value)}, expected true or false")
    return value


def text(value: Json, where: str, longest: int) -> str:
    """Return a value that must be a text of at most `longest` characters."""
    if not isinstance(value, str):
        raise ValueError(f"{where} is {_shown(value)}, expected a text")
    if len(value) > longest:
        raise ValueError(f"{where} has {len(value):,} characters, expected at most {longest:,}")
    return value


def choice(value: Json, where: str, choices: Iterable[str]) -> str:
    """Return a value that must be one of these texts."""
    allowed = list(choices)
    if not isinstance(value, str) or value not in allowed:
        hint = did_you_mean(value[:60], allowed) if isinstance(value, str) else ""
        raise ValueError(f"{where} is {_shown(value)}, expected one of {', '.join(allowed)}{hint}")
    return value


def entries(value: Json, where: str, most: int) -> list[Json]:
    """Return a value that must be a list of at most `most` entries."""
    if not isinstance(value, list):
        raise ValueError(f"{where} is {_shown(value)}, expected a list")
    if len(value) > most:
        raise ValueError(f"{where} has {len(value):,} entries, expected at most {most:,}")
    return value


def _shown(value: Json) -> str:
    """Return a value for a message: its beginning, as it may be long."""
    return f"{value!r:.60}"
