"""It fails at z = 37: e^-37 is below half of the distance from 1 to the next float, 2.2e-16, so 1 + e^-37 is rounded
to 1. Before, digits get lost, as 1 - p is the difference of two numbers that are almost equal: at 35 the loss is
34.945, wrong in its third digit. The safe form, z + ln(1 + e^-z), is right everywhere.
"""

from math import exp, log, log1p

for z in range(28, 40):
    p = 1 / (1 + exp(-z))
    safe = z + log1p(exp(-z))
    print(f"z = {z}: safe {safe:.6f}, naive {-log(1 - p):.6f}" if p < 1 else f"z = {z}: safe {safe:.6f}, naive fails")
    if p == 1:
        break
