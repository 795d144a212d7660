// One neuron: its weights and its bias as numbers, which can be typed.

import { pretty } from "./choices.js";
import { element } from "./dom.js";
import { numberField } from "./form.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./form.js").Field<number | null>} Field
 */

/**
 * @param {HTMLElement} home
 * @param {Send} send
 * @returns {Part & { open: (layer: number, unit: number, row?: number) => void }}
 *   open shows a neuron; with a row, the weight of this input is ready to be changed
 */
export function neuron(home, send) {
  const title = element("h3");
  const close = element("button", { class: "quiet", "aria-label": "Close" }, "✕");
  const numbers = element("div", { class: "numbers" });
  home.append(element("div", { class: "row" }, title, close), numbers);
  home.hidden = true;
  /** @type {import("./protocol.js").StateFrame | null} */
  let state = null;
  /** @type {string[]} */
  let features = [];
  /** @type {{ layer: number, unit: number } | null} */
  let chosen = null;
  /** @type {Field[]} the bias last */
  let fields = [];
  let madeFor = "";
  /** @type {Element | null} */
  let opener = null;

  close.addEventListener("click", leave);
  home.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
  });

  /** Hide it, and put the focus back to where it was. */
  function leave() {
    hide();
    if (opener instanceof HTMLElement) opener.focus();
  }

  function hide() {
    home.hidden = true;
    chosen = null;
  }

  /** Make a field for each weight of a neuron, unless they are there already. */
  function make(/** @type {string} */ name, /** @type {string[]} */ sources) {
    if (!chosen) return;
    const { layer, unit } = chosen;
    const key = JSON.stringify([layer, unit, name, sources]);
    if (key === madeFor) return;
    madeFor = key;
    fields = sources.map((source, row) => {
      const change = (/** @type {unknown} */ value) => send({ do: "weight", layer, row, column: unit, value });
      return numberField(`Weight from ${source}`, change);
    });
    fields.push(numberField("Bias", (value) => send({ do: "bias", layer, unit, value })));
    numbers.replaceChildren(...fields.map((field) => field.node));
    title.textContent = name;
  }

  function show() {
    if (!chosen || !state) return;
    const { layer, unit } = chosen;
    const matrix = state.weights[layer];
    if (!matrix || unit >= matrix[0].length) return hide(); // another network, which has no such neuron
    const isOutput = layer === state.weights.length - 1;
    const name = isOutput ? `Output ${unit + 1}` : `Neuron ${unit + 1} of hidden layer ${layer + 1}`;
    make(name, matrix.map((_, row) => (layer ? `neuron ${row + 1}` : pretty(features[row] ?? ""))));
    for (const [row, field] of fields.slice(0, -1).entries()) field.set(short(matrix[row][unit]));
    fields.at(-1)?.set(short(state.biases[layer][unit]));
  }

  return {
    data(frame) {
      features = frame.features.map((feature) => feature.name);
    },
    state(frame) {
      state = frame;
      show();
    },
    error: show, // a wrong number is replaced
    open(layer, unit, row) {
      chosen = { layer, unit };
      opener = document.activeElement;
      home.hidden = false;
      show();
      const inputs = numbers.querySelectorAll("input");
      if (row !== undefined) inputs[row].select();
      home.scrollIntoView({ block: "nearest" });
    },
  };
}

/**
 * Round a number to what fits into its field.
 *
 * @param {number | null} value
 */
function short(value) {
  return value === null ? null : Number(value.toPrecision(6));
}
