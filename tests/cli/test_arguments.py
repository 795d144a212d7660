"""Argument types: the values they return, and the messages for text that is none."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable

import pytest

from purenn.cli.arguments import accuracy, activation_name, fraction, loss_name, positive, whole


def refusal(convert: Callable[[str], object], text: str) -> str:
    """Return the message with which an argument type refuses a text."""
    with pytest.raises(ArgumentTypeError) as caught:
        convert(text)
    return str(caught.value)


def test_a_whole_number_may_be_the_least_or_larger() -> None:
    assert whole(2)("2") == 2
    assert whole(2)("1000") == 1000
    assert whole(0)("0") == 0


@pytest.mark.parametrize("text", ["1", "0", "-3", "2.5", "two", "", "²", "inf"])
def test_a_text_that_is_not_a_whole_number_of_at_least_2_is_refused(text: str) -> None:
    assert refusal(whole(2), text) == f"expected a whole number of at least 2, got {text!r}"


def test_a_positive_number_is_above_0() -> None:
    assert positive("1e-300") == 1e-300
    assert positive("100") == 100.0


@pytest.mark.parametrize("text", ["0", "-0.1", "nan", "inf", "1e999"])
def test_a_number_that_is_not_positive_and_finite_is_refused(text: str) -> None:
    assert refusal(positive, text) == f"expected a number above 0, got {text!r}"


def test_a_fraction_may_be_0_but_not_1() -> None:
    assert (fraction("0"), fraction("0.999")) == (0.0, 0.999)


@pytest.mark.parametrize("text", ["1", "-0.1", "nan"])
def test_a_number_that_is_not_a_fraction_is_refused(text: str) -> None:
    assert refusal(fraction, text) == f"expected a number in [0, 1), got {text!r}"


def test_an_accuracy_may_be_1_but_not_0() -> None:
    assert (accuracy("1"), accuracy("0.97")) == (1.0, 0.97)


@pytest.mark.parametrize("text", ["0", "97", "nan", "-0.5"])
def test_an_accuracy_in_percent_is_refused(text: str) -> None:
    assert refusal(accuracy, text) == f"expected a number above 0 and at most 1, got {text!r}"


@pytest.mark.parametrize("convert", [positive, fraction, accuracy])
def test_a_text_that_is_not_a_number_is_refused(convert: Callable[[str], float]) -> None:
    assert refusal(convert, "fast") == "expected a number, got 'fast'"


@pytest.mark.parametrize("convert", [positive, fraction, accuracy])
def test_a_decimal_comma_is_answered_with_the_number_to_write(convert: Callable[[str], float]) -> None:
    assert refusal(convert, "0,1") == "expected a number, got '0,1': write 0.1"
    assert refusal(convert, "0,1,2") == "expected a number, got '0,1,2'"


def test_an_activation_gets_its_full_name() -> None:
    assert activation_name("tanh") == "tanh"
    assert activation_name("silu") == "swish"
    assert activation_name("leaky_relu(0.20)") == "leaky_relu(0.2)"
    assert activation_name("leaky_relu") == "leaky_relu(0.01)"


def test_a_layer_that_stands_for_an_activation_goes_by_its_name() -> None:
    assert activation_name("prelu") == "prelu"


def test_an_unknown_activation_is_refused_with_all_names() -> None:
    said = refusal(activation_name, "rleu")
    assert said.startswith("no activation is called 'rleu'; there are")
    assert " heaviside, identity, " in said
    assert said.endswith(", prelu; did you mean relu?")


def test_a_loss_gets_its_full_name_and_an_unknown_one_stays_as_it_is() -> None:
    assert [loss_name(name) for name in ("mse", "cross_entropy", "BCE", "hinge")] == [
        "MeanSquaredError",
        "CrossEntropy",
        "BinaryCrossEntropy",
        "hinge",
    ]
