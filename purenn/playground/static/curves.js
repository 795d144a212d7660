// Loss and accuracy over the epochs. Pointing at an epoch, or moving to it by arrow keys, shows its values.

import { Course } from "./course.js";
import { canvasOf, colour, element, percent, shown } from "./dom.js";
import { drawChart } from "./linechart.js";

/**
 * @typedef {import("./protocol.js").Figure} Figure
 * @typedef {import("./linechart.js").Line} Line
 *
 * @typedef {object} Figures what a chart shows
 * @property {string} name
 * @property {[train: number, test: number]} columns where they are in an EpochRow
 * @property {(value: Figure | undefined) => string} write
 *
 * @typedef {object} View what both charts have in common
 * @property {Course} own
 * @property {Course} rival
 * @property {number | null} pointed the epoch that is looked at
 * @property {ReturnType<typeof readStyle>} style
 */

/** @type {Figures} */
const LOSS = { name: "Loss", columns: [1, 2], write: shown };
/** @type {Figures} */
const ACCURACY = { name: "Accuracy", columns: [3, 4], write: percent };

/**
 * @param {HTMLElement} home
 * @returns {import("./protocol.js").Part}
 */
export function curves(home) {
  /** @type {View} */
  const view = { own: new Course(), rival: new Course(), pointed: null, style: readStyle(home) };
  const slider = epochSlider(point);
  const log = element("input", { type: "checkbox", onchange: redraw });
  const loss = panel(view, LOSS, point, () => log.checked);
  const accuracy = panel(view, ACCURACY, point, () => false);
  loss.head.append(element("label", { class: "switch" }, log, "log scale"));
  home.append(element("div", { class: "curves" }, slider, loss.node, accuracy.node));

  function redraw() {
    loss.show();
    accuracy.show();
  }

  /** @param {number | null} epoch */
  function point(epoch) {
    view.pointed = epoch === null ? null : (view.own.nearest(epoch)?.[0] ?? null);
    slider.value = String(view.pointed ?? slider.max);
    slider.setAttribute("aria-valuetext", words(view));
    redraw();
  }

  return {
    data({ task }) {
      accuracy.node.hidden = task === "regression";
    },
    state(frame) {
      if (frame.restart) Object.assign(view, { own: new Course(), rival: new Course(), pointed: null });
      if (!frame.restart && !frame.history.length) return;
      view.own.append(frame.history);
      view.rival.append(frame.rival?.history ?? []);
      slider.max = String(view.own.last?.[0] ?? 1);
      if (view.pointed === null) slider.value = slider.max;
      redraw();
    },
    theme() {
      view.style = readStyle(home);
      redraw();
    },
  };
}

/**
 * Make a slider over the epochs, for keyboards and screen readers. It is not seen: the charts show where it stands.
 *
 * @param {(epoch: number | null) => void} point
 */
function epochSlider(point) {
  const attributes = { type: "range", class: "visually-hidden", min: 1, "aria-label": "Epoch to look at" };
  const slider = element("input", attributes);
  slider.addEventListener("input", () => point(slider.valueAsNumber));
  slider.addEventListener("focus", () => point(slider.valueAsNumber));
  slider.addEventListener("blur", () => point(null));
  return slider;
}

/**
 * Make one of the two charts, with its name and the values of the epoch that is looked at.
 *
 * @param {View} view
 * @param {Figures} figures
 * @param {(epoch: number | null) => void} point
 * @param {() => boolean} isLog
 */
function panel(view, figures, point, isLog) {
  const head = element("div", { class: "curves-head" }, element("h3", {}, figures.name));
  const values = element("p", { class: "curves-values value" });
  const plot = element("div", { class: "curves-plot" });
  let epochAt = (/** @type {number} */ place) => place;
  const { canvas, redraw } = canvasOf(plot, (context, width, height) => {
    const [lines, lastEpoch] = [linesOf(view, figures), view.own.last?.[0] ?? 0];
    const { pointed, style } = view;
    const chart = { lines, lastEpoch, log: isLog(), shares: figures === ACCURACY, pointed, style };
    epochAt = drawChart(context, width, height, chart).value;
  });
  canvas.setAttribute("role", "img");
  for (const name of /** @type {const} */ (["pointermove", "pointerdown"])) {
    canvas.addEventListener(name, (event) => point(epochAt(event.offsetX)));
  }
  canvas.addEventListener("pointerleave", () => point(null));
  const show = () => {
    values.replaceChildren(...written(view, figures));
    canvas.setAttribute("aria-label", described(view, figures));
    redraw();
  };
  return { node: element("div", { class: "curves-panel" }, head, values, plot), head, show };
}

/**
 * Return the curves that have a value.
 *
 * @param {View} view
 * @param {Figures} figures
 * @returns {Line[]}
 */
function linesOf({ own, rival, style }, { columns: [train, test] }) {
  const all = [
    { name: "train", course: own, column: train, colour: style.train, dashed: false },
    { name: "test", course: own, column: test, colour: style.test, dashed: false },
    { name: "rival train", course: rival, column: train, colour: style.train, dashed: true },
    { name: "rival test", course: rival, column: test, colour: style.test, dashed: true },
  ];
  return all.filter(({ course, column }) => course.buckets.some((bucket) => bucket.lows[column] !== null));
}

/**
 * Return the value of a curve at the epoch that is looked at, or at the last one.
 *
 * @param {View} view
 * @param {Line} line
 */
function valueOf({ pointed }, { course, column }) {
  return (pointed === null ? course.last : course.nearest(pointed))?.[column];
}

/**
 * Write the values of a chart: the name of each in the colour of its curve.
 *
 * @param {View} view
 * @param {Figures} figures
 */
function written(view, figures) {
  const lines = linesOf(view, figures);
  if (!lines.length) return ["The curve begins after the first epoch."];
  const values = lines.map((line) => {
    const name = element("span", {}, line.name);
    name.style.color = line.colour;
    return element("span", {}, name, ` ${figures.write(valueOf(view, line))}`);
  });
  return [`epoch ${(view.pointed ?? view.own.last?.[0] ?? 0).toLocaleString("en")}`, ...values];
}

/**
 * Tell the values of the epoch that is looked at in words.
 *
 * @param {View} view
 */
function words(view) {
  const told = [LOSS, ACCURACY].flatMap((figures) => {
    const values = linesOf(view, figures).map((line) => `${line.name} ${figures.write(valueOf(view, line))}`);
    return values.length ? [`${figures.name}: ${values.join(", ")}`] : [];
  });
  return [`Epoch ${view.pointed ?? view.own.last?.[0] ?? 0}`, ...told].join(". ");
}

/**
 * Tell a chart in words: where each curve begins and where it ends.
 *
 * @param {View} view
 * @param {Figures} figures
 */
function described(view, figures) {
  const told = linesOf(view, figures).map(({ name, course, column }) => {
    return `${name} from ${figures.write(course.rows[0][column])} to ${figures.write(course.last?.[column])}`;
  });
  return `${figures.name} over ${view.own.last?.[0] ?? 0} epochs: ${told.join(", ") || "no values yet"}`;
}

/** @param {HTMLElement} home */
function readStyle(home) {
  const size = 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return {
    soft: colour("--soft"),
    grid: colour("--line"),
    paper: colour("--paper"),
    train: colour("--blue"),
    test: colour("--orange"),
    font: `${size}px ${getComputedStyle(home).fontFamily}`,
    size,
  };
}
