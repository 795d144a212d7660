// The plane: the data, and what the network says at every place of it. Points are added, moved and removed here, by
// mouse, by finger and by keys.

import { canvasOf, element, shown } from "./dom.js";
import { boxOf, drawPlane, hasClasses, hasTwoInputs, movedTo, numbersAt, numbersOf, placeIn } from "./planepicture.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 * @typedef {import("./protocol.js").HeatMap} HeatMap
 * @typedef {import("./protocol.js").DataFrame} DataFrame
 * @typedef {import("./planepicture.js").Numbers} Numbers
 */

const NEAR = 12; // pixels from a point that still hit it
const DRAGGED = 4; // pixels that make a drag out of a click
const STEPS = 40; // steps of the arrow keys from one side to the other
const ARROWS = new Map([["ArrowLeft", [-1, 0]], ["ArrowRight", [1, 0]], ["ArrowUp", [0, 1]], ["ArrowDown", [0, -1]]]);
const HELP = "Click to add a point, drag to move one. Filled points are to train on, hollow ones to test on.";
const KEYS = "Page up and down choose a point, arrow keys move it, Delete removes it, Enter adds one.";

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
  /** @type {{ index: number | null, x: number, y: number, moved: boolean, at: Numbers } | null} */
  let drag = null;
  /** @type {Numbers | null} where the keyboard is */
  let cursor = null;
  const moves = moving(send);
  let caption = ""; // under the plane
  let target = 0;
  let part = "train";

  const main = canvasOf(square, (context, width, height) => {
    const cross = document.activeElement === main.canvas ? cursor : null;
    if (data) drawPlane(context, width, height, { data, maps: outputs, neuron: looked, side, chosen, cross });
  });
  const rival = canvasOf(second, (context, width, height) => {
    if (data) drawPlane(context, width, height, { data, maps: rivals, neuron: null, side, chosen, cross: null });
  });
  main.canvas.tabIndex = 0;
  main.canvas.setAttribute("role", "application");
  main.canvas.setAttribute("aria-roledescription", "plane with points");
  rival.canvas.setAttribute("role", "img");
  rival.canvas.setAttribute("aria-label", "What the other optimizer has learned");

  // Pointing.

  /** @param {DataFrame} known */
  function box(known) {
    const { width, height } = main.canvas.getBoundingClientRect();
    return boxOf(main.context, width, height, known);
  }

  /**
   * Return the nearest point that is hit.
   *
   * @param {{ offsetX: number, offsetY: number, pointerType: string }} event
   */
  function hit(event) {
    if (!data) return null;
    const seen = box(data);
    let [best, distance] = [/** @type {number | null} */ (null), event.pointerType === "touch" ? 2 * NEAR : NEAR];
    for (const [i, point] of data.points.entries()) {
      const [x, y] = placeIn(seen, numbersOf(data, point));
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
    if (event.button || !data) return;
    main.canvas.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    drag = { index: hit(event), x, y, moved: false, at: numbersAt(box(data), [x, y]) };
  });
  main.canvas.addEventListener("pointermove", (event) => {
    if (!drag) {
      main.canvas.style.cursor = hit(event) === null ? "crosshair" : "grab";
      return;
    }
    if (Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) > DRAGGED) drag.moved = true;
    if (!drag.moved || drag.index === null || !data) return;
    drag.at = numbersAt(box(data), [event.offsetX, event.offsetY]);
    keepDragged();
    moves.add(data, drag.index, drag.at);
  });
  main.canvas.addEventListener("pointerup", () => {
    if (!drag) return;
    const { index, moved, at } = drag;
    drag = null;
    if (index === null && !moved) add(at);
    else if (index !== null && !moved) choose(index);
  });
  main.canvas.addEventListener("pointercancel", () => (drag = null));

  /** Show the dragged point where the pointer is, and not where the session has last heard of it. */
  function keepDragged() {
    if (drag?.moved && drag.index !== null && data) {
      data.points[drag.index] = movedTo(data, data.points[drag.index], drag.at);
    }
    main.redraw();
  }

  function add(/** @type {Numbers} */ at) {
    if (!data) return;
    const [x1, x2, added] = movedTo(data, [0, 0, target, "train"], at);
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
    buttons.hidden = chosen === null;
    about.textContent = data && chosen !== null ? describe(data, chosen) : HELP;
    main.redraw();
  }

  /** Move the cross to the point that is chosen. */
  function takeCursor() {
    if (chosen !== null && data) cursor = numbersOf(data, data.points[chosen]);
  }

  // Keys: page up and down choose points, arrows move them, or a cross where Enter adds one.

  main.canvas.addEventListener("keydown", (event) => {
    if (!data) return;
    const count = data.points.length;
    const arrow = ARROWS.get(event.key);
    if (arrow) moveBy(data, arrow);
    else if (event.key === "PageDown") choose(chosen === null ? 0 : (chosen + 1) % count);
    else if (event.key === "PageUp") choose(chosen === null ? count - 1 : (chosen + count - 1) % count);
    else if (event.key === "Escape") choose(null);
    else if (event.key === "Enter" && cursor) add(cursor);
    else if ((event.key === "Delete" || event.key === "Backspace") && chosen !== null) remove();
    else return;
    event.preventDefault();
  });
  for (const name of ["focus", "blur"]) main.canvas.addEventListener(name, () => main.redraw());

  function moveBy(/** @type {DataFrame} */ known, /** @type {number[]} */ [right, up]) {
    const { across, down } = box(known);
    const [x, y] = cursor ?? [(across[0] + across[1]) / 2, (down[0] + down[1]) / 2];
    cursor = [x + (right * (across[1] - across[0])) / STEPS, y + (up * (down[1] - down[0])) / STEPS];
    if (chosen !== null) moves.add(known, chosen, cursor);
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
      if (before?.points.length !== frame.points.length) {
        drag = null; // a point has come or gone: the same number may be another point now
        moves.forget();
      }
      if (chosen !== null && chosen >= frame.points.length) chosen = null;
      if (!moves.answered()) takeCursor(); // else the keys are ahead of the session
      showChosen();
      main.canvas.setAttribute("aria-label", `${frame.points.length} points, and what the network has learned. ${KEYS}`);
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
    hello: moves.forget,
    error({ command }) {
      if (command === "move") moves.forget();
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
 * Tell the session where points are moved to, one move after the other: while it works on one, only the last place is
 * kept, so that a slow session is not left behind.
 *
 * @param {Send} send
 */
function moving(send) {
  /** @type {import("./protocol.js").Command | null} */
  let next = null;
  let isAsked = false;

  function sendNext() {
    if (isAsked || !next) return;
    send(next);
    [isAsked, next] = [true, null];
  }

  return {
    add(/** @type {DataFrame} */ data, /** @type {number} */ index, /** @type {Numbers} */ at) {
      const [x1, x2, target] = movedTo(data, data.points[index], at);
      next = { do: "move", index, x1, x2, target };
      sendNext();
    },
    /** Take note of an answer, and return whether there is another move. */
    answered() {
      isAsked = false;
      sendNext();
      return isAsked;
    },
    forget() {
      [isAsked, next] = [false, null];
    },
  };
}

/**
 * Tell of a point in words.
 *
 * @param {DataFrame} data
 * @param {number} index
 */
function describe(data, index) {
  const [x1, x2, quantity, role] = data.points[index];
  const place = hasTwoInputs(data) ? `(${shown(x1)}, ${shown(x2)})` : shown(x1);
  const answer = hasClasses(data) ? `class ${data.classes[quantity]}` : `target ${shown(quantity)}`;
  return `Point ${index + 1} at ${place}, ${answer}, to ${role === "test" ? "test on" : "train on"}`;
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
