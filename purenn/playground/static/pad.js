// A sheet of paper to draw on, with mouse, finger or pen, or with a pen that is moved by arrow keys.

import { canvasOf, colour, element, reducedMotion } from "./dom.js";

/**
 * @typedef {import("./ink.js").Place} Place
 * @typedef {import("./ink.js").Stroke} Stroke
 */

export const SHEET = 28; // the side of the sheet, in its own unit
const THICK = 1.6; // a line
const STEP = 1; // of the pen, by a press of an arrow key
const HASTE = 3; // points of an example that are drawn between two pictures on the screen
const LABEL = "Sheet to draw on. Arrow keys move the pen, space sets it down and lifts it, Backspace clears the sheet.";

const ARROWS = new Map([["ArrowLeft", [-1, 0]], ["ArrowRight", [1, 0]], ["ArrowUp", [0, -1]], ["ArrowDown", [0, 1]]]);

/**
 * @param {HTMLElement} home
 * @param {(strokes: Stroke[]) => void} changed is called with the whole drawing whenever it has changed
 */
export function pad(home, changed) {
  /** @type {Stroke[]} */
  let strokes = [];
  /** @type {{ place: Place, isDown: boolean } | null} the pen that is moved by keys */
  let pen = null;

  const sheet = element("div", { class: "digits-sheet", tabindex: 0, role: "application", "aria-label": LABEL });
  home.append(sheet);
  const { canvas, redraw } = canvasOf(sheet, (context, width) => {
    context.scale(width / SHEET, width / SHEET);
    if (strokes.length) drawStrokes(context, strokes);
    else writeHint(context);
    if (pen) drawPen(context, pen.place, pen.isDown);
  });

  /** @param {Stroke[]} drawn */
  function show(drawn) {
    strokes = drawn;
    redraw();
    changed(strokes);
  }

  /** @param {Place[]} places to which the pen moves, drawing */
  function go(places) {
    show([...strokes.slice(0, -1), [...(strokes[strokes.length - 1] ?? []), ...places]]);
  }

  /** @param {PointerEvent} event @returns {Place} */
  function placeOf({ clientX, clientY }) {
    const { left, top, width } = canvas.getBoundingClientRect();
    return [((clientX - left) / width) * SHEET, ((clientY - top) / width) * SHEET];
  }

  sheet.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    pen = null;
    sheet.setPointerCapture(event.pointerId);
    show([...strokes, [placeOf(event)]]);
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!sheet.hasPointerCapture(event.pointerId)) return;
    const passed = event.getCoalescedEvents?.() ?? []; // since the last event: a hand is faster than the screen
    go((passed.length ? passed : [event]).map(placeOf));
  });
  sheet.addEventListener("keydown", (event) => {
    const arrow = ARROWS.get(event.key);
    if (!arrow && ![" ", "Backspace"].includes(event.key)) return;
    event.preventDefault(); // the page would scroll
    pen ??= { place: [SHEET / 2, SHEET / 4], isDown: false };
    if (arrow) pen.place = moved(pen.place, arrow);
    if (event.key === " ") pen.isDown = !pen.isDown;
    if (event.key === "Backspace") clear();
    else if (event.key === " " && pen.isDown) show([...strokes, [pen.place]]);
    else if (pen.isDown) go([pen.place]);
    else redraw();
  });
  sheet.addEventListener("blur", () => {
    pen = null;
    redraw();
  });

  function clear() {
    if (pen) pen.isDown = false;
    show([]);
  }

  /**
   * Draw an example, point by point as a hand would, or at once for users who want nothing to move.
   *
   * @param {Stroke[]} example
   * @param {number} [count] of its points that are drawn now
   */
  function draw(example, count = reducedMotion() ? Infinity : 1) {
    const drawn = beginning(example, count);
    const isWhole = drawn.flat().length === example.flat().length;
    show(drawn);
    requestAnimationFrame(() => {
      if (strokes === drawn && !isWhole) draw(example, count + HASTE); // unless something else is drawn by now
    });
  }

  return { clear, draw, redraw };
}

/**
 * @param {Place} place
 * @param {number[]} step
 * @returns {Place}
 */
function moved([x, y], [right, down]) {
  const within = (/** @type {number} */ value) => Math.min(Math.max(value, 0), SHEET);
  return [within(x + STEP * right), within(y + STEP * down)];
}

/**
 * Return the strokes up to a number of points.
 *
 * @param {Stroke[]} strokes
 * @param {number} count
 */
function beginning(strokes, count) {
  let left = count;
  const parts = strokes.map((stroke) => {
    const part = stroke.slice(0, Math.max(left, 0));
    left -= stroke.length;
    return part;
  });
  return parts.filter(({ length }) => length);
}

/** @param {CanvasRenderingContext2D} context */
function writeHint(context) {
  context.fillStyle = colour("--soft");
  context.font = `1.2px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textAlign = "center";
  context.fillText("draw here", SHEET / 2, SHEET / 2);
}

/**
 * Draw strokes as round lines, which bend at their points but go through the middles between them.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke[]} strokes
 */
function drawStrokes(context, strokes) {
  context.strokeStyle = colour("--ink");
  context.lineWidth = THICK;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const [end] = stroke.slice(-1);
    context.beginPath();
    context.moveTo(...stroke[0]);
    stroke.slice(1).forEach(([x, y], i) => {
      const [before, beforeY] = stroke[i];
      context.quadraticCurveTo(before, beforeY, (before + x) / 2, (beforeY + y) / 2);
    });
    context.lineTo(...end);
    context.stroke();
  }
}

/**
 * Draw the pen that is moved by keys: a ring, filled when it is down.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Place} place
 * @param {boolean} isDown
 */
function drawPen(context, [x, y], isDown) {
  context.strokeStyle = context.fillStyle = colour("--accent");
  context.lineWidth = 0.25;
  context.beginPath();
  context.arc(x, y, THICK * 0.7, 0, 2 * Math.PI);
  context.stroke();
  if (isDown) context.fill();
}
