"""A page: texts, tables and drawings in one HTML file, which is opened from disk and asks for nothing from elsewhere.

It needs no script, takes the light or dark colours of the system, is printed on A4 and read by screen readers. All
words are escaped here: what calls these functions passes plain text, and HTML only where a parameter says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from purenn.charts.svg import IN_THE_DARK, Svg, escaped, number, tag

__all__ = [
    "Section",
    "Thumbnail",
    "beside",
    "data_table",
    "facts",
    "figure",
    "listing",
    "page",
    "paragraphs",
    "preformatted",
    "thumbnails",
]

SMALLEST = 0.8  # of the size of a drawing, with letters of 10 pixels
# No address is allowed but those of data in the page itself; styles stand in it, and nothing runs.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
LIGHT = "--paper:#fff;--panel:#f3f4f6;--ink:#1a1d21;--soft:#5b626b;--line:#d9dde2;--accent:#0067a3"
DARK = "--paper:#14171a;--panel:#1d2125;--ink:#e8eaed;--soft:#a4abb3;--line:#343a41;--accent:#6bbdf0"
THEMES = f"""
:root {{ color-scheme: light dark; {LIGHT} }}
{IN_THE_DARK} {{ :root {{ {DARK} }} .thumbnails img {{ filter: invert(1) }} }}"""
RULES = """
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body {
  margin: 0 auto; padding: 2.5rem clamp(1rem, 4vw, 3rem); max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: clamp(1.75rem, 5vw, 2.5rem); line-height: 1.15; letter-spacing: -0.01em }
h2 { margin: 0 0 .75rem; font-size: 1.3rem; line-height: 1.25 }
p, ul, ol, pre, dl, table { margin: 0 0 1rem }
p, li { max-width: 42rem }
ul, ol { padding-left: 1.25rem }
a { color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.kicker, .soft, figcaption, caption, dt, footer { color: var(--soft) }
.kicker { margin: 0 0 .25rem }
.lede { margin: .5rem 0 0; font-size: 1.1rem }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 1.5rem 0 0; padding: 0 }
nav a { text-decoration: none }
nav a:hover { text-decoration: underline }
section { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line) }
p.headline { margin: 0; max-width: none; font-size: clamp(2.5rem, 10vw, 4rem); font-weight: 650; line-height: 1.1 }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: .75rem 2rem }
.facts.rows { grid-template-columns: 1fr; gap: 0 }
.facts.rows > div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 1rem; padding: .4rem 0;
  border-bottom: 1px solid var(--line) }
dd { margin: 0 }
.headline, .facts, table { font-variant-numeric: tabular-nums }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 0 1.5rem }
figure { margin: 0 0 1rem }
figcaption { max-width: 42rem; font-size: .9rem }
.scroll { overflow-x: auto }
.scroll > svg { display: block; min-width: var(--least) }
table { border-collapse: collapse; font-size: .95rem; overflow-wrap: normal }
caption { padding-bottom: .5rem; text-align: left; font-size: .9rem }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: right }
th, td { vertical-align: top; white-space: nowrap }
.words td { white-space: normal }
th { font-weight: 600 }
th:first-child, .words td { text-align: left }
.words th { text-align: left }
tbody th { font-weight: 400 }
pre { padding: .75rem 1rem; background: var(--panel); border-radius: .5rem; font: inherit; white-space: pre-wrap }
code { font: inherit }
.thumbnails { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: 1.25rem 1rem;
  list-style: none; padding: 0 }
