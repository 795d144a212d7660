// A chart of curves over epochs on a canvas. Each curve has its name at its end, so nobody has to look up a colour.

import { extent, rounded, scaleOf } from "./scales.js";

/**
 * @typedef {import("./scales.js").Scale} Scale
 * @typedef {import("./course.js").Course} Course
 *
 * @typedef {object} Line
 * @property {string} name
 * @property {Course} course
 * @property {number} column of the figure in an EpochRow
 * @property {string} colour
 * @property {boolean} dashed
 *
 * @typedef {object} Chart
 * @property {Line[]} lines
 * @property {number} lastEpoch the right end of the x axis
 * @property {boolean} log
 * @property {boolean} shares the figures are shares from 0 to 1, to be shown in percent
 * @property {number | null} pointed the epoch that is looked at
 * @property {{ soft: string, grid: string, paper: string, font: string, size: number }} style of which size is
 *   the height of the letters in pixels
 *
 * @typedef {object} Frame where curves are drawn: the x and y scales and the edges in pixels
 * @property {Scale} x
 * @property {Scale} y
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 */

// In heights of the letters:
const TOP = 0.7;
const BOTTOM = 2;
const GAP = 0.7;
const LINE = 1.35; // from one line of text to the next
const APART = 3.5; // from a mark on the y axis to the next
const SPACE = 7; // from a mark on the x axis to the next

/**
 * Draw a chart and return its x scale, by which the page finds the epoch under the pointer.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Chart} chart
 * @returns {Scale}
 */
export function drawChart(context, width, height, chart) {
  context.font = chart.style.font;
  context.textBaseline = "middle";
  const frame = frameOf(context, width, height, chart);
  drawAxes(context, chart, frame);
  for (const line of chart.lines) drawLine(context, chart, line, frame);
  drawNames(context, chart, frame);
  if (chart.pointed !== null) drawPointed(context, chart, chart.pointed, frame);
  return frame.x;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Chart} chart
 * @returns {Frame}
 */
function frameOf(context, width, height, chart) {
  const { size } = chart.style;
  const [top, bottom] = [TOP * size, height - BOTTOM * size];
  const y = yScale(chart, bottom, top);
  const widest = (/** @type {string[]} */ texts) => Math.max(...texts.map((text) => context.measureText(text).width));
  const left = GAP * size + widest(y.ticks.map((tick) => yLabel(chart, y, tick)));
  const right = width - GAP * size - widest(["epoch", ...chart.lines.map((line) => line.name)]);
  const count = Math.max(2, (right - left) / (SPACE * size));
  const x = scaleOf(1, Math.max(chart.lastEpoch, 2), left + 2, right - 2, { count });
  return { x, y, left, right, top, bottom };
}

/**
 * Return the scale of all values. Losses begin at 0 and shares end at 100 %, unless the scale is logarithmic.
 *
 * @param {Chart} chart
 * @param {number} bottom
 * @param {number} top
 * @returns {Scale}
 */
function yScale({ lines, log, shares, style }, bottom, top) {
  const buckets = lines.flatMap(({ course, column }) => course.buckets.map((b) => [b.lows[column], b.highs[column]]));
  const [least, most] = extent(buckets.flat(), log) ?? (log ? [0.1, 1] : [0, 1]);
  const count = Math.min(Math.max(2, (bottom - top) / (APART * style.size)), 5);
  if (log) return scaleOf(least / 1.1, most * 1.1, bottom, top, { log, count });
  const [low, high] = shares ? [Math.min(least, 0.9), 1] : [Math.min(least, 0), Math.max(most, 0)];
  return scaleOf(...rounded(low, high, count), bottom, top, { count });
}

/**
 * @param {Chart} chart
 * @param {Scale} y
 * @param {number} tick
 */
function yLabel(chart, y, tick) {
  return chart.shares ? `${Number((100 * tick).toFixed(1))} %` : y.label(tick);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Chart} chart
 * @param {Frame} frame
 */
