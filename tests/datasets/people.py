"""A small table of people, for tests, and how tables are read there."""

from __future__ import annotations

from purenn.datasets.schema import Schema
from purenn.formats import tabular

PEOPLE = """age,town,smokes,income,group
31,Ulm,yes,1000,a
42,Bonn,no,2000.5,b
25,Köln,no,1500,a
57,Ulm,yes,3000,b
"""


def table(text: str, header: bool | None = None) -> tabular.TextTable:
    return tabular.parse(text.encode(), "people.csv", header=header)


def kinds(schema: Schema) -> dict[str, str]:
    return {column.name: column.kind for column in schema.columns}


def rows(count: int, line: str) -> str:
    """A table of this many lines, made of a template of the line's number i."""
    return "x,y\n" + "".join(line.format(i=i, half=i // 2, odd=i % 2) + "\n" for i in range(count))
