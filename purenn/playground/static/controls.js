// The run bar: play, step, begin again, and the figures of the moment.

import { element, percent, shape, shown } from "./dom.js";
import { choiceField } from "./form.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 */

const SPEEDS = ["1", "2", "5", "10", "20", "50", "100", "1000"]; // the most epochs between two pictures
const PLAY = "M4 2 L14 8 L4 14 Z";
const PAUSE = "M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z";

/**
 * @param {HTMLElement} home
 * @param {Send} send
 * @returns {Part}
 */
export function controls(home, send) {
  let playing = false;
  const path = shape("path", { d: PLAY });
  const icon = shape("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
  const word = element("span", {}, "Play");
  const play = element("button", { class: "button primary" }, icon, word);
  const toggle = () => send({ do: playing ? "pause" : "play" });
  play.addEventListener("click", toggle);
  const button = (/** @type {string} */ label, /** @type {string} */ command, /** @type {string} */ title) =>
    element("button", { class: "button", title, onclick: () => send({ do: command }) }, label);
  const speed = choiceField("Epochs a frame", (chosen) => send({ do: "set", settings: { speed: Number(chosen) } }));
  speed.offer(SPEEDS);
  const figures = {
    epoch: figure("Epoch"),
    loss: figure("Loss", "train"),
    testLoss: figure("", "test"),
    accuracy: figure("Accuracy", "train"),
    testAccuracy: figure("", "test"),
  };
  home.append(
    play,
    button("Step", "step", "Learn one batch"),
    button("Epoch", "epoch", "Learn every point once"),
    button("Reset", "reset", "Begin again with the first weights"),
    speed.node,
    element("dl", { class: "figures" }, ...Object.values(figures).map(({ node }) => node)),
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target !== document.body || !home.checkVisibility()) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    toggle();
  });

  return {
    settings(frame) {
      speed.offer([...new Set([...SPEEDS, String(frame.speed)])].sort((a, b) => Number(a) - Number(b)));
      speed.set(String(frame.speed));
    },
    state(frame) {
      if (frame.playing !== playing) {
        playing = frame.playing;
        path.setAttribute("d", playing ? PAUSE : PLAY);
        word.textContent = playing ? "Pause" : "Play";
      }
      const batches = frame.batch ? ` + ${frame.batch} batch${frame.batch > 1 ? "es" : ""}` : "";
      figures.epoch.set(frame.epoch.toLocaleString("en") + batches);
      figures.loss.set(shown(frame.loss));
      figures.testLoss.set(shown(frame.test_loss));
      figures.accuracy.set(percent(frame.accuracy));
      figures.testAccuracy.set(percent(frame.test_accuracy));
      for (const each of [figures.accuracy, figures.testAccuracy]) each.node.hidden = frame.accuracy === null;
    },
  };
}

/**
 * A number with its name.
 *
 * @param {string} name
 * @param {string} [part] of the data
 */
function figure(name, part = "") {
  const value = element("dd", { class: "value" });
  const words = part ? [name || element("span", { class: "visually-hidden" }, "the same"), ` ${part}`] : [name];
  return {
    node: element("div", { class: part }, element("dt", {}, ...words), value),
    set(/** @type {string} */ text) {
      if (value.textContent !== text) value.textContent = text;
    },
  };
}
