"""The playground: commands of a session, and requests to the server, are answered, or refused in words."""

from __future__ import annotations

import json
import socket
import time
import traceback
from base64 import b64encode
from collections.abc import Mapping, Sequence

import pytest

from purenn.playground import Session, visits
from purenn.playground.server import Server
from tests.fuzz.inputs import JUNK, changed, fuzzed, junk, limited, st
from tests.playground.conftest import FILES, NAME, connected, running

pytestmark = pytest.mark.fuzz

FIELDS = ["settings", "seconds", "x1", "x2", "target", "part", "index", "text", "layer", "row", "column", "value"]
FIELDS += ["unit", "size", "base64", "name", "on", "pixels"]
SETTINGS = ["data", "features", "layers", "initializer", "loss", "optimizer", "schedule", "rival", "batch_size"]
SETTINGS += ["l1", "l2", "seed", "stop_at", "speed"]


def values() -> object:
    """A strategy for JSON."""
    numbers = st.one_of(st.integers(-2, 20), st.floats(), st.sampled_from([2**64, -1e308, 0.1]))
    simple = st.one_of(st.none(), st.booleans(), numbers, junk())
    settings = st.dictionaries(st.sampled_from(SETTINGS), simple, max_size=3)
    known = st.sampled_from([
        {"data": {"kind": "spiral", "points": 40}},
        {"layers": [{"units": 3, "activation": "relu"}, {"units": 2, "dropout": 0.5}]},
        {"features": ["x1", "sin x2"]},
        {"optimizer": {"name": "adam", "learning_rate": 0.1}},
        {"rival": {"optimizer": {"name": "adam"}}},
        {"stop_at": 0.1, "speed": 2, "batch_size": 1},
    ])  # fmt: skip
    inner = st.recursive(simple, _nested)
    return st.one_of(simple, settings, known, inner)


def _nested(some: object) -> object:
    """Lists and objects of some values."""
    return st.one_of(st.lists(some, max_size=3), st.dictionaries(junk(), some, max_size=3))


def commands() -> object:
    """A strategy for a few commands."""
    names = [*Session().commands, "", "nothing"]
    number, place = st.floats(-9, 9), st.integers(-1, 3)
    texts = st.sampled_from(["x1,x2,y\n1,2,0\n3,4,1\n", "1;2\n", *JUNK])
    fields = st.one_of(
        st.dictionaries(st.sampled_from(FIELDS), values(), max_size=4),
        st.fixed_dictionaries({"settings": values()}),
        st.fixed_dictionaries({"index": st.integers(-1, 30)}),
        st.fixed_dictionaries({"layer": place, "row": place, "column": place, "value": st.floats()}),
        st.fixed_dictionaries({"x1": number, "x2": number, "target": place}),
        st.fixed_dictionaries({"base64": st.binary(max_size=40).map(lambda raw: b64encode(raw).decode())}),
        st.fixed_dictionaries({"text": texts}),
    )
    command = st.builds(_command, st.sampled_from(names), fields)
    return st.lists(command, min_size=4, max_size=6)


def _command(name: str, fields: Mapping[str, object]) -> dict[str, object]:
    """A command. A tick of a second is allowed, but it takes a second."""
    return {**fields, "do": name, **({"seconds": 0.01} if name == "tick" else {})}


def do(given: Sequence[Mapping[str, object]]) -> None:
    """Each command is answered with frames that JSON can hold."""
    session = Session(clock=time.perf_counter)
    for command in given:
        with limited(memory=0):
            frames = session.do(command)
        for frame in frames:
            json.dumps(frame, allow_nan=False)
            if frame["frame"] == "error":
                assert len(str(frame["message"])) < 2000


def test_commands() -> None:
    fuzzed(commands(), do, share=4)


class Watched(Server):
    """Keeps the faults of the server's own code."""

    def __init__(self) -> None:
        super().__init__(files=FILES)
        self.faults: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        self.faults.append(traceback.format_exc())


def sent(server: Server, raw: bytes) -> bytes:
    """Send bytes and return the answer."""
    found = b""
    with connected(server) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                found += part
        except OSError:  # refused before all was sent
            pass
    return found


def test_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "GLANCE", 0.01)
    server = Watched()

    def ask(raw: bytes) -> None:
        start = time.monotonic()
        answer = sent(server, raw)
        assert time.monotonic() - start < 5.0  # on the clock: the work is done in another thread
        assert server.faults == []
        if answer:
            status = int(answer.split()[1])
            assert status < 500 or status in (501, 503, 505), answer[:200]

    with running(server):
        token, host = server.site.token, f"Host: 127.0.0.1:{server.server_port}\r\n"
        end = f"{host}\r\n"
        query = f"?token={token}&session={NAME}"
        body = json.dumps({"do": "set", "settings": {"seed": 2}})
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        post = f"POST /command{query} HTTP/1.1\r\n{about}{end}{body}"
        texts = [f"GET /?token={token} HTTP/1.1\r\n{end}", f"GET /main.js HTTP/1.0\r\n{end}", post, post, post]
        texts.append(f"GET /events{query} HTTP/1.1\r\n{end}")
        words = [b"\r\n", b"\r\n\r\n", b" ", b":", b"%00", b"&", b"Host: a\r\n", b"Origin: a\r\n", b"../", b"1e999"]
        words += [b"Content-Length: 99999999\r\n", b"Transfer-Encoding: chunked\r\n", b"{", b"[" * 300, b'"', b"\xff"]
        seeds = {str(i): text.encode() for i, text in enumerate(texts)}
        fuzzed(changed(seeds, words), ask)
        assert b"200" in sent(server, seeds["0"]).split(b"\r\n")[0]  # it still answers
