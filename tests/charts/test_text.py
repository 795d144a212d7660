"""Charts made of characters."""

from __future__ import annotations

from math import inf, nan

import pytest

from purenn.charts import gauge, half_blocks, line_chart, picture, sparkline, table
from purenn.errors import ShapeError

BLANK = "         |"


@pytest.mark.parametrize(
    ("part", "drawn"), [(0.0, "[....]"), (0.25, "[#...]"), (0.49, "[##..]"), (0.9, "[####]"), (1.0, "[####]")]
)
def test_a_gauge_is_filled_up_to_its_part(part: float, drawn: str) -> None:
    assert gauge(part, 4) == drawn


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table([["a", "long title", "c"], ["longer", "1", ""]]).splitlines() == [
        "a       long title  c",
        "longer           1",
    ]


def test_columns_that_do_not_fit_follow_below_after_the_first_column() -> None:
    rows = [["class", "one", "two", "three"], ["a", "1", "2", "3"]]
    assert table(rows, width=15).splitlines() == [
        "class  one  two",
        "a        1    2",
        "",
        "class  three",
        "a          3",
    ]
    assert table(rows, width=22) == table(rows)
    assert table(rows, width=10).splitlines() == [
        "class  one",
        "a        1",
        "",
        "class  two",
        "a        2",
        "",
        "cl..  th..",
        "a        3",
    ]


def test_no_table_is_wider_than_its_room() -> None:
    rows = [
        ["", "0", "1", "weight gradient / weight"],
        ["0", "110", "12", "0.5"],
        ["a layer of many units", "1", "2", "3"],
    ]
    for width in range(10, 60):
        assert max(map(len, table(rows, width).splitlines())) <= width
        assert "0.5" in table(rows, width)
    first, *_ = table([["", *map(str, range(9))], ["0", *map(str, range(100, 109))]], width=20).split("\n\n")
    assert first == "     0    1    2\n0  100  101  102", "a narrow first column stays narrow"


def test_columns_of_wide_characters_are_aligned() -> None:
    assert table([["class", "samples"], ["お", "3"], ["すつな", "12"]]).splitlines() == [
        "class   samples",
        "お            3",
        "すつな       12",
    ]


def test_a_single_column_is_a_table() -> None:
    assert table([["a"], ["bc"]]) == "a\nbc"


def test_two_rows_of_pixels_make_a_line_and_an_odd_last_row_makes_another() -> None:
    # Five shades: 0 to 51 is " ", up to 102 ".", up to 153 ":", up to 204 "*", above "#".
    assert picture(bytes([51, 52, 103, 154, 205, 0, 0, 0, 0, 0, 255, 0, 0, 0, 60]), width=5) == " .:*#\n#   ."


def test_the_darker_of_two_pixels_is_shown() -> None:
    assert picture(bytes([0, 255, 255, 0]), width=2) == "##"


def test_a_picture_without_room_is_made_smaller() -> None:
    rows = [[0, 0, 204, 206, 255], [0, 0, 204, 206, 255], [255] * 5, [0] * 5]
    pixels = bytes(pixel for row in rows for pixel in row)
    assert picture(pixels, width=5, most=4) == ":##", "means of 0, 205 and 255 above those of 127 and 127"
    assert picture(pixels, width=5, most=5) == picture(pixels, width=5)
    assert picture(pixels, width=5, most=2) == ":#"
    assert picture(pixels, width=5, most=1) == ":"


def test_no_line_of_a_picture_ends_in_spaces() -> None:
    assert picture(bytes(12), width=3) == "\n"


def test_values_of_a_line_chart_stand_at_equal_distances_between_its_lowest_line_and_the_top() -> None:
    # 30 columns between the ends: the middle value is at column 15; 12 lines: (10 - 6) / 10 * 11 = 4.4 from the top
    lines = line_chart([10.0, 6.0, 0.0], ticks=[1.0, 2.0, 3.0], top=10.0).splitlines()
    assert len(lines) == 12 + 2
    assert lines[0] == "      10 |*"
    assert lines[4] == BLANK + " " * 15 + "*"
    assert lines[11] == "       0 |" + " " * 30 + "*"
    assert lines[12] == "         +--------------+--------------+"
    assert lines[13].split() == ["1", "2", "3"]
    assert [lines[13].index(tick) for tick in "123"] == [10, 25, 40]
    assert set(lines[1:4] + lines[5:11]) == {BLANK}


def test_a_value_above_the_top_of_a_line_chart_is_drawn_at_the_top() -> None:
    lines = line_chart([0.0, 1e6], ticks=[0.0, 1.0], top=2.0).splitlines()
    assert lines[0] == "       2 |" + " " * 15 + "*"
    assert lines[11] == "       0 |*"


def test_a_marked_value_is_an_o_even_where_others_stand_in_its_place() -> None:
    values = [0.0] * 100  # more than there are columns
    assert line_chart(values, ticks=[0.0, 1.0], top=1.0, marked=50).splitlines()[11].count("o") == 1
    assert "o" not in line_chart(values, ticks=[0.0, 1.0], top=1.0)


def test_equal_values_and_a_single_one_are_drawn() -> None:
    assert line_chart([3.0, 3.0], ticks=[0.0, 1.0], top=3.0).splitlines()[0] == "       3 |*" + " " * 14 + "*"
    assert line_chart([3.0], ticks=[0.0, 1.0], top=3.0).splitlines()[0] == "       3 |*"


def test_a_line_chart_of_values_alone_counts_them_from_1_and_reaches_to_the_largest() -> None:
    lines = line_chart([4.0, 8.0, 2.0]).splitlines()
    assert lines[0] == "       8 |" + " " * 30 + "*"
    assert lines[11] == "       2 |" + " " * 60 + "*"
    assert lines[13].split() == ["1", "1.5", "2", "2.5", "3"]
    assert line_chart([1.0] * 1000).splitlines()[13].split() == ["1", "250.8", "500.5", "750.2", "1000"]


def test_a_sparkline_is_never_wider_than_it_may_be() -> None:
    assert sparkline([0.0, 7.0, 3.0], 10) == "▁█▄"
    for count in (1, 9, 10, 11, 500):
        assert len(sparkline([*map(float, range(count))], 10)) == min(count, 10)
    assert sparkline([], 10) == ""


def test_a_sparkline_of_equal_values_is_flat_and_one_that_is_not_finite_is_a_gap() -> None:
    assert sparkline([2.0, 2.0], 5) == "▁▁"
    assert sparkline([1.0, nan, inf, 0.0], 5) == "█  ▁"
    assert sparkline([nan], 5) == " "
    assert sparkline([1e308, 0.0, 1e308, 1e308], 2) == "▁ "  # the sum of the last two is infinite


def test_half_blocks_change_colours_only_where_they_change() -> None:
    assert half_blocks([[1, 1, 2], [3, 3, 3]]) == "\x1b[38;5;1;48;5;3m▀▀\x1b[38;5;2;48;5;3m▀\x1b[0m"
    assert half_blocks([[1], [1], [2], [2]]).count("\n") == 1
    with pytest.raises(ShapeError, match="3 rows of pixels: expected an even number"):
        half_blocks([[1], [1], [1]])
