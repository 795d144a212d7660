"""200 does not fit into a lane of 8 bits: it reads as 200 - 256 = -56, and the next lane gets the 1 that was carried.

No error shows it: the integer is a valid row of other numbers.
"""

from purenn.lanes import Layout

lanes = Layout(count=2, width=8)
row = lanes.pack([100, 0]) + lanes.pack([100, 0])
print(row, lanes.unpack(row))
wide = Layout(count=2, width=16)
print(wide.unpack(wide.pack([100, 0]) + wide.pack([100, 0])))
