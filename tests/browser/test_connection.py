"""The line to the server may break: the page says so, and goes on when it is back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.browser.conftest import running
from tests.browser.helpers import click, connected, expect, figure, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.browser


def test_a_command_given_while_the_line_is_broken_is_done_afterwards(browser: Browser, server_address: str) -> None:
    with browser.new_context() as context:
        streams: list[str] = []
        context.on("request", lambda request: streams.extend([request.url] * ("/events?" in request.url)))
        page = opened(context, server_address)
        click(page, "Epoch")
        expect(figure(page, "Epoch")).to_have_text("1")
        with urlopen(streams[0]):  # the server closes the old stream of a session for a new one
            expect(page.locator("#told")).to_contain_text("The connection to the server is lost")
            click(page, "Epoch")
        expect(figure(page, "Epoch")).to_have_text("2")
        expect(page.locator("#told")).to_be_empty()


def test_another_server_at_the_same_address_says_why_it_refuses(browser: Browser, tmp_path: Path) -> None:
    with browser.new_context() as context:
        with running(tmp_path) as (_, address):
            page = opened(context, address)
        expect(page.locator("#told")).to_contain_text("The connection to the server is lost")
        with running(tmp_path, urlsplit(address).port or 0):
            expect(page.locator("#told")).to_contain_text("the token is missing or wrong")


def test_clicks_and_keys_while_it_loads_do_no_harm(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(address, wait_until="commit")
    for control in ("#run button", "#layers > button", "#drawn-tab", "#points-tab"):
        page.locator(control).first.click(force=True)
    page.keyboard.press("Space")
    page.keyboard.press("Control+z")
    connected(page)
    click(page, "Reset")
    click(page, "Epoch")
    expect(figure(page, "Epoch")).to_have_text("1")
