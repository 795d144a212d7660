"""Digits of many hands: they get the ink of those that the network learns from, and are read rightly."""

from __future__ import annotations

from math import cos, radians, sin
from random import Random
from typing import TYPE_CHECKING

import pytest

from purenn.datasets.strokes import ink
from tests.browser.helpers import click, expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LEARNED = 120_000  # milliseconds until a network has learned to read
Stroke = list[tuple[float, float]]


def line(*corners: tuple[float, float]) -> Stroke:
    """Points from corner to corner."""
    return [
        (x0 + (x1 - x0) * i / 8, y0 + (y1 - y0) * i / 8)
        for (x0, y0), (x1, y1) in zip(corners, corners[1:])
        for i in range(9)
    ]


def arc(x: float, y: float, width: float, height: float, start: float, end: float) -> Stroke:
    """Points on an ellipse around (x, y), from one angle to another, in degrees: 0 is right and 90 below."""
    angles = [radians(start + (end - start) * i / 16) for i in range(17)]
    return [(x + width / 2 * cos(angle), y + height / 2 * sin(angle)) for angle in angles]


# How people write, in a square from 0 to 1 whose y goes down. These are not the shapes that the network learns from.
HANDS: list[list[list[Stroke]]] = [
    [[arc(0.5, 0.5, 0.64, 0.96, -100, 270)], [arc(0.5, 0.5, 0.5, 1.0, -60, 310)]],
    [[line((0.5, 0.0), (0.5, 1.0))], [line((0.3, 0.25), (0.52, 0.0), (0.52, 1.0))]],
    [[[*arc(0.5, 0.28, 0.64, 0.56, -160, 40), *line((0.75, 0.46), (0.18, 1.0), (0.85, 1.0))]]],
    [
        [[*arc(0.45, 0.26, 0.6, 0.52, -150, 90), *arc(0.45, 0.74, 0.7, 0.52, -90, 150)]],
        [[*line((0.2, 0.0), (0.8, 0.0), (0.45, 0.4)), *arc(0.45, 0.7, 0.66, 0.6, -90, 140)]],
    ],
    [
        [line((0.6, 0.0), (0.1, 0.65), (0.9, 0.65)), line((0.65, 0.35), (0.65, 1.0))],
        [line((0.2, 0.0), (0.18, 0.5), (0.8, 0.5)), line((0.75, 0.0), (0.75, 1.0))],
    ],
    [
        [[*line((0.25, 0.0), (0.22, 0.45)), *arc(0.45, 0.7, 0.66, 0.6, -120, 140)], line((0.25, 0.0), (0.8, 0.0))],
        [[*line((0.8, 0.0), (0.25, 0.0), (0.22, 0.42)), *arc(0.45, 0.68, 0.7, 0.64, -130, 140)]],
    ],
    [[[*line((0.62, 0.0), (0.3, 0.5)), *arc(0.5, 0.72, 0.56, 0.56, 200, -160)]]],
    [
        [line((0.15, 0.0), (0.85, 0.0), (0.4, 1.0))],
        [line((0.15, 0.05), (0.85, 0.0), (0.45, 1.0)), line((0.3, 0.5), (0.75, 0.5))],
    ],
    [[arc(0.5, 0.24, 0.5, 0.48, 0, 360), arc(0.5, 0.75, 0.6, 0.52, -90, 270)]],
    [[[*arc(0.48, 0.28, 0.56, 0.56, -10, -370), *line((0.76, 0.28), (0.72, 1.0))]]],
]


@pytest.fixture
def address(server_address: str) -> str:
    """Digits are drawn in the same way in both places."""
    return server_address


INK = """async (strokes) => {
    const { inkOf } = await import(new URL("ink.js", location.href).href);
    return [...inkOf(strokes, 1)];
}"""


def by_hand(digit: int, size: float, rng: Random) -> list[Stroke]:
    """The strokes of a digit: slanted, and somewhere on the sheet, whose side is 1."""
    strokes, slant, narrow = rng.choice(HANDS[digit]), rng.uniform(-0.1, 0.35), rng.uniform(0.6, 0.9)
    right, down = (rng.uniform(0.5 - (1 - size) / 3, 0.5 + (1 - size) / 3) for _ in range(2))
    return [
        [(right + size * (narrow * (x - 0.5) - slant * (y - 0.5)), down + size * (y - 0.5)) for x, y in stroke]
        for stroke in strokes
    ]


def draw(page: Page, strokes: list[Stroke]) -> None:
    """Draw with the mouse, as fast as it goes."""
    box = page.get_by_role("application", name="Sheet to draw on").bounding_box()
    assert box
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
            if i == 0:
                page.mouse.down()
        page.mouse.up()


def answer(page: Page) -> Locator:
    """What screen readers are told."""
    return page.get_by_role("tabpanel", name="Digits").get_by_role("status")


def ready(page: Page) -> None:
    """Open the second tab, and wait until the network has learned."""
    page.get_by_role("tab", name="Digits").click()
    expect(page.get_by_role("tabpanel", name="Digits")).to_contain_text("Learned from 24,000", timeout=LEARNED)


def test_digits_of_many_hands_and_sizes_are_read(page: Page) -> None:
    ready(page)
    rng, wrong = Random(1), list[tuple[int, float, str]]()
    for digit in range(10):
        for size in (0.25, 0.5, 0.9):
            click(page, "Clear")
            expect(answer(page)).to_have_text("")
            draw(page, by_hand(digit, size, rng))
            try:
                expect(answer(page)).to_have_text(f"It reads {digit}", timeout=8_000)
            except AssertionError:
                wrong.append((digit, size, answer(page).inner_text()))
    assert len(wrong) <= 1, wrong


def test_a_digit_gets_the_ink_of_the_digits_that_were_learned_however_small_it_is_drawn(page: Page) -> None:
    rng = Random(2)
    for digit in range(10):
        strokes = by_hand(digit, 1.0, rng)
        shown = [[(0.2 * x + 0.7, 0.2 * y + 0.1) for x, y in stroke] for stroke in strokes]
        found = page.evaluate(INK, shown)
        xs, ys = zip(*(point for stroke in strokes for point in stroke))
        scale = 20 / max(max(xs) - min(xs), max(ys) - min(ys))  # to 20 pixels in the middle of the picture
        x0, y0 = 13.5 - scale * (max(xs) + min(xs)) / 2, 13.5 - scale * (max(ys) + min(ys)) / 2
        placed = [[(x0 + scale * x, y0 + scale * y) for x, y in stroke] for stroke in strokes]
        assert found == pytest.approx([255 * grey for grey in ink(placed, radius=1.1, soft=1.5)], abs=1.0)


def test_a_tap_is_no_large_dot(page: Page) -> None:
    dot = page.evaluate(INK, [[(0.5, 0.5)]])
    assert 3 < sum(grey > 128 for grey in dot) < 10


def test_the_sheet_stays_where_it_is_while_the_network_learns(page: Page) -> None:
    page.get_by_role("tab", name="Digits").click()
    sheet = page.get_by_role("application", name="Sheet to draw on")
    before = sheet.bounding_box()
    ready(page)
    assert sheet.bounding_box() == before
