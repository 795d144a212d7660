// The page: it opens the session, hands each frame to the parts that show it, and keeps the settings in the address.

import { settingsIn, writeAddress } from "./address.js";
import { dataChoices, layerChoices, trainingChoices } from "./choices.js";
import { controls } from "./controls.js";
import { curves } from "./curves.js";
import { diagram } from "./diagram.js";
import { digits } from "./digits.js";
import { enable, forgetColours } from "./dom.js";
import { files } from "./files.js";
import { gradients } from "./gradients.js";
import { landscape } from "./landscape.js";
import { neuron } from "./neuron.js";
import { plane } from "./plane.js";
import { sampleSteps } from "./steps.js";
import { tabs } from "./tabs.js";
import { theme } from "./theme.js";
import { connect } from "./transport.js";

/**
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./protocol.js").Settings} Settings
 */

const home = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (home(id));

const AT_REST = 200; // milliseconds without another change, before the address is written

const told = home("told");
/** @type {number | undefined} */
let fading;

/** Tell the user something, for some seconds or, if it is of lasting interest, until the next words. */
function tell(/** @type {string} */ words, lasting = false) {
  clearTimeout(fading);
  told.textContent = words;
  if (!lasting) fading = setTimeout(() => (told.textContent = ""), 10_000);
}

const connection = connect(receive, (words) => tell(words, true));
let isConnected = false;

/** Send a command. While Python loads there is nothing to command, and what is clicked or pressed is left undone. */
function send(/** @type {import("./protocol.js").Command} */ command) {
  if (isConnected) connection(command);
}

const shownPlane = plane(home("plane"), send, (index) => shownSteps.choose(index));
const shownNeuron = neuron(home("neuron"), send);
const shownDiagram = diagram(home("diagram"), {
  open: (layer, unit, row) => shownNeuron.open(layer, unit, row),
  look: (map, name) => shownPlane.look(map, name),
});
const shownSteps = sampleSteps(
  home("steps"),
  send,
  (written) => shownDiagram.write(written),
  (index) => shownPlane.choose(index),
);

/** @type {Part[]} */
const parts = [
  controls(home("run"), send),
  dataChoices(home("data"), send),
  trainingChoices(home("training"), send),
  layerChoices(home("layers"), send),
  shownDiagram,
  shownNeuron,
  shownPlane,
  shownSteps,
  curves(home("curves")),
  gradients(home("gradients")),
  landscape(home("landscape"), send),
  files(home("files"), send, tell),
  digits(home("digits"), send),
  { hello, options, settings, data, state, error },
];

/** Hand a frame to all parts that have a function of its name. */
function receive(/** @type {Frame} */ frame) {
  if (frame.frame === "hello") isConnected = true;
  for (const part of parts) {
    const show = /** @type {((frame: Frame) => void) | undefined} */ (part[frame.frame]);
    show?.(frame);
  }
}

// What concerns the page as a whole.

/** @type {Settings | null} */
let usual = null;
/** @type {Settings | null} */
let chosen = null;
/** @type {import("./protocol.js").DataFrame | null} */
let shown = null;
let isWrong = false; // what the last words said
/** @type {number | undefined} */
let keeping;

/** @param {import("./protocol.js").HelloFrame} frame */
function hello(frame) {
  home("version").textContent = `purenn ${frame.version} on ${frame.python}`;
  tell(!frame.resumed && usual ? "The connection was lost for so long that the network begins again." : "");
  home("main").inert = false;
  send(frame.resumed ? { do: "open" } : opening(location.href));
  if (document.hidden) send({ do: "hide" });
}

/**
 * Return the command that opens the session with the settings in the address, if there are any.
 *
 * @param {string} address
 */
function opening(address) {
  try {
    const found = settingsIn(address);
    return found ? { do: "open", settings: found } : { do: "open" };
  } catch {
    tell("The settings in the address cannot be read: these are the usual ones.");
    return { do: "open" };
  }
}

/** @param {import("./protocol.js").OptionsFrame} frame */
function options(frame) {
  usual = frame.usual;
}

/** @param {import("./protocol.js").SettingsFrame} frame */
function settings(frame) {
  chosen = frame;
  if (isWrong) tell(""); // what was wrong is right now
  isWrong = false;
  keepAddress();
}

/** @param {import("./protocol.js").DataFrame} frame */
function data(frame) {
  shown = frame;
  keepAddress();
}

/** Write the settings into the address, but not while they change many times in a second: browsers refuse that. */
function keepAddress() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    if (chosen && usual && shown) writeAddress(chosen, usual, shown.by_hand ? shown.points : null);
  }, AT_REST);
}

/** @param {import("./protocol.js").StateFrame} frame */
function state(frame) {
  enable(button("undo"), frame.undo > 0, button("redo"));
  enable(button("redo"), frame.redo > 0, button("undo"));
}

/** Show what was wrong, and the settings as they are. */
function error(/** @type {import("./protocol.js").ErrorFrame} */ frame) {
  tell(frame.message);
  isWrong = frame.command !== "open"; // the answer to which would wipe it out
  if (frame.command === "open") send({ do: "open" });
  const now = chosen;
  if (now) for (const part of parts.slice(0, -1)) part.settings?.({ ...now, frame: "settings" });
}

button("undo").addEventListener("click", () => send({ do: "undo" }));
button("redo").addEventListener("click", () => send({ do: "redo" }));
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof Element && event.target.matches("input[type=text], textarea");
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || isTyping || home("points").hidden) return;
  event.preventDefault();
  send({ do: event.shiftKey ? "redo" : "undo" });
});
// Somebody has pasted another address. By now, a frame may have written the settings of before into that of the page.
addEventListener("hashchange", (event) => send(opening(event.newURL)));
document.addEventListener("visibilitychange", () => send({ do: document.hidden ? "hide" : "show" }));

tabs([button("points-tab"), button("drawn-tab")], (tab) => {
  const isDrawn = tab === "drawn-tab";
  for (const id of ["undo", "redo"]) home(id).hidden = isDrawn; // they are about the points
  if (isDrawn) send({ do: "pause" });
  send({ do: "digits", on: isDrawn });
});
theme(button("theme"), () => {
  forgetColours();
  for (const part of parts) part.theme?.();
});
