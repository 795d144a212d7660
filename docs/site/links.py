"""Three changes that the site needs, a hook of MkDocs: links out of docs/ lead to pages of the site, or are none.

- A link to a module, such as ../purenn/layers.py, leads to its page in the reference.
- A link to the playground, ../index.html, is left to the browser: the playground is built beside the book.
- A link to any other file, such as ../benchmarks/README.md, becomes its words: the site does not have that file.
"""

import re

MODULE = re.compile(r"\]\(\.\./(purenn/[\w/]+)\.py\)")
REPOSITORY = re.compile(r"\[([^\]]+)\]\(\.\./(?!index\.html)[^)]*\)")
PLAYGROUND = re.compile(r"\[([^\]]+)\]\((\.\./index\.html[^)]*)\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return the text of a page with its links as the site needs them."""
    markdown = MODULE.sub(lambda found: f"](reference/{found[1].removesuffix('/__init__')}.md)", markdown)
    markdown = REPOSITORY.sub(r"\1", markdown)
    return PLAYGROUND.sub(r'<a href="\2">\1</a>', markdown)
