// The size of the gradient at each layer, and what the diagnosis says of it. A network learns when the gradients of its
// layers are of about the same size: where they vanish, a layer stands still, where they explode, it jumps.

import { element, shown } from "./dom.js";
import { extent, scaleOf } from "./scales.js";

/**
 * @typedef {import("./protocol.js").StateFrame} StateFrame
 * @typedef {import("./scales.js").Scale} Scale
 *
 * @typedef {object} Row the bar of a layer
 * @property {HTMLElement} node
 * @property {HTMLElement} band
 * @property {HTMLElement} bar
 * @property {HTMLElement} value
 */

const FAR = 100; // as in purenn/diagnosis.py: a layer whose gradient is 100 times another's has another learning rate
const ABOUT =
  "The length of the gradient of the loss at the output of each layer, on a logarithmic scale. " +
  "Within the grey band, it is less than 100 times that of the last layer, and more than a 100th.";

/**
 * @param {HTMLElement} home
 * @returns {import("./protocol.js").Part}
 */
export function gradients(home) {
  const bars = element("ol", { class: "gradients-bars" });
  const axis = element("div", { class: "gradients-axis note value", "aria-hidden": "true" });
  const words = element("ul", { class: "gradients-words" });
  const chart = element("div", { class: "gradients-chart" }, bars, axis);
  home.append(element("div", { class: "gradients" }, chart, element("p", { class: "note" }, ABOUT), words));
  /** @type {string[]} */
  let activations = [];
  /** @type {Row[]} */
  let rows = [];
  let names = "";
  let range = [Infinity, 0];

  /** @param {StateFrame} state */
  function showLayers(state) {
    const layers = namesOf(state, activations);
    if (layers.join() === names) return;
    names = layers.join();
    rows = layers.map(rowOf);
    bars.replaceChildren(...rows.map(({ node }) => node));
  }

  /**
   * Show the bars. Their scale grows while a network learns, but does not shrink, so that a shorter bar is a smaller
   * gradient.
   *
   * @param {StateFrame} state
   */
  function showBars({ gradients: sizes, restart }) {
    const [low, high] = rangeOf(sizes);
    range = restart ? [low, high] : [Math.min(low, range[0]), Math.max(high, range[1])];
    const scale = scaleOf(range[0], range[1], 0, 100, { log: true, count: 4 });
    showAxis(axis, scale);
    rows.forEach((row, i) => showBar(row, sizes[i] ?? null, sizes[sizes.length - 1] ?? null, scale));
  }

  return {
    settings({ layers }) {
      activations = layers.map(({ activation }) => activation);
    },
    state(frame) {
      showLayers(frame);
      showBars(frame);
      const told = frame.words;
      if (told.join() === words.dataset.told) return;
      words.dataset.told = told.join();
      words.replaceChildren(...told.map((sentence) => element("li", {}, sentence)));
    },
  };
}

/**
 * Return the name and the size of each layer.
 *
 * @param {StateFrame} state
 * @param {string[]} activations
 */
function namesOf({ weights, biases }, activations) {
  return weights.map((inputs, i) => {
    const name = i === weights.length - 1 ? "output" : activations[i];
    return `${inputs.length} → ${biases[i].length} ${name ?? ""}`;
  });
}

/**
 * @param {string} name
 * @returns {Row}
 */
function rowOf(name) {
  const band = element("span", { class: "gradients-band" });
  const bar = element("span", { class: "gradients-bar" });
  const value = element("span", { class: "value" });
  const track = element("span", { class: "gradients-track" }, band, bar);
  return { node: element("li", {}, element("span", {}, name), track, value), band, bar, value };
}

/**
 * @param {Row} row
 * @param {number | null} size of the gradient; null if it is not finite
 * @param {number | null} last that of the last layer
 * @param {Scale} scale
 */
function showBar({ node, band, bar, value }, size, last, scale) {
  const isLow = size !== null && last !== null && size * FAR < last;
  const isHigh = size === null || (last !== null && size > FAR * last);
  const place = (/** @type {number} */ number) => Math.min(Math.max(scale.place(number), 0), 100);
  bar.style.width = `${size ? place(size) : size === null ? 100 : 0}%`;
  band.hidden = !last;
  if (last) {
    band.style.left = `${place(last / FAR)}%`;
    band.style.right = `${100 - place(last * FAR)}%`;
  }
  node.classList.toggle("far", isLow || isHigh);
  const told = size === null ? "not finite" : shown(Number(size.toPrecision(2)));
  value.textContent = told + (isLow ? ", vanishes" : isHigh ? ", explodes" : "");
}

/**
 * Return the powers of ten around all sizes, at least three apart.
 *
 * @param {(number | null)[]} sizes
 * @returns {[number, number]}
 */
function rangeOf(sizes) {
  const [low, high] = extent(sizes, true) ?? [0.01, 1];
  const last = Math.ceil(Math.log10(high));
  return [10 ** Math.min(Math.floor(Math.log10(low)), last - 3), 10 ** last];
}

/**
 * @param {HTMLElement} axis
 * @param {Scale} scale
 */
function showAxis(axis, scale) {
  if (axis.dataset.ticks === scale.ticks.join()) return;
  axis.dataset.ticks = scale.ticks.join();
  const ticks = scale.ticks.map((tick) => {
    const label = element("span", {}, scale.label(tick));
    label.style.left = `${scale.place(tick)}%`;
    label.style.translate = `-${scale.place(tick)}%`; // the outer ones end at the ends of the scale
    return label;
  });
  axis.replaceChildren(...ticks);
}
