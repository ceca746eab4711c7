// Where each line is drawn: all of one height, or in a tab with wrapped texts each as high as its texts need.

const MOST_ROWS = 10; // rows of text in one line; a longer text is cut

export class Lines {
  #more = new Int32Array(64); // pixels of each line beyond `plain`
  #sums = new Int32Array(65); // the same summed up, as a binary indexed tree: a line is set and found in few steps

  /** @param {number} plain pixels of a line of which nothing else is known */
  constructor(plain) {
    this.plain = plain;
  }

  /** @param {number} line */
  height(line) {
    return this.plain + (this.#more[line] ?? 0);
  }

  /**
   * @param {number} line
   * @param {number} pixels
   */
  set(line, pixels) {
    const change = pixels - this.height(line);
    if (!change) return;
    if (line >= this.#more.length) this.#grow(line + 1);
    this.#add(line, change);
  }

  /**
   * Pixels from the first line to this.
   * @param {number} line
   */
  top(line) {
    let sum = line * this.plain;
    for (let at = Math.min(line, this.#more.length); at > 0; at -= at & -at) sum += this.#sums[at] ?? 0;
    return sum;
  }

  /**
   * The line that is so many pixels from the first.
   * @param {number} y
   */
  at(y) {
    let line = 0;
    let rest = Math.max(0, y);
    for (let step = this.#more.length; step; step >>= 1) { // its length is a power of two
      const height = step * this.plain + (this.#sums[line + step] ?? 0);
      if (line + step > this.#more.length || height > rest) continue;
      line += step;
      rest -= height;
    }
    return line < this.#more.length ? line : line + Math.floor(rest / this.plain);
  }

  /**
   * @param {number} line
   * @param {number} change
   */
  #add(line, change) {
    this.#more[line] = (this.#more[line] ?? 0) + change;
    for (let at = line + 1; at < this.#sums.length; at += at & -at) this.#sums[at] = (this.#sums[at] ?? 0) + change;
  }

  /** @param {number} count of lines for which there is room then */
  #grow(count) {
    const before = this.#more;
    const size = 2 ** Math.ceil(Math.log2(count));
    this.#more = new Int32Array(size);
    this.#sums = new Int32Array(size + 1);
    for (const [line, more] of before.entries()) if (more) this.#add(line, more);
  }
}

/**
 * How many rows a text takes where it may be broken anywhere.
 * @param {string} text
 * @param {number} width pixels
 * @param {(char: string) => number} widthOf pixels of a character
 */
export function rowsOf(text, width, widthOf) {
  let rows = 0;
  for (const part of text.split("\n")) {
    let left = width;
    rows += 1;
    for (const char of part) {
      const wide = widthOf(char);
      if (wide > left) {
        rows += 1;
        left = width;
      }
      left -= wide;
    }
  }
  return Math.min(rows, MOST_ROWS);
}
