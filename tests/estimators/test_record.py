"""Records: what is known of a fitted estimator, as JSON, and what a damaged one is answered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf

import pytest

from purenn.estimators.record import flag, number, numbers, parameters, record, texts, to_json
from purenn.formats import JsonObject


def test_parameters_come_back_as_they_were() -> None:
    given = {"hidden_layer_sizes": (8, 4), "tol": -inf, "activation": "relu", "shuffle": True, "random_state": None}
    fields = record(to_json("MLPClassifier", {"parameters": {**given, "class_weight": {"a": 2.0}}}), "MLPClassifier")
    assert parameters(fields) == {**given, "class_weight": {"a": 2.0}}


def test_a_record_is_strict_json() -> None:
    def refuse(constant: str) -> float:
        raise AssertionError(constant)

    json.loads(to_json("MLPRegressor", {"best": -inf}), parse_constant=refuse)


def test_the_record_of_another_estimator_says_which_reads_it() -> None:
    with pytest.raises(ValueError, match=r"it holds the estimator MLPRegressor, which MLPRegressor\.load reads"):
        record(to_json("MLPRegressor", {}), "MLPClassifier")


def test_what_json_does_not_have_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="activation is <built-in function abs>, which cannot be saved"):
        to_json("MLPClassifier", {"activation": abs})


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (number, True, "its x is True, expected a number"),
        (numbers, 3.0, "its x is 3.0, expected a list of numbers"),
        (numbers, ["a"], "its x is 'a', expected a number"),
        (texts, ["a", 1], r"its x is \['a', 1\], expected texts"),
        (flag, 1, "its x is 1, expected true or false"),
    ],
)
def test_a_field_of_another_type_is_refused_by_its_name(
    read: Callable[[JsonObject, str], object], value: bool | float | list[str | int], message: str
) -> None:
    fields = record(json.dumps({"class": "MLPClassifier", "x": value}), "MLPClassifier")
    with pytest.raises(ValueError, match=message):
        read(fields, "x")


def test_a_record_without_parameters_is_refused() -> None:
    with pytest.raises(ValueError, match="its parameters are None, expected an object"):
        parameters(JsonObject())
