"""`purenn playground`: watch a network learn in the browser, and change everything about it meanwhile."""

from __future__ import annotations

import errno
import socket
import webbrowser
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json, print_note
from purenn.cli.saved import load_network
from purenn.errors import ShapeError
from purenn.network import Sequential

if TYPE_CHECKING:
    from purenn.playground import Server

__all__ = ["PlaygroundArguments", "playground"]

USUAL_PORT = 7873  # PURE on the keys of a telephone
DIGITS = Path("mnist.safetensors")
REACHABLE = (
    "everybody in the network who knows the address below can use this computer's playground, and who listens in the "
    "network can see the address: do this only in a network that you trust"
)
IN_TERMINAL = ("www-browser", "links", "elinks", "lynx", "w3m")


class PlaygroundArguments(Arguments):
    """Arguments of `purenn playground`."""

    port: int | None
    host: str
    no_browser: bool
    digits: Path | None

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        taken = f"default: {USUAL_PORT} or, if that is taken, any that is free"
        parser.add_argument("--port", type=port, metavar="N", help=f"the port of the server; {taken}")
        everybody = "with another, the network can reach it too; 0.0.0.0 is all of this computer"
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            metavar="ADDRESS",
            help=f"default: 127.0.0.1, this computer alone; {everybody}",
        )
        parser.add_argument("--no-browser", action="store_true", help="only print the address, and open no browser")
        strokes = f"default: {DIGITS} if it is there, or else one that learns strokes on the spot"
        parser.add_argument(
            "--digits", type=Path, metavar="MODEL", help=f"a network that reads drawn digits; {strokes}"
        )


def port(text: str) -> int:
    """Return the number of a port."""
    if not text.isdecimal() or int(text) > 65_535:
        raise ArgumentTypeError(f"expected a whole number from 0 to 65535, got {text!r}")
    return int(text)


def playground(arguments: PlaygroundArguments) -> int:
    """Serve the playground until Ctrl-C, and print its address."""
    reader, digits = _reader(arguments)
    with _server(arguments, reader) as server, suppress(KeyboardInterrupt):
        if not ip_address(server.server_name).is_loopback:
            print_note(f"warning: {REACHABLE}", as_json=arguments.json)
        if arguments.json:
            print_json("playground", {"address": server.address, "digits": digits})
        else:
            print(f"{server.address}\ndigits are read by {digits}; Ctrl-C ends the playground", flush=True)
        if not arguments.no_browser:
            Thread(target=_open, args=[server.address], daemon=True).start()
        server.serve_forever()
    return 0


def _reader(arguments: PlaygroundArguments) -> tuple[Sequential | None, str]:
    """Return the network that reads digits, and words about it. There is none if strokes are to be learned.

    A file that was named has to fit; one that only happens to be there need not.
    """
    from purenn.playground import Digits

    learned = "a network that learns strokes on the spot"
    if not arguments.digits and not DIGITS.is_file():
        return None, learned
    path = arguments.digits or DIGITS
    try:
        network = load_network(path).network
        try:
            Digits(network=network).read(bytes(28 * 28))
        except ValueError as error:
            raise ShapeError(f"{path}: {error}") from None
    except ValueError as error:
        if arguments.digits:
            raise
        print_note(f"{error}; so this file is left alone", as_json=arguments.json)
        return None, learned
    return network, str(path)


def _server(arguments: PlaygroundArguments, reader: Sequential | None) -> Server:
    """Return the server on its port. Raises OSError, in words, if there is none to be had."""
    from purenn.playground import Server

    ports = [USUAL_PORT, 0] if arguments.port is None else [arguments.port]
    while True:
        number = ports.pop(0)
        try:
            return Server(arguments.host, number, reader=reader)
        except OSError as error:
            if not ports:
                raise OSError(_reason(error, arguments.host, number)) from error


def _reason(error: OSError, host: str, number: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {number} is taken by another program: choose another, or leave out --port"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"--host {host} is no address of this computer"
    return f"port {number} of {host} cannot be had: {error.strerror}"


def _open(address: str) -> None:
    """Open the address in a browser, unless it is one that would run in this terminal."""
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if not (isinstance(browser, webbrowser.GenericBrowser) and browser.name in IN_TERMINAL):
            browser.open(address)


register(
    Command(
        "playground",
        "watch a network learn, in the browser",
        PlaygroundArguments,
        playground,
        examples=["playground", "playground --digits mnist.safetensors"],
    )
)
