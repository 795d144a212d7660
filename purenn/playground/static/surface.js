// A relief as a surface in space, with the path of the training on it, seen from any side. Its cells are painted one
// after the other, the far ones first, so that near ones hide them. They need no sorting for that: of the cells in a
// row or a column, it is always the same end that is farther away.

import { drawEnds, write } from "./marks.js";
import { heightAt } from "./relief.js";

/**
 * @typedef {import("./relief.js").Relief} Relief
 * @typedef {import("./relief.js").Style} Style
 * @typedef {import("./isolines.js").Place} Place
 * @typedef {import("./isolines.js").Segment} Segment
 * @typedef {{ azimuth: number, elevation: number }} Angles around the box, and above its base, in radians
 *
 * @typedef {object} View
 * @property {(x: number, y: number, z: number) => Place} place from the box, in which x, y, z go from 0 to 1
 * @property {number[]} light the direction to the light: to the east, to the north, upward
 * @property {number[]} toward the direction to the viewer
 *
 * @typedef {Map<number, Segment[]>} OnCells pieces of lines, by the number of the cell that they are on
 */

const TALL = 0.55; // the height of the box, whose base is 1 x 1
const LIGHT = [-0.45, 0.6, 0.66]; // the light comes from the left, from above, and from the side of the viewer
const DIM = 0.6; // the brightness of what gets no light
const EVERY = 2; // heights from one corner of a cell to the next
const STEP = 0.01; // of the path
const LIFT = 0.015; // of lines above the surface, so that the next cell does not cover half of them

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Relief} relief
 * @param {Angles} angles
 * @param {Style} style
 */
export function drawSurface(context, width, height, relief, angles, style) {
  const view = viewOf(width, height, angles);
  const levels = relief.levels.flatMap(({ segments }) => segments);
  const lines = laid(relief, levels, view.place);
  const path = laid(relief, shortPieces(relief), view.place);
  drawBox(context, relief, view, style);
  context.lineCap = context.lineJoin = "round";
  inOrder(relief, view, (i, j, cell) => {
    drawCell(context, relief, i, j, view, style);
    strokePieces(context, lines.get(cell), style.line, 1);
    strokePieces(context, path.get(cell), style.path, 2.5);
  });
  context.globalAlpha = 0.35; // where the path is hidden, it shines through
  strokePieces(context, [...path.values()].flat(), style.path, 2.5);
  context.globalAlpha = 1;
  const places = relief.path.map(({ x, y }) => view.place(x, y, (heightAt(relief, x, y) || 0) + LIFT));
  drawEnds(context, places, style);
}

/**
 * Return the view from these angles. The box is equally large from all sides, so that it does not seem to breathe when
 * it is turned.
 *
 * @param {number} width
 * @param {number} height
 * @param {Angles} angles
 * @returns {View}
 */
function viewOf(width, height, { azimuth, elevation }) {
  const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
  const [right, up, toward] = [[-sa, ca, 0], [-se * ca, -se * sa, ce], [ce * ca, ce * sa, se]];
  const tall = Math.SQRT2 * se + TALL * ce;
  const scale = Math.min((width - 72) / Math.SQRT2, (height - 40) / tall);
  const light = right.map((_, i) => LIGHT[0] * right[i] + LIGHT[1] * up[i] + LIGHT[2] * toward[i]);
  return {
    place(x, y, z) {
      const [east, north, above] = [x - 0.5, 0.5 - y, (z - 0.5) * TALL];
      const across = right[0] * east + right[1] * north;
      return [width / 2 + scale * across, height / 2 - scale * (up[0] * east + up[1] * north + up[2] * above)];
    },
    light,
    toward,
  };
}

/**
 * Draw the base of the box, and the axis of the loss at the corner on the left.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Relief} relief
 * @param {View} view
 * @param {Style} style
 */
function drawBox(context, { scale }, { place }, style) {
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  const [x, y] = corners.reduce((a, b) => (place(a[0], a[1], 0)[0] <= place(b[0], b[1], 0)[0] ? a : b));
  const [foot, head] = [place(x, y, 0), place(x, y, 1)];
  context.strokeStyle = style.soft;
  context.lineWidth = 1;
  context.beginPath();
  for (const [u, v] of corners) context.lineTo(...place(u, v, 0));
  context.closePath();
  context.moveTo(...foot);
  context.lineTo(...head);
  context.stroke();
  const room = (foot[1] - head[1]) / (2 * style.size); // for numbers, unless it is seen from above
  if (room < 2) return;
  context.textAlign = "right";
  const ticks = scale.ticks.filter((_, i) => i % Math.ceil(scale.ticks.length / room) === 0);
  for (const tick of ticks) write(context, `${scale.label(tick)} –`, ...place(x, y, scale.place(tick)), style);
  write(context, "loss", head[0], head[1] - style.size, style);
}

