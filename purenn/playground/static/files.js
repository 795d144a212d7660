// What is saved and opened: models, the history, pictures, the program, and the address that keeps all settings.

import { isWhole } from "./address.js";
import { bytes, element } from "./dom.js";
import { choiceField } from "./form.js";

/**
 * @typedef {import("./protocol.js").Send} Send
 * @typedef {import("./protocol.js").Part} Part
 */

const COPIED =
  "The address is copied. What stands behind its # are all settings: put it behind the address of another playground.";
const TOO_LONG = "The address is copied, but it has no room for so many points: to keep them, save the model.";
const MOST_READ = 1_000_000; // bytes of a file: more than the session takes, which says so

/**
 * @param {HTMLElement} home
 * @param {Send} send
 * @param {(words: string) => void} tell
 * @returns {Part}
 */
export function files(home, send, tell) {
  const button = (/** @type {string} */ label, /** @type {() => void} */ act) =>
    element("button", { class: "button", onclick: act }, label);
  const picture = choiceField("Picture", () => {});
  const pictureName = () => /** @type {HTMLSelectElement} */ (picture.node.querySelector("select")).value;
  const open = element("input", { type: "file", accept: ".safetensors" });
  open.addEventListener("change", async () => {
    const file = open.files?.[0];
    if (file) send({ do: "load", base64: base64(new Uint8Array(await file.slice(0, MOST_READ).arrayBuffer())) });
    open.value = "";
  });
  const { dialog, showProgram } = programDialog(tell);
  home.append(
    button("Python program", () => send({ do: "program" })),
    button("Model", () => send({ do: "model" })),
    button("History as CSV", () => send({ do: "history" })),
    element("div", { class: "row end" }, picture.node, button("Save as SVG", () => send({ do: "picture", name: pictureName() }))),
    element("label", {}, "Open a model", open),
    button("Copy the address", () => copy(location.href, isWhole() ? COPIED : TOO_LONG, tell)),
    dialog,
  );
  return {
    options(frame) {
      picture.offer(frame.pictures);
    },
    file(frame) {
      save(frame.name, frame.text ?? bytes(frame.base64 ?? ""));
    },
    program(frame) {
      showProgram(frame.text);
    },
  };
}

/**
 * The program in a window of its own, to read, to copy and to save.
 *
 * @param {(words: string) => void} tell
 */
function programDialog(tell) {
  const text = element("pre", { tabindex: 0, "aria-label": "The program" });
  const content = () => text.textContent ?? "";
  const dialog = element("dialog", { "aria-labelledby": "program-title" });
  dialog.append(
    element("h2", { id: "program-title" }, "The program that makes this network"),
    text,
    element(
      "div",
      { class: "row" },
      element("button", { class: "button primary", onclick: () => copy(content(), "The program is copied.", tell) }, "Copy"),
      element("button", { class: "button", onclick: () => save("playground.py", content()) }, "Save"),
      element("button", { class: "button", onclick: () => dialog.close() }, "Close"),
    ),
  );
  return {
    dialog,
    showProgram(/** @type {string} */ program) {
      text.textContent = program;
      dialog.showModal();
    },
  };
}

/**
 * Let the browser save a file.
 *
 * @param {string} name
 * @param {string | Uint8Array<ArrayBuffer>} content
 */
function save(name, content) {
  const url = URL.createObjectURL(new Blob([content]));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/**
 * @param {string} text
 * @param {string} done
 * @param {(words: string) => void} tell
 */
async function copy(text, done, tell) {
  try {
    await navigator.clipboard.writeText(text);
    tell(done);
  } catch {
    tell("The browser does not allow copying here.");
  }
}

/** @param {Uint8Array} content */
function base64(content) {
  let letters = "";
  for (const byte of content) letters += String.fromCharCode(byte);
  return btoa(letters);
}
