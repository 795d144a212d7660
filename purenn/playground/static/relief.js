// The loss over a square of places as a relief: heights from 0 to 1, on a grid four times as fine as that on which the
// session measures them, so that contour lines and surfaces are round.

import { isolines } from "./isolines.js";
import { scaleOf } from "./scales.js";
import { spline } from "./spline.js";

/**
 * @typedef {import("./protocol.js").LandscapeFrame} LandscapeFrame
 * @typedef {import("./scales.js").Scale} Scale
 *
 * @typedef {object} Relief
 * @property {number} side how many heights there are in a row, and how many rows, from the top
 * @property {Float64Array} heights NaN where the loss is not known
 * @property {Scale} scale from losses to heights
 * @property {Level[]} levels some ten round losses, with their contour lines
 * @property {{ x: number, y: number }[]} path of the training; x to the right and y down, from 0 to 1
 *
 * @typedef {{ loss: number, segments: import("./isolines.js").Segment[] }} Level
 *
 * @typedef {object} Style the colours of its pictures
 * @property {number[][]} shades from the lowest to the highest: red, green, blue
 * @property {string} line
 * @property {string} path
 * @property {string} paper
 * @property {string} ink
 * @property {string} soft
 * @property {string} font
 * @property {number} size of the letters, in pixels
 */

const FINE = 4;
const USUAL = 0.01; // of the values may be below the scale if it is logarithmic: near 0, they may be of any magnitude

/**
 * @param {LandscapeFrame} frame
 * @param {boolean} log
 * @returns {Relief}
 */
export function reliefOf({ losses, low, high, reach, path }, log) {
  const positive = losses.flat().filter((loss) => loss !== null && loss > 0);
  const isLog = log && positive.length > 0;
  const least = isLog ? quantile(/** @type {number[]} */ (positive), USUAL) : low;
  const ends = /** @type {const} */ ([least, Math.max(high, least * 1.01, least + 1e-9)]);
  const scale = scaleOf(...ends, 0, 1, { log: isLog });
  const known = (/** @type {number} */ loss) => within(scale.place(isLog ? Math.max(loss, least) : loss));
  const coarse = losses.map((row) => row.map((loss) => (loss === null ? NaN : known(loss))));
  const rows = transposed(transposed(coarse.map(refined)).map(refined));
  const [side, heights] = [rows.length, Float64Array.from(rows.flat(), within)];
  return {
    side,
    heights,
    scale,
    levels: levelsBetween(...ends, isLog).map((loss) => {
      return { loss, segments: isolines(heights, side, scale.place(loss)) };
    }),
    path: path.flatMap(([x, y]) =>
      x === null || y === null ? [] : [{ x: (x / reach + 1) / 2, y: (1 - y / reach) / 2 }],
    ),
  };
}

/**
 * Return the height at a place, the mean of the four around it weighted by nearness. NaN outside, and in a hole.
 *
 * @param {Relief} relief
 * @param {number} x from 0 to 1, to the right
 * @param {number} y from 0 to 1, down
 */
export function heightAt({ side, heights }, x, y) {
  const [across, down] = [x * (side - 1), y * (side - 1)];
  const [j, i] = [Math.min(Math.floor(across), side - 2), Math.min(Math.floor(down), side - 2)];
  const [u, v] = [across - j, down - i];
  const k = i * side + j;
  const top = (1 - u) * heights[k] + u * heights[k + 1];
  return (1 - v) * top + v * ((1 - u) * heights[k + side] + u * heights[k + side + 1]);
}

/** @param {number} height */
function within(height) {
  return Math.min(Math.max(height, 0), 1); // NaN stays NaN
}

/**
 * @param {number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  return values.sort((a, b) => a - b)[Math.floor(share * values.length)];
}

/** @param {number[][]} rows */
function transposed(rows) {
  return rows[0].map((_, j) => rows.map((row) => row[j]));
}

/**
 * Return a row with FINE steps from each value to the next, on a smooth curve through them: a Catmull-Rom spline. Next
 * to a hole, the curve goes on as it was.
 *
 * @param {number[]} row
 */
function refined(row) {
  const fine = row.slice(0, -1).flatMap((b, i) => {
    const c = row[i + 1];
    const a = Number.isNaN(row[i - 1] ?? NaN) ? 2 * b - c : row[i - 1];
    const d = Number.isNaN(row[i + 2] ?? NaN) ? 2 * c - b : row[i + 2];
    return Array.from({ length: FINE }, (_, n) => (n ? spline(a, b, c, d, n / FINE) : b));
  });
  return [...fine, row[row.length - 1]];
}

/**
 * Return round losses between two: at equal steps or, on a logarithmic scale, 1, 2 and 5 times the powers of ten.
 *
 * @param {number} low
 * @param {number} high
 * @param {boolean} log
 */
function levelsBetween(low, high, log) {
  if (!log || high < 5 * low) return scaleOf(low, high, 0, 1, { count: 10 }).ticks;
  const powers = Array.from({ length: 60 }, (_, i) => 10 ** (Math.floor(Math.log10(low)) + i));
  for (const factors of [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]]) {
    const levels = powers.flatMap((power) => factors.map((factor) => factor * power));
    const inside = levels.filter((level) => level > low && level < high);
    if (inside.length <= 14 || factors.length === 1) return inside;
  }
  return [];
}
