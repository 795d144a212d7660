"""The server: the address and the port it takes, how many connections there can be, and what it prints of a fault."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
import threading
from random import Random

import pytest

from purenn.network import feed_forward
from purenn.playground import server as module, visits
from purenn.playground.server import Server
from purenn.playground.session import Session
from tests.conftest import ROOT
from tests.playground.conftest import FILES, NAME, OTHER, ask, connected, ends_soon, opened, post, raw, running


def test_the_address_opens_the_page(server: Server) -> None:
    assert server.address == f"http://127.0.0.1:{server.server_port}/?token={server.site.token}"
    reply = ask(server, "GET", server.address.partition(str(server.server_port))[2])
    assert (reply.status, reply.text) == (200, "<!doctype html>")


def test_two_servers_have_two_tokens_that_nobody_guesses() -> None:
    with Server(files={}) as first, Server(files={}) as second:
        assert first.site.token != second.site.token
        assert len(first.site.token) == 32  # 24 bytes of randomness


def test_by_default_only_this_computer_can_connect() -> None:
    with Server(files={}) as server:
        assert server.socket.getsockname()[0] == "127.0.0.1"


def test_the_page_of_purenn_is_served_by_default() -> None:
    with running(Server()) as server:
        assert "transport.js" in server.site.files
        assert ask(server, "GET", "/transport.js").headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_a_port_that_is_taken_is_an_error(server: Server) -> None:
    with pytest.raises(OSError, match=r"\w") as caught:
        Server(port=server.server_port, files={})
    assert caught.value.errno == errno.EADDRINUSE


def test_a_network_that_reads_digits_is_that_of_every_session() -> None:
    reader = feed_forward([784, 12, 10], Random(0))
    with running(Server(reader=reader, files={})) as server:
        for name in (NAME, OTHER):
            with opened(server, name) as events:
                post(server, {"do": "digits"}, name)
                assert events.until("digits")["ready"] is True


# Other addresses than that of this computer alone.


def test_a_server_for_the_network_answers_to_the_address_it_was_reached_at() -> None:
    with running(Server("0.0.0.0", files=FILES)) as server:
        names = {"127.0.0.1": 200, "localhost": 200, "evil.example": 421, "192.0.2.7": 421}
        for name, status in names.items():
            assert raw(server, "GET /main.js HTTP/1.1", f"Host: {name}:{server.server_port}").status == status


def test_the_address_of_a_server_for_the_network_can_be_typed_on_another_computer() -> None:
    with Server("0.0.0.0", files={}) as server:
        host = server.address.removeprefix("http://").partition(":")[0]
        assert host != "0.0.0.0"
        with socket.socket() as other:
            other.bind((host, 0))  # it is one of this computer


def test_a_name_that_was_asked_for_is_a_host() -> None:
    with running(Server("LocalHost", files=FILES)) as server:
        assert raw(server, "GET /main.js HTTP/1.1", f"Host: localhost:{server.server_port}").status == 200


def has_ipv6() -> bool:
    """Return whether this computer has the newer kind of addresses."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6")


@needs_ipv6
def test_an_address_of_ipv6_is_in_brackets() -> None:
    with running(Server("::1", files=FILES)) as server:
        assert server.address.startswith(f"http://[::1]:{server.server_port}/?token=")
        for host, status in ((f"[::1]:{server.server_port}", b"200"), (f"[::2]:{server.server_port}", b"421")):
            with socket.create_connection(("::1", server.server_port)) as connection:
                connection.sendall(f"GET /main.js HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                assert connection.recv(100).split()[1] == status


@needs_ipv6
def test_all_addresses_are_those_of_both_kinds() -> None:
    with running(Server("::", files=FILES)) as server:
        assert raw(server, "GET /main.js HTTP/1.1", f"Host: 127.0.0.1:{server.server_port}").status == 200


# Bounds.


def test_there_are_no_more_threads_than_connections_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 3)
    with running(Server(files=FILES)) as server:
        silent = [connected(server) for _ in range(3)]
        with connected(server) as fourth:
            fourth.settimeout(5)  # less than the patience with the others
            assert fourth.recv(1) == b""
        for connection in silent:
            connection.close()
        assert ends_soon(
            lambda: raw(server, "GET /main.js HTTP/1.1", f"Host: 127.0.0.1:{server.server_port}").status == 200
        )


def test_a_thread_that_cannot_be_started_costs_no_place(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "MOST_CONNECTIONS", 1)
    with running(Server(files=FILES)) as server:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            for _ in range(3):
                with connected(server) as connection:
                    assert connection.recv(1) == b""
        assert ask(server, "GET", "/main.js").status == 200
    assert "can't start new thread" in capfd.readouterr().err


def test_a_signal_that_comes_while_a_thread_starts_ends_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def interrupted(self: threading.Thread) -> None:
        start(self)
        self.join()
        raise KeyboardInterrupt

    with Server(files=FILES) as server:
        connected(server).close()
        monkeypatch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            server.handle_request()


def test_sessions_that_were_left_are_forgotten(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "KEPT", 0.1)
    with opened(server) as events:
        events.next()
    assert ends_soon(lambda: len(server.site.visits) == 0)


# Faults.


def test_a_fault_is_printed_without_the_token_and_without_what_a_terminal_obeys(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(self: Session, command: object) -> None:
        raise RuntimeError(f"\x1b[2J\x9b1m\r {server.site.token} ü")

    monkeypatch.setattr(Session, "do", fail)
    with opened(server) as events:
        post(server, {"do": "step"})
        with pytest.raises(EOFError):
            events.until("state")
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("Traceback (most recent call last):\n")
    assert err.endswith("RuntimeError: ?[2J?1m? TOKEN ?\n")


# Loading.


def test_sessions_need_no_server() -> None:
    """Where they run in a browser, http.server is slow to load, and of no use."""
    code = "from purenn.playground import Session; import sys; print('http.server' in sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_door_has_the_server_and_no_other_surprises() -> None:
    import purenn.playground

    assert purenn.playground.Server is Server
    assert not hasattr(purenn.playground, "Servers")


def test_python_in_a_browser_cannot_be_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "emscripten")
    with pytest.raises(OSError, match=r"has no sockets; purenn\.playground\.Session works there$"):
        Server()
