// The address of the page keeps the settings, behind its #, as JSON: only what differs from the usual ones.

/**
 * @typedef {import("./protocol.js").Settings} Settings
 * @typedef {import("./protocol.js").PointRow} PointRow
 */

const LONGEST = 60000; // letters; browsers keep more, but mail programs and chats do not
let fits = true;

/** Return whether the address has all settings: one of very many points has no room for them. */
export function isWhole() {
  return fits;
}

/**
 * Return the settings in an address, null if there are none. Raises SyntaxError if they cannot be read.
 *
 * @param {string} address
 * @returns {object | null}
 */
export function settingsIn(address) {
  const text = decodeURIComponent(new URL(address).hash.slice(1));
  return text ? JSON.parse(text) : null;
}

/**
 * Write settings into the address, without a new entry in the history of the browser.
 *
 * @param {Settings} settings
 * @param {Settings} usual
 * @param {PointRow[] | null} points those that were changed by hand
 */
export function writeAddress(settings, usual, points) {
  const { frame, ...plain } = /** @type {Settings & { frame?: string }} */ (settings);
  const data = points ? { ...plain.data, points } : plain.data;
  const changed = difference({ ...plain, data }, usual);
  const text = changed === undefined ? "" : `#${encodeURIComponent(JSON.stringify(changed))}`;
  fits = text.length <= LONGEST;
  if (fits) history.replaceState(null, "", location.pathname + location.search + text);
}

/**
 * Return the fields of an object that differ from another one; undefined if none do. Lists are taken whole, and so is
 * what has another name, as what is usual depends on it, or stands where the other has nothing.
 *
 * @param {unknown} now
 * @param {unknown} usual
 * @returns {unknown}
 */
function difference(now, usual) {
  if (!isRecord(now) || !isRecord(usual)) return JSON.stringify(now) === JSON.stringify(usual) ? undefined : now;
  if (now.name !== usual.name) return now;
  const changed = Object.entries(now).map(([name, value]) => [name, difference(value, usual[name])]);
  const left = changed.filter(([, value]) => value !== undefined);
  return left.length ? Object.fromEntries(left) : undefined;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