.thumbnails img { display: block; width: 6.5rem; height: 6.5rem; object-fit: contain; image-rendering: pixelated }
.thumbnails span { display: block; font-size: .9rem }
.thumbnails .frame { width: max-content; margin-bottom: .35rem; border: 1px solid var(--line) }
footer { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: .9rem }
@media (max-width: 30rem) {
  .facts.rows > div { grid-template-columns: 1fr; gap: 0 }
  th, td { padding-right: .4rem }
}
@page { size: A4; margin: 18mm }
@media print {
  html { font-size: 10pt }
  body { max-width: none; padding: 0 }
  .beside { grid-template-columns: 1fr 1fr }
  nav { display: none }
  h2, caption, thead { break-after: avoid }
  figure, tr, .thumbnails li, .facts > div { break-inside: avoid }
  section { margin-top: 1.5rem; padding-top: 1rem }
  .scroll { overflow: visible }
  .scroll > svg { min-width: 0 }
}
"""


class Section(NamedTuple):
    """A section of a page: the name that links to it lead to, its heading, and its content, which is HTML."""

    name: str
    heading: str
    content: Sequence[str]


class Thumbnail(NamedTuple):
    """A small picture: its address, a text in its place for those who cannot see it, and lines below it."""

    address: str
    instead: str
    lines: Sequence[str]


def page(
    title: str,
    heading: str,
    sections: Sequence[Section],
    *,
    kicker: str = "",
    lede: str = "",
    foot: str = "",
) -> str:
    """Return a page as a whole HTML document. Equal arguments give equal texts.

    title: for the tab of the browser. kicker, lede: lines above and below the heading. foot: the last line.

    >>> text = page("A <page>", "Hello", [Section("first", "First", paragraphs("One & two."))])
    >>> text.startswith("<!DOCTYPE html>"), text.count("A &lt;page&gt;"), text.count("One &amp; two.")
    (True, 1, 1)
    """
    links = "".join(f"<li>{tag('a', escaped(s.heading), href=f'#{s.name}')}</li>" for s in sections)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escaped(title)}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{THEMES}{RULES}</style>",
            "</head>",
            "<body>",
            "<header>",
            *([f'<p class="kicker">{escaped(kicker)}</p>'] if kicker else []),
            f"<h1>{escaped(heading)}</h1>",
            *([f'<p class="lede">{escaped(lede)}</p>'] if lede else []),
            "</header>",
            f'<nav aria-label="Contents"><ul>{links}</ul></nav>',
            "<main>",
            *map(_section, sections),
            "</main>",
            *([f"<footer>{escaped(foot)}</footer>"] if foot else []),
            "</body>",
            "</html>",
            "",
        ]
    )


def _section(section: Section) -> str:
    name, heading, content = section
    heading = f'<h2 id="{escaped(name)}">{escaped(heading)}</h2>'
    return f'<section aria-labelledby="{escaped(name)}">\n{heading}\n' + "\n".join(content) + "\n</section>"


# The content of sections. Each function returns HTML.


def paragraphs(*texts: str, class_: str = "") -> list[str]:
    """Return a paragraph for each text that is not empty.

    >>> paragraphs("a < b", "")
    ['<p>a &lt; b</p>']
    """
    attributes = {"class_": class_} if class_ else {}
    return [tag("p", escaped(text), **attributes) for text in texts if text]


def facts(pairs: Iterable[tuple[str, str]], *, in_rows: bool = False) -> str:
    """Return names with what they stand for, beside each other or, with long texts, in rows.

    >>> facts([("Loss", "0.25")])
    '<dl class="facts"><div><dt>Loss</dt><dd>0.25</dd></div></dl>'
    """
    told = "".join(f"<div><dt>{escaped(name)}</dt><dd>{escaped(text)}</dd></div>" for name, text in pairs)
    return f'<dl class="facts{" rows" * in_rows}">{told}</dl>'


def listing(items: Iterable[str], *, ordered: bool = False) -> str:
    """Return a list of texts."""
    kind = "ol" if ordered else "ul"
    return f"<{kind}>{''.join(f'<li>{escaped(item)}</li>' for item in items)}</{kind}>"


def data_table(caption: str, rows: Sequence[Sequence[str]], *, of_words: bool = False) -> str:
    """Return a table with a caption. The first row is its heading, and the first cell of every row names the row.

    of_words: cells are aligned left, as words are, and not right, as numbers are.

    >>> data_table("Sizes", [["name", "size"], ["A", "4"]]).count('scope="row"')
    1
    """
    head, *body = rows
    names = "".join(f'<th scope="col">{escaped(cell)}</th>' for cell in head)
    lines = "".join(
        f'<tr><th scope="row">{escaped(row[0])}</th>{"".join(f"<td>{escaped(cell)}</td>" for cell in row[1:])}</tr>\n'
        for row in body
    )
    class_ = ' class="words"' * of_words
    table = f"<table{class_}><caption>{escaped(caption)}</caption>\n<thead><tr>{names}</tr></thead>\n"
    return _scrolled(f"{table}<tbody>\n{lines}</tbody></table>", caption)


def figure(picture: Svg, caption: str = "") -> str:
    """Return a drawing with a caption. On a page that is too narrow for it, it is scrolled as soon as its letters would
    become too small to be read."""
    told = f"\n<figcaption>{escaped(caption)}</figcaption>" if caption else ""
    return f"<figure>{_scrolled(picture, picture.name, SMALLEST * picture.width)}{told}</figure>"


def beside(*parts: str) -> str:
    """Return figures beside each other, as far as the page is wide enough."""
    return f'<div class="beside">{"".join(parts)}</div>'


def _scrolled(content: str, name: str, least: float = 0.0) -> str:
    """Return a part that is scrolled sideways where it is wider than the page, with the keys too; hence the tabindex,
    and a name to read out."""
    style = f' style="--least:{number(least)}px"' if least else ""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{escaped(name)}"{style}>{content}</div>'


def preformatted(lines: Iterable[str]) -> str:
    """Return lines of a program or of commands, to be copied."""
    return f"<pre><code>{escaped(chr(10).join(lines))}</code></pre>"


def thumbnails(pictures: Iterable[Thumbnail]) -> str:
    """Return small pictures in rows, each with its lines below it."""
    items = [
        f'<li><span class="frame"><img src="{escaped(picture.address)}" alt="{escaped(picture.instead)}"></span>'
        + "".join(f"<span>{escaped(line)}</span>" for line in picture.lines)
        + "</li>"
        for picture in pictures
    ]
    return f'<ul class="thumbnails">{"".join(items)}</ul>'
