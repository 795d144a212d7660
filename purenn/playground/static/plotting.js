// Drawing in a plane: axes with round ticks, points, and the line between two classes.

import { colour } from "./dom.js";

/**
 * @typedef {{ left: number, right: number, top: number, bottom: number, across: [number, number],
 *   down: [number, number] }} Frame the pixels of a plot, and the numbers at its sides and at its bottom and top
 */

/**
 * Return round numbers between two bounds, about so many.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} about
 */
export function ticks(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? power;
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/**
 * Return the room in pixels that the numbers beside the left axis need.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} down the numbers at its bottom and top
 */
export function marginOf(context, down) {
  context.font = font();
  return 10 + Math.max(20, ...ticks(...down, 5).map((tick) => context.measureText(minus(tick)).width));
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
  for (const tick of ticks(...across, 5)) {
    const x = left + ((tick - across[0]) / (across[1] - across[0])) * (right - left);
    context.fillText(minus(tick), x, bottom + 5);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of ticks(...down, 5)) {
    const y = bottom - ((tick - down[0]) / (down[1] - down[0])) * (bottom - top);
    context.fillText(minus(tick), left - 5, Math.min(Math.max(y, top + 5), bottom - 5));
  }
  context.fillStyle = colour("--ink");
  const room = right - left - 12; // a longer name is squeezed
  context.fillText(names[0], right - 6, bottom - 9, room);
  context.textAlign = "left";
  context.fillText(names[1], left + 6, top + 10, room);
}

/** @param {number} value */
function minus(value) {
  return String(value).replace("-", "−");
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
 * Draw the line where the probability is a half, by marching squares: in each square of four neighbours, the line
 * joins the points of its sides at which the probability, drawn as straight between the corners, is a half.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {Float64Array} probabilities row by row from the top, at the centres of squares
 * @param {number} side
 */
export function boundary(context, { left, right, top, bottom }, probabilities, side) {
  const [width, height] = [(right - left) / side, (bottom - top) / side];
  const at = (/** @type {number} */ i, /** @type {number} */ j) => probabilities[i * side + j] - 0.5;
  context.beginPath();
  for (let i = 0; i + 1 < side; i++) {
    for (let j = 0; j + 1 < side; j++) {
      const corners = [at(i, j), at(i, j + 1), at(i + 1, j + 1), at(i + 1, j)];
      const crossings = crossingsOf(corners);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        const [[x1, y1], [x2, y2]] = [crossings[k], crossings[k + 1]];
        context.moveTo(left + (j + 0.5 + x1) * width, top + (i + 0.5 + y1) * height);
        context.lineTo(left + (j + 0.5 + x2) * width, top + (i + 0.5 + y2) * height);
      }
    }
  }
  context.strokeStyle = colour("--ink");
  context.lineWidth = 1.5;
  context.lineCap = "round";
  context.stroke();
}

/**
 * Return the points on the sides of a square where the value is zero, going round from the upper left corner.
 *
 * @param {number[]} corners
 * @returns {[number, number][]}
 */
function crossingsOf([a, b, c, d]) {
  /** @type {[number, number][]} */
  const found = [];
  if (a > 0 !== b > 0) found.push([a / (a - b), 0]);
  if (b > 0 !== c > 0) found.push([1, b / (b - c)]);
  if (c > 0 !== d > 0) found.push([1 - c / (c - d), 1]);
  if (d > 0 !== a > 0) found.push([0, 1 - d / (d - a)]);
  return found;
}
