"""Numbers as others keep them: files on disk, and arrays of other libraries. This wing knows no network."""

from purenn.formats import arrays, idx, json, safetensors
from purenn.formats.atomic import atomic_write, check_writable
from purenn.formats.safetensors import Tensor

__all__ = ["Tensor", "arrays", "atomic_write", "check_writable", "idx", "json", "safetensors"]