/**
 * Visit all cells from the farthest to the nearest one. Rows go from the north to the south.
 *
 * @param {Relief} relief
 * @param {View} view
 * @param {(i: number, j: number, cell: number) => void} visit
 */
function inOrder({ side }, { toward: [east, north] }, visit) {
  const cells = (side - 1) / EVERY;
  const order = Array.from({ length: cells }, (_, n) => n);
  const rows = north < 0 ? order : [...order].reverse();
  const columns = east > 0 ? order : [...order].reverse();
  for (const i of rows) for (const j of columns) visit(i, j, i * cells + j);
}

/**
 * Paint a cell in the shade of its height, the brighter, the more directly it faces the light. Nothing is painted if a
 * corner is in a hole.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Relief} relief
 * @param {number} i
 * @param {number} j
 * @param {View} view
 * @param {Style} style
 */
function drawCell(context, { side, heights }, i, j, { place, light }, { shades }) {
  const [top, left] = [EVERY * i, EVERY * j];
  const k = top * side + left;
  const [a, b, d, c] = [0, EVERY, EVERY * side, EVERY * side + EVERY].map((step) => heights[k + step]);
  if (Number.isNaN(a + b + c + d)) return;
  const unit = (side - 1) / EVERY;
  const east = (-TALL * unit * (b - a + c - d)) / 2; // the parts of the normal, for which the one upward is 1
  const north = (-TALL * unit * (a - d + b - c)) / 2;
  const facing = (east * light[0] + north * light[1] + light[2]) / Math.hypot(east, north, 1);
  const bright = DIM + (1 - DIM) * Math.max(facing, 0);
  const shade = shades[Math.round(((a + b + c + d) / 4) * (shades.length - 1))];
  context.fillStyle = context.strokeStyle = `rgb(${shade.map((part) => Math.round(part * bright)).join()})`;
  context.lineWidth = 0.7; // in the same colour, so that no light shines through between two cells
  context.beginPath();
  context.moveTo(...place(j / unit, i / unit, a));
  context.lineTo(...place((j + 1) / unit, i / unit, b));
  context.lineTo(...place((j + 1) / unit, (i + 1) / unit, c));
  context.lineTo(...place(j / unit, (i + 1) / unit, d));
  context.closePath();
  context.fill();
  context.stroke();
}

/**
 * Return the path in pieces so short that each is on one cell.
 *
 * @param {Relief} relief
 * @returns {Segment[]}
 */
function shortPieces({ path }) {
  return path.slice(1).flatMap((end, n) => {
    const start = path[n];
    const count = Math.ceil(Math.hypot(end.x - start.x, end.y - start.y) / STEP);
    /** @param {number} part @returns {[number, number]} */
    const at = (part) => [start.x + part * (end.x - start.x), start.y + part * (end.y - start.y)];
    return Array.from({ length: count }, (_, m) => /** @type {Segment} */ ([at(m / count), at((m + 1) / count)]));
  });
}

/**
 * Lay pieces of lines on the surface.
 *
 * @param {Relief} relief
 * @param {Segment[]} segments
 * @param {View["place"]} place
 * @returns {OnCells}
 */
function laid(relief, segments, place) {
  /** @type {OnCells} */
  const found = new Map();
  const cells = (relief.side - 1) / EVERY;
  for (const [[x, y], [x1, y1]] of segments) {
    const cell = Math.floor(((y + y1) / 2) * cells) * cells + Math.floor(((x + x1) / 2) * cells);
    const [from, to] = [place(x, y, heightAt(relief, x, y) + LIFT), place(x1, y1, heightAt(relief, x1, y1) + LIFT)];
    const others = found.get(cell);
    if (others) others.push([from, to]);
    else found.set(cell, [[from, to]]);
  }
  return found;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Segment[] | undefined} pieces
 * @param {string} colour
 * @param {number} width
 */
function strokePieces(context, pieces, colour, width) {
  if (!pieces) return;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (const [from, to] of pieces) {
    context.moveTo(...from);
    context.lineTo(...to);
  }
  context.stroke();
}
