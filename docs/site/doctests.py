"""What the reference has to know about docstrings: an extension of its reader, Griffe.

Docstrings are plain text, and are shown as Markdown. Two things in them mean something else there: the prompts of
examples are quotations, and the indices of w[i][j] a link.
"""

import re

import griffe

EXAMPLE = re.compile(r"^>>> .*?(?=\n\s*\n|\Z)", re.DOTALL | re.MULTILINE)
INDICES = re.compile(r"^ {4}.*$|`[^`]*`|\]\[", re.MULTILINE)  # not those in code


class Docstrings(griffe.Extension):
    """Puts examples between fences, and a backslash between indices."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Change the docstring of an object."""
        if obj.docstring:
            text = EXAMPLE.sub(lambda found: f"```pycon\n{found.group()}\n```", obj.docstring.value)
            obj.docstring.value = INDICES.sub(lambda found: r"]\[" if found.group() == "][" else found.group(), text)
