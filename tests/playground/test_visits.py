"""Visits: commands are done in order between ticks, a session has one line, and those left alone are forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from purenn.formats import Json, JsonObject
from purenn.playground import visits
from purenn.playground.display import Frame
from purenn.playground.session import Session
from purenn.playground.visits import Visit, Visits, Waiting
from tests.playground.conftest import ends_soon

HELLO: Frame = {"frame": "hello"}


class Wire:
    """A line that keeps what is sent on it. It is closed when a frame of the name `last` has come `count` times."""

    def __init__(self, last: str = "", count: int = 1) -> None:
        self.frames: list[Frame] = []
        self.beats = 0
        self.closed = Event()
        self._last, self._count = last, count

    @property
    def names(self) -> list[object]:
        return [frame["frame"] for frame in self.frames]

    def send(self, frames: Sequence[Frame]) -> None:
        self.beats += not frames
        self.frames += frames
        if self.names.count(self._last) >= self._count:
            self.closed.set()

    def is_open(self) -> bool:
        return not self.closed.is_set()

    def close(self) -> None:
        self.closed.set()


@contextmanager
def attended(visit: Visit, wire: Wire) -> Iterator[None]:
    """Attend in another thread, until the wire is closed at the end of the block."""
    thread = Thread(target=visit.attend, args=[wire, HELLO])
    thread.start()
    try:
        yield
    finally:
        wire.close()
        thread.join()


def command(name: str, **values: float) -> JsonObject:
    """Return a command as it comes from a page."""
    return JsonObject({"do": name, **values})


def told(visit: Visit, *names: str) -> None:
    """Let commands wait."""
    for name in names:
        assert visit.waiting.put(command(name), 10)


def test_commands_wait_in_their_order() -> None:
    waiting = Waiting()
    for name in ("step", "epoch", "reset"):
        waiting.put(command(name), 10)
    assert [waiting.take() for _ in range(4)] == [command("step"), command("epoch"), command("reset"), None]


def test_no_more_commands_wait_than_there_is_room_for() -> None:
    waiting = Waiting()
    assert [waiting.put(command("step"), 10) for _ in range(visits.MOST_COMMANDS + 1)].count(True) == 200
    waiting.take()
    assert waiting.put(command("step"), 10)


def test_no_more_bytes_wait_than_there_is_room_for() -> None:
    waiting = Waiting()
    assert [waiting.put(command("csv"), 1_500_000) for _ in range(3)] == [True, True, False]
    waiting.take()
    assert waiting.put(command("csv"), 1_500_000)


def moved(index: int, x1: float) -> JsonObject:
    """Return the command that a hand sends."""
    return command("move", index=index, x1=x1, x2=0.0)


def test_of_moves_of_a_point_that_wait_the_last_one_counts() -> None:
    waiting = Waiting()
    for each in (moved(1, 0.1), moved(1, 0.2), moved(2, 0.3), moved(1, 0.4), command("step"), moved(1, 0.5)):
        assert waiting.put(each, 10)
    left = [waiting.take() for _ in range(6)]
    assert left == [moved(1, 0.2), moved(2, 0.3), moved(1, 0.4), command("step"), moved(1, 0.5), None]


def test_a_move_that_says_less_does_not_undo_the_one_before() -> None:
    waiting = Waiting()
    both, one = moved(1, 0.1), command("move", index=1, x2=0.5)
    waiting.put(both, 10)
    waiting.put(one, 10)
    assert [waiting.take(), waiting.take()] == [both, one]


def test_of_drawings_that_wait_the_last_one_counts() -> None:
    waiting = Waiting()
    first, last = JsonObject({"do": "draw", "pixels": "AA"}), JsonObject({"do": "draw", "pixels": "BB"})
    assert [waiting.put(first, visits.LARGEST), waiting.put(last, visits.LARGEST)] == [True, True]
    assert [waiting.take(), waiting.take()] == [last, None]
    assert waiting.put(first, visits.LARGEST)


@pytest.mark.parametrize("name", [["move"], None, {}, 1])
def test_a_command_without_a_name_waits_as_any_other(name: Json) -> None:
    waiting = Waiting()
    for _ in range(2):
        waiting.put(JsonObject({"do": name}), 10)
    assert [waiting.take(), waiting.take()] == [{"do": name}] * 2


def test_commands_are_done_in_order_and_answered() -> None:
    visit, wire = Visit(Session()), Wire("program")
    told(visit, "open", "step", "epoch", "program")
    visit.attend(wire, HELLO)
    assert wire.names == ["hello", "options", "settings", "data", "state", "state", "state", "program"]
    assert [frame["epoch"] for frame in wire.frames if frame["frame"] == "state"] == [0, 0, 1]


def test_there_are_no_more_states_in_a_second_than_a_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    session, times = Session(), list[float]()

    def quick(command: JsonObject) -> list[Frame]:
        times.append(time.monotonic())
        return [{"frame": "state"}]

    monkeypatch.setattr(session, "do", quick)
    Visit(session).attend(Wire("state", 16), HELLO)
    assert times[-1] - times[0] > 14 / visits.STATES


def test_commands_that_wait_are_done_before_the_next_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "OVERDUE", 60.0)  # however slow this computer is
    visit, wire = Visit(Session(clock=time.perf_counter)), Wire("state", 6)
    told(visit, "play", "hide", "pause", "show", "step", "step", "step")
    visit.attend(wire, HELLO)
    assert [frame["batch"] for frame in wire.frames if frame["frame"] == "state"] == [0, 0, 0, 1, 2, 0]


def test_it_plays_on_while_commands_come_faster_than_they_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    session, now = Session(), [0.0]
    monkeypatch.setattr(visits, "monotonic", lambda: now[0])
    visit, wire = Visit(session), Wire("state", 60)
    done: list[object] = []

    def slow(command: JsonObject) -> list[Frame]:
        done.append(command["do"])
        told(visit, *["step"] * (command["do"] == "step"))  # the next one is there before this one is done
        now[0] += 0.01
        return [{"frame": "state"}]

    monkeypatch.setattr(session, "do", slow)
    told(visit, "step")
    visit.attend(wire, HELLO)
    assert done.count("tick") == 4  # each a tenth of a second after its time, of 0.6 seconds


def test_a_session_that_is_paused_or_hidden_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "GLANCE", 0.01)
    monkeypatch.setattr(visits, "OVERDUE", 60.0)  # however slow this computer is
    done: list[object] = []
    session = Session()
    do = session.do

    def noted(command: JsonObject) -> list[Frame]:
        done.append(command["do"])
        return do(command)

    monkeypatch.setattr(session, "do", noted)
    for names in ([], ["play", "hide"]):
        visit, wire = Visit(session), Wire()
        told(visit, *names)
        with attended(visit, wire):
            assert ends_soon(lambda: "tick" in done)
            time.sleep(0.2)
        assert done == [*names, "tick"]  # one, which finds that there is nothing to do
        done.clear()


def test_a_line_without_frames_gets_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "GLANCE", 0.01)
    monkeypatch.setattr(visits, "HEARTBEAT", 0.03)
    visit, wire = Visit(Session()), Wire()
    begin = time.monotonic()
    with attended(visit, wire):
        assert ends_soon(lambda: wire.beats >= 4)
    assert time.monotonic() - begin > wire.beats * visits.HEARTBEAT


def test_a_newer_line_takes_the_place_of_the_old_one() -> None:
    visit, old, new = Visit(Session(clock=time.perf_counter)), Wire("state", 3), Wire("state", 3)
    told(visit, "play")
    monotonic = time.monotonic()
    threads = [Thread(target=visit.attend, args=[wire, HELLO]) for wire in (old, new)]
    threads[0].start()
    while "state" not in old.names:
        time.sleep(0.01)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert not old.is_open()
    assert new.names[:2] == ["hello", "state"]
    assert visit.left is not None
    assert visit.left > monotonic


def test_a_line_that_waits_is_replaced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "GLANCE", 60.0)
    visit, old = Visit(Session()), Wire()
    threads = [Thread(target=visit.attend, args=[wire, HELLO]) for wire in (old, Wire("hello"))]
    threads[0].start()
    time.sleep(0.1)
    begin = time.monotonic()
    threads[1].start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - begin < visits.GLANCE / 2


def test_a_session_goes_on_where_it_was_left() -> None:
    found = Visits(Session, 3)
    visit = found.enter("a")
    assert visit
    told(visit, "epoch")
    visit.attend(Wire("state"), HELLO)
    again, wire = found.enter("a"), Wire("state")
    assert again is visit
    told(visit, "epoch")
    visit.attend(wire, HELLO)
    assert wire.frames[-1]["epoch"] == 2


def test_a_session_that_fails_is_left_and_not_lost() -> None:
    class Gone(Wire):
        def send(self, frames: Sequence[Frame]) -> None:
            raise ConnectionError

    visit = Visit(Session())
    with pytest.raises(ConnectionError):
        visit.attend(Gone(), HELLO)
    assert visit.left is not None
    visit.attend(Wire("hello"), HELLO)


def test_what_was_left_first_makes_room() -> None:
    found = Visits(Session, 2)
    first, second = found.enter("a"), found.enter("b")
    assert found.enter("a") is first  # has come back
    assert found.enter("c")
    assert (found.find("a"), found.find("b")) == (first, None)
    assert second is not None


def test_there_is_no_room_while_every_session_has_its_page() -> None:
    found = Visits(Session, 2)
    for name in ("a", "b"):
        visit = found.enter(name)
        assert visit
        visit.left = None  # as in `attend`
    assert found.enter("c") is None
    assert len(found) == 2


def test_a_session_is_kept_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Visits(Session, 9)
    names = ("gone", "back", "there")
    long_gone, back, there = (found.enter(name) for name in names)
    assert long_gone
    assert back
    assert there
    long_gone.left = time.monotonic() - visits.KEPT - 1.0
    back.left = time.monotonic() - visits.KEPT + 5.0
    there.left = None
    found.sweep()
    assert [name for name in names if found.find(name)] == ["back", "there"]
