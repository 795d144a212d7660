// The picture of the plane: points, and what a network says at every place. Of data with one input, the other axis is
// the target, and what the network says is a curve, unless there are three classes or more.

import { pretty } from "./choices.js";
import { colour } from "./dom.js";
import { paintClasses, paintNeuron, paintProbability, values } from "./heat.js";
import { boundary, drawAxes, drawPoint, marginOf } from "./plotting.js";

/**
 * @typedef {import("./protocol.js").HeatMap} HeatMap
 * @typedef {import("./protocol.js").DataFrame} DataFrame
 * @typedef {import("./protocol.js").PointRow} PointRow
 * @typedef {import("./plotting.js").Frame} Box
 * @typedef {[across: number, up: number]} Numbers on the two axes
 *
 * @typedef {object} Scene
 * @property {DataFrame} data
 * @property {HeatMap[] | null} maps of the outputs
 * @property {HeatMap | null} neuron that is seen instead
 * @property {number} side of the heat maps
 * @property {number | null} chosen the number of the point that is marked
 * @property {Numbers | null} cross where the keyboard is
 */

const CROSS = 9; // pixels from its middle to its ends
const picture = document.createElement("canvas"); // of a heat map, a pixel for each of its places

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Scene} scene
 */
export function drawPlane(context, width, height, scene) {
  const { data, maps, neuron, chosen, cross } = scene;
  const box = boxOf(context, width, height, data);
  const found = maps?.map(values) ?? [];
  const known = /** @type {Float64Array[]} */ (found.every(Boolean) ? found : []);
  if (neuron || hasTwoInputs(data) || hasClasses(data)) drawHeat(context, box, known, scene);
  drawAxes(context, box, namesOfAxes(data));
  if (!hasTwoInputs(data) && known.length === 1) drawCurve(context, box, known[0], scene.side);
  for (const [i, point] of data.points.entries()) {
    drawPoint(context, placeIn(box, numbersOf(data, point)), markOf(data, point), i === chosen);
  }
  if (cross) drawCross(context, placeIn(box, cross));
}

/** @param {DataFrame} data */
export function hasTwoInputs({ inputs }) {
  return inputs.length > 1;
}

/** @param {DataFrame} data */
export function hasClasses({ task }) {
  return task === "classification";
}

/**
 * Return where the plane is on a canvas.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {DataFrame} data
 * @returns {Box}
 */
export function boxOf(context, width, height, data) {
  const down = hasTwoInputs(data) ? data.range : data.targets;
  const left = marginOf(context, down);
  return { left, right: width - 12, top: 6, bottom: height - 24, across: data.range, down };
}

/**
 * Return the place of two numbers, in pixels.
 *
 * @param {Box} box
 * @param {Numbers} numbers
 * @returns {[number, number]}
 */
export function placeIn({ left, right, top, bottom, across, down }, [x, y]) {
  return [
    left + ((x - across[0]) / (across[1] - across[0])) * (right - left),
    bottom - ((y - down[0]) / (down[1] - down[0])) * (bottom - top),
  ];
}

/**
 * Return the numbers at a place: the way back.
 *
 * @param {Box} box
 * @param {[number, number]} place
 * @returns {Numbers}
 */
export function numbersAt({ left, right, top, bottom, across, down }, [x, y]) {
  return [
    across[0] + ((x - left) / (right - left)) * (across[1] - across[0]),
    down[0] + ((bottom - y) / (bottom - top)) * (down[1] - down[0]),
  ];
}

/**
 * Return the numbers at which a point is drawn.
 *
 * @param {DataFrame} data
 * @param {PointRow} point
 * @returns {Numbers}
 */
export function numbersOf(data, [x1, x2, target]) {
  return [x1, hasTwoInputs(data) ? x2 : target];
}

/**
 * Return a point moved to these numbers. Its class stays, even where it is the height.
 *
 * @param {DataFrame} data
 * @param {PointRow} point
 * @param {Numbers} numbers
 * @returns {PointRow}
 */
export function movedTo(data, [, x2, target, part], [across, up]) {
  if (hasTwoInputs(data)) return [across, up, target, part];
  return [across, x2, hasClasses(data) ? target : up, part];
}

/**
 * Return the names of both axes. Those of the user's own columns stay as they are.
 *
 * @param {DataFrame} data
 */
function namesOfAxes({ inputs, task }) {
  const names = inputs.map((name) => (["x1", "x2"].includes(name) ? pretty(name) : name));
  return inputs.length > 1 ? names : [names[0], task === "regression" ? "target" : "class"];
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {Float64Array[]} known the values of the outputs
 * @param {Scene} scene
 */
function drawHeat(context, box, known, { data, maps, neuron, side }) {
  if (neuron) paintNeuron(picture, neuron, side);
  else if (!known.length || !maps) return;
  else if (!hasClasses(data)) paintNeuron(picture, maps[0], side);
  else if (known.length > 1) paintClasses(picture, known, side);
  else paintProbability(picture, known[0], side);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, box.left, box.top, box.right - box.left, box.bottom - box.top);
  if (!neuron && hasClasses(data) && known.length === 1) boundary(context, box, known[0], side);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {Float64Array} heights the first of which belong to the places from left to right
 * @param {number} side
 */
function drawCurve(context, box, heights, side) {
  const [low, high] = box.across;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  context.strokeStyle = colour("--c1");
  context.lineWidth = 2.5;
  context.lineJoin = "round";
  context.beginPath();
  for (let i = 0; i < side; i++) {
    const x = low + ((i + 0.5) * (high - low)) / side;
    context.lineTo(...placeIn(box, [x, heights[i]]));
  }
  context.stroke();
  context.restore();
}

/**
 * Return how a point looks. Quantities on a plane are orange or blue, above the middle or below.
 *
 * @param {DataFrame} data
 * @param {PointRow} point
 */
function markOf(data, [, , target, part]) {
  const isHigh = hasTwoInputs(data) && target > (data.targets[0] + data.targets[1]) / 2;
  const name = hasClasses(data) ? `--c${target}` : isHigh ? "--c1" : "--c0";
  return { colour: colour(name), kind: hasClasses(data) ? target : 0, hollow: part === "test" };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number]} place
 */
function drawCross(context, [x, y]) {
  context.strokeStyle = colour("--ink");
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x - CROSS, y);
  context.lineTo(x + CROSS, y);
  context.moveTo(x, y - CROSS);
  context.lineTo(x, y + CROSS);
  context.stroke();
}
