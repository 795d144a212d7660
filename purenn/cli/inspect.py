"""`purenn inspect`: show what an IDX or safetensors file holds, from its header alone."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from purenn.charts import table
from purenn.cli.command import Arguments, Command, register
from purenn.cli.output import print_json, print_result
from purenn.errors import FormatError
from purenn.formats import GZIP, idx, safetensors

__all__ = ["InspectArguments", "inspect"]

SHOWN = 500  # characters of a text in the metadata; the state of the random numbers in a checkpoint has thousands


class InspectArguments(Arguments):
    """Arguments of `purenn inspect`."""

    file: Path

    @classmethod
    def add_to(cls, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="an IDX or safetensors file; IDX may be gzipped")


def inspect(arguments: InspectArguments) -> int:
    """Print the format of the file, and the types and shapes of its values, which are not loaded."""
    with open(arguments.file, "rb") as file:
        head = file.read(9)
    if head[4:] == b"\0\0\0\0{":  # the length of the header, below 4 GiB, and the header, which is JSON
        _print_safetensors(arguments.file, as_json=arguments.json)
    elif head.startswith((GZIP, b"\0\0")):
        _print_idx(arguments.file, gzipped=head.startswith(GZIP), as_json=arguments.json)
    else:
        raise FormatError(f"{arguments.file}: neither IDX nor safetensors: the first bytes are {head[:4].hex(' ')}")
    return 0


def _print_idx(path: Path, *, gzipped: bool, as_json: bool) -> None:
    header = idx.read_header(path)
    fields = {
        "format": "IDX",
        "type": header.type_name,
        "shape": header.shape,
        "gzipped": gzipped,
        "bytes": header.values_size,
    }
    print_result("file", fields, as_json=as_json)


def _print_safetensors(path: Path, *, as_json: bool) -> None:
    header = safetensors.read_header(path)
    if as_json:
        tensors = {name: {"dtype": entry.dtype, "shape": entry.shape} for name, entry in header.entries.items()}
        print_json("file", {"format": "safetensors", "metadata": header.metadata, "tensors": tensors})
        return
    print("format: safetensors")
    for key, value in header.metadata.items():
        shown = value if len(value) <= SHOWN else f"{value[:SHOWN]} … ({len(value):,} characters)"
        print(f"metadata {key}: {shown}".replace("\n", ", "))
    rows = [[name, entry.dtype, " x ".join(map(str, entry.shape))] for name, entry in header.entries.items()]
    print(f"\n{table([['tensor', 'dtype', 'shape'], *rows])}")


register(
    Command(
        "inspect",
        "show what an IDX or safetensors file holds",
        InspectArguments,
        inspect,
        examples=["inspect strokes.safetensors"],
    )
)
