"""Errors: each is the built-in error it stands for, and the checks of arguments accept a range and nothing beyond."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from pathlib import Path

import pytest

from purenn import errors
from purenn.activations import softmax
from purenn.errors import (
    DownloadError,
    FormatError,
    NotFetchedError,
    PurennError,
    ShapeError,
    TrainingError,
    check_choice,
    check_finite,
    check_fraction,
    check_kind,
    check_not_negative,
    check_optional,
    check_positive,
    check_probability,
    check_whole,
    did_you_mean,
    did_you_mean_file,
)
from purenn.losses import CrossEntropy
from purenn.matrix import Matrix


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ShapeError, ValueError),
        (FormatError, ValueError),
        (DownloadError, OSError),
        (NotFetchedError, FileNotFoundError),
        (TrainingError, ArithmeticError),
    ],
)
def test_every_error_is_one_of_purenn_and_the_builtin_one_it_stands_for(
    error: type[Exception], builtin: type[Exception]
) -> None:
    assert issubclass(error, PurennError)
    assert issubclass(error, builtin)
    with pytest.raises(builtin, match="the message"):
        raise error("the message")


def test_only_what_purenn_raises_on_purpose_is_one_of_its_errors() -> None:
    assert not issubclass(PurennError, (ValueError, OSError, ArithmeticError))
    kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert [kind for kind in kinds if not issubclass(kind, (PurennError, Warning))] == []


SMALLEST, LARGEST, BELOW_1 = 5e-324, 1.7976931348623157e308, 1.0 - 2.0**-53

RANGES: dict[Callable[..., None], tuple[str, list[float], list[float]]] = {
    check_finite: ("a finite number", [-LARGEST, -1, 0, LARGEST], [inf, -inf, nan]),
    check_positive: ("a finite number above 0", [SMALLEST, 1, LARGEST], [0, -0.0, -SMALLEST, -1.0, inf, -inf, nan]),
    check_not_negative: ("a finite number of at least 0", [0, -0.0, SMALLEST, LARGEST], [-SMALLEST, -1, inf, nan]),
    check_fraction: ("in [0, 1)", [0, -0.0, 0.5, BELOW_1], [-SMALLEST, 1, 1.5, inf, -inf, nan]),
    check_probability: ("in [0, 1]", [0, -0.0, 0.5, 1], [-SMALLEST, 1.0 + 2.0**-52, inf, -inf, nan]),
}
ACCEPTED = [(check, value) for check, (_, good, _) in RANGES.items() for value in good]
REFUSED = [(check, expected, value) for check, (expected, _, bad) in RANGES.items() for value in bad]


def message(check: Callable[..., None], *arguments: object, **values: object) -> str:
    """Return the message of the ValueError that a check raises; an empty string if it raises none."""
    try:
        check(*arguments, **values)
    except ValueError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("check", "value"), ACCEPTED)
def test_a_number_inside_the_range_is_accepted(check: Callable[..., None], value: float) -> None:
    assert message(check, rate=value) == ""


@pytest.mark.parametrize(("check", "expected", "value"), REFUSED)
def test_a_number_outside_the_range_is_refused_with_its_name_the_range_and_its_value(
    check: Callable[..., None], expected: str, value: float
) -> None:
    assert message(check, rate=value) == f"rate must be {expected}, got {value}"


@pytest.mark.parametrize("check", RANGES)
def test_the_first_argument_out_of_range_is_named(check: Callable[..., None]) -> None:
    expected = RANGES[check][0]
    assert message(check, first=0.5, second=nan, third=inf) == f"second must be {expected}, got nan"
    assert message(check) == ""


def test_a_whole_number_has_a_least_value_and_nothing_after_the_point() -> None:
    assert message(check_whole, 1, epochs=1, patience=7) == ""
    assert message(check_whole, 1, epochs=7.0) == "epochs must be a whole number, got 7.0: write 7"
    assert message(check_whole, 30, steps=30, size=29) == "size must be at least 30, got 29"
    assert message(check_whole, 1, epochs=1.5) == "epochs must be a whole number, got 1.5"
    assert message(check_whole, 1, epochs=inf) == "epochs must be a whole number, got inf"
    assert message(check_whole, 1, epochs=nan) == "epochs must be at least 1, got nan"


@pytest.mark.parametrize("check", RANGES)
@pytest.mark.parametrize("value", ["0.5", None, [0.5]])
def test_what_is_not_a_number_is_a_type_error(check: Callable[..., None], value: object) -> None:
    with pytest.raises(TypeError) as caught:
        check(rate=value)
    assert str(caught.value) == f"rate must be a number, got {value!r}"


def test_a_word_has_to_be_one_of_the_choices() -> None:
    assert message(check_choice, ["float", "lanes"], engine="lanes") == ""
    assert message(check_choice, ["float", "lanes"], first="float", second="Lanes") == (
        "second must be one of float, lanes, got 'Lanes'; did you mean lanes?"
    )
    # from an iterator, each of the arguments is compared with all choices
    assert message(check_choice, iter(["a", "b"]), first="b", second="a") == ""


@pytest.mark.parametrize("loss", ["cross-entropy", 3, CrossEntropy, [CrossEntropy()]])
def test_an_object_of_another_kind_is_refused_with_an_example(loss: object) -> None:
    with pytest.raises(TypeError) as caught:
        check_kind("gradient", "CrossEntropy()", loss=loss)
    assert str(caught.value) == f"loss is {loss!r}, expected an object such as CrossEntropy()"


def test_the_first_object_of_another_kind_is_named() -> None:
    with pytest.raises(TypeError, match=r"^second is None, expected"):
        check_kind("gradient", "CrossEntropy()", first=CrossEntropy(), second=None)


def test_none_is_welcome_where_an_object_is_optional() -> None:
    with pytest.raises(TypeError, match=r"^third is 'x', expected"):
        check_optional("gradient", "CrossEntropy()", first=CrossEntropy(), second=None, third="x")


def test_a_misspelt_word_is_answered_with_the_likest_choice() -> None:
    assert did_you_mean("Minst", ["mnist", "moons", "xor"]) == "; did you mean mnist?"
    assert did_you_mean("sprials", ["spirals", "circles"]) == "; did you mean spirals?"
    assert did_you_mean("emnist-digit", ["emnist-letters", "emnist-digits"]) == "; did you mean emnist-digits?"
    assert did_you_mean("sdg", ["adam", "sgd"]) == "; did you mean sgd?"
    assert did_you_mean("tahn", ["tanh"]) == "; did you mean tanh?"
    for names in (["Neuron", "neuron"], ["neuron", "Neuron"]):
        assert did_you_mean("Neuronn", names) == "; did you mean Neuron?"
        assert did_you_mean("neuronn", names) == "; did you mean neuron?"
    assert did_you_mean("qqq", ["mnist", "moons"]) == ""


def test_a_wrong_choice_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match=r"engine must be one of float, lanes, got 'flaot'; did you mean float\?"):
        check_choice(["float", "lanes"], engine="flaot")


def test_a_warning_stands_at_the_line_that_called_purenn() -> None:
    with pytest.warns(UserWarning, match="^careful$") as said:
        errors.warn("careful")
    with pytest.warns(UserWarning, match="^softmax is for logits") as deeper:
        softmax(Matrix([[1.0]]))
    assert {warning.filename for warning in (*said, *deeper)} == {__file__}


def test_a_misspelt_file_is_compared_with_those_beside_it(tmp_path: Path) -> None:
    (tmp_path / "klasse.csv").write_bytes(b"")
    assert did_you_mean_file(tmp_path / "klase.csv") == "; did you mean klasse.csv?"
    assert did_you_mean_file(tmp_path / "Klasse.csv") == "; did you mean klasse.csv?"
    assert did_you_mean_file(tmp_path / "qqq") == ""
    assert did_you_mean_file(tmp_path / "klasse.csv") == "", "nobody means the same name"
    assert did_you_mean_file(tmp_path / "nowhere" / "klase.csv") == ""
