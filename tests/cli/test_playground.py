"""`purenn playground`: the address it prints, the port it takes, and the network that reads digits."""

from __future__ import annotations

from pathlib import Path

import pytest

from purenn.cli import main, playground
from purenn.playground import Server
from tests.cli.conftest import Captured


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """Press Ctrl-C at once, and return the servers that were made. No browser is opened."""
    made: list[Server] = []

    def interrupted(self: Server, poll_interval: float = 0.5) -> None:
        made.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupted)
    monkeypatch.setattr(playground, "_open", lambda address: None)
    return made


def test_the_address_is_printed_with_its_token(empty: Path, capsys: Captured, servers: list[Server]) -> None:
    assert main(["playground", "--port", "0"]) == 0
    out, err = capsys.readouterr()
    address, digits = out.splitlines()
    assert address == servers[0].address
    assert address.startswith("http://127.0.0.1:")
    assert digits == "digits are read by a network that learns strokes on the spot; Ctrl-C ends the playground"
    assert err == ""
