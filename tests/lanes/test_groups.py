"""Grouping: every input that is not zero is in exactly one group, with the level it was rounded to."""

from __future__ import annotations

import gc
from random import Random

import pytest

from purenn.lanes.groups import Group, grouped
from purenn.matrix import Matrix
from purenn.samples import Images, Rows

SCALES = [1, 8, 16, 128, 256]


def pictures() -> Images:
    """Twenty pictures of 5 × 5 pixels, half of them background, and one of each extreme: all black, all white."""
    rng = Random(1)
    pixels = [rng.choice([0, rng.randrange(256)]) for _ in range(20 * 25)]
    return Images(bytes(pixels + [0] * 25 + [255] * 25), height=5, width=5)


def numbers() -> Matrix:
    """Thirty rows of numbers of either sign, some of them 0 and some equal."""
    rng = Random(2)
    return Matrix([[rng.choice([0.0, 1.0, -0.5, rng.gauss(0.0, 2.0)]) for _ in range(7)] for _ in range(30)])


def ungrouped(groups: list[Group], columns: int) -> list[int]:
    """The level of every input, and of the bias behind them."""
    levels = [0] * (columns + 1)
    for level, _, members in groups:
        for i in members:
            levels[i] = level
    return levels


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rows", [pictures(), numbers()], ids=["pictures", "numbers"])
def test_groups_cover_exactly_the_inputs_that_are_not_zero_and_the_bias(rows: Rows, scale: int) -> None:
    for i, groups in enumerate(grouped(rows, scale)):
        levels = [round(x * scale) for x in rows.take([i])[0]]
        assert ungrouped(groups, rows.columns) == [*levels, scale]
        members = [member for _, _, group in groups for member in group]
        assert sorted(members) == [j for j, level in enumerate([*levels, scale]) if level]  # nothing twice, no zeros
        assert len({level for level, _, _ in groups}) == len(groups)


def test_pick_fetches_the_rows_of_its_group_and_the_row_of_zeros() -> None:
    names = list(range(100, 100 + 7 + 2))  # a row each for 7 inputs, for the bias, and for nothing
    for groups in grouped(numbers(), 8):
        for _, pick, members in groups:
            assert pick(names) == (*(names[i] for i in members), 108)


def test_inputs_that_are_all_zero_leave_the_bias() -> None:
    ((level, pick, members),) = grouped(Matrix([[0.0, 0.0]]), 8)[0]
    assert (level, members) == (8, [2])
    assert pick([10, 11, 12, 0]) == (12, 0)


@pytest.mark.parametrize("scale", SCALES)
def test_a_level_is_never_further_than_half_a_step_from_its_input(scale: int) -> None:
    every_byte = Images(bytes(range(256)), height=1, width=256)
    levels = ungrouped(grouped(every_byte, scale)[0], 256)
    for byte in range(256):
        assert abs(levels[byte] / scale - byte / 255) <= 0.5 / scale + 1e-12
    assert (levels[0], levels[255]) == (0, scale)


def test_a_selection_of_pictures_is_grouped_as_those_pictures_are() -> None:
    whole = [ungrouped(groups, 25) for groups in grouped(pictures(), 8)]
    nested = pictures().select([5, 3, 9, 20]).select([2, 0])
    assert [ungrouped(groups, 25) for groups in grouped(nested, 8)] == [whole[9], whole[5]]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        grouped(numbers(), 8)
        with pytest.raises(OverflowError):
            grouped(Matrix([[float("inf")]]), 8)
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
