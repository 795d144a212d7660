// The plane: the data, and what the network says at every place of it. Points are added, moved and removed here.

import { pretty } from "./choices.js";
import { canvasOf, colour, element, shown } from "./dom.js";
import { paintClasses, paintNeuron, paintProbability, values } from "./heat.js";
import { boundary, drawAxes, drawPoint } from "./plotting.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./protocol.js").HeatMap} HeatMap
 * @typedef {import("./protocol.js").DataFrame} DataFrame
 * @typedef {import("./protocol.js").PointRow} PointRow
 * @typedef {import("./plotting.js").Frame} Box
 */

const NEAR = 12; // pixels from a point that still hit it
const DRAGGED = 4; // pixels that make a drag out of a click
const STEPS = 40; // steps of the arrow keys from one side to the other

/**
 * @param {HTMLElement} home
 * @param {Send} send
 * @param {(index: number) => void} stepThrough begins to step through a point
 * @returns {Part & { look: (map: HeatMap | null, name: string) => void, choose: (index: number | null) => void }}
 *   look shows the heat map of a neuron for a while; choose marks a point
 */
export function plane(home, send, stepThrough) {
  const adding = element("fieldset", { class: "chips" });
  const squares = element("div", { class: "squares" });
  const square = element("div", { class: "square" });
  const second = element("div", { class: "square" });
  const finding = element("p", { class: "finding", hidden: true });
  const about = element("p", { class: "note" });
  const stepping = element("button", { class: "button", onclick: () => chosen !== null && stepThrough(chosen) });
  const removing = element("button", { class: "button", onclick: remove }, "Remove");
  stepping.append("Step through it");
  const buttons = element("div", { class: "row", hidden: true }, stepping, removing);
  const captions = [element("p", { class: "note" }), element("p", { class: "note" })];
  squares.append(element("div", {}, square, captions[0]), element("div", {}, second, captions[1]));
  home.append(adding, squares, finding, about, buttons);

  /** @type {DataFrame | null} */
  let data = null;
  /** @type {HeatMap[] | null} */
  let outputs = null;
  /** @type {HeatMap[] | null} */
  let rivals = null;
  /** @type {HeatMap | null} */
  let looked = null;
  let side = 30;
  /** @type {number | null} */
  let chosen = null;
  /** @type {{ index: number | null, x: number, y: number, moved: boolean, place: [number, number] } | null} */
  let drag = null;
  /** @type {[number, number] | null} where the keyboard is */
  let cursor = null;
  let caption = ""; // under the plane
  let target = 0;
  let part = "train";

  const main = canvasOf(square, (context, width, height) => draw(context, width, height, outputs, looked));
  const rival = canvasOf(second, (context, width, height) => draw(context, width, height, rivals, null));
  main.canvas.tabIndex = 0;
  main.canvas.setAttribute("role", "application");
  main.canvas.setAttribute("aria-roledescription", "plane with points");
  rival.canvas.setAttribute("role", "img");
  rival.canvas.setAttribute("aria-label", "What the other optimizer has learned");
  const pictures = [document.createElement("canvas"), document.createElement("canvas")];

  // Drawing.

  const isFlat = () => (data?.inputs.length ?? 2) > 1;

  /** @param {number} width @param {number} height @returns {Box} */
  function box(width, height) {
    const across = data?.range ?? [0, 1];
    const down = (isFlat() ? data?.range : data?.targets) ?? [0, 1];
    return { left: 30, right: width - 12, top: 6, bottom: height - 24, across, down };
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} height
   * @param {HeatMap[] | null} maps
   * @param {HeatMap | null} neuron
   */
  function draw(context, width, height, maps, neuron) {
    if (!data) return;
    const frame = box(width, height);
    const found = maps?.map(values) ?? [];
    if (isFlat()) drawBackground(context, frame, found, maps, neuron);
    drawAxes(context, frame, isFlat() ? data.inputs.map(pretty) : [data.inputs[0], "target"].map(pretty));
    if (!isFlat() && found[0]) drawCurve(context, frame, found[0]);
    for (const [i, point] of data.points.entries()) {
      drawPoint(context, place(frame, point), markOf(point), i === chosen);
    }
    if (cursor && document.activeElement === main.canvas && maps === outputs) drawCross(context, frame, cursor);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Box} frame
   * @param {(Float64Array | null)[]} found
   * @param {HeatMap[] | null} maps
   * @param {HeatMap | null} neuron
   */
  function drawBackground(context, frame, found, maps, neuron) {
    const picture = pictures[maps === rivals && maps !== outputs ? 1 : 0];
    const known = /** @type {Float64Array[]} */ (found.every(Boolean) ? found : []);
    const isClasses = data?.task === "classification";
    if (neuron) paintNeuron(picture, neuron, side);
    else if (!known.length || !maps) return;
    else if (!isClasses) paintNeuron(picture, maps[0], side);
    else if (known.length > 1) paintClasses(picture, known, side);
    else paintProbability(picture, known[0], side);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
    if (!neuron && isClasses && known.length === 1) boundary(context, frame, known[0], side);
  }

  function drawCurve(
    /** @type {CanvasRenderingContext2D} */ context,
    /** @type {Box} */ frame,
    /** @type {Float64Array} */ heights,
  ) {
    const [low, high] = frame.across;
    context.save();
    context.beginPath();
    context.rect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
    context.clip();
    context.strokeStyle = colour("--c1");
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.beginPath();
    for (let i = 0; i < side; i++) {
      const x = low + ((i + 0.5) * (high - low)) / side;
      context.lineTo(...place(frame, [x, heights[i], 0, "train"], true));
    }
    context.stroke();
    context.restore();
  }

  function drawCross(
    /** @type {CanvasRenderingContext2D} */ context,
    /** @type {Box} */ frame,
    /** @type {[number, number]} */ at,
  ) {
    const [x, y] = place(frame, [at[0], at[1], at[1], "train"]);
    context.strokeStyle = colour("--ink");
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of [[9, 0], [0, 9]]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
  }

  /**
   * Return where a point is drawn. Of one with a single input, the target is its height.
   *
   * @param {Box} frame
   * @param {PointRow} point
   * @param {boolean} [asIs] takes the second number as height in any case
   * @returns {[number, number]}
   */
  function place(frame, [x1, x2, quantity], asIs = false) {
    const height = isFlat() || asIs ? x2 : quantity;
    const [[left, right], [low, high]] = [frame.across, frame.down];
    return [
      frame.left + ((x1 - left) / (right - left)) * (frame.right - frame.left),
      frame.bottom - ((height - low) / (high - low)) * (frame.bottom - frame.top),
    ];
  }

  /** @param {PointRow} point */
  function markOf([, , quantity, role]) {
    const isClass = data?.task === "classification";
    const [low, high] = data?.targets ?? [0, 1];
    const name = isClass ? `--c${quantity}` : isFlat() ? (quantity > (low + high) / 2 ? "--c1" : "--c0") : "--c0";
    return { colour: colour(name), kind: isClass ? quantity : 0, hollow: role === "test" };
  }

  // Pointing.

  /** @param {PointerEvent} event @returns {[number, number]} */
  function placeOf(event) {
    const { width, height } = main.canvas.getBoundingClientRect();
    const frame = box(width, height);
    const [[left, right], [low, high]] = [frame.across, frame.down];
    return [
      left + ((event.offsetX - frame.left) / (frame.right - frame.left)) * (right - left),
      low + ((frame.bottom - event.offsetY) / (frame.bottom - frame.top)) * (high - low),
    ];
  }

  /** @param {{ offsetX: number, offsetY: number, pointerType: string }} event */
  function hit(event) {
    const { width, height } = main.canvas.getBoundingClientRect();
    const frame = box(width, height);
    let [best, distance] = [/** @type {number | null} */ (null), event.pointerType === "touch" ? 2 * NEAR : NEAR];
    for (const [i, point] of (data?.points ?? []).entries()) {
      const [x, y] = place(frame, point);
      const away = Math.hypot(x - event.offsetX, y - event.offsetY);
      if (away < distance) [best, distance] = [i, away];
    }
    return best;
  }

  // A finger on a point drags it; anywhere else it scrolls the page.
  main.canvas.addEventListener("touchstart", (event) => {
    const { left, top } = main.canvas.getBoundingClientRect();
    const { clientX, clientY } = event.touches[0];
    if (hit({ offsetX: clientX - left, offsetY: clientY - top, pointerType: "touch" }) !== null) event.preventDefault();
  });
  main.canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    main.canvas.setPointerCapture(event.pointerId);
    drag = { index: hit(event), x: event.offsetX, y: event.offsetY, moved: false, place: placeOf(event) };
  });
  main.canvas.addEventListener("pointermove", (event) => {
    if (!drag) {
      main.canvas.style.cursor = hit(event) === null ? "crosshair" : "grab";
      return;
    }
    if (Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) > DRAGGED) drag.moved = true;
    if (!drag.moved || drag.index === null) return;
    drag.place = placeOf(event);
    keepDragged();
    queueMove(drag.index, drag.place);
  });
  main.canvas.addEventListener("pointerup", () => {
    if (!drag) return;
    const { index, moved, place: at } = drag;
    drag = null;
    if (index === null && !moved) add(at);
    else if (index !== null && !moved) choose(index);
  });
  main.canvas.addEventListener("pointercancel", () => (drag = null));

  /** Show the dragged point where the pointer is, and not where the session has last heard of it. */
  function keepDragged() {
    if (drag?.moved && drag.index !== null && data) {
      const point = data.points[drag.index];
      point[0] = drag.place[0];
      point[isFlat() ? 1 : 2] = drag.place[1];
    }
    main.redraw();
  }

  /** @type {(() => void) | null} */
  let waiting = null;

  /** Send a move, but not more often than the screen is painted. */
  function queueMove(/** @type {number} */ index, /** @type {[number, number]} */ [x1, height]) {
    const first = !waiting;
    waiting = () => send({ do: "move", index, x1, ...(isFlat() ? { x2: height } : { target: height }) });
    if (!first) return;
    requestAnimationFrame(() => {
      waiting?.();
      waiting = null;
    });
  }

  function add(/** @type {[number, number]} */ [x1, height]) {
    if (isFlat()) send({ do: "add", x1, x2: height, target, part });
    else send({ do: "add", x1, x2: 0, target: height, part });
  }

  function remove() {
    if (chosen !== null) send({ do: "remove", index: chosen });
    choose(null);
  }

  function choose(/** @type {number | null} */ index) {
    chosen = index;
    const point = index === null ? null : data?.points[index];
    buttons.hidden = !point;
    about.textContent = point ? describe(index ?? 0, point) : help();
    if (point) cursor = [point[0], isFlat() ? point[1] : point[2]];
    main.redraw();
  }

  function describe(/** @type {number} */ index, /** @type {PointRow} */ [x1, x2, quantity, role]) {
    const place = isFlat() ? `(${shown(x1)}, ${shown(x2)})` : shown(x1);
    const answer = data?.task === "classification" ? `class ${data.classes[quantity]}` : `target ${shown(quantity)}`;
    return `Point ${index + 1} at ${place}, ${answer}, to ${role === "test" ? "test on" : "train on"}`;
  }

  function help() {
    return "Click to add a point, drag to move one. Filled points are to train on, hollow ones to test on.";
  }

  // Keys: page up and down choose points, arrows move them, or a cross where Enter adds one.

  main.canvas.addEventListener("keydown", (event) => {
    if (!data) return;
    const moves = /** @type {Record<string, [number, number]>} */ ({
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    });
    const count = data.points.length;
    if (moves[event.key]) moveBy(moves[event.key]);
    else if (event.key === "PageDown") choose(chosen === null ? 0 : (chosen + 1) % count);
    else if (event.key === "PageUp") choose(chosen === null ? count - 1 : (chosen + count - 1) % count);
    else if (event.key === "Escape") choose(null);
    else if (event.key === "Enter" && cursor) add(cursor);
    else if ((event.key === "Delete" || event.key === "Backspace") && chosen !== null) remove();
    else return;
    event.preventDefault();
  });
  for (const name of ["focus", "blur"]) main.canvas.addEventListener(name, () => main.redraw());

  function moveBy(/** @type {[number, number]} */ [right, up]) {
    const frame = box(1, 1);
    const middle = /** @type {[number, number]} */ ([frame.across, frame.down].map(([low, high]) => (low + high) / 2));
    const [x, y] = cursor ?? middle;
    const step = (/** @type {[number, number]} */ [low, high]) => (high - low) / STEPS;
    cursor = [x + right * step(frame.across), y + up * step(frame.down)];
    if (chosen !== null) queueMove(chosen, cursor);
    main.redraw();
  }

  // Choosing what a click adds.

  function offer() {
    if (!data) return;
    const classes = data.classes.map((name, k) =>
      radio("class", `class ${name}`, k === target, () => (target = k), `c${k}`),
    );
    const parts = [
      radio("part", "to train on", part === "train", () => (part = "train")),
      radio("part", "to test on", part === "test", () => (part = "test")),
    ];
    adding.replaceChildren(element("legend", {}, "A click adds"), ...classes, element("span", { class: "gap" }), ...parts);
  }

  return {
    settings({ optimizer, rival: other }) {
      caption = other ? `${optimizer.name}, rate ${shown(optimizer.learning_rate)}` : "";
      captions[0].textContent = caption;
      captions[1].textContent = other ? `${other.optimizer.name}, rate ${shown(other.optimizer.learning_rate)}` : "";
    },
    data(frame) {
      const before = JSON.stringify(data?.classes);
      data = frame;
      if (target >= frame.classes.length) target = 0;
      if (before !== JSON.stringify(frame.classes)) offer();
      if (chosen !== null && chosen >= frame.points.length) chosen = null;
      choose(chosen);
      const name = frame.inputs.length > 1 ? "boundary" : "curve";
      const label = `${frame.points.length} points and the ${name} that the network has learned. Page up and down choose`;
      main.canvas.setAttribute("aria-label", `${label} a point, arrow keys move it, Delete removes it, Enter adds one.`);
      keepDragged();
      rival.redraw();
    },
    state(frame) {
      side = frame.side;
      finding.textContent = frame.finding;
      finding.hidden = !frame.finding;
      if (frame.maps) outputs = frame.maps.at(-1) ?? null;
      /** @type {HTMLElement} */ (second.parentElement).hidden = !frame.rival;
      rivals = frame.rival ? frame.rival.outputs ?? rivals : null;
      main.redraw();
      if (frame.rival) rival.redraw();
    },
    theme() {
      main.redraw();
      rival.redraw();
    },
    look(map, name) {
      looked = map;
      captions[0].textContent = map ? name : caption;
      main.redraw();
    },
    choose,
  };
}

/**
 * One of several that are chosen from.
 *
 * @param {string} group
 * @param {string} label
 * @param {boolean} checked
 * @param {() => void} choose
 * @param {string} [mark] class of a coloured mark
 */
function radio(group, label, checked, choose, mark) {
  const control = element("input", { type: "radio", name: group, checked });
  control.addEventListener("change", choose);
  const dot = mark ? element("span", { class: `mark ${mark}`, "aria-hidden": "true" }) : "";
  return element("label", { class: "switch" }, control, dot, label);
}
