// Small tools that all parts of the page share: elements, canvases, colours, numbers.

/**
 * Make an element. Attributes whose names begin with "on" are listeners; of the others, false and null are left out.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Make an element of a drawing.
 *
 * @param {string} name
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 */
export function shape(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/**
 * Put a canvas into an element. It fills the element, is sharp on every screen, and is drawn again when its size
 * changes. The drawing function gets a context whose unit is a CSS pixel.
 *
 * @param {HTMLElement} home
 * @param {(context: CanvasRenderingContext2D, width: number, height: number) => void} draw
 * @returns {{ canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, redraw: () => void }} redraw draws before the
 *   screen is next painted, once, however often it is called
 */
export function canvasOf(home, draw) {
  const canvas = element("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let asked = false;

  function paint() {
    asked = false;
    const { width, height } = home.getBoundingClientRect();
    if (!width || !height) return; // not shown
    const scale = devicePixelRatio || 1;
    const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  }

  function redraw() {
    if (!asked) requestAnimationFrame(paint);
    asked = true;
  }

  canvas.classList.add("fills");
  home.append(canvas);
  new ResizeObserver(redraw).observe(home);
  return { canvas, context, redraw };
}

/** @type {Map<string, string>} colours that have been read: a picture of many points needs them thousands of times */
const colours = new Map();

/**
 * Read a colour of the theme, such as "--ink".
 *
 * @param {string} name
 */
export function colour(name) {
  const known = colours.get(name);
  if (known !== undefined) return known;
  const found = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  colours.set(name, found);
  return found;
}

/** Forget the colours of the last theme. */
export function forgetColours() {
  colours.clear();
}

/**
 * Write a number with at most four digits: 0.1235, -2, 1.5e-9. What is no number is a dash.
 *
 * @param {number | null | undefined} value
 */
export function shown(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const rounded = Number(value.toPrecision(4));
  const size = Math.abs(rounded);
  const text = size && (size < 1e-4 || size >= 1e6) ? rounded.toExponential() : String(rounded);
  return text.replace("e+", "e").replace("-", "−").replace("e−", "e-");
}

/**
 * Write a share as a percentage. Nothing but 1 is 100 %: with one mistake among thousands, it is 99.9 %.
 *
 * @param {number | null | undefined} value
 */
export function percent(value) {
  if (value === null || value === undefined) return "–";
  return `${value < 1 ? Math.min(Number((100 * value).toFixed(1)), 99.9).toFixed(1) : "100.0"} %`;
}

/**
 * Read bytes from base64.
 *
 * @param {string} text
 */
export function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * Enable or disable a button. One that is disabled while it has the focus hands it on: else the keys would go nowhere.
 *
 * @param {HTMLButtonElement} button
 * @param {boolean} isEnabled
 * @param {HTMLElement | null} next
 */
export function enable(button, isEnabled, next) {
  const isFocused = document.activeElement === button;
  button.disabled = !isEnabled;
  if (isFocused && !isEnabled) next?.focus();
}

/** True for users who want nothing to move by itself. */
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
