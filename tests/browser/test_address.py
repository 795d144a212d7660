"""The address of the page keeps its settings, and a network is needed only once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import hosted
from tests.browser.helpers import click, connected, dialled, expect, figure, opened, panel

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser


def test_the_settings_are_in_the_address(page: Page) -> None:
    page.get_by_role("radio", name="circles").click()
    dialled(panel(page, "Data"), "Noise", 0.2)
    click(page, "Add a layer")
    dialled(panel(page, "Training"), "Learning rate", 0.02)
    dialled(panel(page, "Training"), "Batch size", 7)
    third = page.get_by_role("group", name="Hidden layer 3", exact=True)
    expect(third).to_be_visible()
    loss = figure(page, "Loss").inner_text()

    page.wait_for_url("**batch_size**")
    page.reload()
    connected(page)
    expect(page.get_by_role("radio", name="circles")).to_be_checked()
    expect(panel(page, "Data").get_by_role("textbox", name="Noise", exact=True)).to_have_value("0.2")
    expect(panel(page, "Training").get_by_role("textbox", name="Learning rate", exact=True)).to_have_value("0.02")
    expect(panel(page, "Training").get_by_role("textbox", name="Batch size", exact=True)).to_have_value("7")
    expect(third).to_be_visible()
    expect(figure(page, "Loss")).to_have_text(loss)


def test_the_site_works_without_a_network_afterwards(context: BrowserContext, site: Path) -> None:
    with hosted(site) as address:
        page = opened(context, address)
        page.evaluate("navigator.serviceWorker.ready")
    # nobody answers at this address any more
    page.reload()
    connected(page)
    click(page, "Epoch")
    expect(figure(page, "Epoch")).to_have_text("1")
