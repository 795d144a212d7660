// One sample, step by step: its numbers forwards, the loss, and the gradients backwards, each with its formula.

import { element, enable, shown } from "./dom.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./protocol.js").Figure} Figure
 * @typedef {import("./protocol.js").SampleFrame} SampleFrame
 *
 * @typedef {{ column: number, values: Record<number, Figure[]>, gradients: Record<number, Figure[]>,
 *   formulas: Record<number, string[][]>, weightFormulas: Record<number, string[][]> }} Written
 *   the numbers that a step has reached, for each column of the diagram, in which the inputs are column 0
 *
 * @typedef {{ title: string, words: string, lines: string[], write: (written: Written) => void }} Step
 */

/**
 * @param {HTMLElement} home
 * @param {Send} send
 * @param {(written: Written | null) => void} write shows the numbers on the diagram
 * @param {(index: number) => void} mark shows which point it is
 * @returns {Part & { choose: (index: number) => void }} choose begins with another point
 */
export function sampleSteps(home, send, write, mark) {
  const words = element("p", { class: "note" }, "Choose a point in the plane, or begin with the first one.");
  const title = element("h3");
  const text = element("p");
  const lines = element("ul", { class: "formulas", tabindex: 0, "aria-label": "Formulas" }); // scrolled by keys, too
  const back = element("button", { class: "button", onclick: () => go(now - 1) }, "Back");
  const next = element("button", { class: "button primary", onclick: () => go(now + 1) }, "Next");
  const learn = element("button", { class: "button", onclick: () => index !== null && send({ do: "learn", index }) });
  learn.append("Learn this sample");
  const leave = element("button", { class: "button" }, "End");
  const begin = element("button", { class: "button", onclick: () => choose(index ?? 0) }, "Step through a sample");
  const where = element("progress", { "aria-label": "Steps done" });
  const shownNow = element("div", { class: "steps", hidden: true, "aria-live": "polite" }, title, text, lines);
  const buttons = element("div", { class: "row", hidden: true }, back, next, learn, leave);
  home.append(words, begin, buttons, where, shownNow);
  where.hidden = true;
  /** @type {number | null} */
  let index = null;
  /** @type {Step[]} */
  let steps = [];
  let now = 0;
  let isOpen = false; // or soon will be, when the sample has come
  let isPlaying = false;
  /** @type {import("./protocol.js").PointRow[]} */
  let points = [];

  leave.addEventListener("click", () => {
    end();
    begin.focus();
  });

  function choose(/** @type {number} */ chosen) {
    index = chosen;
    now = 0;
    isOpen = true;
    if (isPlaying) send({ do: "pause" }); // else the numbers would change under the reader's eyes
    send({ do: "sample", index });
  }

  function end() {
    steps = [];
    isOpen = false;
    for (const node of [buttons, where, shownNow]) node.hidden = true;
    begin.hidden = false;
    words.textContent = "Choose a point in the plane, or begin with the first one.";
    write(null);
  }

  function go(/** @type {number} */ to) {
    now = Math.max(0, Math.min(to, steps.length - 1));
    const step = steps[now];
    title.textContent = step.title;
    text.textContent = step.words;
    lines.replaceChildren(...step.lines.map((line) => element("li", {}, typeset(line))));
    enable(back, now > 0, next);
    enable(next, now < steps.length - 1, back);
    where.max = steps.length - 1;
    where.value = now;
    /** @type {Written} */
    const written = { column: -1, values: {}, gradients: {}, formulas: {}, weightFormulas: {} };
    for (const passed of steps.slice(0, now + 1)) passed.write(written);
    write(written);
  }

  return {
    data(frame) {
      if (frame.points.length !== points.length) {
        end(); // a point has come or gone: the same number may be another point now
        index = null;
      }
      points = frame.points;
    },
    sample(frame) {
      if (!isOpen) return;
      const isFirst = !steps.length;
      steps = stepsOf(frame);
      for (const node of [buttons, where, shownNow]) node.hidden = false;
      begin.hidden = true;
      if (isFirst) mark(frame.index);
      const isForTest = points[frame.index]?.[3] === "test";
      words.textContent = `Point ${frame.index + 1}${isForTest ? ", to test on: the network must not learn it" : ""}`;
      learn.disabled = isForTest;
      go(now);
      if (isFirst) next.focus();
    },
    state(frame) {
      isPlaying = frame.playing;
      if (frame.restart || (isPlaying && steps.length)) end();
      else if (isOpen && index !== null && !isPlaying) send({ do: "sample", index });
    },
    choose,
  };
}

