"""JSON from files: objects are told by their class, and whatever is wrong with a text is a ValueError."""

from __future__ import annotations

import json
from time import perf_counter

import pytest

from purenn.formats.json import JsonObject, parse_json


def test_objects_are_told_by_their_class_at_any_depth() -> None:
    whole = parse_json('{"a": [{"b": 1}]}')
    assert isinstance(whole, JsonObject)
    (inner,) = whole["a"] if isinstance(whole["a"], list) else []
    assert isinstance(inner, JsonObject)
    assert inner == {"b": 1}


def test_whole_numbers_become_what_is_asked_for() -> None:
    assert str(parse_json("[1, 2.5]", parse_int=float)) == "[1.0, 2.5]"
    assert str(parse_json("[1, 2.5]")) == "[1, 2.5]"


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "{'a': 1}", "[" * 200_000, '{"a":' * 200_000])
def test_an_invalid_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|nested too deep"):
        parse_json(text)


@pytest.mark.parametrize(("left", "right"), ["[]", ('{"a":', "}"), ('[{"]}": 1}, {"a":', "}]")])
def test_200_levels_are_read_and_201_are_refused(left: str, right: str) -> None:
    levels = (left + right).count("[") + left.count('a":')
    times = 200 // levels
    assert parse_json(left * times + "1" + right * times)
    with pytest.raises(ValueError, match="nested too deep"):
        parse_json("[" + left * times + "1" + right * times + "]")


@pytest.mark.parametrize("text", ["[" * 300, r"\"[" * 300, '"' * 300, "]" * 300])
def test_brackets_in_texts_and_side_by_side_are_no_depth(text: str) -> None:
    assert parse_json(json.dumps({text: [text]})) == {text: [text]}
    assert len(str(parse_json("[" + "[],{}," * 300 + "[]]"))) > 2000


@pytest.mark.parametrize("text", ['"' + '\\"[' * 1_000_000, '["' * 1_000_000, '\\"[' * 1_000_000, '"\\' * 1_000_000])
def test_depth_is_measured_in_one_pass_whatever_the_quotes(text: str) -> None:
    start = perf_counter()
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|nested too deep"):
        parse_json(text)
    assert perf_counter() - start < 10  # what searched the rest of the text at each quote took hours


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": 3}}]'])
def test_a_key_that_appears_twice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the key 'a' appears twice"):
        parse_json(text)


@pytest.mark.parametrize("text", ['{"\\ud800": 1}', '{"a": "\\ud800"}'])
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        parse_json(text)
    assert parse_json('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}, "a whole pair is one character"
