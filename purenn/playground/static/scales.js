// Scales of charts: from numbers to places on the screen, with round marks in between, as in purenn/charts/scales.py.

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} place where a value is on the screen, in pixels
 * @property {(place: number) => number} value the value at a place: the way back
 * @property {number[]} ticks round numbers on the scale
 * @property {(tick: number) => string} label a tick as text
 */

/**
 * Make a scale from `low` and `high` to the places `start` and `end`. With `log`, equal ways are equal factors, and
 * both numbers must be above 0.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} start
 * @param {number} end
 * @param {{ log?: boolean, count?: number }} [options] count: about how many ticks there shall be
 * @returns {Scale}
 */
export function scaleOf(low, high, start, end, { log = false, count = 5 } = {}) {
  const [into, back] = log ? [Math.log10, power] : [same, same];
  const [first, last] = [into(low), into(high)];
  const ticks = log ? logTicks(low, high, count) : roundTicks(low, high, count);
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 0;
  return {
    place: (value) => start + ((into(value) - first) / (last - first)) * (end - start),
    value: (place) => back(first + ((place - start) / (end - start)) * (last - first)),
    ticks,
    label: (tick) => (log ? written(tick) : tickLabel(tick, step)),
  };
}

/** @param {number} value */
const same = (value) => value;

/** @param {number} exponent */
const power = (exponent) => 10 ** exponent;

/**
 * Return the lowest and the highest of the numbers that can be drawn: finite ones, above 0 for a logarithmic scale.
 * They differ, as a scale needs. Null if there are none.
 *
 * @param {Iterable<number | null>} values
 * @param {boolean} [log]
 * @returns {[number, number] | null}
 */
export function extent(values, log = false) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null || !Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return null;
  if (low < high) return [low, high];
  return log ? [low / 2, high * 2] : [low - (Math.abs(low) / 2 || 1), high + (Math.abs(high) / 2 || 1)];
}

/**
 * Return round numbers around two others, so that a scale between them has a tick at each end.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count about how many ticks there shall be
 * @returns {[number, number]}
 */
export function rounded(low, high, count) {
  const step = roundStep(high - low, count);
  const [first, last] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
  return step === roundStep(last - first, count) ? [first, last] : rounded(first, last, count);
}

/**
 * Return the number among 1, 2 and 5 times a power of ten that divides a span into about `count` parts.
 *
 * @param {number} span
 * @param {number} count
 */
function roundStep(span, count) {
  const rough = span / count;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const factors = [1, 2, 5, 10];
  const errors = factors.map((factor) => Math.abs(Math.log(rough / (factor * magnitude))));
  return factors[errors.indexOf(Math.min(...errors))] * magnitude;
}

/**
 * Return about `count` multiples of a round step from low to high.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
function roundTicks(low, high, count) {
  const step = roundStep(high - low, count);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Return the powers of ten from low to high, every second or third of them if they are many. Where there are fewer
 * than two, round numbers stand in for them.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
function logTicks(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (last - first < 1) return roundTicks(low, high, count).filter((tick) => tick > 0);
  const step = Math.ceil((last - first + 1) / (count + 1));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
}

/**
 * Write a tick with as many decimals as the step between ticks needs: 0.0, 0.5, 1.0.
 *
 * @param {number} tick
 * @param {number} step
 */
function tickLabel(tick, step) {
  const isPlain = Math.abs(tick) < 1e6 && (step >= 1e-4 || !step);
  if (!isPlain) return written(tick);
  const decimals = step ? Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) : 2;
  return Number(tick.toFixed(decimals)).toLocaleString("en", { minimumFractionDigits: decimals }).replace("-", "−");
}

/**
 * Write a round number, as a power of ten where it is long: 0.01, 5, 10⁻⁴, 2·10⁶.
 *
 * @param {number} value
 */
function written(value) {
  const [factor, exponent] = value.toExponential(2).split("e").map(Number);
  if (!value || (exponent >= -3 && exponent <= 3)) return String(Number(value.toPrecision(3))).replace("-", "−");
  const raised = [...String(exponent)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("");
  return factor === 1 ? `10${raised}` : `${factor}·10${raised}`.replace("-", "−");
}
