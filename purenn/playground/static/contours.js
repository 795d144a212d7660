// A relief as a map: the bluer, the lower, with contour lines, and the path of the training.

import { drawEnds, write } from "./marks.js";

/**
 * @typedef {import("./relief.js").Relief} Relief
 * @typedef {import("./relief.js").Style} Style
 * @typedef {import("./marks.js").Place} Place
 * @typedef {import("./isolines.js").Segment} Segment
 * @typedef {{ left: number, top: number, size: number }} Square
 */

const ROOM = 32; // pixels around a number on a contour line
const MARGIN = 16;

/**
 * Draw the map as the largest square that fits, and return this square.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Relief} relief
 * @param {Style} style
 * @returns {Square}
 */
export function drawMap(context, width, height, relief, style) {
  const size = Math.min(width, height) - 2;
  const square = { left: (width - size) / 2, top: (height - size) / 2, size };
  context.save();
  context.beginPath();
  context.roundRect(square.left, square.top, size, size, 4);
  context.clip();
  const cell = size / (relief.side - 1); // the middle of a pixel of the heat is a place with a height
  context.drawImage(heatOf(relief, style), square.left - cell / 2, square.top - cell / 2, size + cell, size + cell);
  drawLevels(context, relief, square, style);
  context.restore();
  drawPath(context, relief.path.map(({ x, y }) => [square.left + x * size, square.top + y * size]), style);
  return square;
}

/**
 * Return a small picture of the heights, a pixel for each. The browser smooths it when it is drawn larger.
 *
 * @param {Relief} relief
 * @param {Style} style
 */
function heatOf({ side, heights }, { shades }) {
  const picture = new OffscreenCanvas(side, side);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (picture.getContext("2d"));
  const image = context.createImageData(side, side);
  heights.forEach((height, i) => {
    if (!Number.isNaN(height)) image.data.set([...shades[Math.round(height * (shades.length - 1))], 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return picture;
}

/**
 * Draw the contour lines, each with its loss where there is room for it, near the diagonal.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Relief} relief
 * @param {Square} square
 * @param {Style} style
 */
function drawLevels(context, relief, { left, top, size }, style) {
  const taken = relief.path.map(({ x, y }) => /** @type {Place} */ ([x * size, y * size]));
  const aside = (/** @type {Segment} */ [[x, y]]) => Math.abs(x + y - size);
  context.translate(left, top);
  for (const { loss, segments } of relief.levels) {
    const placed = segments.map((ends) => /** @type {Segment} */ (ends.map(([x, y]) => [x * size, y * size])));
    strokeAll(context, placed, style);
    placed.sort((one, other) => aside(one) - aside(other));
    const free = placed.find(([place]) => hasRoom(place, taken, size));
    if (free) {
      taken.push(free[0]);
      writeOn(context, relief.scale.label(loss), free, style);
    }
  }
  context.translate(-left, -top);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Segment[]} segments
 * @param {Style} style
 */
function strokeAll(context, segments, style) {
  context.strokeStyle = style.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const [from, to] of segments) {
    context.moveTo(...from);
    context.lineTo(...to);
  }
  context.stroke();
}

/**
 * @param {Place} place
 * @param {Place[]} taken
 * @param {number} size
 */
function hasRoom([x, y], taken, size) {
  const isInside = Math.min(x, y) > MARGIN && Math.max(x, y) < size - MARGIN;
  return isInside && taken.every(([otherX, otherY]) => Math.hypot(x - otherX, y - otherY) > ROOM);
}

/**
 * Write on a line, along it, and never upside down.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {Segment} segment
 * @param {Style} style
 */
function writeOn(context, text, [[x, y], [x1, y1]], style) {
  context.save();
  context.translate(x, y);
  context.rotate(Math.atan((y1 - y) / (x1 - x || 1e-9)));
  context.textAlign = "center";
  write(context, text, 0, 0, style);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Place[]} places
 * @param {Style} style
 */
function drawPath(context, places, style) {
  context.lineJoin = context.lineCap = "round";
  for (const [colour, width] of /** @type {const} */ ([[style.paper, 4.5], [style.path, 2]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (const place of places) context.lineTo(...place);
    context.stroke();
  }
  drawEnds(context, places, style);
}