function drawAxes(context, chart, { x, y, left, right, bottom }) {
  context.fillStyle = chart.style.soft;
  context.strokeStyle = chart.style.grid;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.beginPath();
  for (const tick of y.ticks) {
    const place = Math.round(y.place(tick)) + 0.5;
    context.fillText(yLabel(chart, y, tick), left - GAP * chart.style.size, place);
    context.moveTo(left, place);
    context.lineTo(right, place);
  }
  context.stroke();
  context.textAlign = "center";
  for (const tick of x.ticks.filter(Number.isInteger)) {
    const label = tick.toLocaleString("en");
    const half = context.measureText(label).width / 2;
    context.fillText(label, Math.min(x.place(tick), right - half), bottom + LINE * chart.style.size);
  }
  context.textAlign = "left";
  context.fillText("epoch", right + GAP * chart.style.size, bottom + LINE * chart.style.size);
}

/**
 * Draw a curve. A bucket of many epochs is a stroke from its lowest to its highest value. After a gap, the curve begins
 * again, with a stroke so short that a value between two gaps is a dot.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Chart} chart
 * @param {Line} line
 * @param {Frame} frame
 */
function drawLine(context, chart, { course, column, colour, dashed }, { x, y }) {
  context.strokeStyle = colour;
  context.lineWidth = dashed ? 1.5 : 2;
  context.lineCap = context.lineJoin = "round";
  context.setLineDash(dashed ? [2, 4] : []);
  context.beginPath();
  let isDown = false;
  for (const { first, last, lows, highs } of course.buckets) {
    const [low, high] = [lows[column], highs[column]];
    const isDrawn = low !== null && high !== null && (low > 0 || !chart.log);
    if (isDrawn) {
      const place = x.place((first + last) / 2);
      if (!isDown) context.moveTo(place - 0.1, y.place(high));
      context.lineTo(place, y.place(high));
      if (low < high) context.lineTo(place, y.place(low));
    }
    isDown = isDrawn;
  }
  context.stroke();
  context.setLineDash([]);
}

/**
 * Write the name of each curve beside its end, apart from the other names.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Chart} chart
 * @param {Frame} frame
 */
function drawNames(context, chart, { y, right, top, bottom }) {
  const ends = chart.lines.flatMap((line) => {
    const value = line.course.last?.[line.column] ?? null;
    return value === null || (chart.log && value <= 0) ? [] : [{ line, place: y.place(value) }];
  });
  ends.sort((a, b) => a.place - b.place);
  const { size } = chart.style;
  const places = apart(ends.map(({ place }) => place), LINE * size, top, bottom);
  ends.forEach(({ line }, i) => {
    context.fillStyle = line.colour;
    context.fillText(line.name, right + GAP * size, places[i]);
  });
}

/**
 * Move rising places apart, by a line of text at least, so that none stands below the bottom.
 *
 * @param {number[]} places
 * @param {number} line
 * @param {number} top
 * @param {number} bottom
 */
function apart(places, line, top, bottom) {
  const moved = [...places];
  for (let i = 0; i < moved.length; i++) moved[i] = Math.max(moved[i], i ? moved[i - 1] + line : top);
  for (let i = moved.length - 1; i >= 0; i--) {
    moved[i] = Math.min(moved[i], i < moved.length - 1 ? moved[i + 1] - line : bottom);
  }
  return moved;
}

/**
 * Mark the epoch that is looked at, and its values on the curves.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Chart} chart
 * @param {number} pointed
 * @param {Frame} frame
 */
function drawPointed(context, chart, pointed, { x, y, top, bottom }) {
  const across = Math.round(x.place(pointed)) + 0.5;
  context.strokeStyle = chart.style.soft;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(across, top);
  context.lineTo(across, bottom);
  context.stroke();
  context.strokeStyle = chart.style.paper;
  context.lineWidth = 2;
  for (const { course, column, colour } of chart.lines) {
    const value = course.nearest(pointed)?.[column] ?? null;
    if (value === null || (chart.log && value <= 0)) continue;
    context.fillStyle = colour;
    context.beginPath();
    context.arc(across, y.place(value), 4.5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}
