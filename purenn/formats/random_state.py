"""The state of a random number generator as JSON, so that a resumed training draws the numbers it would have drawn."""

from __future__ import annotations

import json
from random import Random

from purenn.formats.json import parse_json

__all__ = ["random_state", "restore_random"]


def random_state(rng: Random) -> str:
    """Return the position of a generator in its sequence.

    >>> rng, other = Random(1), Random(2)
    >>> restore_random(other, random_state(rng))
    >>> rng.random() == other.random()
    True
    """
    return json.dumps(rng.getstate())


def restore_random(rng: Random, state: str) -> None:
    """Set a generator to a position that `random_state` returned. Raises ValueError for any other text."""
    try:
        parts = parse_json(state)
        version, numbers, spare = parts if isinstance(parts, list) else []
        if not isinstance(numbers, list) or not (spare is None or isinstance(spare, float)):
            raise ValueError("expected a version, a list of numbers, and a number or null")
        if any(isinstance(number, int) and number < 0 for number in numbers):  # which PyPy would take
            raise ValueError("expected no negative number")
        rng.setstate((version, tuple(numbers), spare))
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"not the state of a random number generator, {state[:40]!r}: {error}") from error
