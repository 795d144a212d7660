"""Tables as HTML."""

from __future__ import annotations

from xml.etree import ElementTree

from purenn.charts import html_table


def test_cells_stand_in_rows_below_their_heading_and_notes_in_a_list() -> None:
    root = ElementTree.fromstring(f"<p>{html_table([['layer', 'mean'], ['0', '0.5'], ['1', '2']], ['one', 'two'])}</p>")
    assert [[cell.text for cell in row] for row in root.iter("tr")] == [["layer", "mean"], ["0", "0.5"], ["1", "2"]]
    assert [cell.get("style") for cell in root.iter("td")] == ["text-align:left", "text-align:right"] * 2
    assert [note.text for note in root.iter("li")] == ["one", "two"]


def test_any_words_are_text_and_nothing_else() -> None:
    words = "<script>&\"'"
    root = ElementTree.fromstring(f"<p>{html_table([[words], [words]], [words])}</p>")
    assert [element.text for element in root.iter() if element.text] == [words] * 3
    assert html_table([["only a heading"]]).count("<ul>") == 0
