"""Clients that are slow, gone, or do not read: no thread waits for them for ever."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from purenn.playground import answers, visits
from purenn.playground.server import Server
from tests.playground.conftest import NAME, begun_since, connected, ends_soon, host, opened, post, query


@pytest.mark.parametrize(
    "start", ["", "GET /main.js HT", "GET /main.js HTTP/1.1\r\nHost: x\r\nX: ", "POST {command}", "POST {other}"]
)
def test_a_request_has_to_come_in_time_however_often_a_byte_comes(
    start: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = f"{host(server)}\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n"
    command, other = (f"/command?token={token}&session={NAME} HTTP/1.1\r\n{head}" for token in (server.site.token, "x"))
    with opened(server) as events:
        events.next()
        monkeypatch.setattr(answers, "PATIENCE", 0.3)
        monkeypatch.setattr(answers, "LINGER", 0.3)
        before, slow = threading.enumerate(), connected(server)
        with pytest.raises(OSError, match=r"\w"):  # as soon as the server has closed the connection
            trickle(slow, start.format(command=command, other=other))
        assert ends_soon(lambda: not begun_since(before))
        slow.close()


def trickle(connection: socket.socket, start: str) -> None:
    """Send the start of a request at once, and a part of the rest byte by byte, for ten seconds or more."""
    connection.sendall(start.encode())
    for _ in range(500):
        connection.sendall(b" ")
        time.sleep(0.02)


def test_many_silent_clients_leave_no_thread(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 0.5)
    before = threading.enumerate()
    silent = [connected(server) for _ in range(40)]
    for connection in silent:
        assert connection.recv(1) == b""  # the server has closed it
        connection.close()
    assert ends_soon(lambda: not begun_since(before))


def test_a_client_that_closes_in_the_middle_leaves_no_thread(server: Server) -> None:
    before = threading.enumerate()
    for sent in (b"", b"GET", b"GET / HTTP/1.1\r\n", f"GET / HTTP/1.1\r\n{host(server)}\r\n\r\n".encode()):
        with connected(server) as connection:
            connection.sendall(sent)
    assert ends_soon(lambda: not begun_since(before))


@pytest.mark.parametrize("commands", [[], ["play"], ["play", "hide"]], ids=str)
def test_a_page_that_is_closed_is_noticed(commands: list[str], server: Server) -> None:
    before = threading.enumerate()
    with opened(server) as events:
        events.next()
        for name in commands:
            post(server, {"do": name})
        assert ends_soon(lambda: len(begun_since(before)) == 1)
    visit = server.site.visits.find(NAME)
    assert visit
    assert ends_soon(lambda: not begun_since(before) and visit.left is not None)


def test_a_page_that_does_not_read_is_dropped(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PATIENCE", 1.0)  # for the page that is deaf, and for each command that is sent
    before = threading.enumerate()
    with deaf(server):
        visit = server.site.visits.find(NAME)
        assert visit
        assert ends_soon(lambda: not begun_since(before) and visit.left is not None)


def test_a_page_that_does_not_read_can_come_back_at_once(server: Server) -> None:
    with deaf(server):
        time.sleep(0.5)  # by now, the old thread is in the middle of sending
        begin = time.monotonic()
        with opened(server) as events:
            assert events.next()["resumed"] is True
        assert time.monotonic() - begin < answers.PATIENCE / 2


@contextmanager
def deaf(server: Server) -> Iterator[None]:
    """Open a stream that plays, and read nothing of it."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.server_port))
        connection.sendall(f"GET /events?{query(server)} HTTP/1.1\r\n{host(server)}\r\n\r\n".encode())
        assert ends_soon(lambda: server.site.visits.find(NAME) is not None)
        wide = {"layers": [{"units": 16}] * 6, "data": {"samples": 10}}  # large frames
        for command in ({"do": "set", "settings": wide}, {"do": "play"}, *[{"do": "open"}] * 20):
            assert post(server, command).status == 204
        yield


def test_an_idle_stream_shows_that_it_is_alive(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "HEARTBEAT", 0.05)
    with opened(server) as events:
        events.next()
        assert [events.line() for _ in range(4)] == ["", ":", "", ":"]
