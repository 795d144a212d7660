"""Files that the page saves and opens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from purenn.network import Sequential
from purenn.playground import Session
from tests.browser.helpers import click, expect, figure, panel, short

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_model_is_saved_and_opened_again(page: Page, tmp_path: Path) -> None:
    for epoch in range(1, 4):
        click(page, "Epoch")
        expect(figure(page, "Epoch")).to_have_text(str(epoch))
    learned = figure(page, "Loss").inner_text()
    with page.expect_download() as download:
        click(panel(page, "Save and open"), "Model")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)

    click(page, "Reset")
    expect(figure(page, "Loss")).not_to_have_text(learned)
    page.get_by_label("Open a model", exact=True).set_input_files(path)
    expect(figure(page, "Loss")).to_have_text(learned)

    run = Session().world.run
    x, targets = run.samples.take(range(len(run.samples)))
    assert short(run.loss.value(Sequential.load(path)(x), targets)) == learned


def test_every_picture_is_saved(page: Page) -> None:
    files = panel(page, "Save and open")
    choice = files.get_by_label("Picture", exact=True)
    names = choice.get_by_role("option").all_inner_texts()
    assert len(names) >= 5
    click(page, "Epoch")
    for name in names:
        choice.select_option(name)
        with page.expect_download() as download:
            click(files, "Save as SVG")
        assert download.value.suggested_filename == f"{name}.svg"
        assert ElementTree.parse(download.value.path()).getroot().tag.endswith("svg")


def test_the_program_shown_makes_this_network(page: Page) -> None:
    click(panel(page, "Save and open"), "Python program")
    dialog = page.get_by_role("dialog", name="The program that makes this network")
    [frame] = Session().do({"do": "program"})
    expect(dialog.get_by_label("The program")).to_have_text(str(frame["text"]), use_inner_text=True)
    click(dialog, "Close")
    expect(dialog).to_be_hidden()
