"""Takes the pictures of the playground that stand in README.md: `make pictures`, with Playwright, Pillow and Chromium.

The moving ones show a network that learns two spirals; each frame is some epochs after the last. The same code makes
the same numbers, so the pictures change only when the page does.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from purenn.playground import Server

HERE = Path(__file__).parent
SIZE = 1440, 900
SETTINGS = {
    "data": {"name": "spirals", "samples": 300, "noise": 0.02, "test": 0.3, "seed": 1},
    "layers": [{"units": 8}, {"units": 6}],
    "optimizer": {"name": "adam", "learning_rate": 0.02},
}
SHOWN = 1200, 750  # of the pictures
FRAMES = 31
EPOCHS = 4  # between two frames
LAST = 2500  # milliseconds for which the last frame stays


def frames(page: Page) -> Iterator[Image.Image]:
    """Yield pictures of the page while the network learns."""
    for frame in range(FRAMES):
        for _ in range(EPOCHS if frame else 0):
            page.get_by_role("button", name="Epoch", exact=True).click()
        expect(page.locator("dl.figures dd").first).to_have_text(str(frame * EPOCHS))
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is painted
        yield Image.open(BytesIO(page.screenshot())).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS)


def take(browser: Browser, address: str, theme: str) -> None:
    """Take the moving picture in a theme, and its last frame."""
    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{address}#{quote(json.dumps(SETTINGS))}")
    first, *others = frames(page)
    times = [120] * len(others) + [LAST]
    moving = HERE / f"learning-{theme}.webp"
    first.save(moving, save_all=True, append_images=others, duration=times, loop=0, quality=60, method=6)
    others[-1].save(HERE / f"playground-{theme}.webp", quality=85, method=6)
    page.close()


def main() -> None:
    """Take all pictures."""
    with Server() as server, sync_playwright() as playwright:
        Thread(target=server.serve_forever, daemon=True).start()
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        for theme in ("light", "dark"):
            take(browser, server.address, theme)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
