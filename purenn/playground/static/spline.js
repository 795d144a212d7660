// A smooth curve through values at equal distances: the spline of Catmull and Rom (1974).

/**
 * Return the value at t, from 0, where it is b, to 1, where it is c. At b, the curve goes in the direction from a to c,
 * and at c in that from b to d, so that two pieces meet without a kink.
 *
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} d
 * @param {number} t
 */
export function spline(a, b, c, d, t) {
  return b + (t / 2) * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d)));
}
