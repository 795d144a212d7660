"""By the chain rule: ln u has the slope 1 / u, and u = 1 + e^z has the slope e^z. So it is e^z / (1 + e^z), the
sigmoid.

In words: softplus grows with the slope of a soft step, as ReLU grows with that of a hard one.
"""

import math

from purenn import sigmoid, softplus

for z in (-3.0, 0.0, 0.5, 4.0):
    power = math.exp(z)
    measured = (math.log(1 + math.exp(z + 0.0001)) - math.log(1 + power)) / 0.0001
    print(f"z = {z:4}: measured {measured:.4f}, e^z / (1 + e^z) = {power / (1 + power):.4f}, sigmoid {sigmoid(z):.4f}")
print("in purenn:", [round(softplus.derivative(z), 4) for z in (-3.0, 0.0, 0.5, 4.0)])
