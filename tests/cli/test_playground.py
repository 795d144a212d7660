"""`purenn playground`: the address it prints, the port it takes, the network that reads digits, and its end."""

from __future__ import annotations

import signal
import socket
import webbrowser
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from threading import Thread
from urllib.parse import urlsplit

import pytest

from purenn.cli import main, playground
from purenn.network import feed_forward
from purenn.playground import Server
from purenn.playground.server import LOOPBACK
from tests.cli.conftest import Captured, failure, json_lines
from tests.cli.test_main import posix, start as start_process

LEARNED = "a network that learns strokes on the spot"


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """Press Ctrl-C as soon as the server begins to serve, and return the servers that have begun."""
    begun: list[Server] = []

    def interrupted(self: Server, poll_interval: float = 0.5) -> None:
        begun.append(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", interrupted)
    monkeypatch.setattr(webbrowser, "get", lambda: pytest.fail("no browser was asked for"))
    return begun


@pytest.fixture
def taken() -> Iterator[int]:
    """Take a port."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


def start(*words: str) -> int:
    """Run the command without a browser."""
    return main(["playground", "--no-browser", *words])


def test_the_address_is_printed_with_its_token(empty: Path, capsys: Captured, servers: list[Server]) -> None:
    assert start("--port", "0") == 0
    out, err = capsys.readouterr()
    assert out == f"{servers[0].address}\ndigits are read by {LEARNED}; Ctrl-C ends the playground\n"
    assert out.startswith(f"http://127.0.0.1:{servers[0].server_port}/?token={servers[0].site.token}\n")
    assert err == ""


def test_as_json_the_address_is_a_line(empty: Path, capsys: Captured, servers: list[Server]) -> None:
    assert start("--port", "0", "--json") == 0
    assert json_lines(capsys) == [{"event": "playground", "address": servers[0].address, "digits": LEARNED}]


@pytest.mark.parametrize("name", ["play", "serve"])
def test_who_calls_it_by_another_name_is_told_ours(name: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        main([name])
    assert "; purenn calls it playground" in capsys.readouterr().err


# The port and the address.


def test_the_usual_port_is_always_the_same(
    empty: Path, taken: int, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as free:
        port = free.server_port
    monkeypatch.setattr(playground, "USUAL_PORT", port)
    assert [start(), start()] == [0, 0]
    assert [server.server_port for server in servers] == [port, port]


def test_a_second_playground_takes_another_port(
    empty: Path, taken: int, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playground, "USUAL_PORT", taken)
    assert start() == 0
    assert servers[0].server_port not in (0, taken)


def test_a_port_that_was_asked_for_and_is_taken_is_said_to_be(empty: Path, taken: int, capsys: Captured) -> None:
    said = failure(capsys, "playground", "--no-browser", "--port", str(taken))
    sentence = f"port {taken} is taken by another program: choose another, or leave out --port"
    assert said == f"purenn playground: {sentence}\n"


def test_an_address_of_another_computer_is_said_to_be(empty: Path, capsys: Captured) -> None:
    for host in ("192.0.2.1", "no.such.name.invalid"):
        said = failure(capsys, "playground", "--no-browser", "--host", host)
        assert said == f"purenn playground: --host {host} is no address of this computer\n"


def test_another_failure_of_the_system_is_told_in_its_words(
    empty: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    said = failure(capsys, "playground", "--no-browser", "--port", "80")
    assert said == "purenn playground: port 80 of 127.0.0.1 cannot be had: Permission denied\n"


@pytest.mark.parametrize("text", ["65536", "-1", "1.5", "http", ""])
def test_a_port_is_a_number(text: str, empty: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        start(f"--port={text}")
    assert f"--port: expected a whole number from 0 to 65535, got {text!r}" in capsys.readouterr().err


def test_whoever_opens_it_to_the_network_is_warned(empty: Path, capsys: Captured, servers: list[Server]) -> None:
    assert start("--host", "0.0.0.0", "--port", "0") == 0
    out, err = capsys.readouterr()
    assert err.startswith("warning: everybody in the network who knows the address below can use ")
    assert err.count("\n") == 1
    assert out.startswith("http://")
    assert not out.startswith("http://0.0.0.0:")
    assert start("--host", "localhost", "--port", "0", "--json") == 0
    assert [line["event"] for line in json_lines(capsys)] == ["playground"]
    assert start("--host", "0.0.0.0", "--port", "0", "--json") == 0
    assert [line["event"] for line in json_lines(capsys)] == ["warning", "playground"]


# Digits.


def test_mnist_in_the_folder_reads_digits(empty: Path, capsys: Captured, servers: list[Server]) -> None:
    feed_forward([784, 10], Random(0)).save("mnist.safetensors")
    assert start("--port", "0") == 0
    assert "digits are read by mnist.safetensors;" in capsys.readouterr().out


def test_a_model_that_is_named_reads_digits(empty: Path, capsys: Captured, servers: list[Server]) -> None:
    feed_forward([784, 10], Random(0)).save("mnist.safetensors")
    feed_forward([784, 20, 10], Random(0)).save("mine.safetensors")
    assert start("--port", "0", "--digits", "mine.safetensors") == 0
    assert "digits are read by mine.safetensors;" in capsys.readouterr().out


def test_a_model_that_is_named_has_to_fit(empty: Path, capsys: Captured) -> None:
    feed_forward([4, 3], Random(0)).save("iris.safetensors")
    said = failure(capsys, "playground", "--no-browser", "--digits", "iris.safetensors")
    assert said == (
        "purenn playground: iris.safetensors: Sequential(Linear(4, 3)) cannot read digits: expected 784 inputs and "
        "10 outputs\n"
    )
    (empty / "broken.safetensors").write_bytes(b"no")
    assert "broken.safetensors: " in failure(capsys, "playground", "--no-browser", "--digits", "broken.safetensors")
    said = failure(capsys, "playground", "--no-browser", "--digits", "iris")
    assert "did you mean iris.safetensors?" in said


def test_a_file_that_only_happens_to_be_there_need_not_fit(
    empty: Path, capsys: Captured, servers: list[Server]
) -> None:
    feed_forward([4, 3], Random(0)).save("mnist.safetensors")
    assert start("--port", "0") == 0
    out, err = capsys.readouterr()
    assert f"digits are read by {LEARNED};" in out
    assert err.startswith("mnist.safetensors: Sequential(Linear(4, 3)) cannot read digits: ")
    assert err.endswith("; so this file is left alone\n")


# The browser.


class Immediate(Thread):
    """A thread that is done as soon as it is started."""

    def start(self) -> None:
        self.run()


class Browser(webbrowser.GenericBrowser):
    """A browser that notes what it is asked to open."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self.opened.append(url)
        return True


@pytest.mark.parametrize(("name", "opens"), [("firefox", True), ("w3m", False), ("www-browser", False)])
def test_the_browser_is_opened_unless_it_would_take_the_terminal(
    name: str, opens: bool, empty: Path, capsys: Captured, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(name)
    monkeypatch.setattr(webbrowser, "get", lambda: browser)
    monkeypatch.setattr(playground, "Thread", Immediate)
    assert main(["playground", "--port", "0"]) == 0
    assert browser.opened == [servers[0].address] * opens


def test_where_there_is_no_browser_there_is_the_address(
    empty: Path, capsys: Captured, servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", fail)
    monkeypatch.setattr(playground, "Thread", Immediate)
    assert main(["playground", "--port", "0"]) == 0
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


# In a process of its own.


@posix
def test_ctrl_c_ends_it_while_a_page_is_open(tmp_path: Path) -> None:
    process = start_process(tmp_path, "playground", "--no-browser", "--port", "0")
    assert process.stdout
    address = urlsplit(process.stdout.readline())
    with closing(HTTPConnection(address.netloc, timeout=20)) as page, closing(HTTPConnection(address.netloc)) as other:
        query = f"{address.query.rstrip()}&session={32 * '0'}"
        page.request("GET", f"/events?{query}")
        events = page.getresponse()
        other.request("POST", f"/command?{query}", '{"do": "play"}', {"Content-Type": "application/json"})
        assert other.getresponse().status == 204
        while not events.readline().startswith(b'data: {"frame":"state"'):
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
