"""Labels stand where there is room."""

from __future__ import annotations

from math import pi

from purenn.charts.frame import Frame
from purenn.charts.labels import covered, emptiest, halo_text, inside, on_line, room
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


def test_words_on_a_line_stand_in_a_gap_of_it() -> None:
    line = [(10.0, 50.0), (190.0, 50.0)]
    placed = on_line(line, "0.5", Frame(0.0, 0.0, 200.0, 100.0), taken=[(40.0, 50.0)])
    (before, after), (words,) = placed.pieces, placed.text
    assert (before[0], after[-1]) == (line[0], line[1])
    shown = elements(drawing(200, 100, "a", "b", words), "text")[0]
    assert before[-1][0] + 5.0 < float(shown.get("x", "")) < after[0][0] - 5.0
    assert float(shown.get("x", "")) > 100.0  # away from what is taken
    assert "0.5" in words


def test_words_find_no_place_on_a_short_a_crooked_or_a_crowded_line() -> None:
    frame = Frame(0.0, 0.0, 200.0, 100.0)
    crooked = [(20.0 + 5.0 * n, 50.0 + 8.0 * (n % 2)) for n in range(30)]
    for line in ([(50.0, 50.0), (60.0, 50.0)], crooked):
        assert on_line(line, "0.5", frame, []).text == []
    assert on_line([(10.0, 50.0), (190.0, 50.0)], "0.5", frame, [(5.0 * n, 52.0) for n in range(40)]).text == []


def test_words_cover_points_up_to_their_edges() -> None:
    points = covered((50.0, 20.0), "moon")
    assert max(x for x, _ in points) == 50.0 + text_width("moon") / 2.0
    assert {y for _, y in points} == {13.5, 20.0, 26.5}
    assert room((50.0, 20.0), "moon", points) == 0.0


def test_turned_words_have_room_where_they_point() -> None:
    # 20 above is far from words that lie, and near to words that stand
    assert (
        room((0.0, 0.0), "moon", [(0.0, 20.0)]) > 2.0 > 1.0 > room((0.0, 0.0), "moons!", [(0.0, 20.0)], angle=pi / 2.0)
    )
