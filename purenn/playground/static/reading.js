// What a network makes of a drawn digit, from the picture that it gets to its answer.

import { bytes, canvasOf, element, percent, shown } from "./dom.js";
import { mixed, paint, paintNeuron, parts } from "./heat.js";
import { SIDE } from "./ink.js";

/**
 * @typedef {import("./protocol.js").DigitFrame} DigitFrame
 * @typedef {(frame: DigitFrame | null) => void} Show null where nothing is drawn
 * @typedef {{ node: HTMLElement, show: Show }} View
 */

const WIDE = 16; // hidden units in a row
const TELL = 700; // milliseconds without another answer, before one is told to screen readers

/**
 * The picture that the network gets, after the drawing was moved to the middle.
 *
 * @returns {View}
 */
export function pictureView() {
  const canvas = element("canvas", { class: "digits-pixels", role: "img", "aria-label": "The picture that is read" });
  return {
    node: figure("What the network gets", `${SIDE} × ${SIDE} pixels`, canvas),
    show(frame) {
      const ink = frame ? bytes(frame.picture) : new Uint8Array(SIDE * SIDE);
      const [paper, black] = [parts("--paper"), parts("--ink")];
      paint(canvas, SIDE, (i) => mixed(paper, black, ink[i] / 255));
    },
  };
}

/**
 * The hidden units, each as a square: the bluer, the more strongly it fires.
 *
 * @returns {View}
 */
export function hiddenView() {
  /** @type {number[]} */
  let values = [];
  const strip = element("div", { class: "digits-hidden" });
  const count = element("span", {}, "hidden units");
  const { canvas, redraw } = canvasOf(strip, (context, width) => drawUnits(context, width, values));
  canvas.setAttribute("role", "img");
  return {
    node: figure("What it finds in it", count, strip),
    show(frame) {
      values = frame?.hidden ?? values.map(() => 0);
      const firing = values.filter((value) => value > 0).length;
      count.textContent = values.length ? `${firing} of ${values.length} hidden units fire` : "hidden units";
      canvas.setAttribute("aria-label", count.textContent);
      strip.style.aspectRatio = `${WIDE} / ${Math.max(Math.ceil(values.length / WIDE), 1)}`;
      redraw();
    },
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number[]} values
 */
function drawUnits(context, width, values) {
  const [none, full] = [mixed(parts("--paper"), parts("--line"), 0.5), parts("--blue")];
  const [cell, most] = [width / WIDE, Math.max(...values, 1e-9)];
  values.forEach((value, i) => {
    context.fillStyle = `rgb(${mixed(none, full, Math.max(value, 0) / most).join()})`;
    context.fillRect((i % WIDE) * cell, Math.floor(i / WIDE) * cell, cell - 1, cell - 1);
  });
}

/**
 * The weights of the hidden units that fire most strongly, as pictures.
 *
 * @returns {View}
 */
export function weightsView() {
  const list = element("ul", { class: "digits-weights" });
  const about = "weights of the units that fire most: ink on orange makes a unit fire, ink on blue keeps it quiet";
  return {
    node: figure("What these units look for", about, list),
    show(frame) {
      const most = frame ? frame.hidden[frame.fired[0]] : 1;
      const units = frame?.fired.map((unit, k) => unitItem(unit, frame.hidden[unit], most, frame.weights[k]));
      list.replaceChildren(...(units ?? []));
    },
  };
}

/**
 * @param {number} unit
 * @param {number} value
 * @param {number} most the value of the unit that fires most strongly
 * @param {import("./protocol.js").HeatMap} weights
 */
function unitItem(unit, value, most, weights) {
  const canvas = element("canvas", { class: "digits-pixels", role: "img", "aria-label": `Weights of unit ${unit}` });
  paintNeuron(canvas, weights, SIDE);
  const bar = element("span", { class: "digits-strength" });
  bar.style.width = `${(100 * value) / most}%`;
  return element("li", {}, canvas, bar, element("span", { class: "note value" }, shown(Number(value.toPrecision(2)))));
}

/**
 * The answer: how probable each digit is. Screen readers are told of another answer when it has lasted for a moment.
 *
 * @returns {View}
 */
export function answerView() {
  const best = element("p", { class: "digits-best", "aria-hidden": "true" });
  const status = element("p", { class: "visually-hidden", role: "status" });
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = element("span", { class: "digits-bar" });
    const value = element("span", { class: "value" });
    const track = element("span", { class: "digits-track" }, bar);
    return { bar, value, node: element("li", {}, element("b", {}, String(digit)), track, value) };
  });
  const list = element("ol", { class: "digits-bars", start: 0 }, ...rows.map(({ node }) => node));
  let answer = "?";
  let telling = 0;

  /** @param {string} now */
  function tell(now) {
    if (now === answer) return;
    answer = now;
    clearTimeout(telling);
    telling = setTimeout(() => (status.textContent = answer === "?" ? "" : `It reads ${answer}`), TELL);
  }

  return {
    node: figure("What it reads", "how probable each digit is", best, list, status),
    show(frame) {
      const probabilities = frame?.probabilities ?? [];
      const top = probabilities.indexOf(Math.max(...probabilities));
      best.textContent = top < 0 ? "?" : String(top);
      best.classList.toggle("sure", probabilities[top] > 0.5);
      rows.forEach(({ bar, value, node }, digit) => {
        bar.style.width = `${100 * (probabilities[digit] ?? 0)}%`;
        value.textContent = frame ? percent(probabilities[digit]) : "";
        node.classList.toggle("best", digit === top);
      });
      tell(best.textContent);
    },
  };
}

/**
 * @param {string} title
 * @param {Node | string} note
 * @param {...Node} content
 */
function figure(title, note, ...content) {
  return element("div", {}, element("h3", {}, title), element("p", { class: "note" }, note), ...content);
}
