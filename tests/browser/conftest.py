"""The page in a real browser, twice: behind the server, and as the static site in which Python runs in the tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium. It may run as root, and asks nobody for updates."""
    from playwright.sync_api import sync_playwright  # not above: this file is read where there is none, too

    path = shutil.which("chromium")
    assert path, "these tests need Chromium, as in: apt-get install chromium"
    arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command `playground` in a folder, and return its process and the address that it prints."""
    command = [sys.executable, "-m", "purenn", "playground", "--no-browser", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The playground, in an empty folder."""
    with running(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="session")
def server_process(server: tuple[subprocess.Popen[str], str]) -> int:
    """The number of the process of the server."""
    return server[0].pid


@pytest.fixture(scope="session")
def server_address(server: tuple[subprocess.Popen[str], str]) -> str:
    """The address of the server."""
    return server[1]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make site` writes, inside of another one: it has to work in any folder of a host."""
    folder = tmp_path_factory.mktemp("host") / "playground"
    subprocess.run(["make", "site", f"SITE={folder}"], cwd=ROOT, check=True)
    return folder


class Files(SimpleHTTPRequestHandler):
    """A host of static files, as simple as there is one."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing."""


@contextmanager
def hosted(site: Path) -> Iterator[str]:
    """Serve a static site, and return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=site.parent)) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
        server.shutdown()


@pytest.fixture(scope="session")
def site_address(site: Path) -> Iterator[str]:
    """The address of the static site."""
    with hosted(site) as address:
        yield address


@pytest.fixture(params=["server_address", "site_address"], ids=["server", "site"])
def address(request: pytest.FixtureRequest) -> str:
    """The address of the page: behind the server, and then as the static site."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window in which nothing may fail or print a warning, and from which no other host may be asked."""
    context = browser.new_context()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    hosts: set[str | None] = set()
    context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    yield context
    context.close()
    assert complaints == []
    assert hosts - {None} == {"127.0.0.1"}  # data: and blob: name no host


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    """The page, connected to its session."""
    from tests.browser.helpers import opened

    return opened(context, address)
