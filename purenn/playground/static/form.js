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
 * Read what was typed as a number, with a comma or a point. What is no number stays a text: the session names it.
 *
 * @param {string} text
 */
function typedNumber(text) {
  const number = Number(text.replace(",", ".").replace("−", "-"));
  return text.trim() && !Number.isNaN(number) ? number : text;
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
  let offered = "";
  return {
    node: labelled(label, control),
    offer(names) {
      if (names.join() === offered) return;
      offered = names.join();
      control.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    },
    set(value) {
      control.value = value;
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
  const typed = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "value" });
  const slider = element("input", { type: "range", ...ends, "aria-label": `${label}, slider` });
  typed.addEventListener("change", () => choose(typedNumber(typed.value)));
  slider.addEventListener("input", () => (typed.value = String(value(slider.valueAsNumber))));
  slider.addEventListener("change", () => choose(value(slider.valueAsNumber)));
  let present = "";
  typed.addEventListener("blur", () => (typed.value = present)); // what was typed and taken comes back at once
  const node = labelled(label, typed, slider);
  node.classList.add("dial");
  return {
    node,
    set(now) {
      present = String(now);
      if (document.activeElement !== typed) typed.value = present;
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
  const control = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "value" });
  let present = "";
  control.addEventListener("change", () => choose(control.value.trim() ? typedNumber(control.value) : null));
  control.addEventListener("blur", () => (control.value = present)); // what was typed and taken comes back at once
  return {
    node: labelled(label, control),
    set(value) {
      present = value === null ? "" : String(value);
      if (document.activeElement !== control) control.value = present;
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
