// The diagram: a column of neurons for each layer, a heat map in every neuron, and lines as thick as their weights.

import { element, shape, shown } from "./dom.js";
import { paintNeuron, paintProbability, values } from "./heat.js";
import { pretty } from "./choices.js";

/**
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./protocol.js").HeatMap} HeatMap
 * @typedef {import("./protocol.js").StateFrame} StateFrame
 * @typedef {import("./protocol.js").DataFrame} DataFrame
 * @typedef {import("./steps.js").Written} Written
 *
 * @typedef {{ node: HTMLButtonElement, canvas: HTMLCanvasElement, bias: HTMLElement, label: HTMLElement }} Neuron
 * @typedef {{ line: Element, target: Element, layer: number, row: number, column: number, look: string }} Edge
 *   a weight: that from number `row` of a column of the diagram to number `column` of the next one; its look is what is
 *   drawn, as a text
 */

const THINNEST = 0.75;
const THICKEST = 5;

/**
 * @param {HTMLElement} home
 * @param {{ open: (layer: number, unit: number, row?: number) => void, look: (map: HeatMap | null, name: string) => void }} listeners
 *   open is called when a neuron, or a weight of it, is chosen; look when one is pointed at, with null afterwards
 * @returns {Part & { write: (written: Written | null) => void }} write shows the numbers of one sample
 */
