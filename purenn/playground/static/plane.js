// The plane: the data, and what the network says at every place of it. Points are added, moved and removed here.

import { pretty } from "./choices.js";
import { canvasOf, colour, element, shown } from "./dom.js";
import { paintClasses, paintNeuron, paintProbability, values } from "./heat.js";
import { boundary, drawAxes, drawPoint, marginOf } from "./plotting.js";

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
  const finding = element("p", { class: "finding" });
  const about = element("p", { class: "note", role: "status" });
  const stepping = element("button", { class: "button", onclick: () => chosen !== null && stepThrough(chosen) });
  const removing = element("button", { class: "button", onclick: remove }, "Remove");
  stepping.append("Step through it");
  const buttons = element("div", { class: "row", hidden: true }, stepping, removing);
  const captions = [element("p", { class: "note" }), element("p", { class: "note" })];
  const failure = element("p", { class: "finding" }); // of the other optimizer
  squares.append(element("div", {}, square, captions[0]), element("div", {}, second, captions[1], failure));
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
  /** @type {{ index: number, place: [number, number] } | null} a move that the session has not been told yet */
  let waiting = null;
  let isMoving = false; // a move is on its way to the session
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

  const hasTwoInputs = () => (data?.inputs.length ?? 2) > 1;
  const hasClasses = () => data?.task === "classification";

  /** @param {number} width @param {number} height @returns {Box} */
  function box(width, height) {
    const across = data?.range ?? [0, 1];
    const down = (hasTwoInputs() ? data?.range : data?.targets) ?? [0, 1];
    return { left: marginOf(main.context, down), right: width - 12, top: 6, bottom: height - 24, across, down };
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
    if (neuron || hasTwoInputs() || hasClasses()) drawBackground(context, frame, found, maps, neuron);
    drawAxes(context, frame, namesOfAxes(data));
    if (!hasTwoInputs() && found.length === 1 && found[0]) drawCurve(context, frame, found[0]);
    for (const [i, point] of data.points.entries()) {
      drawPoint(context, placeIn(frame, numbersOf(point)), markOf(point), i === chosen);
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
    if (neuron) paintNeuron(picture, neuron, side);
    else if (!known.length || !maps) return;
    else if (!hasClasses()) paintNeuron(picture, maps[0], side);
    else if (known.length > 1) paintClasses(picture, known, side);
    else paintProbability(picture, known[0], side);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
    if (!neuron && hasClasses() && known.length === 1) boundary(context, frame, known[0], side);
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
      context.lineTo(...placeIn(frame, [x, heights[i]]));
    }
    context.stroke();
    context.restore();
  }

  function drawCross(
    /** @type {CanvasRenderingContext2D} */ context,
    /** @type {Box} */ frame,
    /** @type {[number, number]} */ at,
  ) {
    const [x, y] = placeIn(frame, at);
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
   * Return the numbers on the two axes at which a point is drawn. Of one with a single input, the target is its height.
   *
   * @param {PointRow} point
   * @returns {[number, number]}
   */
  function numbersOf([x1, x2, quantity]) {
    return [x1, hasTwoInputs() ? x2 : quantity];
  }

  /**
   * Return a point moved to these numbers on the axes. Its class stays, even where it is the height.
   *
   * @param {PointRow} point
   * @param {[number, number]} numbers
   * @returns {PointRow}
   */
  function movedTo([, x2, quantity, role], [x1, height]) {
    if (hasTwoInputs()) return [x1, height, quantity, role];
    return [x1, x2, hasClasses() ? quantity : height, role];
  }

  /** @param {PointRow} point */
  function markOf([, , quantity, role]) {
    const [low, high] = data?.targets ?? [0, 1];
    const isHigh = hasTwoInputs() && quantity > (low + high) / 2;
    const name = hasClasses() ? `--c${quantity}` : isHigh ? "--c1" : "--c0";
    return { colour: colour(name), kind: hasClasses() ? quantity : 0, hollow: role === "test" };
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
      const [x, y] = placeIn(frame, numbersOf(point));
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
    move(drag.index, drag.place);
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
      data.points[drag.index] = movedTo(data.points[drag.index], drag.place);
    }
    main.redraw();
  }

  function move(/** @type {number} */ index, /** @type {[number, number]} */ at) {
    waiting = { index, place: at };
    sendMove();
  }

  /** Send the last move. The next one waits for the answer, so that a slow session is not left behind. */
  function sendMove() {
    const point = waiting && data?.points[waiting.index];
    if (isMoving || !waiting || !point) return;
    const [x1, x2, moved] = movedTo(point, waiting.place);
    send({ do: "move", index: waiting.index, x1, x2, target: moved });
    [isMoving, waiting] = [true, null];
  }

  function add(/** @type {[number, number]} */ at) {
    const [x1, x2, added] = movedTo([0, 0, target, "train"], at);
    send({ do: "add", x1, x2, target: added, part });
  }

  function remove() {
    if (chosen !== null) send({ do: "remove", index: chosen });
    choose(null);
    main.canvas.focus(); // the button is hidden now
  }

  function choose(/** @type {number | null} */ index) {
    chosen = index;
    showChosen();
    takeCursor();
  }

  function showChosen() {
    const point = chosen === null ? null : data?.points[chosen];
    buttons.hidden = !point;
    about.textContent = point ? describe(chosen ?? 0, point) : help();
    main.redraw();
  }

  /** Move the cross to the point that is chosen. */
  function takeCursor() {
    const point = chosen === null ? null : data?.points[chosen];
    if (point) cursor = numbersOf(point);
  }

  function describe(/** @type {number} */ index, /** @type {PointRow} */ [x1, x2, quantity, role]) {
    const place = hasTwoInputs() ? `(${shown(x1)}, ${shown(x2)})` : shown(x1);
    const answer = hasClasses() ? `class ${data?.classes[quantity]}` : `target ${shown(quantity)}`;
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
    if (chosen !== null) move(chosen, cursor);
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
      const before = data;
      data = frame;
      if (target >= frame.classes.length) target = 0;
      if (JSON.stringify(before?.classes) !== JSON.stringify(frame.classes)) offer();
      if (before?.points.length !== frame.points.length) [drag, waiting] = [null, null]; // other points
      if (chosen !== null && chosen >= frame.points.length) chosen = null;
      isMoving = false;
      sendMove();
      if (!isMoving) takeCursor(); // else the keys are ahead of the session
      showChosen();
      const name = frame.inputs.length > 1 ? "boundary" : "curve";
      const label = `${frame.points.length} points and the ${name} that the network has learned. Page up and down choose`;
      main.canvas.setAttribute("aria-label", `${label} a point, arrow keys move it, Delete removes it, Enter adds one.`);
      keepDragged();
      rival.redraw();
    },
    state(frame) {
      side = frame.side;
      finding.textContent = frame.finding;
      failure.textContent = frame.rival?.finding ?? "";
      if (frame.maps) outputs = frame.maps.at(-1) ?? null;
      /** @type {HTMLElement} */ (second.parentElement).hidden = !frame.rival;
      rivals = frame.rival ? frame.rival.outputs ?? rivals : null;
      main.redraw();
      if (frame.rival) rival.redraw();
    },
    hello() {
      isMoving = false;
    },
    error({ command }) {
      if (command === "move") isMoving = false;
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
 * Return where numbers on the axes are in a plot.
 *
 * @param {Box} frame
 * @param {[number, number]} numbers
 * @returns {[number, number]}
 */
function placeIn({ left, right, top, bottom, across, down }, [x, y]) {
  return [
    left + ((x - across[0]) / (across[1] - across[0])) * (right - left),
    bottom - ((y - down[0]) / (down[1] - down[0])) * (bottom - top),
  ];
}

/**
 * Return the names of both axes. Those of the user's own columns stay as they are.
 *
 * @param {DataFrame} data
 */
function namesOfAxes({ inputs, task }) {
  const names = inputs.map((name) => (["x1", "x2"].includes(name) ? pretty(name) : name));
  return inputs.length > 1 ? names : [names[0], task === "regression" ? "target" : "class"];
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
