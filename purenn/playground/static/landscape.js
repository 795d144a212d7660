// The landscape of the loss around the present weights, as a surface and as a map, with the path of the training so
// far. It takes the session up to a second to measure, so it is asked for only when it is seen, and seldom while it
// trains.

import { drawMap } from "./contours.js";
import { canvasOf, colour, element, shown } from "./dom.js";
import { mixed, parts } from "./heat.js";
import { heightAt, reliefOf } from "./relief.js";
import { drawSurface } from "./surface.js";
import { turning } from "./turning.js";

/**
 * @typedef {import("./protocol.js").LandscapeFrame} LandscapeFrame
 * @typedef {import("./protocol.js").StateFrame} StateFrame
 * @typedef {import("./relief.js").Relief} Relief
 * @typedef {import("./surface.js").Angles} Angles
 */

const SIZE = 25; // places in each direction at which the loss is measured
const PAUSE = 2000; // milliseconds from an answer to the next question, while it trains
const SHARE = 4; // and at least so many times as long as the answer has taken
const START = { azimuth: -Math.PI / 3, elevation: 0.65 };
const [LOWEST, HIGHEST] = [0.1, Math.PI / 2]; // elevations
const SHADES = 64;

/**
 * @param {HTMLElement} home
 * @param {import("./protocol.js").Send} send
 * @returns {import("./protocol.js").Part}
 */
export function landscape(home, send) {
  const questions = asking(home, send);
  /** @type {LandscapeFrame | null} */
  let found = null;
  /** @type {Relief | null} */
  let relief = null;
  let style = readStyle(home);
  let angles = { ...START };
  let square = { left: 0, top: 0, size: 1 };

  const surface = choice("landscape-view", "surface", true, showView);
  const map = choice("landscape-view", "map", false, showView);
  const log = element("input", { type: "checkbox", checked: true, onchange: measure });
  const reset = element("button", { type: "button", class: "button", onclick: () => look(START) }, "reset view");
  const legend = element("legend", { class: "visually-hidden" }, "View of the landscape");
  const views = element("fieldset", { class: "row landscape-views" }, legend, surface.node, map.node);
  const scale = element("label", { class: "switch" }, log, "log scale");
  const tools = element("div", { class: "row" }, views, scale, reset);
  const stage = element("div", { class: "landscape-stage", role: "group" });
  const here = element("p", { class: "note value" });
  const about = element("p", { class: "note" });
  home.append(element("div", { class: "landscape" }, tools, stage, here, about));

  const { canvas, redraw } = canvasOf(stage, (context, width, height) => {
    if (!relief) return;
    if (map.control.checked) square = drawMap(context, width, height, relief, style);
    else drawSurface(context, width, height, relief, angles, style);
  });
  canvas.setAttribute("role", "img");
  turning(stage, (left, up) => {
    if (surface.control.checked) look({ azimuth: angles.azimuth + left, elevation: angles.elevation + up });
  });
  canvas.addEventListener("pointermove", (event) => {
    const { left, top, size } = square;
    if (map.control.checked) tell((event.offsetX - left) / size, (event.offsetY - top) / size);
  });
  canvas.addEventListener("pointerleave", () => tell(NaN, NaN));
  showView();

  function showView() {
    const isSurface = surface.control.checked;
    reset.hidden = !isSurface;
    stage.toggleAttribute("data-turns", isSurface);
    const label = isSurface ? "Surface of the loss: turn it with the arrow keys" : "Map of the loss";
    stage.setAttribute("aria-label", label);
    if (isSurface) stage.tabIndex = 0;
    else stage.removeAttribute("tabindex");
    redraw();
  }

  /** @param {Angles} wanted */
  function look({ azimuth, elevation }) {
    angles = { azimuth, elevation: Math.min(Math.max(elevation, LOWEST), HIGHEST) };
    redraw();
  }

  /** Make the relief of what has been found, on the scale that is chosen. */
  function measure() {
    relief = found && reliefOf(found, log.checked);
    if (!found || !relief) return;
    about.textContent = described(found);
    canvas.setAttribute("aria-label", `Loss landscape: ${numbersOf(found)}`);
    tell(NaN, NaN);
    redraw();
  }

  /**
   * Tell the loss at a place of the map; for one outside, that of the present and the extremes.
   *
   * @param {number} x from 0 to 1, to the right
   * @param {number} y from 0 to 1, down
   */
  function tell(x, y) {
    if (!found || !relief) return;
    const height = heightAt(relief, x, y);
    here.textContent = Number.isNaN(height) ? numbersOf(found) : `loss here: ${shown(relief.scale.value(height))}`;
  }

  return {
    hello: questions.forget,
    state: questions.state,
    error({ command }) {
      if (command === "landscape") questions.forget();
    },
    landscape(frame) {
      found = frame;
      measure();
      questions.answered();
    },
    theme() {
      style = readStyle(home);
      redraw();
    },
  };
}

/**
 * Ask for the landscape when it is seen and has changed, with a single question on its way.
 *
 * @param {HTMLElement} home
 * @param {import("./protocol.js").Send} send
 */
function asking(home, send) {
  let [isSeen, isPlaying, isAsked, isOld] = [false, false, false, false];
  let [asked, wait, next] = [0, 0, 0]; // times in milliseconds
  let known = "";

  function ask() {
    const now = performance.now();
    if (!isSeen || isAsked || !isOld || (isPlaying && now < next)) return;
    [isAsked, isOld, asked] = [true, false, now];
    send({ do: "landscape", size: SIZE });
  }

  new IntersectionObserver(([entry]) => {
    isSeen = entry.isIntersecting;
    ask();
  }).observe(home);

  return {
    /** @param {StateFrame} state */
    state({ playing, epoch, batch, loss, restart }) {
      const now = [epoch, batch, loss].join();
      isOld ||= restart || now !== known;
      known = now;
      isPlaying = playing;
      ask();
    },
    answered() {
      const now = performance.now();
      wait = Math.max(PAUSE, SHARE * (now - asked));
      [isAsked, next] = [false, now + wait];
      ask();
    },
    forget() {
      isAsked = false;
    },
  };
}

/**
 * Make one of several choices.
 *
 * @param {string} group
 * @param {string} name
 * @param {boolean} checked
 * @param {() => void} onchange
 */
function choice(group, name, checked, onchange) {
  const control = element("input", { type: "radio", name: group, checked, onchange, class: "visually-hidden" });
  return { control, node: element("label", { class: "button" }, control, name) };
}

/** @param {LandscapeFrame} frame */
function numbersOf({ low, high, path }) {
  return `loss now ${shown(path[path.length - 1]?.[2])}, in this picture from ${shown(low)} to ${shown(high)}`;
}

/** @param {LandscapeFrame} frame */
function described({ path, samples }) {
  const directions =
    path.length > 1
      ? "Of all directions in the space of the weights, these are the two in which the training has gone farthest"
      : "Two random directions in the space of the weights, until the training has a path of its own";
  return `${directions}. The loss is that on ${samples} points to train on.`;
}

/** @param {HTMLElement} home */
function readStyle(home) {
  const [paper, low, soft] = [parts("--paper"), parts("--blue"), parts("--soft")];
  const high = mixed(paper, soft, 0.3);
  const size = 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return {
    shades: Array.from({ length: SHADES }, (_, i) => mixed(low, high, i / (SHADES - 1))),
    line: `rgb(${paper.join()}, 0.6)`,
    path: colour("--orange"),
    paper: colour("--paper"),
    ink: colour("--ink"),
    soft: colour("--soft"),
    font: `${size}px ${getComputedStyle(home).fontFamily}`,
    size,
  };
}
