// Heat maps: bytes from the session as colours. Blue is negative, the colour of the paper is zero, orange is positive.

import { bytes, colour } from "./dom.js";

/** @typedef {import("./protocol.js").HeatMap} HeatMap */

/**
 * Return the three parts of a colour such as "#0072b2".
 *
 * @param {string} name
 * @returns {[number, number, number]}
 */
export function parts(name) {
  const number = parseInt(colour(name).slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/**
 * Mix two colours: `share` of the second, the rest of the first.
 *
 * @param {number[]} first
 * @param {number[]} second
 * @param {number} share
 */
export function mixed(first, second, share) {
  return first.map((part, i) => Math.round(part + share * (second[i] - part)));
}

/** @type {number[][]} 511 colours, from -1 to 1 */
let scale = [];
let scaleFor = ""; // the colours of the theme from which it was made

function diverging() {
  const names = ["--paper", "--c0", "--c1"];
  const theme = names.map(colour).join();
  if (theme === scaleFor) return scale;
  scaleFor = theme;
  const [paper, negative, positive] = names.map(parts);
  scale = Array.from({ length: 511 }, (_, i) => mixed(paper, i < 255 ? negative : positive, Math.abs(i - 255) / 255));
  return scale;
}

/**
 * Return the values of a heat map; none if they are not known.
 *
 * @param {HeatMap} map
 * @returns {Float64Array | null}
 */
export function values(map) {
  const { low, high } = map;
  if (low === null || high === null) return null;
  return Float64Array.from(bytes(map.pixels), (byte) => low + (byte / 255) * (high - low));
}

/**
 * Paint colours, one for each pixel, into a canvas of as many pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} side
 * @param {(i: number) => number[]} colourOf
 */
export function paint(canvas, side, colourOf) {
  if (canvas.width !== side || canvas.height !== side) [canvas.width, canvas.height] = [side, side];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const [red, green, blue] = colourOf(i);
    image.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/**
 * Paint the heat map of a neuron: its strongest value, positive or negative, has the full colour.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {HeatMap} map
 * @param {number} side
 */
export function paintNeuron(canvas, map, side) {
  const colours = diverging();
  const found = values(map);
  const strongest = Math.max(Math.abs(map.low ?? 0), Math.abs(map.high ?? 0)) || 1;
  paint(canvas, side, (i) => colours[found ? 255 + Math.round(255 * (found[i] / strongest)) : 255]);
}

/**
 * Paint the probability of the second of two classes: blue is the first class, orange the second.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float64Array} probabilities
 * @param {number} side
 */
export function paintProbability(canvas, probabilities, side) {
  const colours = diverging();
  const index = (/** @type {number} */ p) => 255 + Math.round(160 * (2 * Math.min(Math.max(p, 0), 1) - 1));
  paint(canvas, side, (i) => colours[index(probabilities[i])]);
}

/**
 * Paint the most probable of several classes, paler the less sure it is.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float64Array[]} probabilities one for each class
 * @param {number} side
 */
export function paintClasses(canvas, probabilities, side) {
  const paper = parts("--paper");
  const colours = probabilities.map((_, k) => parts(`--c${k}`));
  const shades = colours.map((c) => Array.from({ length: 65 }, (_, i) => mixed(paper, c, (0.65 * i) / 64)));
  const chance = 1 / probabilities.length;
  paint(canvas, side, (i) => {
    let best = 0;
    for (let k = 1; k < probabilities.length; k++) if (probabilities[k][i] > probabilities[best][i]) best = k;
    const sure = (probabilities[best][i] - chance) / (1 - chance);
    return shades[best][Math.round(64 * Math.min(Math.max(sure, 0), 1))];
  });
}
