"""Type and number of sizes, three sizes, eight pixels. A file that is cut short is refused, and the error says why."""

from io import BytesIO

from purenn import FormatError
from purenn.formats import idx

header = "00 00 08 03  00 00 00 02  00 00 00 02  00 00 00 02"
data = bytes.fromhex(header + "  00 ff ff 00  ff 00 00 ff")
found = idx.read(BytesIO(data))
print(found.shape, list(found.values))
try:
    idx.read(BytesIO(data[:-1]))
except FormatError as error:
    print(error)
