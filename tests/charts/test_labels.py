"""Labels stand where there is room."""

from __future__ import annotations

from purenn.charts.frame import Frame
from purenn.charts.labels import emptiest, halo_text, inside
from purenn.charts.svg import drawing, text_width
from tests.charts.pictures import check, elements


def test_the_place_farthest_from_all_that_is_taken_is_found() -> None:
    places = [(float(x), 50.0) for x in range(0, 101, 10)]
    assert emptiest(places, "ab", [(0.0, 50.0), (100.0, 50.0)]) == (50.0, 50.0)
    assert emptiest(places, "ab", []) == (0.0, 50.0)
    assert emptiest([], "ab", [(1.0, 1.0)]) is None


def test_words_are_wider_than_high_so_points_beside_them_count_as_nearer() -> None:
    # 40 to the side is within the words, 40 above is not
    assert emptiest([(0.0, 0.0), (500.0, 0.0)], "a long name", [(40.0, 0.0), (500.0, 40.0)]) == (500.0, 0.0)


def test_the_middle_of_words_stays_half_of_them_away_from_the_edge() -> None:
    part = inside(Frame(0.0, 0.0, 200.0, 100.0), "moon")
    assert part.left >= text_width("moon") / 2.0
    assert part.right <= 200.0 - text_width("moon") / 2.0
    assert 0.0 < part.top < part.bottom < 100.0


def test_a_halo_has_the_colour_of_the_paper() -> None:
    picture = drawing(100, 50, "a", "b", halo_text((50.0, 20.0), "moon", "fill1"))
    check(picture, ["moon"])
    (words,) = elements(picture, "text", "fill1 edge")
    assert (words.get("paint-order"), words.get("text-anchor")) == ("stroke", "middle")
