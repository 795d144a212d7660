"""JSON from files that nobody vouches for, parsed into values that a type checker can follow.

`json.loads` returns Any, keeps the last of two equal keys and lets half a character through. Here a text with either
fault is refused, and an object is a JsonObject: once isinstance has said so, its keys are known to be strings.
`json.loads` also calls itself for each bracket inside another one. The depth is measured before, because Python in a
browser has no RecursionError for that: its whole runtime ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import accumulate
from typing import Union

__all__ = ["Json", "JsonObject", "checked_object", "parse_json"]

DEEPEST = 200  # brackets inside each other; purenn's own files have fewer than 10
# A string, also one that does not end, so that no text is searched twice; and all else but brackets.
_NO_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[^][{}"]+', re.DOTALL)
_DEEPER = {"[": 1, "{": 1, "]": -1, "}": -1}

Json = Union[None, bool, int, float, str, list["Json"], "JsonObject"]


class JsonObject(dict[str, Json]):
    """A JSON object."""


def parse_json(text: str, *, parse_int: Callable[[str], float] = int) -> Json:
    """Parse JSON. `parse_int` turns the digits of an integer into a number.

    Raises ValueError if the text is invalid or has more than 200 levels, if a key appears twice in an object, or if a
    string in an object holds a lone surrogate, which no file in UTF-8 can.

    >>> parse_json('{"seed": 1}')
    {'seed': 1}
    >>> parse_json('{"seed": 1, "seed": 2}')
    Traceback (most recent call last):
    ValueError: the key 'seed' appears twice
    """
    steps = map(_DEEPER.__getitem__, _NO_BRACKETS.sub("", text))
    if max(accumulate(steps), default=0) > DEEPEST:
        raise ValueError(f"JSON nested too deep: {text[:40]}…")
    value: Json = json.loads(text, object_pairs_hook=checked_object, parse_int=parse_int)
    return value


def checked_object(pairs: list[tuple[str, Json]]) -> JsonObject:
    """Return an object, its keys and strings checked: what a JSON decoder calls for each. Raises ValueError."""
    found = JsonObject()
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} appears twice")
        for text in (key, value):
            if isinstance(text, str):
                text.encode("utf-8")  # raises for half a surrogate pair: JSON can say "\ud800", UTF-8 cannot
        found[key] = value
    return found
