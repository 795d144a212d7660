"""JSON from files: objects of a class of their own, and one kind of error for whatever is wrong with the text.

A type checker knows nothing of what json.loads returns. Once isinstance has told it that something is a Record, it
knows that the keys are strings and that the values have to be asked in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["Record", "parse"]


class Record(dict[str, object]):
    """A JSON object."""


def parse(text: str, *, parse_int: Callable[[str], object] = int) -> object:
    """What a JSON text says, its objects as Records. Raises ValueError if it says nothing, or is nested too deep.

    >>> parse('{"seed": 1}')
    {'seed': 1}
    """
    try:
        value: object = json.loads(text, object_hook=Record, parse_int=parse_int)
    except RecursionError as error:
        raise ValueError(f"JSON nested too deep: {text[:40]}…") from error
    return value
