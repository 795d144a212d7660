"""The space of a search: which combinations it has, what is drawn, and the rounds of halving."""

from __future__ import annotations

import math
from random import Random

import pytest

from purenn.search import Range, Space, Value


def test_a_grid_has_every_combination_in_the_order_of_the_options() -> None:
    found = Space({"a": [1, 2], "b": ["x", "y"]}).combinations()
    assert found == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]


def test_random_search_draws_other_combinations_of_a_grid_without_a_repetition() -> None:
    vary = {"a": [1, 2, 3], "b": [4, 5, 6]}
    found = Space(vary, "random", trials=5).combinations()
    assert len({str(options) for options in found}) == 5
    assert found == Space(vary, "random", trials=5).combinations()
    assert found != Space(vary, "random", trials=5, seed=1).combinations()
    assert len(Space(vary, "random", trials=50).combinations()) == 9


def test_half_of_the_numbers_of_a_range_are_below_its_geometric_mean() -> None:
    drawn = [Range(0.001, 0.1).draw(rng) for rng in [Random(0)] for _ in range(2000)]
    assert min(drawn) >= 0.001
    assert max(drawn) <= 0.1
    assert sum(value < 0.01 for value in drawn) == pytest.approx(1000, abs=100)
    assert all(float(f"{value:.4g}") == value for value in drawn)


def test_a_range_from_0_is_drawn_uniformly_and_one_of_whole_numbers_has_whole_numbers() -> None:
    rng = Random(0)
    drawn = [Range(0.0, 0.5).draw(rng) for _ in range(2000)]
    assert sum(drawn) / 2000 == pytest.approx(0.25, abs=0.02)
    whole = {Range(1, 3).draw(rng) for _ in range(200)}
    assert whole == {1, 2, 3}
    assert all(isinstance(value, int) for value in whole)


def test_ranges_are_read_as_they_are_written() -> None:
    assert Range.parse("0.001..0.1") == Range(0.001, 0.1)
    assert Range.parse("1e-4..1E-1") == Range(0.0001, 0.1)
    assert str(Range.parse("8..128")) == "8..128"
    assert Range.parse("0.1") is None
    assert Range.parse("../data") is None
    assert Range.parse("sgd") is None


@pytest.mark.parametrize(("low", "high"), [(2.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.0, math.inf), (math.nan, 1.0)])
def test_a_range_that_does_not_rise_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="a range goes from 0 or more to a larger number, got"):
        Range(low, high)


@pytest.mark.parametrize(
    ("trials", "epochs", "rounds"),
    [
        (8, 8, [(1, 8), (2, 4), (4, 2), (8, 1)]),
        (8, 20, [(2, 8), (5, 4), (10, 2), (20, 1)]),
        (8, 2, [(1, 8), (2, 4)]),
        (5, 100, [(12, 5), (25, 3), (50, 2), (100, 1)]),
        (1, 4, [(4, 1)]),
    ],
)
def test_halving_ends_with_all_epochs(trials: int, epochs: int, rounds: list[tuple[int, int]]) -> None:
    space = Space({"a": list(range(trials))}, "halving", epochs=epochs)
    assert space.rounds(len(space.combinations())) == rounds


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (lambda: Space({}), "needs an option to vary"),
        (lambda: Space({"a": []}), "a has no value to try"),
        (lambda: Space({"a": [1, 1]}), "a value of a is given twice: 1, 1"),
        (lambda: Space({"a": [1]}, "gird"), "did you mean grid"),
        (lambda: Space({"a": [1]}, trials=2), "a grid has as many trials as there are combinations"),
        (lambda: Space({"a": Range(0.1, 1.0)}), "a is a range, which is for random and halving"),
        (lambda: Space({"a": [1]}, "random"), "the number of trials is missing"),
        (lambda: Space({"a": Range(0.1, 1.0)}, "halving", epochs=4), "the number of trials is missing"),
        (lambda: Space({"a": [1]}, "halving"), "the number of epochs is missing"),
        (lambda: Space({"a": [1]}, "random", trials=0), "trials must be at least 1, got 0"),
        (lambda: Space({"epochs": [1]}, epochs=4), "epochs cannot be given and varied"),
    ],
)
def test_a_search_that_cannot_be_made_is_refused(space: object, reason: str) -> None:
    assert callable(space)
    with pytest.raises(ValueError, match=reason):
        space()


def test_the_settings_tell_all_that_the_trials_depend_on() -> None:
    values: list[Value] = [1, "x"]
    settings = Space({"a": values, "b": Range(1, 2)}, "random", trials=3, seed=4).settings
    vary = [["a", [1, "x"]], ["b", "1..2"]]
    assert settings == {"vary": vary, "search": "random", "trials": 3, "epochs": None, "seed": 4}


def test_of_few_whole_numbers_as_many_are_drawn_as_were_asked_for() -> None:
    drawn = Space({"hidden": Range(0, 5)}, "random", 6).combinations()
    assert sorted(options["hidden"] for options in drawn if isinstance(options["hidden"], int)) == [0, 1, 2, 3, 4, 5]
    assert len(Space({"hidden": Range(0, 5)}, "random", 20).combinations()) == 6