export function diagram(home, listeners) {
  const drawing = shape("svg", { "aria-hidden": "true" });
  const tip = element("div", { class: "tip", id: "pointed", hidden: true });
  home.append(drawing, tip);
  /** @type {Neuron[][]} */
  let columns = [];
  /** @type {Edge[]} */
  let edges = [];
  /** @type {StateFrame | null} */
  let state = null;
  /** @type {DataFrame | null} */
  let data = null;
  /** @type {HeatMap[][]} */
  let maps = [];
  /** @type {Written | null} */
  let written = null;
  /** @type {(() => void) | null} shows again what is pointed at */
  let pointed = null;
  /** @type {string[]} names of the inputs that are drawn: the data may have others already */
  let inputs = [];
  let built = "";
  let isNarrow = false; // there is room for two digits only

  new ResizeObserver(place).observe(home);

  /** Make all elements, if the sizes of the layers have changed. */
  function build() {
    if (!state || !data) return;
    const { weights } = state;
    if (weights[0].length !== data.features.length) return; // the state of the new network is on its way
    const sizes = [weights[0].length, ...weights.map((matrix) => matrix[0].length)];
    const names = data.features.map((feature) => pretty(feature.name));
    const key = JSON.stringify([sizes, names, data.classes]);
    if (key === built) return;
    [built, inputs] = [key, names];
    silence();
    for (const neuron of columns.flat()) neuron.node.remove();
    columns = sizes.map((size, c) => Array.from({ length: size }, (_, i) => makeNeuron(c, i, sizes.length)));
    home.append(...columns.flat().map((neuron) => neuron.node), tip);
    edges = weights.flatMap((matrix, layer) =>
      matrix.flatMap((row, i) => row.map((_, j) => makeEdge(layer, i, j))),
    );
    drawing.replaceChildren(...edges.flatMap((edge) => [edge.line, edge.target]));
    for (const neuron of columns[0]) neuron.node.classList.add("input");
    place();
  }

  function makeNeuron(/** @type {number} */ c, /** @type {number} */ i, /** @type {number} */ count) {
    const canvas = element("canvas");
    const bias = element("span", { class: "bias" });
    const label = element("span", { class: "written" });
    const node = element("button", { class: "neuron" }, canvas, bias, label);
    node.setAttribute("aria-label", nameOf(c, i, count));
    const show = () => {
      const map = c ? maps[c - 1]?.[i] : data?.features[i];
      listeners.look(map ?? null, nameOf(c, i, count));
      say(node, neuronWords(c, i, count));
    };
    node.addEventListener("pointerenter", () => point(show));
    node.addEventListener("focus", () => point(show));
    for (const end of ["pointerleave", "blur"]) node.addEventListener(end, silence);
    if (c) node.addEventListener("click", () => listeners.open(c - 1, i));
    return { node, canvas, bias, label };
  }

  function makeEdge(/** @type {number} */ layer, /** @type {number} */ row, /** @type {number} */ column) {
    const line = shape("path", { class: "edge" });
    const target = shape("path", { class: "target" });
    const show = () => say(columns[layer + 1][column].node, edgeWords(layer, row, column));
    target.addEventListener("pointerenter", () => {
      line.classList.add("pointed");
      point(show);
    });
    target.addEventListener("pointerleave", () => {
      line.classList.remove("pointed");
      silence();
    });
    target.addEventListener("click", () => listeners.open(layer, column, row));
    return { line, target, layer, row, column, look: "" };
  }

  /** Put all elements in their places, which depend on the width. */
  function place() {
    const width = home.clientWidth;
    if (!width || !columns.length) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const most = Math.max(...columns.map((column) => column.length));
    const apart = width / columns.length;
    const size = Math.round(Math.min(3 * rem, apart * 0.6, most > 8 ? 2 * rem : 3 * rem));
    const pitch = size + (most > 8 ? 0.5 : 1.25) * rem;
    const height = most * pitch;
    isNarrow = apart < 4.5 * rem;
    home.style.height = `${height}px`;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const x = (/** @type {number} */ c) => apart * (c + 0.5);
    const y = (/** @type {number} */ c, /** @type {number} */ i) => height / 2 + (i - (columns[c].length - 1) / 2) * pitch;
    for (const [c, column] of columns.entries()) {
      for (const [i, { node }] of column.entries()) {
        const [left, top] = [x(c) - size / 2, y(c, i) - size / 2];
        Object.assign(node.style, { left: `${left}px`, top: `${top}px`, width: `${size}px`, height: `${size}px` });
      }
    }
    for (const { line, target, layer, row, column } of edges) {
      const [x1, y1, x2, y2] = [x(layer) + size / 2, y(layer, row), x(layer + 1) - size / 2, y(layer + 1, column)];
      const middle = (x1 + x2) / 2;
      const d = `M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
      line.setAttribute("d", d);
      target.setAttribute("d", d);
    }
    showWritten();
  }

  /** Show weights and biases as thickness and colour. */
  function showWeights() {
    if (!state) return;
    const { weights, biases } = state;
    let largest = 1;
    for (const number of weights.flat(2)) largest = Math.max(largest, Math.abs(number ?? 0));
    for (const edge of edges) {
      const weight = weights[edge.layer][edge.row][edge.column] ?? 0;
      const share = Math.abs(weight) / largest;
      const width = (THINNEST + share * (THICKEST - THINNEST)).toFixed(2);
      const opacity = (0.2 + 0.8 * share).toFixed(2);
      const look = `${width} ${opacity} ${weight > 0}`;
      if (look === edge.look) continue; // there may be more than a thousand edges, and most change little
      edge.look = look;
      edge.line.setAttribute("stroke-width", width);
      edge.line.setAttribute("stroke-opacity", opacity);
      edge.line.classList.toggle("positive", weight > 0);
    }
    for (const [layer, row] of biases.entries()) {
      for (const [unit, bias] of row.entries()) {
        const mark = columns[layer + 1][unit].bias;
        mark.classList.toggle("positive", (bias ?? 0) > 0);
        mark.style.opacity = String(Math.min(Math.abs(bias ?? 0), 1));
      }
    }
  }

  function paintMaps() {
    for (const [i, feature] of (data?.features ?? []).entries()) {
      if (columns[0]?.[i]) paintNeuron(columns[0][i].canvas, feature, state?.side ?? 30);
    }
    for (const [c, column] of maps.entries()) {
      for (const [i, map] of column.entries()) {
        if (columns[c + 1]?.[i]) paintUnit(columns[c + 1][i].canvas, map, c === maps.length - 1);
      }
    }
  }

  /** Paint a neuron. An output for two classes has the colours that it has in the plane. */
  function paintUnit(/** @type {HTMLCanvasElement} */ canvas, /** @type {HeatMap} */ map, /** @type {boolean} */ isLast) {
    const side = state?.side ?? 30;
    const probabilities = isLast && data?.classes.length === 2 && maps[maps.length - 1].length === 1 ? values(map) : null;
    if (probabilities) paintProbability(canvas, probabilities, side);
    else paintNeuron(canvas, map, side);
  }

  // Words about what is pointed at.

  /** @param {() => void} show shows it, now and whenever its numbers have changed */
  function point(show) {
    silence();
    pointed = show;
    show();
  }

  /** Say something below a neuron or, if that would be below the window, above it. */
  function say(/** @type {HTMLElement} */ node, /** @type {string[]} */ lines) {
    node.setAttribute("aria-describedby", tip.id);
    tip.replaceChildren(...lines.map((line) => element("div", {}, line)));
    tip.hidden = false;
    tip.style.left = "0"; // where it is as wide as it wants to be
    const room = home.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(node.offsetLeft, room))}px`;
    const { top, bottom } = node.getBoundingClientRect();
    const isBelow = bottom + 8 + tip.offsetHeight <= innerHeight || top - 8 - tip.offsetHeight < 0;
    tip.style.top = `${isBelow ? node.offsetTop + node.offsetHeight + 8 : node.offsetTop - tip.offsetHeight - 8}px`;
  }

  function silence() {
    pointed = null;
    tip.hidden = true;
    for (const node of home.querySelectorAll("[aria-describedby]")) node.removeAttribute("aria-describedby");
    listeners.look(null, "");
  }

  function neuronWords(/** @type {number} */ c, /** @type {number} */ i, /** @type {number} */ count) {
    const words = [nameOf(c, i, count)];
    const map = c ? maps[c - 1]?.[i] : data?.features[i];
    if (map) words.push(`from ${shown(map.low)} to ${shown(map.high)} over the plane`);
    if (c) words.push(`bias ${shown(state?.biases[c - 1][i])}`);
    return [...words, ...(written?.formulas[c]?.[i] ?? [])];
  }

  function edgeWords(/** @type {number} */ layer, /** @type {number} */ row, /** @type {number} */ column) {
    const words = [`weight ${shown(state?.weights[layer][row][column])}, from ${sourceOf(layer, row)}`];
    const gradient = written?.weightFormulas?.[layer]?.[row]?.[column];
    return gradient ? [...words, `∂loss/∂w = ${gradient}`] : words;
  }

  function sourceOf(/** @type {number} */ layer, /** @type {number} */ row) {
    return layer ? `neuron ${row + 1}` : inputs[row];
  }

  function nameOf(/** @type {number} */ c, /** @type {number} */ i, /** @type {number} */ count) {
    if (!c) return `Input ${inputs[i]}`;
    if (c < count - 1) return `Neuron ${i + 1} of hidden layer ${c}`;
    const { classes = [] } = data ?? {};
    const outputs = state?.weights.at(-1)?.[0].length;
    return outputs === classes.length ? `Output ${i + 1}, class ${classes[i]}` : `Output ${i + 1}`;
  }

  function showWritten() {
    home.classList.toggle("stepping", written !== null);
    for (const [c, column] of columns.entries()) {
      for (const [i, { label, node }] of column.entries()) {
        const value = written?.values[c]?.[i];
        const gradient = written?.gradients[c]?.[i];
        const slope = gradient === undefined ? "" : element("b", {}, short(gradient));
        label.replaceChildren(value === undefined ? "" : short(value), " ", slope);
        node.classList.toggle("current", written?.column === c);
        const seen = label.textContent?.trim();
        node.setAttribute("aria-label", nameOf(c, i, columns.length) + (seen ? `: ${seen}` : ""));
      }
    }
  }

  /** Write a number as long as there is room for it. */
  function short(/** @type {import("./protocol.js").Figure} */ value) {
    return shown(isNarrow && value !== null ? Number(value.toPrecision(2)) : value);
  }

  return {
    data(frame) {
      data = frame;
      build();
      paintMaps();
    },
    state(frame) {
      state = frame;
      build();
      showWeights();
      if (frame.maps) {
        maps = frame.maps;
        paintMaps();
      }
      pointed?.();
    },
    theme: paintMaps,
    write(numbers) {
      written = numbers;
      showWritten();
      pointed?.();
    },
  };
}
