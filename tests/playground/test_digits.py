"""Digits: learned a few at a time, and read wherever and however large they are drawn."""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import cache

import pytest

from purenn.datasets import load
from purenn.errors import ShapeError
from purenn.network import feed_forward
from purenn.playground import Session
from purenn.playground.digits import SIDE, Digits, framed
from purenn.samples import Images, Labels, Samples
from tests.conftest import Clock
from tests.playground.helpers import do, fields, frame, items, numbers_in, text_of


@pytest.fixture(scope="module")
def digits() -> Digits:
    """A reader that has learned 3,000 samples."""
    found = Digits()
    while found.done < 3000:
        found.learn()
    return found


@cache
def pictures() -> Samples:
    """The test pictures of strokes, read once."""
    return load("strokes").test


def drawn(index: int) -> tuple[bytes, int]:
    """A test picture of strokes, and the digit on it."""
    inputs, targets = pictures()
    assert isinstance(inputs, Images)
    assert isinstance(targets, Labels)
    return inputs.picture(index), targets.values[index]


def test_digits_are_read_soon_and_the_accuracy_is_told(digits: Digits) -> None:
    told = fields(digits.progress())
    assert (told["done"], told["total"], told["ready"]) == (3000, 24_000, False)
    assert 0.75 < numbers_in(told["accuracy"])[0] < 1.0
    answers = [numbers_in(digits.read(drawn(i)[0])["probabilities"]) for i in range(100)]
    right = sum(answer.index(max(answer)) == drawn(i)[1] for i, answer in enumerate(answers))
    assert right > 75


def test_units_that_fired_come_with_their_weights(digits: Digits) -> None:
    found = fields(digits.read(drawn(0)[0]))
    hidden, fired = numbers_in(found["hidden"]), [int(n) for n in numbers_in(found["fired"])]
    assert len(hidden) == 128
    assert fired[0] == hidden.index(max(hidden))
    assert hidden[fired[0]] >= hidden[fired[-1]] > 0.0
    assert all(len(b64decode(text_of(fields(w), "pixels"))) == SIDE * SIDE for w in items(found["weights"]))
    assert len(items(found["weights"])) == len(fired) <= 12
    assert sum(numbers_in(found["probabilities"])) == pytest.approx(1.0)


def box(picture: bytes) -> tuple[int, int, int, int]:
    """The top, bottom, left and right of what is dark: edges are blurred."""
    ys = [i // SIDE for i, byte in enumerate(picture) if byte >= 128]
    xs = [i % SIDE for i, byte in enumerate(picture) if byte >= 128]
    return min(ys), max(ys), min(xs), max(xs)


@pytest.mark.parametrize(
    ("top", "left", "height", "width"), [(0, 0, 8, 4), (15, 20, 12, 8), (0, 0, 28, 28), (27, 3, 1, 20)]
)
def test_a_digit_is_moved_to_the_middle_and_made_as_large_as_others(
    top: int, left: int, height: int, width: int
) -> None:
    inside = (range(top, top + height), range(left, left + width))
    picture = bytes([255 * (y in inside[0] and x in inside[1]) for y in range(SIDE) for x in range(SIDE)])
    y0, y1, x0, x1 = box(framed(picture))
    assert max(y1 - y0, x1 - x0) + 1 == pytest.approx(22, abs=2)
    assert ((y0 + y1) / 2, (x0 + x1) / 2) == pytest.approx((13.5, 13.5), abs=1.0)


def test_an_empty_picture_stays_empty_and_another_size_is_refused() -> None:
    assert framed(bytes(784)) == bytes(784)
    with pytest.raises(ShapeError, match="the picture has 100 bytes, expected 28 × 28 = 784"):
        framed(bytes(100))


def test_a_session_learns_digits_while_they_are_drawn() -> None:
    session = Session(clock=Clock(tick=0.01))
    assert frame(session, "digits")["done"] == 0
    assert [*do(session, "tick", seconds=0.05)] == ["digits"]
    picture = b64encode(drawn(3)[0]).decode()
    first = frame(session, "draw", pixels=picture)
    assert first["frame"] == "digit"
    told = do(session, "tick", seconds=0.05)["digits"]
    assert numbers_in([told["done"]])[0] > 100
    assert frame(session, "draw", pixels=picture)["probabilities"] != first["probabilities"]
    do(session, "hide")
    assert session.do({"do": "tick"}) == []
    do(session, "show")
    do(session, "digits", on=False)
    assert session.do({"do": "tick"}) == []


def test_a_reader_that_is_given_is_ready_at_once() -> None:
    session = Session(reader=feed_forward([784, 16, 10]))
    told = frame(session, "digits")
    assert (told["ready"], told["accuracy"]) == (True, None)
    assert session.do({"do": "tick"}) == []
    assert len(numbers_in(frame(session, "draw", pixels=b64encode(bytes(784)).decode())["hidden"])) == 16
    with pytest.raises(ShapeError, match="cannot read digits: expected 784 inputs and 10 outputs"):
        Digits(network=feed_forward([64, 10]))


def test_a_wrong_drawing_is_refused() -> None:
    session = Session(reader=feed_forward([784, 16, 10]))
    assert "send digits first" in text_of(frame(session, "draw", pixels=""), "message")
    do(session, "digits")
    assert "expected 28 × 28" in text_of(frame(session, "draw", pixels="AAAA"), "message")
    assert "at most 2,000" in text_of(frame(session, "draw", pixels="A" * 2001), "message")
    assert "pixels is None" in text_of(frame(session, "draw"), "message")
    assert "on is 1, expected true or false" in text_of(frame(session, "digits", on=1), "message")
