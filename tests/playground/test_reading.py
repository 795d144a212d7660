"""Values of commands: each wrong one is named, with what was expected."""

from __future__ import annotations

import math
import sys

import pytest

from purenn.formats import JsonObject
from purenn.playground import reading


def test_numbers_have_bounds_and_nan_is_outside_of_all() -> None:
    assert reading.number(2, "noise", 0.0, 2.0) == 2.0
    for wrong in (math.nan, math.inf, 10**400, -0.1, True, "1", None):
        with pytest.raises(ValueError, match=r"noise is .*, expected a number from 0 to 2"):
            reading.number(wrong, "noise", 0.0, 2.0)


def test_whole_numbers_are_whole() -> None:
    assert reading.whole(3.0, "units", 1, 16) == 3
    for wrong in (0, 17, 2.5, True, "3", math.nan):
        with pytest.raises(ValueError, match=r"units is .*, expected a whole number from 1 to 16"):
            reading.whole(wrong, "units", 1, 16)


def test_a_choice_that_is_misspelt_is_answered_with_the_one_meant() -> None:
    assert reading.choice("adam", "optimizer.name", ["sgd", "adam"]) == "adam"
    with pytest.raises(ValueError, match=r"optimizer.name is 'adm', expected one of sgd, adam; did you mean adam\?"):
        reading.choice("adm", "optimizer.name", ["sgd", "adam"])
    with pytest.raises(ValueError, match=r"optimizer\.name is None"):
        reading.choice(None, "optimizer.name", ["sgd", "adam"])


def test_texts_lists_and_objects_are_what_they_should_be() -> None:
    assert reading.text("abc", "text", 3) == "abc"
    with pytest.raises(ValueError, match="text has 4 characters, expected at most 3"):
        reading.text("abcd", "text", 3)
    with pytest.raises(ValueError, match="text is 1, expected a text"):
        reading.text(1, "text", 3)
    with pytest.raises(ValueError, match="layers has 2 entries, expected at most 1"):
        reading.entries([1, 2], "layers", 1)
    with pytest.raises(ValueError, match="layers is 'x', expected a list"):
        reading.entries("x", "layers", 1)
    with pytest.raises(ValueError, match=r"settings is \[\], expected an object"):
        reading.record([], "settings")
    with pytest.raises(ValueError, match="nesterov is 1, expected true or false"):
        reading.switch(1, "nesterov")


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(ValueError, match="expected a number") as caught:
        reading.number("x" * 100_000, "noise", 0.0, 1.0)
    assert len(str(caught.value)) < 200


def test_only_what_json_can_hold_is_taken() -> None:
    assert reading.as_json({"a": (1, 2)}) == JsonObject({"a": [1, 2]})
    for wrong in ({1, 2}, object(), b"bytes"):
        with pytest.raises(ValueError, match="no JSON"):
            reading.as_json(wrong)


@pytest.mark.skipif(sys.platform == "emscripten", reason="json.dumps of it ends Pyodide; texts are guarded")
def test_a_list_in_lists_without_end_is_refused() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ValueError, match="no JSON"):
        reading.as_json(nested)
