// Strokes of a pen as the picture that a network reads: 28 x 28 pixels, drawn as purenn/datasets/strokes.py draws the
// digits from which the network has learned. Small drawings are enlarged before they get their ink, not after: else
// their lines would be thicker than any that it has seen.

/**
 * @typedef {[x: number, y: number]} Place
 * @typedef {Place[]} Stroke from where the pen is set down to where it is lifted
 */

export const SIDE = 28;
const TALL = 20; // of a digit, from the middle of its highest line to that of its lowest
const RADIUS = 1.1; // of the pen
const SOFT = 1.5; // pixels from full ink to none, at the rim of a line
const LARGEST = 6; // how many times a drawing is enlarged at most: a dot stays a dot

/**
 * Return the ink on each pixel, row by row, from 0 (paper) to 255. The drawing is moved to the middle and made as large
 * as other digits.
 *
 * @param {Stroke[]} strokes in any unit
 * @param {number} side of the area that they are drawn in
 * @returns {Uint8Array}
 */
export function inkOf(strokes, side) {
  const picture = new Uint8Array(SIDE * SIDE);
  for (const stroke of framed(strokes, side)) {
    stroke.forEach((place, i) => drawPiece(picture, stroke[Math.max(i - 1, 0)], place));
  }
  return picture;
}

/**
 * Move strokes to the middle of the picture, as large as other digits.
 *
 * @param {Stroke[]} strokes
 * @param {number} side
 * @returns {Stroke[]}
 */
function framed(strokes, side) {
  const [xs, ys] = [0, 1].map((i) => strokes.flat().map((place) => place[i]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(TALL / Math.max(right - left, bottom - top), (LARGEST * SIDE) / side);
  const middle = (SIDE - 1) / 2;
  return strokes.map((stroke) =>
    stroke.map(([x, y]) => [
      middle + scale * (x - (left + right) / 2),
      middle + scale * (y - (top + bottom) / 2),
    ]),
  );
}

/**
 * Add the ink of a straight piece. A pixel at distance d from it gets 1/2 + (radius - d) / soft, from 0 to 1; where
 * pieces overlap, the darker value counts.
 *
 * @param {Uint8Array} picture
 * @param {Place} a
 * @param {Place} b
 */
function drawPiece(picture, a, b) {
  const reach = RADIUS + SOFT / 2;
  const [left, right] = [Math.ceil(Math.min(a[0], b[0]) - reach), Math.floor(Math.max(a[0], b[0]) + reach)];
  const [top, bottom] = [Math.ceil(Math.min(a[1], b[1]) - reach), Math.floor(Math.max(a[1], b[1]) + reach)];
  for (let y = Math.max(top, 0); y <= Math.min(bottom, SIDE - 1); y++) {
    for (let x = Math.max(left, 0); x <= Math.min(right, SIDE - 1); x++) {
      const share = Math.min(0.5 + (RADIUS - distance([x, y], a, b)) / SOFT, 1);
      if (255 * share > picture[y * SIDE + x]) picture[y * SIDE + x] = 255 * share;
    }
  }
}

/**
 * Return the distance of a place from the straight line between two others, or from the nearer of its ends.
 *
 * @param {Place} place
 * @param {Place} a
 * @param {Place} b
 */
function distance([x, y], [ax, ay], [bx, by]) {
  const [along, down] = [bx - ax, by - ay];
  const squared = along * along + down * down;
  const part = squared ? Math.min(Math.max(((x - ax) * along + (y - ay) * down) / squared, 0), 1) : 0;
  return Math.hypot(x - ax - part * along, y - ay - part * down);
}
