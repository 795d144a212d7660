"""What somebody else could bring onto the page does not run, also where no server forbids it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.helpers import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

INJECT = """() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'injected'";
    const picture = document.createElement("img");
    picture.src = "http://192.0.2.1/seen.png";
    document.body.append(script, picture);
}"""


def test_a_script_in_the_page_and_a_picture_from_elsewhere_are_refused(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = opened(context, address)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.evaluate(INJECT)
        page.wait_for_timeout(500)
        assert page.title() == "purenn playground"
        assert ["Content Security Policy" in complaint for complaint in complaints] == [True] * len(complaints)
        assert len(complaints) >= 2
