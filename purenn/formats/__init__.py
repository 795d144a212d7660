"""Bytes on disk, and arrays of other libraries, as numbers. This wing knows no network."""

from purenn.formats import arrays, idx, json, png, pnm, safetensors, tabular
from purenn.formats.atomic import atomic_write, check_writable
from purenn.formats.gunzip import GZIP, Inflater, Openable, Readable, contents
from purenn.formats.json import Json, JsonObject, parse_json
from purenn.formats.locks import sole_writer
from purenn.formats.model import (
    CHECKPOINT,
    Model,
    as_tensor,
    check_ending,
    check_tensors,
    fill,
    numbered_matrices,
    numbered_tensors,
    read_model,
    write_model,
)
from purenn.formats.picture import Picture
from purenn.formats.random_state import random_state, restore_random
from purenn.formats.safetensors import File, Tensor

__all__ = [
    "CHECKPOINT",
    "GZIP",
    "File",
    "Inflater",
    "Json",
    "JsonObject",
    "Model",
    "Openable",
    "Picture",
    "Readable",
    "Tensor",
    "arrays",
    "as_tensor",
    "atomic_write",
    "check_ending",
    "check_tensors",
    "check_writable",
    "contents",
    "fill",
    "idx",
    "json",
    "numbered_matrices",
    "numbered_tensors",
    "parse_json",
    "png",
    "pnm",
    "random_state",
    "read_model",
    "restore_random",
    "safetensors",
    "sole_writer",
    "tabular",
    "write_model",
]
