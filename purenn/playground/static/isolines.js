// Contour lines of a grid of heights, by marching squares, as in purenn/charts/isolines.py.

/**
 * @typedef {[x: number, y: number]} Place
 * @typedef {[from: Place, to: Place]} Segment
 */

/**
 * Return the pieces of the lines along which the heights reach a level, as places from 0 to 1, to the right and down.
 * Each cell between four heights is looked at alone: the line passes through those of its edges whose ends are on
 * different sides of the level. If these are all four, the mean of the corners says which of them belong together.
 *
 * @param {Float64Array} heights row by row from the top; NaN in a hole
 * @param {number} side how many there are in a row
 * @param {number} level
 * @returns {Segment[]}
 */
export function isolines(heights, side, level) {
  /** @type {Segment[]} */
  const segments = [];
  for (let i = 0; i < side - 1; i++) {
    for (let j = 0; j < side - 1; j++) {
      const k = i * side + j;
      const [a, b, d, c] = [heights[k], heights[k + 1], heights[k + side], heights[k + side + 1]];
      const isCrossed = Math.min(a, b, c, d) < level && Math.max(a, b, c, d) >= level;
      if (isCrossed) segments.push(...within(i, j, a, b, c, d, level));
    }
  }
  return segments.map((ends) => /** @type {Segment} */ (ends.map(([x, y]) => [x / (side - 1), y / (side - 1)])));
}

/**
 * Return the pieces in a cell, whose corners a, b, c, d go clockwise from the top left. With a corner in a hole, no
 * comparison holds, so there are none.
 *
 * @param {number} i
 * @param {number} j
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @param {number} d
 * @param {number} level
 * @returns {Segment[]}
 */
function within(i, j, a, b, c, d, level) {
  const part = (/** @type {number} */ from, /** @type {number} */ to) => (level - from) / (to - from);
  const isAbove = [a, b, c, d].map((height) => height >= level);
  /** @type {Place[]} clockwise from the top edge */
  const crossings = [];
  if (isAbove[0] !== isAbove[1]) crossings.push([j + part(a, b), i]);
  if (isAbove[1] !== isAbove[2]) crossings.push([j + 1, i + part(b, c)]);
  if (isAbove[2] !== isAbove[3]) crossings.push([j + part(d, c), i + 1]);
  if (isAbove[3] !== isAbove[0]) crossings.push([j, i + part(a, d)]);
  if (crossings.length < 4) return [[crossings[0], crossings[1]]];
  const [top, right, bottom, left] = crossings;
  const isJoined = (a + b + c + d) / 4 >= level === isAbove[0]; // a and c, through the middle
  return isJoined ? [[top, right], [bottom, left]] : [[left, top], [right, bottom]];
}
