// The course of a training, in full to be looked up, and thinned out to be drawn: a screen has a thousand pixels from
// left to right, a training up to a hundred thousand epochs.

/**
 * @typedef {import("./protocol.js").EpochRow} EpochRow
 * @typedef {import("./protocol.js").Figure} Figure
 *
 * @typedef {object} Bucket some epochs in a row
 * @property {number} first the first of these epochs
 * @property {number} last
 * @property {number} count how many rows there are in it
 * @property {Figure[]} lows the lowest value of each figure, in the order of an EpochRow
 * @property {Figure[]} highs the highest one
 */

const MOST = 500; // buckets

export class Course {
  constructor() {
    /** @type {EpochRow[]} */
    this.rows = [];
    /** @type {Bucket[]} at most MOST, of about equal size: their extremes are what is seen of so many epochs */
    this.buckets = [];
    /** How many rows go into a bucket. It doubles whenever the buckets are too many. */
    this.size = 1;
  }

  /** @returns {EpochRow | undefined} */
  get last() {
    return this.rows[this.rows.length - 1];
  }

  /** @param {EpochRow[]} rows */
  append(rows) {
    for (const row of rows) {
      this.rows.push(row);
      const single = { first: row[0], last: row[0], count: 1, lows: row, highs: row };
      const open = this.buckets[this.buckets.length - 1];
      if (open && open.count < this.size) this.buckets[this.buckets.length - 1] = merged(open, single);
      else this.buckets.push(single);
      if (this.buckets.length > MOST) this.halve();
    }
  }

  halve() {
    const pairs = this.buckets.filter((_, i) => i % 2 === 0);
    this.buckets = pairs.map((bucket, i) => {
      const next = this.buckets[2 * i + 1];
      return next ? merged(bucket, next) : bucket;
    });
    this.size *= 2;
  }

  /**
   * Return the row of the epoch that is nearest to a number.
   *
   * @param {number} epoch
   * @returns {EpochRow | undefined}
   */
  nearest(epoch) {
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle][0] < epoch) low = middle + 1;
      else high = middle;
    }
    const [before, found] = [this.rows[low - 1], this.rows[low]];
    return before && epoch - before[0] < found[0] - epoch ? before : found;
  }
}

/**
 * @param {Bucket} a
 * @param {Bucket} b
 * @returns {Bucket}
 */
function merged(a, b) {
  return {
    first: a.first,
    last: b.last,
    count: a.count + b.count,
    lows: a.lows.map((value, i) => either(value, b.lows[i], Math.min)),
    highs: a.highs.map((value, i) => either(value, b.highs[i], Math.max)),
  };
}

/**
 * @param {Figure} a
 * @param {Figure} b
 * @param {(a: number, b: number) => number} choose
 */
function either(a, b, choose) {
  if (a === null || b === null) return a ?? b;
  return choose(a, b);
}
