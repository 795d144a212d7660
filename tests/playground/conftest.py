"""A server of the playground, and a client for it that knows nothing of the server's own code."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPMessage, parse_headers
from typing import NamedTuple

import pytest

from purenn.playground import visits
from purenn.playground.pages import Page
from purenn.playground.server import Server
from tests.playground.helpers import fields

NAME = "0123456789abcdef0123456789abcdef"  # of a session
OTHER = "f" * 32
FILES = {"index.html": Page("text/html; charset=utf-8", b"<!doctype html>"), "main.js": Page("text/javascript", b"1")}


class Reply(NamedTuple):
    """An answer to a request."""

    status: int
    headers: HTTPMessage
    text: str


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Let a server answer in the background. At the end, all its threads have ended."""
    before, thread = threading.enumerate(), threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        assert ends_soon(lambda: not begun_since(before)), begun_since(before)


def begun_since(before: Collection[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that were not there before. Of those that were, any may end meanwhile: trainings in earlier
    tests leave timers that let go of their data."""
    return [thread for thread in threading.enumerate() if thread not in before]


def ends_soon(condition: Callable[[], bool]) -> bool:
    """Return whether something comes true within some seconds."""
    end = time.monotonic() + 10.0
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with two small files, that soon notices when a page is gone."""
    monkeypatch.setattr(visits, "GLANCE", 0.05)
    with running(Server(files=FILES)) as served:
        yield served


def ask(server: Server, method: str, target: str, body: str | None = None, **headers: str) -> Reply:
    """Send a request and return the answer. The underscores in the names of headers are hyphens."""
    with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body and body.encode(), named)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read().decode())


def query(server: Server, name: str = NAME) -> str:
    """Return the query that a page sends with everything."""
    return f"token={server.site.token}&session={name}"


def post(server: Server, command: object, name: str = NAME, **headers: str) -> Reply:
    """Post a command, as JSON unless it is a text."""
    body = command if isinstance(command, str) else json.dumps(command)
    return ask(
        server, "POST", f"/command?{query(server, name)}", body, **{"Content_Type": "application/json", **headers}
    )


class Events:
    """A stream of events, read one by one."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.answer = connection.getresponse()
        self.lines: list[str] = []  # as they came, the empty ones too

    def line(self) -> str:
        """Return the next line, without its end. Raises EOFError at the end."""
        found = self.answer.readline().decode()
        if not found:
            raise EOFError
        self.lines.append(found)
        return found.rstrip("\n")

    def next(self) -> Mapping[str, object]:
        """Return the next frame."""
        while True:
            name, _, text = self.line().partition(": ")
            if name == "data":
                return fields(json.loads(text))

    def until(self, name: str) -> Mapping[str, object]:
        """Return the next frame of this name, and skip others."""
        while True:
            frame = self.next()
            if frame["frame"] == name:
                return frame


@contextmanager
def opened(server: Server, name: str = NAME, **headers: str) -> Iterator[Events]:
    """Open a stream, as the browser does."""
    with closing(HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
        connection.request("GET", f"/events?{query(server, name)}", headers=headers)
        events = Events(connection)
        with closing(events.answer):
            yield events


def host(server: Server) -> str:
    """Return the header with the name of a server."""
    return f"Host: 127.0.0.1:{server.server_port}"


def connected(server: Server) -> socket.socket:
    """Return a connection on which nothing has been sent."""
    return socket.create_connection(("127.0.0.1", server.server_port), timeout=20)


def raw(server: Server, *lines: str, body: bytes = b"") -> Reply:
    """Send a request of these lines as they are, and return the answer, of status 0 if there is none."""
    with connected(server) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + body)
        with connection.makefile("rb") as file:
            status = file.readline().split()
            return Reply(int(status[1]) if status else 0, parse_headers(file), file.read().decode())
