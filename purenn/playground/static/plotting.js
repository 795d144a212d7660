// Drawing in a plane: axes with round ticks, points, and the line between two classes.

import { colour } from "./dom.js";
import { isolines } from "./isolines.js";
import { scaleOf } from "./scales.js";

/**
 * @typedef {{ left: number, right: number, top: number, bottom: number, across: [number, number],
 *   down: [number, number] }} Frame the pixels of a plot, and the numbers at its sides and at its bottom and top
 */

/**
 * Return the room in pixels that the numbers beside the left axis need.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} down the numbers at its bottom and top
 */
export function marginOf(context, down) {
  context.font = font();
  const { ticks, label } = scaleOf(...down, 0, 1);
  return 10 + Math.max(20, ...ticks.map((tick) => context.measureText(label(tick)).width));
}

function font() {
  return `11px ${colour("--sans")}`;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {string[]} names of both axes
 */
export function drawAxes(context, frame, names) {
  const { left, right, top, bottom, across, down } = frame;
  context.font = font();
  context.fillStyle = colour("--soft");
  context.strokeStyle = colour("--line");
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
  context.textAlign = "center";
  context.textBaseline = "top";
  const x = scaleOf(...across, left, right);
  for (const tick of x.ticks) context.fillText(x.label(tick), x.place(tick), bottom + 5);
  context.textAlign = "right";
  context.textBaseline = "middle";
  const y = scaleOf(...down, bottom, top);
  for (const tick of y.ticks) {
    context.fillText(y.label(tick), left - 5, Math.min(Math.max(y.place(tick), top + 5), bottom - 5));
  }
  context.fillStyle = colour("--ink");
  const room = right - left - 12; // a longer name is squeezed
  context.fillText(names[0], right - 6, bottom - 9, room);
  context.textAlign = "left";
  context.fillText(names[1], left + 6, top + 10, room);
}

/**
 * Draw a point: each class has a form of its own besides its colour; a point to test on is hollow.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} place
 * @param {{ colour: string, kind: number, hollow: boolean }} mark
 * @param {boolean} chosen
 */
export function drawPoint(context, [x, y], mark, chosen) {
  const size = chosen ? 7 : 4.5;
  context.beginPath();
  outline(context, x, y, size, mark.kind);
  context.closePath();
  context.lineWidth = mark.hollow ? 4 : 3;
  context.strokeStyle = colour("--paper");
  context.stroke();
  context.fillStyle = mark.hollow ? colour("--paper") : mark.colour;
  context.fill();
  context.lineWidth = mark.hollow ? 1.75 : 0.75;
  context.strokeStyle = chosen ? colour("--ink") : mark.colour;
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} size @param {number} kind */
function outline(context, x, y, size, kind) {
  const corners = [0, 4, 3, 5][kind % 4]; // a circle, a square, a triangle, a pentagon
  if (!corners) return context.arc(x, y, size, 0, 2 * Math.PI);
  const turn = corners === 4 ? Math.PI / 4 : -Math.PI / 2;
  for (let i = 0; i < corners; i++) {
    const angle = turn + (2 * Math.PI * i) / corners;
    context.lineTo(x + 1.25 * size * Math.cos(angle), y + 1.25 * size * Math.sin(angle));
  }
}

/**
 * Draw the line where the probability is a half.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {Float64Array} probabilities row by row from the top, at the centres of squares
 * @param {number} side
 */
export function boundary(context, { left, right, top, bottom }, probabilities, side) {
  const [width, height] = [(right - left) / side, (bottom - top) / side];
  const across = (/** @type {number} */ x) => left + (0.5 + x * (side - 1)) * width;
  const down = (/** @type {number} */ y) => top + (0.5 + y * (side - 1)) * height;
  context.beginPath();
  for (const [[x1, y1], [x2, y2]] of isolines(probabilities, side, 0.5)) {
    context.moveTo(across(x1), down(y1));
    context.lineTo(across(x2), down(y2));
  }
  context.strokeStyle = colour("--ink");
  context.lineWidth = 1.5;
  context.lineCap = "round";
  context.stroke();
}
