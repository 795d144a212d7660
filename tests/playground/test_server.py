"""The server: it takes connections, bounds their number, and prints no secret when something fails."""

from __future__ import annotations

import pytest

from purenn.playground.server import Server
from tests.playground.conftest import ask

Captured = pytest.CaptureFixture[str]


def test_the_address_opens_the_page(server: Server) -> None:
    assert server.address == f"http://127.0.0.1:{server.server_port}/?token={server.site.token}"
    reply = ask(server, "GET", server.address.partition(str(server.server_port))[2])
    assert (reply.status, reply.text) == (200, "<!doctype html>")


def test_two_servers_have_two_tokens_that_nobody_guesses() -> None:
    with Server(files={}) as first, Server(files={}) as second:
        assert first.site.token != second.site.token
        assert len(first.site.token) == 32
