// Examples of digits, for whom drawing is too much: a way to write each, from the table in purenn/datasets/strokes.py.

import { SHEET } from "./pad.js";
import { spline } from "./spline.js";

/**
 * @typedef {import("./ink.js").Place} Place
 * @typedef {import("./ink.js").Stroke} Stroke
 */

// Pairs are x,y on a sheet of 28 x 28; the pen moves smoothly through them, and a slash lifts it.
const DIGITS = [
  "15,4 10,6 8,14 10,22 14,24 18,22 20,14 18,6 14,4 12,5",
  "10,9 12,7 14,4 / 14,4 14,14 14,24",
  "8,9 10,5 14,4 18,6 19,10 16,15 8,24 / 8,24 14,24 20,24",
  "8,6 13,4 18,7 17,11 12,13 / 12,13 18,15 19,20 14,24 8,22",
  "10,4 9,10 8,15 / 8,15 14,15 20,14 / 17,6 16,14 16,24",
  "10,5 9,9 9,12 / 9,12 15,11 19,16 16,23 8,23 / 11,4 15,4 20,3",
  "17,4 12,8 9,15 9,20 14,24 19,20 17,15 13,14 9,18",
  "8,5 14,5 20,5 / 20,5 16,13 12,24 / 11,14 15,14 19,14",
  "17,6 13,4 9,8 14,13 19,18 14,24 9,20 13,14 18,8 16,5",
  "18,8 14,4 9,8 12,13 18,9 / 18,6 19,13 17,21 9,23",
];
const FINE = 8; // points from one pair to the next

/**
 * Return the strokes of a digit, slanted, shifted and of a size as a hand would write them today.
 *
 * @param {number} digit
 * @returns {Stroke[]}
 */
export function example(digit) {
  const between = (/** @type {number} */ low, /** @type {number} */ high) => low + Math.random() * (high - low);
  const [size, slant, right, down] = [between(0.6, 1.1), between(-0.1, 0.3), between(-3, 3), between(-2, 2)];
  const middle = SHEET / 2;
  /** @param {Place} place @returns {Place} */
  const placed = ([x, y]) => [
    middle + right + size * (x - middle - slant * (y - middle)),
    middle + down + size * (y - middle),
  ];
  return strokesOf(DIGITS[digit]).map((stroke) => smooth(stroke).map(placed));
}

/** @param {string} text @returns {Stroke[]} */
function strokesOf(text) {
  const place = (/** @type {string} */ pair) => /** @type {Place} */ (pair.split(",").map(Number));
  return text.split(" / ").map((stroke) => stroke.split(" ").map(place));
}

/**
 * Return a smooth path through the points of a stroke, by a Catmull-Rom spline.
 *
 * @param {Stroke} stroke
 * @returns {Stroke}
 */
function smooth(stroke) {
  const path = stroke.slice(1).flatMap((c, i) => {
    const b = stroke[i];
    const [a, d] = [stroke[i - 1] ?? b, stroke[i + 2] ?? c];
    return Array.from({ length: FINE }, (_, n) => {
      return /** @type {Place} */ ([0, 1].map((k) => spline(a[k], b[k], c[k], d[k], n / FINE)));
    });
  });
  return [...path, stroke[stroke.length - 1]];
}
