"""Warped pictures: which pixel lands where, how far, and what cannot be asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

import pytest

from purenn import datasets
from purenn.matrix import Matrix
from purenn.samples import MAPS, Augmentation, Images, warped, warped_rows

EVERYTHING = Augmentation(shift=1.2, rotate=10, scale=0.12, shear=0.15, elastic=0.8, mirror=True)


class Always(Random):
    """A generator that draws the same number each time: 1 is the upper limit of a range, 0 the lower one."""

    def __init__(self, number: float) -> None:
        super().__init__(0)
        self.number = number

    def random(self) -> float:
        return self.number


def one(augmentation: Augmentation, height: int, width: int, number: float = 1.0) -> list[int]:
    """The map whose draws are all at this part of their ranges."""
    return augmentation.maps(height, width, 1, Always(number))[0]


# One warp at a time.


def test_without_any_warp_every_pixel_stays() -> None:
    for height, width in ((28, 28), (1, 5), (4, 1), (3, 8)):
        assert Augmentation().maps(height, width, 2, Random(0)) == [[*range(height * width)]] * 2


def test_a_shift_by_one_moves_every_pixel_right_and_down_and_the_last_ones_leave() -> None:
    # 0 1 2     . . .
    # 3 4 5     . 0 1
    assert one(Augmentation(shift=1), 2, 3) == [4, 5, -1, -1, -1, -1]
    assert one(Augmentation(shift=1), 2, 3, number=0.0) == [-1, -1, -1, -1, 0, 1]  # left and up


def test_a_shift_below_half_a_pixel_moves_nothing() -> None:
    assert one(Augmentation(shift=0.49), 3, 3) == [*range(9)]
    assert one(Augmentation(shift=0.51), 2, 2) == [3, -1, -1, -1]


def test_a_turn_by_90_degrees_is_clockwise() -> None:
    # 0 1 2     6 3 0
    # 3 4 5     7 4 1
    # 6 7 8     8 5 2
    clockwise = [2, 5, 8, 1, 4, 7, 0, 3, 6]
    assert one(Augmentation(rotate=90), 3, 3) == clockwise
    back = one(Augmentation(rotate=90), 3, 3, number=0.0)
    assert [back[place] for place in clockwise] == [*range(9)]


def test_a_turn_by_180_degrees_reverses_the_pixels() -> None:
    assert one(Augmentation(rotate=180), 4, 6) == [*reversed(range(24))]


def test_a_smaller_picture_is_about_its_middle() -> None:
    # from the middle of 5 pixels, -2 -1 0 1 2 times 1/2 is -1 -1/2 0 1/2 1; halves go to the right
    assert one(Augmentation(scale=0.5), 1, 5, number=0.0) == [1, 2, 2, 3, 3]


def test_a_larger_picture_leaves_gaps_and_loses_its_ends() -> None:
    # -2 -1 0 1 2 times 3/2 is -3 -3/2 0 3/2 3; halves go to the right
    assert one(Augmentation(scale=0.5), 1, 5) == [-1, 1, 2, 4, -1]


def test_shear_moves_lines_by_their_distance_below_the_middle() -> None:
    # by 0.9 of -1, 0 and 1 lines, rounded
    assert one(Augmentation(shear=0.9), 3, 3) == [-1, 0, 1, 3, 4, 5, 7, 8, -1]


def test_a_mirror_exchanges_left_and_right_in_every_other_map() -> None:
    assert one(Augmentation(mirror=True), 2, 3, number=0.0) == [2, 1, 0, 5, 4, 3]
    maps = Augmentation(mirror=True).maps(28, 28, 400, Random(0))
    plain, mirrored = [*range(784)], one(Augmentation(mirror=True), 28, 28, number=0.0)
    assert {tuple(each) for each in maps} == {tuple(plain), tuple(mirrored)}
    assert 160 <= maps.count(mirrored) <= 240  # 200 are expected, with a standard deviation of 10


def test_a_mirror_of_a_mirror_is_the_picture() -> None:
    for height, width in ((28, 28), (3, 7), (1, 2)):
        mirrored = one(Augmentation(mirror=True), height, width, number=0.0)
        assert [mirrored[place] for place in mirrored] == [*range(height * width)]


def test_elastic_bends_are_smooth_and_no_longer_than_they_may_be() -> None:
    lengths: set[int] = set()
    for places in Augmentation(elastic=3).maps(28, 28, 20, Random(0)):
        moves = [(place % 28 - i % 28, place // 28 - i // 28) if place >= 0 else None for i, place in enumerate(places)]
        for i, move in enumerate(moves):
            beside = moves[i + 1] if i % 28 < 27 else None
            if move:
                lengths |= {*map(abs, move)}
            if move and beside:
                # a cell is 5.6 pixels wide, and its ends differ by at most 6: at most 1.07 a pixel, and rounded by 1
                assert abs(move[0] - beside[0]) <= 2
                assert abs(move[1] - beside[1]) <= 2
    assert lengths == {0, 1, 2, 3}


def test_all_numbers_are_drawn_between_their_limits_and_differently_for_each_map() -> None:
    moved = [places.index(0) for places in Augmentation(shift=1).maps(3, 3, 4000, Random(0)) if 0 in places]
    assert {*moved} == {0, 1, 3, 4}, "the pixels that can land on the first one: 1 to the left or up at most"
    # each direction stays with a probability of 1/2, and is moved left or up with one of 1/4
    expected = {0: 1000, 1: 500, 3: 500, 4: 250}
    for pixel, count in expected.items():
        assert moved.count(pixel) == pytest.approx(count, abs=120)


# Maps.


@pytest.mark.parametrize(("height", "width"), [(28, 28), (8, 8), (5, 40), (1, 9), (9, 1), (1, 1)])
def test_every_map_has_a_place_in_the_picture_or_outside_for_every_pixel(height: int, width: int) -> None:
    for places in EVERYTHING.maps(height, width, 30, Random(1)):
        assert len(places) == height * width
        assert all(type(place) is int and -1 <= place < height * width for place in places)


def test_equal_seeds_draw_equal_maps_and_others_others() -> None:
    first, again, other = (EVERYTHING.maps(28, 28, 5, Random(seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert len({tuple(places) for places in first}) == 5


def test_the_maps_of_a_seed_are_the_same_on_every_python() -> None:
    places = EVERYTHING.maps(28, 28, 3, Random(7))
    assert [sum(i * place for i, place in enumerate(each)) % 1_000_003 for each in places] == GOLDEN


GOLDEN = [238039, 37038, 818788]  # as Python 3.11 on Linux has drawn them: it is no number that can be derived


def test_a_pool_has_hundreds_of_maps_but_not_more_than_there_are_samples() -> None:
    few, many = (Images(bytes(4 * count), 2, 2) for count in (30, 5000))
    assert len(EVERYTHING.pool(few, Random(0))) == 30
    assert len(EVERYTHING.pool(many, Random(0))) == MAPS


# Pictures.


def test_ink_goes_where_the_map_says_adds_up_and_leaves() -> None:
    assert warped([0.5, 0.25, 1.0, 0.125], [2, 2, -1, 0]) == [0.125, 0.0, 0.75, 0.0]


def test_every_picture_takes_a_map_of_its_own() -> None:
    maps = [[0, 1], [1, 0], [-1, -1]]
    rows = warped_rows(Matrix([[0.25, 0.75]] * 300), maps, Random(0))
    for row in ([0.25, 0.75], [0.75, 0.25], [0.0, 0.0]):
        assert 60 < rows.data.count(row) < 140


def test_the_mean_ink_is_roughly_kept() -> None:
    images = datasets.load("strokes").train.inputs.take(range(200))
    before = sum(map(sum, images))
    for augmentation in (Augmentation(rotate=10), Augmentation(shift=1.2), Augmentation(elastic=1), EVERYTHING):
        maps = augmentation.maps(28, 28, 100, Random(0))
        after = sum(map(sum, warped_rows(images, maps, Random(1))))
        assert 0.97 * before < after <= 1.000001 * before


# Words.


@pytest.mark.parametrize(
    ("augmentation", "words"),
    [
        (Augmentation(), "shift=0"),
        (Augmentation(shift=1, rotate=10), "shift=1 rotate=10"),
        (Augmentation(scale=0.125, mirror=True), "scale=0.125 mirror"),
        (EVERYTHING, "shift=1.2 rotate=10 scale=0.12 shear=0.15 elastic=0.8 mirror"),
        (Augmentation(elastic=1e-05, rotate=100), "rotate=100 elastic=1e-05"),
    ],
)
def test_words_describe_an_augmentation_and_make_it_again(augmentation: Augmentation, words: str) -> None:
    assert str(augmentation) == words
    assert Augmentation.parse(words.split()) == augmentation
    assert Augmentation.parse(reversed(words.split())) == augmentation


def test_equal_numbers_have_one_description() -> None:
    assert repr(Augmentation(shift=1)) == repr(Augmentation(shift=1.0))
    assert Augmentation.parse(["shift=1.50"]) == Augmentation(shift=1.5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "rotation=10",
            "no warp is called 'rotation'; there are: shift, rotate, scale, shear, elastic, mirror; did you mean r",
        ),
        ("shift", "'shift': expected a number, as in shift=0.5"),
        ("shift=", "'shift=': expected a number, as in shift=0.5"),
        ("scale=10%", "'scale=10%': expected a number, as in scale=0.5"),
        ("mirror=1", "'mirror=1': mirror stands alone, without a number"),
        ("shift=1 shift=2", "'shift=2': shift is there twice, expected it once"),
        ("mirror mirror", "'mirror': mirror is there twice, expected it once"),
        ("shift=-1", "shift must be a finite number of at least 0, got -1.0"),
        ("rotate=181", "rotate must be from 0 to 180 degrees, got 181.0"),
        ("scale=1", "scale must be in [0, 1), got 1.0"),
        ("shear=nan", "shear must be in [0, 1), got nan"),
        ("elastic=inf", "elastic must be a finite number of at least 0, got inf"),
    ],
)
def test_words_that_mean_nothing_are_shown(words: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}"):
        Augmentation.parse(words.split())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("shift", "1", "shift must be a number, got '1'"),
        ("mirror", "yes", "mirror must be True or False, got 'yes'"),
        ("mirror", 0.5, "mirror must be True or False, got 0.5"),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: object, said: str) -> None:
    make: Callable[..., Augmentation] = Augmentation
    with pytest.raises(TypeError, match=f"^{re.escape(said)}$"):
        make(**{name: value})


# Samples.


def test_pictures_are_known_by_their_shape() -> None:
    images = Images(bytes(12), 2, 3)
    assert EVERYTHING.check(images) is images


def test_rows_that_are_no_pictures_are_refused_with_what_makes_them() -> None:
    said = (
        r"^augment=Augmentation\(shift=1.0, .*\) is for pictures, but the inputs are Matrix rows of 4 numbers: expected"
    )
    with pytest.raises(ValueError, match=f"{said} Images, which know .* Images.of"):
        Augmentation(shift=1).check(Matrix([[1.0, 2.0, 3.0, 4.0]]))


@pytest.mark.parametrize("name", ["shift", "elastic"])
def test_pixels_may_not_be_moved_farther_than_the_picture_is_large(name: str) -> None:
    images = Images(bytes(12), 2, 3)
    assert Augmentation.parse([f"{name}=3"]).check(images) is images
    with pytest.raises(
        ValueError, match=f"{name} is 3.5 pixels, expected at most the larger side of pictures of 2 x 3"
    ):
        Augmentation.parse([f"{name}=3.5"]).check(images)
