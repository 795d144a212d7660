"""Pictures: grey, negative and of another size, with numbers worked out by hand."""

from __future__ import annotations

import pytest

from purenn.errors import ShapeError
from purenn.formats import Picture


def grey(rows: list[list[int]]) -> Picture:
    """A grey picture of these rows."""
    return Picture(len(rows), len(rows[0]), 1, bytes(value for row in rows for value in row))


def rows_of(picture: Picture) -> list[list[int]]:
    """The rows of a grey picture."""
    return [list(picture.values[i : i + picture.width]) for i in range(0, len(picture.values), picture.width)]


def test_luma_weighs_green_most_and_blue_least() -> None:
    # 0.299 * 255 = 76.2, 0.587 * 255 = 149.7, 0.114 * 255 = 29.1; and 29.9 + 117.4 + 34.2 = 181.5
    colours = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 100, 200, 300 % 256])
    # the last: 29.9 + 117.4 + 0.114 * 44 = 152.3
    assert list(Picture(1, 5, 3, colours).grey().values) == [76, 150, 29, 255, 152]


def test_transparent_parts_are_white_paper() -> None:
    # (0 * 40 + 255 * 255) / 255 = 255; (51 * 100 + 204 * 255) / 255 = 224; opaque stays
    grey_alpha = bytes([40, 0, 100, 51, 7, 255])
    assert list(Picture(1, 3, 2, grey_alpha).grey().values) == [255, 224, 7]
    # on black: 0; 51 * 100 / 255 = 20; 7
    assert list(Picture(1, 3, 2, grey_alpha).grey(background=0).values) == [0, 20, 7]
    assert list(Picture(1, 2, 4, bytes([255, 0, 0, 255, 255, 0, 0, 0])).grey().values) == [76, 255]


def test_grey_stays_grey_and_the_negative_of_the_negative_is_the_picture() -> None:
    picture = grey([[0, 1, 254, 255]])
    assert picture.grey() == picture
    assert rows_of(picture.inverted()) == [[255, 254, 1, 0]]
    assert picture.inverted().inverted() == picture


def test_the_background_is_the_median_of_the_border() -> None:
    assert grey([[9, 9, 9], [9, 200, 9], [9, 200, 9]]).background() == 9  # ink that touches the border once
    assert grey([[200, 200], [200, 0]]).background() == 200


def test_halving_averages_blocks() -> None:
    # (0 + 10 + 20 + 30) / 4 = 15; (40 + 40 + 44 + 44) / 4 = 42
    assert rows_of(grey([[0, 10, 40, 40], [20, 30, 44, 44]]).resized(1, 2)) == [[15, 42]]


def test_a_pixel_counts_by_the_part_that_is_covered() -> None:
    # 3 to 2: each new pixel covers 1.5 old ones: (0 + 90 / 2) / 1.5 = 30; (90 / 2 + 30) / 1.5 = 50
    assert rows_of(grey([[0, 90, 30]] * 3).resized(2, 2)) == [[30, 50], [30, 50]]


def test_growing_interpolates_between_the_centres_of_pixels() -> None:
    # 2 to 4: centres at -0.25, 0.25, 0.75 and 1.25 of the distance between the old ones; outside, the nearest counts
    assert rows_of(grey([[0, 100], [0, 100]]).resized(4, 4)) == [[0, 25, 75, 100]] * 4


def test_proportions_are_kept_and_the_rest_is_background() -> None:
    # 2 x 4 into 4 x 4: two rows of background, the median of the border, which is 7
    wide = grey([[7, 7, 7, 7], [7, 0, 0, 7]])
    assert rows_of(wide.resized(4, 4)) == [[7, 7, 7, 7], [7, 7, 7, 7], [7, 0, 0, 7], [7, 7, 7, 7]]
    tall = grey([[7, 7], [7, 0], [7, 0], [7, 7]])
    assert rows_of(tall.resized(4, 4)) == [[7, 7, 7, 7], [7, 7, 0, 7], [7, 7, 0, 7], [7, 7, 7, 7]]


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (3, 50), (50, 3), (1000, 1)])
def test_a_plain_picture_stays_plain_in_any_size(size: tuple[int, int]) -> None:
    for height, width in ((1, 1), (2, 7), (40, 13), (1, 300)):
        resized = Picture(height, width, 1, bytes([200]) * (height * width)).resized(*size)
        assert (resized.height, resized.width, {*resized.values}) == (*size, {200})


def test_resizing_to_its_own_size_changes_nothing() -> None:
    picture = grey([[1, 2], [3, 4]])
    assert picture.resized(2, 2) == picture


def test_values_must_fit_the_size() -> None:
    with pytest.raises(ShapeError, match=r"a picture of 2 x 3 x 3 values cannot be made of 17 bytes"):
        Picture(2, 3, 3, bytes(17))
    for height, width, channels in ((0, 1, 1), (1, 0, 1), (1, 1, 0), (1, 1, 5)):
        with pytest.raises(ShapeError, match="at least 1 x 1 pixels of 1 to 4 channels"):
            Picture(height, width, channels, bytes(height * width * channels))


def test_only_grey_pictures_are_resized_and_none_with_alpha_inverted() -> None:
    with pytest.raises(ShapeError, match=r"a picture of 3 channels cannot be resized; grey\(\) makes it one"):
        Picture(1, 1, 3, bytes(3)).resized(2, 2)
    with pytest.raises(ShapeError, match="a picture of 2 channels cannot be inverted"):
        Picture(1, 1, 2, bytes(2)).inverted()
    with pytest.raises(ValueError, match="height must be at least 1, got 0"):
        grey([[1]]).resized(0, 5)
