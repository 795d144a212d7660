"""Results on stdout: JSON lines for programs, lines of text for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite

__all__ = ["print_json", "print_result"]


def print_json(event: str, fields: Mapping[str, object]) -> None:
    """Print a JSON object in one line; `event` says what kind of object it is.

    JSON has no infinity and no NaN: a field that is not a finite number becomes null.
    """
    invalid = [name for name, value in fields.items() if isinstance(value, float) and not isfinite(value)]
    print(json.dumps({"event": event, **fields, **dict.fromkeys(invalid)}))


def print_result(event: str, fields: Mapping[str, object], *, as_json: bool) -> None:
    """Print the fields as a JSON line or, for people, one in a line."""
    if as_json:
        print_json(event, fields)
        return
    for name, value in fields.items():
        print(f"{name.replace('_', ' ')}: {f'{value:.4f}' if isinstance(value, float) else value}")