/**
 * Return the steps of a sample: every layer forwards, the loss, every layer backwards, the update.
 *
 * @param {SampleFrame} frame
 * @returns {Step[]}
 */
export function stepsOf(frame) {
  const columns = columnsOf(frame);
  const forward = frame.layers.map((_, i) => forwardStep(frame, i, columns[i]));
  const backward = frame.layers.map((_, i) => backwardStep(frame, i, columns[i])).reverse();
  return [inputStep(frame), ...forward, lossStep(frame), ...backward, updateStep(frame)];
}

/**
 * Return the column of the diagram that each layer belongs to: that of the last Linear layer so far.
 *
 * @param {SampleFrame} frame
 */
function columnsOf(frame) {
  let column = 0;
  return frame.layers.map((layer) => (layer.name.startsWith("Linear") ? ++column : column));
}

/** @param {SampleFrame} frame @returns {Step} */
function inputStep(frame) {
  const target = frame.target.map(shown).join(", ");
  return {
    title: "The inputs",
    words: `These numbers enter the network. It should answer ${target}.`,
    lines: frame.inputs.map((value, i) => `input ${i + 1} = ${shown(value)}`),
    write(written) {
      written.column = 0;
      written.values[0] = frame.inputs;
    },
  };
}

/** @param {SampleFrame} frame @param {number} i @param {number} column @returns {Step} */
function forwardStep(frame, i, column) {
  const layer = frame.layers[i];
  const isLinear = layer.name.startsWith("Linear");
  return {
    title: `Forwards: ${layer.name}`,
    words: isLinear
      ? "Each neuron multiplies every input by its weight, adds the products, and adds its bias."
      : "What follows is computed from these sums, neuron by neuron.",
    lines: numbered(layer.formulas),
    write(written) {
      written.column = column;
      written.values[column] = layer.values;
      written.formulas[column] = layer.formulas.map((formula, j) => [...(written.formulas[column]?.[j] ?? []), formula]);
    },
  };
}

/** @param {SampleFrame} frame @returns {Step} */
function lossStep(frame) {
  return {
    title: "The loss",
    words: `The network says ${frame.predictions.map(shown).join(", ")}. The loss measures how wrong that is.`,
    lines: frame.loss_formulas,
    write(written) {
      written.column = -1;
    },
  };
}

/** @param {SampleFrame} frame @param {number} i @param {number} column @returns {Step} */
function backwardStep(frame, i, column) {
  const layer = frame.layers[i];
  const isLinear = layer.name.startsWith("Linear");
  const formulas = isLinear ? frame.weight_formulas[column - 1] : [];
  const ofWeights = formulas.flatMap((row, r) => row.map((f, j) => `weight ${r + 1} of neuron ${j + 1}: ${f}`));
  return {
    title: `Backwards: ${layer.name}`,
    words: isLinear
      ? "The gradient by each sum, which is that by its bias too. A weight has its input times the gradient of its sum."
      : "The gradient says how the loss changes when this value grows a little. It is written in green.",
    lines: [...numbered(layer.gradient_formulas), ...ofWeights],
    write(written) {
      written.column = column;
      written.gradients[column] = layer.gradients;
      const lines = layer.gradient_formulas.map((formula) => `∂loss = ${formula}`);
      written.formulas[column] = lines.map((line, j) => [...(written.formulas[column]?.[j] ?? []), line]);
      if (isLinear) written.weightFormulas[column - 1] = formulas;
    },
  };
}

/** Write a minus as long as a plus, but not in 1e-9. @param {string} line */
function typeset(line) {
  return line.replaceAll(/(?<!e)-/g, "−");
}

/** @param {string[]} formulas one for each neuron */
function numbered(formulas) {
  return formulas.map((formula, j) => `neuron ${j + 1}: ${formula}`);
}

/** @param {SampleFrame} frame @returns {Step} */
function updateStep(frame) {
  return {
    title: "The update",
    words: "The optimizer would move every weight a little, against its gradient. “Learn this sample” does it.",
    lines: frame.update_formulas,
    write(written) {
      written.column = -1;
    },
  };
}
