"""Tables for notebooks, as HTML, which takes its looks from the notebook."""

from __future__ import annotations

from collections.abc import Sequence

from purenn.charts.svg import escaped

__all__ = ["html_table"]


def html_table(rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """Return a table, its first row as the heading and its first column aligned left, with notes as a list below.

    >>> html_table([["layer", "mean"], ["0 Linear(2, 1)", "0.5"]], ["all < 1"]).count("<td")
    2
    """
    head, *body = (
        [
            f'<{kind} style="text-align:{"right" if j else "left"}">{escaped(cell)}</{kind}>'
            for j, cell in enumerate(row)
        ]
        for kind, row in zip(["th", *["td"] * len(rows)], rows)
    )
    lines = [f"<tr>{''.join(cells)}</tr>" for cells in body]
    told = "".join(f"<li>{escaped(note)}</li>" for note in notes)
    return f"<table><thead><tr>{''.join(head)}</tr></thead><tbody>{''.join(lines)}</tbody></table>" + (
        f"<ul>{told}</ul>" if told else ""
    )
