// Fields of the forms: a label, a control, and a function that shows a value which came from the session.

import { element, shown } from "./dom.js";

/**
 * @template Value
 * @typedef {{ node: HTMLElement, set: (value: Value) => void }} Field
 */

let count = 0;

/** Make an id for a control. */
function newId() {
  count += 1;
  return `field-${count}`;
}

/**
 * Read what was typed as a number, with a comma or a point. What is no finite number stays a text: the session names it.
 *
 * @param {string} text
 */
function typedNumber(text) {
  if (/^\s*[1-9]\d{0,2}(,\d{3})+\s*$/.test(text)) return text; // 1,000 may be one or a thousand
  const number = Number(text.replace(",", ".").replace("−", "-"));
  return text.trim() && Number.isFinite(number) ? number : text;
}

/**
 * A text field for a number. What comes from the session is not shown while the user is in it, but when it is left.
 *
 * @param {(text: string) => void} choose
 */
function typedField(choose) {
  const control = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "value" });
  let [last, isAnswered] = ["", true]; // what has come from the session, and whether it has come after what was typed
  control.addEventListener("change", () => {
    isAnswered = false;
    choose(control.value);
  });
  control.addEventListener("blur", () => {
    if (isAnswered) control.value = last;
  });
  return {
    control,
    set(/** @type {string} */ text) {
      [last, isAnswered] = [text, true];
      if (document.activeElement !== control) control.value = text;
    },
  };
}

/**
 * Put a label and a control together.
 *
 * @param {string} label
 * @param {HTMLElement} control
 * @param {...HTMLElement} more
 */
function labelled(label, control, ...more) {
  control.id = newId();
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control, ...more);
}

/**
 * A choice of one name.
 *
 * @param {string} label
 * @param {(name: string) => void} choose
 * @returns {Field<string> & { offer: (names: string[]) => void }} offer replaces the names to choose from
 */
export function choiceField(label, choose) {
  const control = element("select", { onchange: () => choose(control.value) });
  let [offered, chosen] = ["", ""];
  return {
    node: labelled(label, control),
    offer(names) {
      if (names.join() === offered) return;
      offered = names.join();
      control.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
      if (chosen) control.value = chosen;
    },
    set(value) {
      chosen = control.value = value;
    },
  };
}

/**
 * A number that is typed, or set by a slider beside it. The session judges what is typed, so there are no limits here
 * but those of the slider.
 *
 * @param {string} label
 * @param {{ low: number, high: number, step?: number, log?: boolean }} range of the slider. log: equal ways are equal
 *   factors, with 0 at the left end
 * @param {(value: number | string) => void} choose
 * @returns {Field<number>}
 */
export function dialField(label, range, choose) {
  const { low, high, step = 1, log = false } = range;
  const ends = log ? { min: 0, max: 100, step: 1 } : { min: low, max: high, step };
  const place = (/** @type {number} */ v) => (log ? (v > 0 ? (100 * Math.log(v / low)) / Math.log(high / low) : 0) : v);
  const value = (/** @type {number} */ p) => (log ? Number((low * (high / low) ** (p / 100)).toPrecision(2)) : p);
  const typed = typedField((text) => choose(typedNumber(text)));
  const slider = element("input", { type: "range", ...ends, "aria-label": `${label}, slider` });
  slider.addEventListener("input", () => (typed.control.value = String(value(slider.valueAsNumber))));
  slider.addEventListener("change", () => choose(value(slider.valueAsNumber)));
  const node = labelled(label, typed.control, slider);
  node.classList.add("dial");
  return {
    node,
    set(now) {
      typed.set(String(now));
      slider.value = String(place(now));
      slider.setAttribute("aria-valuetext", shown(now));
    },
  };
}

/**
 * A number that is typed. An empty field stands for null.
 *
 * @param {string} label
 * @param {(value: number | string | null) => void} choose
 * @returns {Field<number | null>}
 */
export function numberField(label, choose) {
  const typed = typedField((text) => choose(text.trim() ? typedNumber(text) : null));
  return {
    node: labelled(label, typed.control),
    set(value) {
      typed.set(value === null ? "" : String(value));
    },
  };
}

/**
 * A switch.
 *
 * @param {string} label
 * @param {(on: boolean) => void} choose
 * @returns {Field<boolean>}
 */
export function switchField(label, choose) {
  const control = element("input", { type: "checkbox", onchange: () => choose(control.checked) });
  return {
    node: element("label", { class: "switch" }, control, label),
    set(value) {
      control.checked = value;
    },
  };
}
