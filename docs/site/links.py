"""Two changes that the site needs, a hook of MkDocs: links that lead out of docs/ in the repository lead to pages here.

- A link to a module, such as ../purenn/layers.py, leads to its page in the reference.
- A link to the playground, ../index.html, is left to the browser: the playground is built beside the book.
"""

import re

MODULE = re.compile(r"\]\(\.\./(purenn/[\w/]+)\.py\)")
PLAYGROUND = re.compile(r"\[([^\]]+)\]\((\.\./index\.html[^)]*)\)")


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return the text of a page with its links as the site needs them."""
    markdown = MODULE.sub(lambda found: f"](reference/{found[1].removesuffix('/__init__')}.md)", markdown)
    return PLAYGROUND.sub(r'<a href="\2">\1</a>', markdown)
