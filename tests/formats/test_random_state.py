"""Random generators as JSON: they go on where they were, and nothing else is taken for a state."""

from __future__ import annotations

import json
from random import Random

import pytest

from purenn.formats import random_state, restore_random


@pytest.mark.parametrize("numbers_before", [0, 1, 2, 700])
def test_random_numbers_go_on_where_they_were(numbers_before: int) -> None:
    # gauss makes two numbers at a time and keeps one, which is part of the state
    rng, other = Random(1), Random(2)
    for _ in range(numbers_before):
        rng.gauss(0.0, 1.0)
    restore_random(other, random_state(rng))
    for _ in range(3):
        assert rng.gauss(0.0, 1.0) == other.gauss(0.0, 1.0)
        assert rng.getrandbits(64) == other.getrandbits(64)


STATE = json.loads(random_state(Random(1)))


@pytest.mark.parametrize(
    "state",
    [
        "",
        "5",
        "null",
        "[3, [1, 2], null]",
        "[3, 5, null]",
        json.dumps([9, *STATE[1:]]),
        json.dumps([3, [-1, *STATE[1][1:]], None]),
        json.dumps([3, [0.5, *STATE[1][1:]], None]),
        json.dumps([3, STATE[1], "spare"]),
        json.dumps([3, STATE[1], [1.0]]),
        "[" * 100_000,
    ],
    ids=lambda state: f"{state[:10]}…{state[-10:]}",
)
def test_what_is_no_state_of_a_generator_is_a_value_error(state: str) -> None:
    rng = Random(0)
    with pytest.raises(ValueError, match="not the state of a random number generator"):
        restore_random(rng, state)
    assert rng.random() == Random(0).random(), "the generator stays where it was"
