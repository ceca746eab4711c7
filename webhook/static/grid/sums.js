// Under the grid: how much is selected, and its count, sum and mean.

import { shown } from "./text.js";

/** @import { Area } from "./areas.js" */
/** @import { SumsReply, Value } from "./server.js" */
/** @import { Sheet } from "./sheet.js" */

const MOST_SUMMED = 100000; // cells that are summed here
const SOON = 60; // ms after the last change of the selection

export class Sums {
  #asked = 0; // how often: what comes for an earlier selection is left
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Sheet} sheet
   * @param {HTMLElement} place
   */
  constructor(sheet, place) {
    this.sheet = sheet;
    this.place = place;
  }

  /** @param {Area} area */
  show(area) {
    const [height, width] = [area.bottom - area.top + 1, area.right - area.left + 1];
    this.#asked += 1;
    clearTimeout(this.#timer);
    const size = height > 1 || width > 1 ? `选了 ${height} 行 × ${width} 列` : "";
    if (!this.place.textContent?.startsWith(size) || !size) this.place.textContent = size;
    if (size) this.#timer = setTimeout(() => void this.#fill(area, size, this.#asked), SOON);
  }

  /**
   * @param {Area} area
   * @param {string} size
   * @param {number} asked
   */
  async #fill(area, size, asked) {
    const sums = this.#here(area) || (await this.#there(area));
    if (asked === this.#asked) this.place.textContent = [size, ...words(sums)].join(" · ");
  }

  /**
   * @param {Area} area
   * @returns {SumsReply | null} null where there is too much, or some of it is not here
   */
  #here(area) {
    const bottom = Math.min(area.bottom, this.sheet.used - 1);
    if ((bottom - area.top + 1) * (area.right - area.left + 1) > MOST_SUMMED) return null;
    /** @type {{ value: Value, dated: boolean }[]} */
    const cells = [];
    for (let line = area.top; line <= bottom; line++)
      for (let column = area.left; column <= area.right; column++) {
        const value = this.sheet.value(this.sheet.position(line) ?? -1, column);
        if (value === undefined) return null;
        cells.push({ value, dated: Boolean(this.sheet.columns[column]?.dated) });
      }
    return summed(cells);
  }

  /**
   * What the server counts, where the selection is all rows that are shown; null where it is some of them.
   * @param {Area} area
   */
  async #there(area) {
    if (area.top > 0 || area.bottom < this.sheet.used - 1) return null;
    return this.sheet.server.sums(area.left, area.right, this.sheet.tests()).catch(() => null);
  }
}

/**
 * @param {{ value: Value, dated: boolean }[]} cells
 * @returns {SumsReply}
 */
export function summed(cells) {
  const filled = cells.filter(({ value }) => value !== "");
  const numbers = filled.flatMap(({ value, dated }) => (typeof value === "number" && !dated ? [value] : []));
  return { count: filled.length, numbers: numbers.length, sum: numbers.reduce((sum, number) => sum + number, 0) };
}

/** @param {SumsReply | null} sums */
function words(sums) {
  if (!sums?.count) return [];
  const exact = (/** @type {number} */ number) => shown(Number(number.toPrecision(12)));
  if (!sums.numbers) return [`计数 ${sums.count}`];
  return [`计数 ${sums.count}`, `求和 ${exact(sums.sum)}`, `平均 ${exact(sums.sum / sums.numbers)}`];
}
