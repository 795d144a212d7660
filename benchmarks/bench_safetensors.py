"""The cost of reading safetensors: time, and the peak of memory, of large files and of a hostile header.

    python -m benchmarks.bench_safetensors

A file of 100 MB of F32, one of 50 MB of BF16, which become F32 in memory, and headers of 20 MB: of lists inside lists,
which are refused, and of as many tensors, and as many texts, as fit. The aim is at most 1.3 times the size of the file
beside the values that are returned. With the group `interop` installed, the official reader is measured too.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["main", "measured"]

# A process of its own for each reading, as the peak is for ever the highest that a process ever had. Printed are
# seconds, and megabytes of memory at the peak above those before, by Linux and by tracemalloc in a second reading.
READING = """
import sys, time, tracemalloc
from {module} import {function} as read
def memory():  # not by the module resource: its peak begins with that of the process that started this one
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
def reading():
    try:
        return read(sys.argv[1])
    except ValueError as error:
        return error
before, start = memory(), time.perf_counter()
kept = reading()
seconds, peak = time.perf_counter() - start, memory() - before
del kept
tracemalloc.start()
kept = reading()
print(seconds, peak, tracemalloc.get_traced_memory()[1] / 1e6)
"""
OURS, OFFICIAL = ("purenn.formats.safetensors", "read"), ("safetensors.numpy", "load_file")


def measured(reader: tuple[str, str], path: Path) -> list[float]:
    """Return the seconds and the two peaks of a reading, in MB; none if the reader is not installed or refuses."""
    module, function = reader
    code = READING.format(module=module, function=function)
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def headers() -> Iterator[tuple[str, str, int]]:
    """Yield files: what is in them, their headers, and the sizes of their buffers."""
    for dtype, size in (("F32", 100_000_000), ("BF16", 50_000_000)):
        count = size // (4 if dtype == "F32" else 2)
        yield f"{size // 1_000_000} MB of {dtype}", entry("a", dtype, count, size).join("{}"), size
    yield "header of 6.7 million lists", f'{{"a":[{"[]," * 6_700_000}[]]}}', 0
    yield "header of 340,000 tensors", ",".join(entry(str(i), "U8", 0, 0) for i in range(340_000)).join("{}"), 0
    texts = ",".join(f'"{i}":""' for i in range(1_700_000))
    yield "header of 1.7 million texts", f'{{"__metadata__":{{{texts}}}}}', 0


def entry(name: str, dtype: str, count: int, end: int) -> str:
    """Return the entry of a tensor whose bytes are buffer[:end]."""
    return f'"{name}":{{"dtype":"{dtype}","shape":[{count}],"data_offsets":[0,{end}]}}'


def main() -> None:
    print(f"{'file':30}{'MB':>6}{'reader':>10}{'seconds':>9}{'peak MB':>9}{'traced MB':>11}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.safetensors")
        for name, header, size in headers():
            path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + bytes(size))
            megabytes = path.stat().st_size / 1e6
            for reader in (OURS, OFFICIAL):
                figures = "".join(f"{figure:>10.1f}" for figure in measured(reader, path))
                print(f"{name:30}{megabytes:>6.0f}{'official' if reader is OFFICIAL else 'purenn':>10}{figures}")


if __name__ == "__main__":
    main()
