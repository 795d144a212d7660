"""JSON from files: objects are told by their class, and whatever is wrong with a text is a ValueError."""

from __future__ import annotations

import pytest

from purenn.formats.json import Record, parse


def test_objects_are_records_at_any_depth() -> None:
    whole = parse('{"a": [{"b": 1}]}')
    assert isinstance(whole, Record)
    (inner,) = whole["a"] if isinstance(whole["a"], list) else []
    assert isinstance(inner, Record)
    assert inner == {"b": 1}


def test_whole_numbers_become_what_is_asked_for() -> None:
    assert str(parse("[1, 2.5]", parse_int=float)) == "[1.0, 2.5]"


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "{'a': 1}", "[" * 200_000])
def test_a_text_that_says_nothing_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|nested too deep"):
        parse(text)
