"""Histograms: every number is counted once, in round bins that all groups share."""

from __future__ import annotations

import re
from math import inf, nan
from random import Random

import pytest

from purenn.charts import histograms
from purenn.charts.histograms import BINS, HEIGHT
from purenn.errors import ShapeError
from tests.charts.pictures import check, elements, parsed, words_in

RNG = Random(1)
NORMAL = [RNG.gauss(0.0, 1.0) for _ in range(1000)]


def shares(picture: str, group: int = 0) -> list[float]:
    """The heights of the bars of a group, as parts of its highest."""
    d = elements(picture, "path", "fill0")[group].get("d", "")
    bottom, *tops = map(float, [re.findall(r"M[\d.]+ ([\d.]+)", d)[0], *re.findall(r"V([\d.]+)H", d)])
    return [(bottom - top) / HEIGHT for top in tops]


def test_every_number_is_in_a_bin_of_round_edges() -> None:
    # bins of 0.1 from 0 to 4, and 4.0 belongs to the last
    picture = histograms({"a": [0.0, 0.05, 0.1, 0.15, 0.15, 3.95, 4.0]}, title="Numbers", x_name="number")
    check(picture, ["Numbers", "a", "number", "0", "4", "43", "% of the numbers"])
    assert len(shares(picture)) == 40
    assert shares(picture) == pytest.approx([2 / 3, 1.0, *[0.0] * 37, 2 / 3], abs=0.001)


def test_all_groups_share_their_bins() -> None:
    picture = histograms({"wide": NORMAL, "narrow": [v / 10.0 for v in NORMAL]})
    wide, narrow = shares(picture, 0), shares(picture, 1)
    assert len(wide) == len(narrow)
    assert sum(share > 0.0 for share in wide) > 5 * sum(share > 0.0 for share in narrow) - 10
    assert words_in(picture).count("0") == 3  # beside each, and below the lowest


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 7.0, 1e6])
@pytest.mark.parametrize("log", [False, True])
def test_bins_are_about_40(scale: float, log: bool) -> None:
    picture = histograms({"a": [scale * v for v in NORMAL]}, log=log)
    check(picture)
    assert BINS / 2 <= len(shares(picture)) <= 2 * BINS


def test_sizes_stand_on_a_logarithmic_axis() -> None:
    # from 10⁻⁸ to 1, bins of 0.2 powers of ten: -10⁻⁸ is in the first, 10⁻⁴ in the middle
    picture = histograms({"a": [-1e-8, 1e-4, 1e-4, 1.0, 0.0, 0.0, 0.0]}, log=True)
    check(picture, ["10⁻⁸", "10⁻⁴", "1", "7 numbers, median 10⁻⁸, 3 are 0"])
    assert len(shares(picture)) == 40
    assert [i for i, share in enumerate(shares(picture)) if share] == [0, 20, 39]
    assert shares(picture)[20] == 1.0


def test_what_is_no_number_is_left_out_and_told() -> None:
    picture = histograms({"a": [1.0, nan, 3.0, inf, -inf]})
    check(picture, ["5 numbers, mean 2, σ 1, 3 not finite"])
    assert sum(shares(picture)) == pytest.approx(2.0)


@pytest.mark.parametrize("numbers", [[], [nan], [0.0], [5.0, 5.0]])
@pytest.mark.parametrize("log", [False, True])
def test_there_may_be_little_to_draw(numbers: list[float], log: bool) -> None:
    check(histograms({"a": numbers, "b": []}, log=log), ["a", "b"])


def test_a_long_name_stands_alone() -> None:
    for name, alone in (("a name", False), ("a name that leaves no room for anything else beside it", True)):
        words = words_in(histograms({name: [-1.0, 1.0] * 500}))
        assert name in words
        assert [word for word in words if "mean" in word] == ([] if alone else ["1,000 numbers, mean 0, σ 1"])


def test_a_hundred_thousand_numbers_and_twenty_layers_stay_small() -> None:
    check(histograms({f"layer {i}": NORMAL * (100 if i == 0 else 1) for i in range(20)}))


def test_a_screen_reader_tells_the_numbers() -> None:
    told = parsed(histograms({"a": [1.0, 2.0, 3.0]}))[1].text or ""
    assert "a: 3 numbers, mean 2, σ 0.82, from 1 to 3" in told


def test_no_group_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"^histograms need at least one group of numbers, got none$"):
        histograms({})


def test_names_can_be_anything() -> None:
    assert words_in(histograms({"<&>": [1.0]}, title="<&>", x_name="<&>")).count("<&>") == 3
