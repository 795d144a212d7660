"""Grouping: every input that is not zero is in exactly one group, with the level it was rounded to."""

from __future__ import annotations

from itertools import accumulate
from random import Random

import pytest

from purenn.lanes.groups import Groups, grouped
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


def members_of(groups: Groups) -> dict[int, tuple[int, ...]]:
    """The indices in each group, by level."""
    ends = list(accumulate(groups.counts))
    spans = zip(groups.levels, [0, *ends], ends)
    return {level: groups.indices[start:end] for level, start, end in spans}


def ungrouped(groups: Groups, columns: int) -> list[int]:
    """The level of every input, and of the bias behind them."""
    levels = [0] * (columns + 1)
    for level, members in members_of(groups).items():
        for i in members:
            levels[i] = level
    return levels


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rows", [pictures(), numbers()], ids=["pictures", "numbers"])
def test_groups_cover_exactly_the_inputs_that_are_not_zero_and_the_bias(rows: Rows, scale: int) -> None:
    for i, groups in enumerate(grouped(rows, scale)):
        levels = [*(round(x * scale) for x in rows.take([i])[0]), scale]
        assert ungrouped(groups, rows.columns) == levels
        assert sorted(groups.indices[:-1]) == [j for j, level in enumerate(levels) if level]  # nothing twice, no zeros
        assert len(groups.indices) == sum(groups.counts) + 1
        assert groups.total == sum(map(abs, levels))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rows", [pictures(), numbers()], ids=["pictures", "numbers"])
def test_levels_go_down_by_the_steps_to_zero(rows: Rows, scale: int) -> None:
    for groups in grouped(rows, scale):
        assert sorted(set(groups.levels), reverse=True) == list(groups.levels)
        assert [level - step for level, step in zip(groups.levels, groups.steps)] == [*groups.levels[1:], 0]
        assert len(groups.counts) == len(groups.levels)


def test_levels_and_steps_of_pictures_are_the_same_and_made_once() -> None:
    groups = grouped(pictures(), 8)
    assert {(g.levels, g.steps) for g in groups} == {(tuple(range(8, 0, -1)), (1,) * 8)}
    assert len({(id(g.levels), id(g.steps)) for g in groups}) == 1


@pytest.mark.parametrize("black", [Matrix([[0.0, 0.0]]), Images(bytes(2), height=1, width=2)])
def test_inputs_that_are_all_zero_leave_the_bias_and_the_row_of_zeros(black: Rows) -> None:
    (groups,) = grouped(black, 8)
    assert groups.indices == (2, 3)
    assert {level: members for level, members in members_of(groups).items() if members} == {8: (2,)}


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
