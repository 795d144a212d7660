// What the map and the surface have in common: words, and the two ends of the path.

/**
 * @typedef {import("./relief.js").Style} Style
 * @typedef {import("./isolines.js").Place} Place
 */

/**
 * Write with a rim in the colour of the paper, which parts the letters from what is below.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {Style} style
 */
export function write(context, text, x, y, style) {
  context.font = style.font;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = style.paper;
  context.strokeText(text, x, y);
  context.fillStyle = style.ink;
  context.fillText(text, x, y);
}

/**
 * Draw a ring where the training has begun, and a dot where it is now.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Place[]} places of its path
 * @param {Style} style
 */
export function drawEnds(context, places, style) {
  const [start, now] = [places[0], places[places.length - 1]];
  if (!now) return;
  const isFar = Math.hypot(now[0] - start[0], now[1] - start[1]) > 4 * style.size; // else there is no room for its name
  if (places.length > 1) drawDot(context, start, isFar ? "start" : "", style.path, style.paper, style);
  drawDot(context, now, "now", style.paper, style.path, style);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Place} place
 * @param {string} name
 * @param {string} rim
 * @param {string} filling
 * @param {Style} style
 */
function drawDot(context, [x, y], name, rim, filling, style) {
  context.strokeStyle = rim;
  context.fillStyle = filling;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.textAlign = "left";
  write(context, name, x + 10, y, style);
}
