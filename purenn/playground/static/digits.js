// Draw a digit, and see a network read it while you draw, and while it still learns.

import { element, percent } from "./dom.js";
import { example } from "./examples.js";
import { inkOf } from "./ink.js";
import { SHEET, pad } from "./pad.js";
import { answerView, hiddenView, pictureView, weightsView } from "./reading.js";

/**
 * @typedef {import("./protocol.js").DigitFrame} DigitFrame
 * @typedef {import("./protocol.js").DigitsFrame} DigitsFrame
 * @typedef {import("./ink.js").Stroke} Stroke
 */

const OFTEN = 50; // milliseconds from a question to the next, at least
const SELDOM = 500; // the same while nothing is drawn, but the network learns

/**
 * @param {HTMLElement} home
 * @param {import("./protocol.js").Send} send
 * @returns {import("./protocol.js").Part}
 */
export function digits(home, send) {
  const questions = asking(send);
  const training = trainingView();
  const views = [answerView(), pictureView(), hiddenView(), weightsView()];
  const [answer, picture, hidden, weights] = views.map(({ node }) => node);
  const paper = element("div", { class: "digits-paper" });
  const sheet = pad(paper, (strokes) => {
    questions.ask(strokes);
    if (!strokes.length) show(null);
  });
  let drawn = 6;
  const drawNext = () => {
    drawn = (drawn + 1) % 10;
    sheet.draw(example(drawn));
  };
  const clear = element("button", { type: "button", class: "button", onclick: sheet.clear }, "Clear");
  const draw = element("button", { type: "button", class: "button", onclick: drawNext }, "Draw an example");
  const about = "Draw with mouse, finger or pen. By keys: arrows move the pen, space sets it down and lifts it.";
  // The training is told below the sheet: a line more or less must not move it while somebody draws.
  paper.append(element("div", { class: "row" }, clear, draw), element("p", { class: "note" }, about), training.node);
  const inside = element("div", { class: "digits-inside" }, picture, hidden);
  home.append(element("div", { class: "digits" }, paper, answer, inside, weights));
  /** @type {DigitFrame | null} */
  let read = null;
  show(null);

  /** @param {DigitFrame | null} frame */
  function show(frame) {
    read = frame;
    for (const view of views) view.show(frame);
  }

  return {
    hello() {
      questions.forget();
      if (home.checkVisibility()) send({ do: "digits" }); // another session, while the tab is open
    },
    digits(frame) {
      training.show(frame);
      questions.again(frame.ready);
    },
    digit(frame) {
      if (questions.answered()) show(frame);
    },
    error({ command }) {
      if (command === "draw") questions.forget();
    },
    theme() {
      sheet.redraw();
      show(read);
    },
  };
}

/**
 * Ask what is drawn, at most twenty times a second, with a single question on its way.
 *
 * @param {import("./protocol.js").Send} send
 */
function asking(send) {
  /** @type {Stroke[]} */
  let strokes = [];
  let [isChanged, isAsked, isWaiting] = [false, false, false];
  let asked = 0;

  function next() {
    if (!isChanged || isAsked || isWaiting || !strokes.length) return;
    [isChanged, isAsked, isWaiting, asked] = [false, true, true, performance.now()];
    send({ do: "draw", pixels: btoa(String.fromCharCode(...inkOf(strokes, SHEET))) });
    setTimeout(() => {
      isWaiting = false;
      next();
    }, OFTEN);
  }

  return {
    /** @param {Stroke[]} drawn */
    ask(drawn) {
      [strokes, isChanged] = [drawn, true];
      next();
    },
    /**
     * Ask once more, for the network has learned.
     *
     * @param {boolean} isLast
     */
    again(isLast) {
      if (isLast || performance.now() - asked > SELDOM) isChanged = true;
      next();
    },
    /** Take note of an answer, and return whether there is still a drawing for it. */
    answered() {
      isAsked = false;
      next();
      return strokes.length > 0;
    },
    forget() {
      isAsked = false;
    },
  };
}

/** How far the network has learned. */
function trainingView() {
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Learning to read" });
  const words = element("p", { class: "note value" });
  return {
    node: element("div", { class: "digits-training" }, bar, words),
    /** @param {DigitsFrame} frame */
    show({ done, total, ready, accuracy }) {
      bar.hidden = ready;
      [bar.max, bar.value] = [total || 1, done];
      const right = accuracy === null ? "" : `, and has read ${percent(accuracy)} of the last ones rightly`;
      const [now, end] = [done.toLocaleString("en"), total.toLocaleString("en")];
      if (!ready) words.textContent = `Learned from ${now} of ${end} drawings${right}. Draw meanwhile.`;
      else if (total) words.textContent = `Learned from ${end} drawings${right}.`;
      else words.textContent = "Learned to read before.";
    },
  };
}
