"""Rows of lanes: every operation on a row has the same result in each lane as on a list of integers."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from functools import partial
from itertools import product
from random import Random

import pytest

from purenn.errors import ShapeError
from purenn.lanes.integers import Lanes, Layout

COUNTS = [1, 2, 7, 128]
every_width = pytest.mark.parametrize("width", [8, 16, 24, 32, 64])


def extremes(layout: Layout) -> list[int]:
    """The numbers at which carries and borrows go wrong first."""
    return [-layout.limit, -layout.limit + 1, -2, -1, 0, 1, 2, layout.limit - 2, layout.limit - 1]


def tuples(layout: Layout, size: int) -> Iterator[list[list[int]]]:
    """Yield `size` lists of numbers for the lanes: one extreme in all lanes, then mixed extremes, then any numbers."""
    rng = Random(layout.count * layout.width + size)
    for values in product(extremes(layout), repeat=size):
        yield [[value] * layout.count for value in values]
    anything = partial(rng.randrange, -layout.limit, layout.limit)
    for _ in range(30):
        yield [rng.choices(extremes(layout), k=layout.count) for _ in range(size)]
        yield [[anything() for _ in range(layout.count)] for _ in range(size)]


def rows(width: int) -> Iterator[tuple[Layout, list[int], Lanes]]:
    """Yield (layout, values, values packed), for layouts of every count."""
    for count in COUNTS:
        layout = Layout(count, width)
        for (values,) in tuples(layout, 1):
            yield layout, values, layout.pack(values)


def pairs(width: int) -> Iterator[tuple[Layout, list[int], list[int]]]:
    """Yield (layout, values, other values), for layouts of every count."""
    for count in COUNTS:
        layout = Layout(count, width)
        for a, b in tuples(layout, 2):
            yield layout, a, b


# From lists and back.


@every_width
def test_packing_is_the_sum_of_every_value_at_its_place(width: int) -> None:
    for _, values, row in rows(width):
        assert row == sum(value * 2 ** (width * j) for j, value in enumerate(values))


@every_width
def test_unpacking_returns_what_was_packed(width: int) -> None:
    for layout, values, row in rows(width):
        assert layout.unpack(row) == values


@every_width
def test_the_constants_hold_the_same_number_in_every_lane(width: int) -> None:
    for count in COUNTS:
        layout = Layout(count, width)
        assert layout.limit == 2 ** (width - 1)
        assert layout.ones == sum(2 ** (width * j) for j in range(count))
        assert layout.offset == layout.limit * layout.ones


@every_width
@pytest.mark.parametrize("excess", [0, 1, 10**30])
def test_packing_a_value_out_of_range_names_it_and_its_place(width: int, excess: int) -> None:
    layout = Layout(4, width)
    for value in layout.limit + excess, -layout.limit - 1 - excess:
        with pytest.raises(ValueError, match=rf"value 2 is {value}, outside \[-{layout.limit}, {layout.limit}\)"):
            layout.pack([0, 1, value, value])


@pytest.mark.parametrize("values", [[], [1, 2], [1, 2, 3, 4]])
def test_packing_a_wrong_number_of_values_names_both_counts(values: list[int]) -> None:
    with pytest.raises(ShapeError, match=f"a row of 3 lanes takes as many values, got {len(values)}"):
        Layout(3, 32).pack(values)


@every_width
def test_unpacking_notices_a_highest_lane_out_of_range(width: int) -> None:
    layout = Layout(3, width)
    full = layout.pack([0, 0, layout.limit - 1])
    for row in full + layout.pack([0, 0, 1]), full * -2:
        with pytest.raises(OverflowError):
            layout.unpack(row)


@pytest.mark.parametrize("width", [-8, 0, 1, 20, 31, 128])
def test_a_width_that_no_format_has_is_refused(width: int) -> None:
    with pytest.raises(ValueError, match=f"width must be 8, 16, 24, 32 or 64, got {width}"):
        Layout(3, width)


@pytest.mark.parametrize("count", [0, -1])
def test_a_layout_without_lanes_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"count must be at least 1, got {count}"):
        Layout(count, 32)


def test_a_layout_can_be_pickled_after_use() -> None:
    layout = Layout(3, 32)
    row = layout.pack([1, -2, 3])
    copy: Layout = pickle.loads(pickle.dumps(layout))
    assert copy == layout
    assert copy.unpack(row) == [1, -2, 3]


# Adding rows, and multiplying them by a number.


@every_width
def test_adding_rows_adds_every_lane(width: int) -> None:
    for layout, a, b in pairs(width):
        x, y = [value // 2 for value in a], [value // 2 for value in b]  # headroom: a bit for the sum
        assert layout.unpack(layout.pack(x) + layout.pack(y)) == [x_j + y_j for x_j, y_j in zip(x, y)]


@every_width
@pytest.mark.parametrize("factor", [-15, -1, 0, 1, 15])
def test_multiplying_a_row_by_a_number_multiplies_every_lane(width: int, factor: int) -> None:
    for layout, values, _ in rows(width):
        small = [value // 16 for value in values]  # headroom: four bits for the product
        assert layout.unpack(layout.pack(small) * factor) == [value * factor for value in small]


@every_width
def test_intermediate_sums_may_overflow_a_lane(width: int) -> None:
    for layout, a, b in pairs(width):
        there = layout.pack(a) * 1000 + layout.pack(b)
        assert layout.unpack(there - layout.pack(a) * 1000) == b


def test_a_sum_without_headroom_spills_into_the_next_lane() -> None:
    layout = Layout(3, 8)  # as the module's docstring warns
    assert layout.unpack(layout.pack([127, 0, 0]) + layout.pack([1, 0, 0])) == [-128, 1, 0]


@every_width
def test_the_largest_is_the_largest_absolute_value(width: int) -> None:
    for layout, values, row in rows(width):
        assert layout.largest(row) == max(abs(value) for value in values)


# Choosing lanes by their sign.


@every_width
def test_positive_flags_every_lane_above_0(width: int) -> None:
    for layout, values, row in rows(width):
        if -layout.limit not in values:
            assert layout.positive(row) == sum(2 ** (width * j) for j, value in enumerate(values) if value > 0)


@every_width
def test_keep_clears_the_lanes_without_a_flag_and_no_others(width: int) -> None:
    rng = Random(width)
    for layout, values, row in rows(width):
        chosen = [rng.randrange(2) for _ in values]
        flags = sum(flag * 2 ** (width * j) for j, flag in enumerate(chosen))
        assert layout.unpack(layout.keep(row, flags)) == [value if flag else 0 for value, flag in zip(values, chosen)]


@every_width
def test_keeping_what_is_positive_is_relu(width: int) -> None:
    for layout, values, row in rows(width):
        if -layout.limit not in values:
            assert layout.unpack(layout.keep(row, layout.positive(row))) == [max(0, value) for value in values]


# Dividing.


@every_width
def test_shifting_rounds_every_lane_down_and_borrows_from_none(width: int) -> None:
    for layout, values, row in rows(width):
        for bits in 0, 1, width // 2, width - 1:
            assert layout.unpack(layout.shift(row, bits, noise=0)) == [value // 2**bits for value in values]


@every_width
def test_shifting_adds_the_noise_of_the_lane_before_it_rounds(width: int) -> None:
    rng = Random(width)
    for layout, values, row in rows(width):
        for bits in 1, width // 2, width - 1:
            added = [rng.choice([0, 1, 2**bits - 1, rng.randrange(2**bits)]) for _ in values]
            noise = sum(value * 2 ** (width * j) for j, value in enumerate(added))
            expected = [(value + extra) // 2**bits for value, extra in zip(values, added)]
            assert layout.unpack(layout.shift(row, bits, noise)) == expected


@pytest.mark.parametrize("value", [0.1, -0.1, -2.75])
def test_stochastic_rounding_is_unbiased(value: float) -> None:
    layout, bits, repetitions, rng = Layout(100, 32), 20, 1000, Random(5)
    units = round(value * 2**bits)
    row = layout.pack([units] * layout.count)
    total = 0
    for _ in range(repetitions):
        total += sum(layout.unpack(layout.shift(row, bits, layout.noise(bits, rng))))
    # Each of the n roundings goes up with probability p, its remainder: their sum has the variance n p (1 - p).
    n, p = layout.count * repetitions, value % 1
    standard_error = (n * p * (1 - p)) ** 0.5
    assert total == pytest.approx(n * value, abs=3 * standard_error)


@every_width
def test_noise_sets_every_bit_of_its_range_half_of_the_time_and_none_above(width: int) -> None:
    layout, bits, n, rng = Layout(5, width), width // 2, 1000, Random(width)
    draws = [layout.noise(bits, rng) for _ in range(n)]
    for place in range(layout.count * width):
        often = sum(draw >> place & 1 for draw in draws)
        if place % width < bits:
            # binomial: mean n/2, standard deviation sqrt(n)/2 = 16; 5 of them, since up to 160 places are looked at
            assert often == pytest.approx(n / 2, abs=80)
        else:
            assert often == 0
    assert max(draws).bit_length() <= layout.count * width


def test_noise_comes_from_the_generator_alone() -> None:
    layout = Layout(128, 32)
    assert layout.noise(20, Random(3)) == layout.noise(20, Random(3)) != layout.noise(20, Random(4))


@pytest.mark.parametrize("bits", [-1, 32, 33])
def test_shifting_further_than_a_lane_is_refused(bits: int) -> None:
    layout = Layout(3, 32)
    with pytest.raises(ValueError, match=rf"bits must be in \[0, 32\), got {bits}"):
        layout.shift(layout.pack([1, 2, 3]), bits, noise=0)
    with pytest.raises(ValueError, match=rf"bits must be in \[0, 32\), got {bits}"):
        layout.noise(bits, Random(1))


@every_width
@pytest.mark.parametrize("numerator", [1, 7, 15, 16])
def test_scaling_rounds_the_product_to_the_nearest_in_every_lane(width: int, numerator: int) -> None:
    layout, rng = Layout(7, width), Random(numerator)
    most = layout.limit // 16 - 1  # with the half that is added
    for _ in range(100):
        values = [rng.choice([-most, -1, 0, 1, most, rng.randint(-most, most)]) for _ in range(7)]
        (scaled,) = layout.scaled([layout.pack(values)], numerator, bits=4)
        assert layout.unpack(scaled) == [(value * numerator + 8) // 16 for value in values]
    assert layout.scaled([0, 0], numerator, bits=4) == [0, 0]


@every_width
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_that_does_not_fit_is_found_in_any_lane_and_row(width: int, sign: int) -> None:
    layout = Layout(5, width)
    for bits in 2, width - 2:
        most = (1 << bits) - (sign > 0)
        fitting = layout.pack([sign * most, 0, -1, 1, sign * most])
        assert layout.all_fit([fitting, 0, fitting], bits)
        for lane in range(5):
            larger = layout.pack([sign * (most + 1) * (k == lane) for k in range(5)])
            assert not layout.all_fit([fitting, larger], bits)
            assert not layout.all_fit([larger, fitting], bits)


@every_width
def test_absolute_sums_are_those_of_the_sizes_in_a_lane(width: int) -> None:
    layout, rng = Layout(4, width), Random(width)
    for spread in 1, layout.limit // 128, layout.limit - 1:  # in lanes, and where a sum might not fit
        values = [[rng.choice([-spread, spread, rng.randint(-spread, spread)]) for _ in range(4)] for _ in range(70)]
        expected = [sum(map(abs, lane)) for lane in zip(*values)]
        assert layout.absolute_sums([layout.pack(row) for row in values]) == expected


@every_width
def test_absolute_numbers_are_taken_in_every_lane(width: int) -> None:
    for layout, values, row in rows(width):
        if -layout.limit not in values:  # its size does not fit
            assert layout.unpack(layout.absolute(row)) == list(map(abs, values))


# Bytes.


@every_width
def test_bytes_hold_every_number_plus_the_offset_whatever_the_rows(width: int) -> None:
    layout, rng = Layout(6, width), Random(width)
    values = [rng.choice([*extremes(layout), 0, -1, 1]) for _ in range(24)]
    raw = layout.to_bytes([layout.pack(values[start : start + 6]) for start in range(0, 24, 6)])
    numbers = [raw[start : start + width // 8] for start in range(0, len(raw), width // 8)]
    assert [int.from_bytes(number, "little") - layout.limit for number in numbers] == values
    for count in 1, 3, 6, 8, 24:
        other = Layout(count, width)
        rows = other.from_bytes(raw)
        assert [value for row in rows for value in other.unpack(row)] == values
        assert other.to_bytes(rows) == raw


@every_width
def test_a_last_row_that_is_not_full_has_zeros_in_its_other_lanes(width: int) -> None:
    layout = Layout(3, width)
    raw = layout.to_bytes([layout.pack([1, -2, 3]), layout.pack([-4, 5, -6])])
    rows = Layout(4, width).from_bytes(raw)
    assert [Layout(4, width).unpack(row) for row in rows] == [[1, -2, 3, -4], [5, -6, 0, 0]]
    assert Layout(4, width).to_bytes(rows)[: len(raw)] == raw
    assert layout.from_bytes(b"") == []


# Lanes of 24 bits and of 32.


def test_a_row_is_widened_and_narrowed_without_changing_a_number() -> None:
    for layout, values, row in rows(24):
        wide = Layout(layout.count, 32)
        assert layout.widened(row) == wide.pack(values)
        assert layout.narrowed(wide.pack(values)) == row


def test_the_upper_bytes_are_the_numbers_without_their_lowest_byte() -> None:
    for layout, values, row in rows(24):
        if min(values) >= 0:
            shifted = [value >> 8 for value in values]
            assert layout.upper(row) == (shifted, Layout(layout.count, 32).pack(shifted))


@every_width
def test_the_average_of_two_rows_is_taken_in_every_lane(width: int) -> None:
    for layout, a, b in pairs(width):
        average = layout.average([layout.pack(a), layout.pack(b)])
        assert layout.unpack(average) == [(x + y) // 2 for x, y in zip(a, b)]


@every_width
@pytest.mark.parametrize("number", [1, 3, 4, 64, 100])
@pytest.mark.parametrize("small", [False, True])
def test_the_average_of_any_number_of_rows_is_taken_in_every_lane(width: int, number: int, small: bool) -> None:
    layout = Layout(7, width)
    rng = Random(number)
    edge = 1 << (width - 1 - number.bit_length())  # the sum of so many such numbers just fits into a lane
    some = [-edge, edge - 1] if small else extremes(layout)
    for _ in range(20):
        lists = [rng.choices(some, k=layout.count) for _ in range(number)]
        average = layout.average([layout.pack(values) for values in lists])
        assert layout.unpack(average) == [(sum(values) + number // 2) // number for values in zip(*lists)]


def test_no_rows_have_no_average() -> None:
    with pytest.raises(ValueError, match="no rows to average"):
        Layout(3, 32).average([])
